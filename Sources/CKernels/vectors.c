#include "ck_vectors.h"

#include "dispatch.h"

#define DEFINE(REAL, suffix)                                                                        \
  CK_DISPATCH void CK_CONCATENATE(ck_axpy, suffix)(REAL *y, int64_t n, REAL a, const REAL *x) {     \
    CK_LOOP                                                                                         \
    for (int64_t i = 0; i < n; i++) y[i] = a * x[i] + y[i];                                         \
  }                                                                                                 \
  CK_DISPATCH void CK_CONCATENATE(ck_multiply, suffix)(REAL *y, int64_t n, const REAL *x) {         \
    CK_LOOP                                                                                         \
    for (int64_t i = 0; i < n; i++) y[i] *= x[i];                                                   \
  }                                                                                                 \
  CK_DISPATCH void CK_CONCATENATE(ck_scale, suffix)(REAL *y, int64_t n, REAL a) {                   \
    CK_LOOP                                                                                         \
    for (int64_t i = 0; i < n; i++) y[i] *= a;                                                      \
  }

DEFINE(double, _d)
DEFINE(float, _f)

CK_DISPATCH void ck_narrow(float *out, int64_t n, const double *in) {
  CK_LOOP
  for (int64_t i = 0; i < n; i++) out[i] = (float)in[i];
}

CK_DISPATCH void ck_widen(double *out, int64_t n, const float *in) {
  CK_LOOP
  for (int64_t i = 0; i < n; i++) out[i] = in[i];
}
