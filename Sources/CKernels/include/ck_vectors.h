#ifndef CK_VECTORS_H
#define CK_VECTORS_H

#include <stdint.h>

/// y += a x
void ck_axpy_d(double *y, int64_t n, double a, const double *x);
void ck_axpy_f(float *y, int64_t n, float a, const float *x);

/// y *= x
void ck_multiply_d(double *y, int64_t n, const double *x);
void ck_multiply_f(float *y, int64_t n, const float *x);

/// y *= a
void ck_scale_d(double *y, int64_t n, double a);
void ck_scale_f(float *y, int64_t n, float a);

/// Conversions between the precisions.
void ck_narrow(float *out, int64_t n, const double *in);
void ck_widen(double *out, int64_t n, const float *in);

#endif
