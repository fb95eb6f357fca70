#include "ck_triangular.h"

#include <stddef.h>

#include "dispatch.h"

CK_INLINE int continues_run(const ck_substitution *t, int64_t before, int64_t row, int64_t step, int64_t stride) {
  const int64_t count = t->ends[row] - t->starts[row];
  if (count != t->ends[before] - t->starts[before] || t->starts[row] - t->starts[before] != step * stride) return 0;
  const int32_t *const a = t->columns + t->starts[before], *const b = t->columns + t->starts[row];
  for (int64_t p = 0; p < count; p++) {
    if (b[p] - a[p] != step) return 0;
  }
  return 1;
}

int64_t ck_triangle_find_runs(int32_t *runs, const ck_substitution *triangle, int64_t rows, int64_t first,
                              int64_t end) {
  const int64_t step = triangle->backward ? -1 : 1;
  int64_t count = 0, stride = -1;
  for (int64_t s = first; s < end; s++) {
    const int64_t row = triangle->backward ? rows - 1 - s : s;
    if (s > first) {
      const int64_t before = row - step;
      // The distance of rows as stored is that of the first two of a run.
      if (stride < 0) stride = (triangle->starts[row] - triangle->starts[before]) * step;
      if (continues_run(triangle, before, row, step, stride)) continue;
    }
    stride = -1;
    if (runs) runs[count] = (int32_t)row;
    count++;
  }
  return count;
}

#define REAL double
#define STORE double
#define CK_TYPED(name) CK_CONCATENATE(name, _d)
#include "triangular_template.h"

#define REAL float
#define STORE float
#define CK_TYPED(name) CK_CONCATENATE(name, _f)
#include "triangular_template.h"

#define REAL double
#define STORE float
#define CK_TYPED(name) CK_CONCATENATE(name, _m)
#include "triangular_template.h"
