#include "ck_stencil.h"

#include "dispatch.h"

#include <stddef.h>

/// The neighbour of coordinate `i` along an axis: its coordinate, -1 for none. A mirror image gives `i` itself.
CK_INLINE int64_t ck_neighbour(const ck_stencil *s, int axis, int64_t i, int64_t step) {
  const int64_t j = i + step, n = s->points[axis];
  if (j >= 0 && j < n) return j;
  switch (s->boundary[axis]) {
  case CK_STENCIL_PERIODIC: return j < 0 ? n - 1 : 0;
  case CK_STENCIL_MIRROR: return i;
  default: return -1;
  }
}

typedef struct {
  int32_t column;
  double value;
} ck_stencil_entry;

/// The entries of the row of a point, sorted by column and summed where columns coincide; returns how many.
static int ck_stencil_row(ck_stencil_entry *entries, const ck_stencil *s, int64_t i, int64_t j, int64_t k) {
  const int64_t ny = s->points[1], nz = s->points[2];
  const int64_t place[3] = {i, j, k}, strides[3] = {ny * nz, nz, 1};
  const int64_t row = (i * ny + j) * nz + k;
  int count = 1;
  entries[0] = (ck_stencil_entry){(int32_t)row, s->center};
  for (int axis = 0; axis < 3; axis++) {
    if (s->side[axis] == 0) continue;
    for (int64_t step = -1; step <= 1; step += 2) {
      const int64_t other = ck_neighbour(s, axis, place[axis], step);
      if (other < 0) continue;
      const int32_t column = (int32_t)(row + (other - place[axis]) * strides[axis]);
      int at = 0;
      while (at < count && entries[at].column < column) at++;
      if (at < count && entries[at].column == column) {
        entries[at].value += s->side[axis];
        continue;
      }
      for (int p = count; p > at; p--) entries[p] = entries[p - 1];
      entries[at] = (ck_stencil_entry){column, s->side[axis]};
      count++;
    }
  }
  return count;
}

void ck_stencil_count(int32_t *counts, const ck_stencil *s, int64_t first, int64_t end) {
  ck_stencil_entry entries[7];
  const int64_t ny = s->points[1], nz = s->points[2];
  for (int64_t line = first; line < end; line++) {
    for (int64_t k = 0; k < nz; k++) counts[line * nz + k] = ck_stencil_row(entries, s, line / ny, line % ny, k);
  }
}

#define REAL double
#define CK_TYPED(name) CK_CONCATENATE(name, _d)
#include "stencil_template.h"

#define REAL float
#define CK_TYPED(name) CK_CONCATENATE(name, _f)
#include "stencil_template.h"
