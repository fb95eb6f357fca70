#ifndef CK_LIE_GROUP_H
#define CK_LIE_GROUP_H

#include <stdint.h>

// Passes that fit preconditioners on Lie groups, in doubles. Vectors do not overlap. Of the X-shaped matrices
// Q = diag(a) + antidiag(b) of order n, row i has a[i] in column i and b[i] in column n − 1 − i; passes over them treat
// the pairs (i, n − 1 − i) for i in [first, last), last ≤ ⌈n/2⌉, so that they may be cut anywhere. The middle row of an
// odd order is its own partner, and its b stays as it is.

/// h = g + (damping + epsilon |g|) z
void ck_add_noise(double *h, const double *g, const double *z, double damping, double epsilon, int64_t n);

/// The same for n complex numbers, with z / √2.
void ck_add_noise_complex(double *h, const double *g, const double *z, double damping, double epsilon, int64_t n);

/// sums[0] = Σ (scale h)² and sums[1] = Σ (scale h)⁴, in 16 lanes.
void ck_scaled_powers(double *sums, const double *h, double scale, int64_t n);

/// Shortens each of n complex numbers to a magnitude of at most `bound`.
void ck_clip_complex(double *g, double bound, int64_t n);

/// The largest of (Q h)² + (Q⁻ᵀ v)².
double ck_xmat_norm(const double *a, const double *b, const double *h, const double *v, int64_t n, int64_t first,
                    int64_t last);

/// Q -= step E Q, with the X-shaped part E of (Q h)(Q h)ᵀ − (Q⁻ᵀ v)(Q⁻ᵀ v)ᵀ.
void ck_xmat_fit(double *a, double *b, const double *h, const double *v, double step, int64_t n, int64_t first,
                 int64_t last);

/// out = Qᵀ Q g
void ck_xmat_apply(double *out, const double *a, const double *b, const double *g, int64_t n, int64_t first,
                   int64_t last);

// Rows of n elements each, `stride` apart: columns of tall matrices, of which there are r ≤ 128.

/// s[i, j] = a_i · b_j; where a is b, the symmetric matrix.
void ck_rows_products(double *s, const double *a, const double *b, int64_t stride, int64_t r, int64_t n);

/// s[j] = a_j · y
void ck_rows_inner(double *s, const double *a, const double *y, int64_t stride, int64_t r, int64_t n);

/// y += scale Σ p[j] a_j
void ck_rows_combine(double *y, const double *a, const double *p, double scale, int64_t stride, int64_t r, int64_t n);

/// a_j ← Σ t[i, j] a_i
void ck_rows_turn(double *a, const double *t, int64_t stride, int64_t r, int64_t n);

/// a_j += p[j] x + q[j] y
void ck_rows_update(double *a, const double *x, const double *p, const double *y, const double *q, int64_t stride,
                    int64_t r, int64_t n);

/// a = d h, b = v / d
void ck_scale_pair(double *a, double *b, const double *d, const double *h, const double *v, int64_t n);

/// change = d p h − v w / d; the largest |d p h| and |v w / d| in largest[0] and [1].
void ck_relative_change(double *change, double *largest, const double *d, const double *p, const double *h,
                        const double *v, const double *w, int64_t n);

#endif
