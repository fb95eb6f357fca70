#ifndef CK_COMBINE_H
#define CK_COMBINE_H

#include <stdint.h>

// Kernels over complex modes, interleaved as (real, imaginary). Each makes one pass over its operands. The output may
// be one of the operands; otherwise arrays do not overlap.

/// The largest number of terms of a combination; more of them trap.
#define CK_TERMS 12

/// out[m] = Σ_t coefficients[t][m] vectors[t][m] over n complex modes, with one real coefficient per mode and term.
void ck_combine_real_d(
    double *out, int64_t n, int64_t terms, const double *const *vectors, const double *const *coefficients);
void ck_combine_real_f(
    float *out, int64_t n, int64_t terms, const float *const *vectors, const float *const *coefficients);

/// As ck_combine_real_d, with complex coefficients.
void ck_combine_complex_d(
    double *out, int64_t n, int64_t terms, const double *const *vectors, const double *const *coefficients);
void ck_combine_complex_f(
    float *out, int64_t n, int64_t terms, const float *const *vectors, const float *const *coefficients);

/// out[i] = Σ_t coefficients[t] vectors[t][i] over n scalars, with one scalar coefficient per term.
void ck_combine_scalar_d(
    double *out, int64_t n, int64_t terms, const double *const *vectors, const double *coefficients);
void ck_combine_scalar_f(
    float *out, int64_t n, int64_t terms, const float *const *vectors, const float *coefficients);

/// out = r z for a real symbol r and n complex modes z.
void ck_multiply_real_d(double *out, int64_t n, const double *symbol, const double *in);
void ck_multiply_real_f(float *out, int64_t n, const float *symbol, const float *in);

/// out = i r z for a real symbol r: an odd derivative.
void ck_multiply_imaginary_d(double *out, int64_t n, const double *symbol, const double *in);
void ck_multiply_imaginary_f(float *out, int64_t n, const float *symbol, const float *in);

/// out = s z for a complex symbol s.
void ck_multiply_complex_d(double *out, int64_t n, const double *symbol, const double *in);
void ck_multiply_complex_f(float *out, int64_t n, const float *symbol, const float *in);

/// out += r z for a real symbol r.
void ck_multiply_add_real_d(double *out, int64_t n, const double *symbol, const double *in);
void ck_multiply_add_real_f(float *out, int64_t n, const float *symbol, const float *in);

/// out += i r z for a real symbol r.
void ck_multiply_add_imaginary_d(double *out, int64_t n, const double *symbol, const double *in);
void ck_multiply_add_imaginary_f(float *out, int64_t n, const float *symbol, const float *in);

/// out += s z for a complex symbol s.
void ck_multiply_add_complex_d(double *out, int64_t n, const double *symbol, const double *in);
void ck_multiply_add_complex_f(float *out, int64_t n, const float *symbol, const float *in);

#endif
