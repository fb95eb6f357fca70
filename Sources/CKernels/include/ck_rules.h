#ifndef CK_RULES_H
#define CK_RULES_H

#include <stdint.h>

// Passes of optimizers that scale or select: vectors do not overlap, and each element is treated by itself, so that a
// vector may be cut anywhere (complex vectors between numbers). Sums are in doubles, in 16 lanes joined by a fixed tree.

/// x = keep x − step sign(m), where the sign of zero is zero.
void ck_sign_step_d(double *x, const double *m, double keep, double step, int64_t n);
void ck_sign_step_f(float *x, const float *m, double keep, double step, int64_t n);

/// x = keep x − step m / |m| for n complex numbers, where zero stays zero.
void ck_sign_step_complex_d(double *x, const double *m, double keep, double step, int64_t n);
void ck_sign_step_complex_f(float *x, const float *m, double keep, double step, int64_t n);

/// v = keep v + weight g²
void ck_mean_square_d(double *v, const double *g, double keep, double weight, int64_t n);
void ck_mean_square_f(float *v, const float *g, double keep, double weight, int64_t n);

/// v = keep v + weight |g|² for n complex numbers, in both elements of v.
void ck_mean_square_complex_d(double *v, const double *g, double keep, double weight, int64_t n);
void ck_mean_square_complex_f(float *v, const float *g, double keep, double weight, int64_t n);

/// Σ g² / (scale v + epsilon), without the elements where g is zero.
double ck_divided_square_d(const double *g, const double *v, double scale, double epsilon, int64_t n);
double ck_divided_square_f(const float *g, const float *v, double scale, double epsilon, int64_t n);

/// x -= step g / (scale v + epsilon), except where g is zero.
void ck_divided_step_d(double *x, const double *g, const double *v, double scale, double epsilon, double step, int64_t n);
void ck_divided_step_f(float *x, const float *g, const float *v, double scale, double epsilon, double step, int64_t n);

/// z = 1 where it is ½ or more, −1 elsewhere.
void ck_signs_d(double *z, int64_t n);
void ck_signs_f(float *z, int64_t n);

/// d = keep d + weight z h
void ck_mean_product_d(double *d, const double *z, const double *h, double keep, double weight, int64_t n);
void ck_mean_product_f(float *d, const float *z, const float *h, double keep, double weight, int64_t n);

/// sums[0] = Σ (x − w)² e and sums[1] = Σ (g − q)² / e, with e = max(|d|, floor).
void ck_secant_norms_d(double *sums, const double *x, const double *w, const double *g, const double *q, const double *d,
                       double floor, int64_t n);
void ck_secant_norms_f(double *sums, const float *x, const float *w, const float *g, const float *q, const float *d,
                       double floor, int64_t n);

/// w = x, q = g, then x -= step g / max(|d|, floor).
void ck_floored_step_d(double *x, double *w, const double *g, double *q, const double *d, double floor, double step,
                       int64_t n);
void ck_floored_step_f(float *x, float *w, const float *g, float *q, const float *d, double floor, double step, int64_t n);

/// y[indices[i]] += a x[i]
void ck_scatter_axpy_d(double *y, const int32_t *indices, const double *x, double a, int64_t n);
void ck_scatter_axpy_f(float *y, const int32_t *indices, const float *x, double a, int64_t n);

/// Takes the k elements of largest magnitude out of x: their indices, ascending, and their values; they become zero in
/// x. Of equal magnitudes, the first ones. x is finite.
void ck_take_largest_d(double *x, int64_t n, int64_t k, int32_t *indices, double *values);
void ck_take_largest_f(float *x, int64_t n, int64_t k, int32_t *indices, float *values);

#endif
