#include "ck_runs.h"

#include "dispatch.h"

#include <stddef.h>

/// Whether row i has the entries of row i - 1, one column further.
CK_INLINE int ck_continues_run(const int32_t *starts, const int32_t *columns, int64_t i) {
  const int32_t above = starts[i - 1], start = starts[i], count = start - above;
  if (starts[i + 1] - start != count) return 0;
  int same = 1;
  for (int32_t p = 0; p < count; p++) same &= columns[start + p] == columns[above + p] + 1;
  return same;
}

int64_t ck_csr_count_runs(const int32_t *starts, const int32_t *columns, int64_t first, int64_t end) {
  int64_t count = first < end;
  for (int64_t i = first + 1; i < end; i++) count += !ck_continues_run(starts, columns, i);
  return count;
}

void ck_csr_find_runs(int32_t *runs, const int32_t *starts, const int32_t *columns, int64_t first, int64_t end) {
  if (first < end) *runs++ = (int32_t)first;
  for (int64_t i = first + 1; i < end; i++) {
    if (!ck_continues_run(starts, columns, i)) *runs++ = (int32_t)i;
  }
}

#define REAL double
#define CK_TYPED(name) CK_CONCATENATE(name, _d)
#include "runs_template.h"

#define REAL float
#define CK_TYPED(name) CK_CONCATENATE(name, _f)
#include "runs_template.h"
