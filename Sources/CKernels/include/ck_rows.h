#ifndef CK_ROWS_H
#define CK_ROWS_H

#include <stdint.h>

// Kernels over the rows of row-major matrices [rows, columns], for attention and normalization. Sums over a row go into
// 16 lanes, element i into lane i mod 16, and are joined by a fixed tree; from one block of 1024 columns to the next they
// are kept in double precision. Sums over rows are taken four rows at a time, in order.

/// x = softmax of the rows of scale · x, in place: exp(scale (x - max)) / Σ exp(scale (x - max)), for a scale > 0. A row
/// that is minus infinity throughout becomes NaN.
void ck_softmax_rows_d(double *x, int64_t rows, int64_t columns, double scale);
void ck_softmax_rows_f(float *x, int64_t rows, int64_t columns, float scale);

/// dx = scale · y (g - Σ g y) by rows: the gradient of the softmax y of scale · x; dx may be g.
void ck_softmax_rows_gradient_d(double *dx, const double *y, const double *g, int64_t rows, int64_t columns,
                                double scale);
void ck_softmax_rows_gradient_f(float *dx, const float *y, const float *g, int64_t rows, int64_t columns, float scale);

/// out[r] = Σ over columns of x[r]
void ck_row_sums_d(double *out, const double *x, int64_t rows, int64_t columns);
void ck_row_sums_f(float *out, const float *x, int64_t rows, int64_t columns);

/// out[r] = Σ over columns of x[r] y[r]
void ck_row_dots_d(double *out, const double *x, const double *y, int64_t rows, int64_t columns);
void ck_row_dots_f(float *out, const float *x, const float *y, int64_t rows, int64_t columns);

/// out[r] = the largest element of row r; NaN if there is one, and minus infinity for no columns.
void ck_row_maxima_d(double *out, const double *x, int64_t rows, int64_t columns);
void ck_row_maxima_f(float *out, const float *x, int64_t rows, int64_t columns);

/// mean[r] and the mean square deviation from it, variance[r].
void ck_row_moments_d(double *mean, double *variance, const double *x, int64_t rows, int64_t columns);
void ck_row_moments_f(float *mean, float *variance, const float *x, int64_t rows, int64_t columns);

/// out[c] += Σ over rows of x[r, c]
void ck_column_sums_d(double *out, const double *x, int64_t rows, int64_t columns);
void ck_column_sums_f(float *out, const float *x, int64_t rows, int64_t columns);

/// y = (x - mean) / sqrt(variance + epsilon) · scale + shift by rows, with one scale and shift per column, both of which
/// may be null. The mean and 1 / sqrt(variance + epsilon) are kept for the gradient. y may be x.
void ck_normalize_rows_d(double *y, double *mean, double *reciprocal, const double *x, const double *scale,
                         const double *shift, int64_t rows, int64_t columns, double epsilon);
void ck_normalize_rows_f(float *y, float *mean, float *reciprocal, const float *x, const float *scale,
                         const float *shift, int64_t rows, int64_t columns, float epsilon);

/// The gradient of `ck_normalize_rows`: dx is overwritten and may be g, and dscale and dshift are added to; scale, dscale
/// and dshift may be null.
void ck_normalize_rows_gradient_d(double *dx, double *dscale, double *dshift, const double *g, const double *x,
                                  const double *mean, const double *reciprocal, const double *scale, int64_t rows,
                                  int64_t columns);
void ck_normalize_rows_gradient_f(float *dx, float *dscale, float *dshift, const float *g, const float *x,
                                  const float *mean, const float *reciprocal, const float *scale, int64_t rows,
                                  int64_t columns);

#endif
