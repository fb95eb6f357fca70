#ifndef CK_GRID_H
#define CK_GRID_H

#include <stdint.h>

// Loops over one plane of a structured grid: ny rows of nx unknowns, contiguous. An operator couples each unknown with
// its neighbours to the west and east (along a row), south and north (across rows) and below and above (across planes):
// (A u)_i = diagonal_i u_i - Σ coupling · neighbour. Neighbours outside the grid count as zero unless the axis is periodic;
// a plane outside the grid is passed as an array of zeros.

/// The coefficients of one plane. Either they are separable (`rowStride` 0): west, east and diagonal are rows of nx numbers
/// that all rows share, south, north and rowDiagonal hold one number per row, below and above one number, and the diagonal
/// of an unknown is diagonal[i] + rowDiagonal[row]; its inverse is row inverseRows[row] of the table `inverse`.
/// Or they are arrays with one number per unknown and rows `rowStride` apart, west and east with rows `faceStride` apart;
/// the diagonal is the sum of the couplings plus `diagonal`, which may be null, and `inverse` is an array too, which only
/// relaxation reads. south and north are null where an operator has no such axis. `zeros` is a row of
/// zeros. All numbers are of the precision of the function that reads them.
typedef struct {
  int64_t nx, ny;
  int64_t periodicRows, periodicPlane;
  int64_t rowStride, faceStride;
  const void *west, *east, *south, *north, *below, *above;
  const void *diagonal, *rowDiagonal;
  const void *inverse;
  const int32_t *inverseRows;
  const void *zeros;
} ck_grid_plane;

/// out = A u; `u` with the planes below and above it.
void ck_grid_apply_d(const ck_grid_plane *plane, double *out, const double *u, const double *below, const double *above);
void ck_grid_apply_f(const ck_grid_plane *plane, float *out, const float *u, const float *below, const float *above);

/// out = b - A u; out may be b.
void ck_grid_residual_d(const ck_grid_plane *plane, double *out, const double *b, const double *u, const double *below,
                        const double *above);
void ck_grid_residual_f(const ck_grid_plane *plane, float *out, const float *b, const float *u, const float *below,
                        const float *above);

/// out = the inverse of the diagonal.
void ck_grid_invert_diagonal(const ck_grid_plane *plane, float *out);

/// Solves the equations of one colour, the unknowns with (column + row + parity) even, for their own unknown, and copies
/// those of the other colour; out is apart from u.
void ck_grid_relax_color(const ck_grid_plane *plane, float *out, const float *b, const float *u, const float *below,
                         const float *above, int64_t parity);

/// The same from u = 0: unknowns of the other colour become zero.
void ck_grid_relax_color_from_zero(const ck_grid_plane *plane, float *u, const float *b, int64_t parity);

/// One step of damped Jacobi or Chebyshev iteration: d = beta d + alpha D⁻¹ (b - A u), out = u + d.
/// With beta = 0, d is not read.
void ck_grid_relax_step(const ck_grid_plane *plane, float *out, float *d, const float *b, const float *u,
                        const float *below, const float *above, float alpha, float beta);

/// The same from u = 0 and d = 0: d = out = alpha D⁻¹ b.
void ck_grid_relax_step_from_zero(const ck_grid_plane *plane, float *out, float *d, const float *b, float alpha);

/// How one axis of a fine grid is coarsened: fine unknown 2 I + offset is coarse unknown I, and those between are
/// interpolated. Without coarsening (`factor` 1) both grids are the same along this axis.
typedef struct {
  int64_t fine, coarse;
  int64_t factor, offset, periodic;
  /// Interpolation: fine unknown 2 I + offset + 1 is left[I + 1] · coarse I + right[I + 1] · coarse (I + 1); coarse + 1
  /// numbers each, of which the first is for the fine unknown before the first coarse one.
  const float *left, *right;
  /// Restriction: coarse unknown I is before[I] · fine (2 I + offset - 1) + centre[I] · fine (2 I + offset)
  /// + after[I] · fine (2 I + offset + 1).
  const float *before, *centre, *after;
} ck_grid_axis;

/// coarse = restriction of a fine plane along its two axes; scratch holds one fine row.
void ck_grid_restrict(const ck_grid_axis *x, const ck_grid_axis *y, float *coarse, const float *fine, float *scratch);

/// out = a x + b y + c z, for planes that are combined across their axis.
void ck_grid_blend(float *out, const float *x, const float *y, const float *z, float a, float b, float c, int64_t n);

/// out = fine + interpolation of a coarse plane along its two axes; out may be fine; scratch holds one coarse row.
void ck_grid_interpolate_add(const ck_grid_axis *x, const ck_grid_axis *y, float *out, const float *fine,
                             const float *coarse, float *scratch);

/// out[row][i] = scale · rowScale[row] · columnScale[i] · in[row][i], rounded to single precision.
void ck_grid_narrow_d(float *out, const double *in, int64_t nx, int64_t ny, const float *columnScale,
                      const float *rowScale, double scale);
void ck_grid_narrow_f(float *out, const float *in, int64_t nx, int64_t ny, const float *columnScale,
                      const float *rowScale, float scale);

/// out = scale · in, rounded to single precision
void ck_scaled_narrow_d(float *out, const double *in, int64_t n, double scale);
void ck_scaled_narrow_f(float *out, const float *in, int64_t n, float scale);

/// out = scale · in
void ck_grid_widen_d(double *out, const float *in, int64_t n, double scale);
void ck_grid_widen_f(float *out, const float *in, int64_t n, float scale);

#endif
