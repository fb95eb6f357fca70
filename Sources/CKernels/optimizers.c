#include "ck_optimizers.h"

#include "dispatch.h"

#define REAL double
#define CK_TYPED(name) CK_CONCATENATE(name, _d)
#include "optimizers_template.h"

#define REAL float
#define CK_TYPED(name) CK_CONCATENATE(name, _f)
#include "optimizers_template.h"

#define CK_LANES 16

/// Σ row_j v_j in 16 lanes and a fixed tree.
CK_INLINE double ck_row_product(const double *row, const double *v, int64_t n) {
  double lanes[CK_LANES] = {0};
  int64_t base = 0;
  for (; base + CK_LANES <= n; base += CK_LANES) {
    CK_LOOP
    for (int lane = 0; lane < CK_LANES; lane++) lanes[lane] = row[base + lane] * v[base + lane] + lanes[lane];
  }
  for (int lane = 0; base + lane < n; lane++) lanes[lane] = row[base + lane] * v[base + lane] + lanes[lane];
  for (int width = CK_LANES / 2; width > 0; width /= 2) {
    for (int j = 0; j < width; j++) lanes[j] += lanes[j + width];
  }
  return lanes[0];
}

CK_DISPATCH void ck_update_symmetric(double *h, int64_t n, int64_t first, int64_t rows, const double *s,
                                     const double *q, double scale, double ss, double sq, double qq, const double *v,
                                     double *product) {
  for (int64_t i = first; i < first + rows; i++) {
    double *const row = h + i * n;
    const double si = s[i], qi = q[i];
    CK_LOOP
    for (int64_t j = 0; j < n; j++) {
      // In statements of their own, so that no product is fused with the sum: s and q change places in h_ji.
      const double left = si * q[j];
      const double right = qi * s[j];
      const double mixed = left + right;
      const double own = si * s[j];
      const double other = qi * q[j];
      row[j] = scale * row[j] + (ss * own + (sq * mixed + qq * other));
    }
    product[i] = ck_row_product(row, v, n);
  }
}

CK_DISPATCH void ck_multiply_rows(const double *h, int64_t n, int64_t first, int64_t rows, const double *v,
                                  double *product) {
  for (int64_t i = first; i < first + rows; i++) product[i] = ck_row_product(h + i * n, v, n);
}
