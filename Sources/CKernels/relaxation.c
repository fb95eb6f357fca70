#include "ck_relaxation.h"

#include "dispatch.h"

#define DEFINE(REAL, suffix)                                                                                       \
  CK_DISPATCH void CK_CONCATENATE(ck_relax, suffix)(const ck_relaxation *f, int32_t reversed, int64_t first,       \
                                                    int64_t end) {                                                 \
    const int32_t *const starts = f->starts, *const columns = f->columns, *const order = f->order;                 \
    const REAL *const values = f->values, *const inverse = f->inverse_diagonal, *const b = f->b;                   \
    const REAL relaxation = (REAL)f->relaxation;                                                                   \
    REAL *const x = f->x;                                                                                          \
    for (int64_t n = 0; n < end - first; n++) {                                                                    \
      const int64_t place = reversed ? end - 1 - n : first + n, row = order ? order[place] : place;                \
      REAL sum = b[row];                                                                                           \
      for (int64_t p = starts[row]; p < starts[row + 1]; p++) sum -= values[p] * x[columns[p]];                    \
      x[row] += relaxation * (sum * inverse[row]);                                                                 \
    }                                                                                                              \
  }

DEFINE(double, _d)
DEFINE(float, _f)
