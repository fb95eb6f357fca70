#include "ck_krylov.h"

#include "dispatch.h"

#define CK_LANES 16

/// Joins 16 lanes by a fixed tree.
CK_INLINE double ck_join(double *lanes) {
  for (int width = CK_LANES / 2; width > 0; width /= 2) {
    for (int j = 0; j < width; j++) lanes[j] += lanes[j + width];
  }
  return lanes[0];
}

#define REAL double
#define CK_TYPED(name) CK_CONCATENATE(name, _d)
#include "krylov_template.h"

#define REAL float
#define CK_TYPED(name) CK_CONCATENATE(name, _f)
#include "krylov_template.h"

CK_DISPATCH void ck_triad_d(double *x, const double *y, const double *z, double a, int64_t n) {
  CK_LOOP
  for (int64_t i = 0; i < n; i++) x[i] = y[i] + a * z[i];
}
