#ifndef CK_REDUCTIONS_H
#define CK_REDUCTIONS_H

#include <stdint.h>

// Reductions over n elements with 16 partial results: element i goes into lane i mod 16, and the lanes are joined by a
// fixed tree. Sums are taken in double precision. The result depends on nothing but the data (and on whether the
// processor fuses products and sums).

/// Σ x
double ck_sum_d(const double *x, int64_t n);
float ck_sum_f(const float *x, int64_t n);

/// Σ x y
double ck_dot_d(const double *x, const double *y, int64_t n);
float ck_dot_f(const float *x, const float *y, int64_t n);

/// The largest element; NaN if there is one, and minus infinity for no elements.
double ck_max_d(const double *x, int64_t n);
float ck_max_f(const float *x, int64_t n);

/// The smallest element; NaN if there is one, and infinity for no elements.
double ck_min_d(const double *x, int64_t n);
float ck_min_f(const float *x, int64_t n);

/// The largest magnitude; NaN if there is one, and 0 for no elements.
double ck_max_magnitude_d(const double *x, int64_t n);
float ck_max_magnitude_f(const float *x, int64_t n);

#endif
