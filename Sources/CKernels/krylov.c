#include "ck_krylov.h"

#include "lanes.h"

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
