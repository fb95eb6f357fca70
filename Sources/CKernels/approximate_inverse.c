#include "ck_approximate_inverse.h"

#include <math.h>
#include <stddef.h>

#include "dispatch.h"

CK_DISPATCH int64_t ck_approximate_inverse_rows(const ck_approximate_inverse *a, double *scratch, int64_t first,
                                                int64_t end) {
  int64_t broken = 0;
  for (int64_t i = first; i < end; i++) {
    const int64_t start = a->factorStarts[i], m = a->factorStarts[i + 1] - start;
    const int32_t *const chosen = a->factorColumns + start;
    double *const g = a->factors + start;
    // The lower triangle of A[J, J] by rows, then its Cholesky factor in place.
    for (int64_t r = 0; r < m; r++) {
      double *const row = scratch + r * m;
      int64_t p = a->starts[chosen[r]];
      const int64_t stop = a->starts[chosen[r] + 1];
      for (int64_t s = 0; s <= r; s++) {
        while (p < stop && a->columns[p] < chosen[s]) p++;
        row[s] = p < stop && a->columns[p] == chosen[s] ? a->values[p] : 0;
      }
      const double diagonal = row[r];
      row[r] *= 1 + a->shift;
      for (int64_t s = 0; s < r; s++) {
        const double *const other = scratch + s * m;
        double sum = row[s];
        for (int64_t t = 0; t < s; t++) sum -= row[t] * other[t];
        row[s] = sum * other[s];
        row[r] -= row[s] * row[s];
      }
      if (!(row[r] > 0x1p-48 * fabs(diagonal)) || !isfinite(row[r])) {
        broken++;
        row[r] = fabs(diagonal) > 0 ? fabs(diagonal) : 1;
      }
      // The inverse of the diagonal of the factor, which is what the solves need.
      row[r] = 1 / sqrt(row[r]);
    }
    // L Lᵀ y = e_i: the last element of L⁻¹ e_i is 1 / l_mm, the others are 0; g = y l_mm.
    for (int64_t s = 0; s < m; s++) g[s] = s == m - 1 ? 1 : 0;
    for (int64_t r = m - 1; r >= 0; r--) {
      const double *const row = scratch + r * m;
      g[r] *= row[r];
      for (int64_t s = 0; s < r; s++) g[s] -= row[s] * g[r];
    }
  }
  return broken;
}

#define REAL double
#define CK_TYPED(name) CK_CONCATENATE(name, _d)
#include "approximate_inverse_template.h"

#define REAL float
#define CK_TYPED(name) CK_CONCATENATE(name, _f)
#include "approximate_inverse_template.h"
