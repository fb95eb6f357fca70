#ifndef CK_KRYLOV_H
#define CK_KRYLOV_H

#include <stdint.h>

// Passes over vectors of Krylov methods that change several of them and take inner products on the way, so that each
// vector goes through the cache once. Vectors do not overlap unless they are the same. Sums run in 16 lanes of doubles.

/// r -= a q; returns r·r.
double ck_subtract_norm_d(double *r, const double *q, double a, int64_t n);
double ck_subtract_norm_f(float *r, const float *q, float a, int64_t n);

/// r -= a q for a diagonal matrix D; returns r·r, and r·D r in *weighted.
double ck_subtract_norms_d(double *r, const double *q, const double *d, double a, double *weighted, int64_t n);
double ck_subtract_norms_f(float *r, const float *q, const float *d, float a, double *weighted, int64_t n);

/// x += a p, then p = z + b p.
void ck_advance_d(double *x, double *p, const double *z, double a, double b, int64_t n);
void ck_advance_f(float *x, float *p, const float *z, float a, float b, int64_t n);

/// x += a p, then p = D z + b p for a diagonal matrix D.
void ck_advance_scaled_d(double *x, double *p, const double *d, const double *z, double a, double b, int64_t n);
void ck_advance_scaled_f(float *x, float *p, const float *d, const float *z, float a, float b, int64_t n);

/// y = a x + b y
void ck_axpby_d(double *y, const double *x, double a, double b, int64_t n);
void ck_axpby_f(float *y, const float *x, float a, float b, int64_t n);

/// z = D r
void ck_multiply_out_d(double *z, const double *d, const double *r, int64_t n);
void ck_multiply_out_f(float *z, const float *d, const float *r, int64_t n);

/// x·y in doubles.
double ck_inner_d(const double *x, const double *y, int64_t n);
double ck_inner_f(const float *x, const float *y, int64_t n);

/// sums[k] = v_k·w for k < count, where v_k = v + k stride: several inner products that read w once per four.
void ck_inner_many_d(double *sums, const double *v, int64_t stride, int64_t count, const double *w, int64_t n);
void ck_inner_many_f(double *sums, const float *v, int64_t stride, int64_t count, const float *w, int64_t n);

/// w += Σ c_k v_k for k < count; returns w·w.
double ck_combine_many_d(double *w, const double *v, int64_t stride, int64_t count, const double *c, int64_t n);
double ck_combine_many_f(float *w, const float *v, int64_t stride, int64_t count, const float *c, int64_t n);

/// out[i] = x[indices[i]]
void ck_gather_d(double *out, const double *x, const int32_t *indices, int64_t n);
void ck_gather_f(float *out, const float *x, const int32_t *indices, int64_t n);

/// d[i] = 1 / d[i]; returns the first i whose element was zero, infinite or NaN, or -1, and whether all were positive.
int64_t ck_invert_d(double *d, int32_t *is_positive, int64_t n);
int64_t ck_invert_f(float *d, int32_t *is_positive, int64_t n);

/// The triad x = y + a z (McCalpin 1995), whose speed on arrays far larger than the caches is the memory's.
void ck_triad_d(double *x, const double *y, const double *z, double a, int64_t n);

#endif
