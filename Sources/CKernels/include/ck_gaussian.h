#ifndef CK_GAUSSIAN_H
#define CK_GAUSSIAN_H

#include <stdint.h>

// Sums of Gaussians g = exp(-1/2 Σ ((x_j - m_j)/σ_j)²) and their derivatives, for residuals and their Jacobians. Along an
// axis with a period, g is summed over its images: the nearest one, and a number of them to either side.

/// Gaussians are worked on in blocks of this many; arrays over Gaussians are padded to whole blocks, with zeros in
/// `inverse` and `weight`.
#define CK_GAUSSIANS 32
/// The largest number of axes.
#define CK_GAUSSIAN_AXES 4
/// The highest derivative along an axis that a term may ask for.
#define CK_GAUSSIAN_ORDER 6

/// A sum of Gaussians. Arrays have `stride` numbers per axis or unknown.
typedef struct {
  int32_t axes;
  int32_t unknowns;
  /// The number of Gaussians, without padding.
  int64_t count;
  int64_t stride;
  /// The highest derivative of any term, per axis.
  int32_t order[CK_GAUSSIAN_AXES];
  /// The period of each axis, or 0.
  double period[CK_GAUSSIAN_AXES];
  /// Images to either side of the nearest, along axes with a period.
  int32_t images[CK_GAUSSIAN_AXES];
  /// m and 1/σ, [axes][stride].
  const double *mean;
  const double *inverse;
  /// [unknowns][stride]
  const double *weight;
} ck_gaussians;

/// A derivative of one unknown.
typedef struct {
  int32_t unknown;
  int32_t order[CK_GAUSSIAN_AXES];
} ck_gaussian_term;

/// out[t · out_stride + n] = Σ_k w_k ∂^α g_k(x_n) for every term t. Sums have one accumulator per place in a block, which are
/// joined by a fixed tree. Points are [count][axes].
void ck_gaussian_jets(const ck_gaussians *gaussians, const double *points, int64_t count, const ck_gaussian_term *terms,
                      int64_t term_count, double *out, int64_t out_stride);

/// Rows of the Jacobian of scale · Σ_t c_t(x_n) ∂^α_t u with respect to weights [unknowns][count], and where `shapes` is not
/// 0 then to means [axes][count] and logarithms of widths [axes][count]. c is coefficients[t · coefficient_stride + n]. Terms
/// of one unknown follow one another. Rows are `row_stride` apart.
void ck_gaussian_rows(const ck_gaussians *gaussians, const double *points, int64_t count, const ck_gaussian_term *terms,
                      int64_t term_count, const double *coefficients, int64_t coefficient_stride, double scale,
                      int32_t shapes, double *rows, int64_t row_stride);

#endif
