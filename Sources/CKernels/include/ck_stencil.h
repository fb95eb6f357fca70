#ifndef CK_STENCIL_H
#define CK_STENCIL_H

#include <stdint.h>

/// What a stencil finds beyond an end of an axis: nothing, the other end, or a mirror image of the last point.
enum { CK_STENCIL_ZERO = 0, CK_STENCIL_PERIODIC = 1, CK_STENCIL_MIRROR = 2 };

/// A symmetric 3-, 5- or 7-point stencil on a grid whose last axis is contiguous. An axis with one point and the
/// coefficient 0 is absent.
typedef struct {
  int64_t points[3];
  double center;
  /// The coefficient of both neighbours along an axis.
  double side[3];
  int32_t boundary[3];
} ck_stencil;

/// y = A x for the lines `first ..< end` along the last axis.
void ck_stencil_multiply_d(double *y, const double *x, const ck_stencil *stencil, int64_t first, int64_t end);
void ck_stencil_multiply_f(float *y, const float *x, const ck_stencil *stencil, int64_t first, int64_t end);

/// The number of entries of each row of the stencil's matrix, for lines `first ..< end`.
void ck_stencil_count(int32_t *counts, const ck_stencil *stencil, int64_t first, int64_t end);

/// Columns and values of that matrix.
void ck_stencil_fill_d(const int32_t *starts, int32_t *columns, double *values, const ck_stencil *stencil, int64_t first,
                       int64_t end);
void ck_stencil_fill_f(const int32_t *starts, int32_t *columns, float *values, const ck_stencil *stencil, int64_t first,
                       int64_t end);

#endif
