#include "ck_threshold.h"

#include <math.h>
#include <stddef.h>

// A pivot below this part of its diagonal entry counts as none.
static const double pivot_tolerance = 0x1p-48;

static void swap(int32_t *columns, int64_t i, int64_t j) {
  const int32_t column = columns[i];
  columns[i] = columns[j];
  columns[j] = column;
}

/// Whether one entry comes before another: by magnitude, and by column where those agree, so that the choice is unique.
static int is_larger(const double *sums, int32_t a, int32_t b) {
  const double x = fabs(sums[a]), y = fabs(sums[b]);
  return x > y || (x == y && a < b);
}

/// Moves the `kept` largest of `count` entries to the front (Hoare's selection).
static void select_largest(int32_t *columns, int64_t count, int64_t kept, const double *sums) {
  int64_t low = 0, high = count;
  while (high - low > 1 && kept > low && kept < high) {
    swap(columns, low, low + (high - low) / 2);
    const int32_t pivot = columns[low];
    int64_t split = low;
    for (int64_t i = low + 1; i < high; i++) {
      if (is_larger(sums, columns[i], pivot)) swap(columns, ++split, i);
    }
    swap(columns, low, split);
    if (kept <= split) {
      high = split;
    } else {
      low = split + 1;
    }
  }
}

static void sift_down(int32_t *heap, int64_t root, int64_t count) {
  for (;;) {
    int64_t child = 2 * root + 1;
    if (child >= count) return;
    if (child + 1 < count && heap[child + 1] > heap[child]) child++;
    if (heap[root] >= heap[child]) return;
    swap(heap, root, child);
    root = child;
  }
}

static void sort_columns(int32_t *columns, int64_t count) {
  if (count <= 32) {
    for (int64_t i = 1; i < count; i++) {
      const int32_t column = columns[i];
      int64_t j = i;
      for (; j > 0 && columns[j - 1] > column; j--) columns[j] = columns[j - 1];
      columns[j] = column;
    }
    return;
  }
  for (int64_t root = count / 2 - 1; root >= 0; root--) sift_down(columns, root, count);
  for (int64_t end = count - 1; end > 0; end--) {
    swap(columns, 0, end);
    sift_down(columns, 0, end);
  }
}

/// Drops what is small of the entries in `found`, keeps at most `limit`, sorts them; returns how many are left.
static int64_t filter(int32_t *found, int64_t count, double smallest, int64_t limit, const double *sums) {
  int64_t kept = 0;
  for (int64_t i = 0; i < count; i++) {
    if (fabs(sums[found[i]]) >= smallest && sums[found[i]] != 0) found[kept++] = found[i];
  }
  if (kept > limit) {
    select_largest(found, kept, limit, sums);
    kept = limit;
  }
  sort_columns(found, kept);
  return kept;
}

static double mean_magnitude(const ck_threshold *f, int64_t i) {
  double sum = 0;
  for (int64_t p = f->starts[i]; p < f->starts[i + 1]; p++) sum += fabs(f->values[p]);
  return sum / (double)(f->starts[i + 1] - f->starts[i]);
}

int64_t ck_threshold_cholesky(const ck_threshold *f) {
  double *const sums = f->sums;
  int32_t *const marks = f->marks, *const found = f->found;
  // For each column, a list of the rows of U whose next entry lies in it. The heads of the lists are in lowerStarts,
  // which a symmetric factorisation does not need otherwise.
  int32_t *const heads = f->lowerStarts, *const next = f->next, *const cursors = f->cursors;
  for (int64_t i = 0; i < f->rows; i++) {
    marks[i] = -1;
    heads[i] = -1;
  }
  f->upperStarts[0] = 0;
  for (int64_t i = 0; i < f->rows; i++) {
    const int64_t middle = f->diagonals[i], stop = f->starts[i + 1];
    const double diagonal = f->values[middle];
    double d = diagonal * (1 + f->shift);
    int64_t count = 0;
    for (int64_t p = middle + 1; p < stop; p++) {
      const int32_t column = f->columns[p];
      sums[column] = f->values[p];
      marks[column] = (int32_t)i;
      found[count++] = column;
    }
    for (int32_t k = heads[i], after; k >= 0; k = after) {
      after = next[k];
      const int32_t first = cursors[k], end = f->upperStarts[k + 1];
      const double factor = f->upper[first], w = factor / f->inversePivots[k];
      d -= factor * w;
      for (int32_t q = first + 1; q < end; q++) {
        const int32_t column = f->upperColumns[q];
        if (marks[column] != i) {
          marks[column] = (int32_t)i;
          sums[column] = 0;
          found[count++] = column;
        }
        sums[column] -= w * f->upper[q];
      }
      // The row waits in the list of its next column.
      if (first + 1 < end) {
        const int32_t column = f->upperColumns[first + 1];
        cursors[k] = first + 1;
        next[k] = heads[column];
        heads[column] = k;
      }
    }
    if (!(d > pivot_tolerance * fabs(diagonal)) || !isfinite(d)) return i;
    const double inverse = 1 / d;
    f->inversePivots[i] = inverse;
    const int64_t limit = stop - middle - 1 + f->fill;
    const int64_t kept = filter(found, count, f->tolerance * mean_magnitude(f, i), limit, sums);
    const int32_t start = f->upperStarts[i];
    for (int64_t p = 0; p < kept; p++) {
      f->upperColumns[start + p] = found[p];
      f->upper[start + p] = sums[found[p]] * inverse;
    }
    f->upperStarts[i + 1] = start + (int32_t)kept;
    if (kept > 0) {
      cursors[i] = start;
      next[i] = heads[found[0]];
      heads[found[0]] = (int32_t)i;
    }
  }
  return -1;
}

static void push(int32_t *heap, int64_t *count, int32_t column) {
  int64_t i = (*count)++;
  for (; i > 0 && heap[(i - 1) / 2] > column; i = (i - 1) / 2) heap[i] = heap[(i - 1) / 2];
  heap[i] = column;
}

static int32_t pop(int32_t *heap, int64_t *count) {
  const int32_t smallest = heap[0], last = heap[--*count];
  int64_t i = 0;
  for (;;) {
    int64_t child = 2 * i + 1;
    if (child >= *count) break;
    if (child + 1 < *count && heap[child + 1] < heap[child]) child++;
    if (last <= heap[child]) break;
    heap[i] = heap[child];
    i = child;
  }
  heap[i] = last;
  return smallest;
}

int64_t ck_threshold_lu(const ck_threshold *f) {
  double *const sums = f->sums;
  int32_t *const marks = f->marks, *const found = f->found, *const heap = f->next, *const lower = f->cursors;
  for (int64_t i = 0; i < f->rows; i++) marks[i] = -1;
  f->lowerStarts[0] = f->upperStarts[0] = 0;
  for (int64_t i = 0; i < f->rows; i++) {
    const int64_t start = f->starts[i], middle = f->diagonals[i], stop = f->starts[i + 1];
    const double diagonal = f->values[middle], smallest = f->tolerance * mean_magnitude(f, i);
    int64_t waiting = 0, before = 0, count = 0;
    for (int64_t p = start; p < stop; p++) {
      const int32_t column = f->columns[p];
      sums[column] = f->values[p];
      marks[column] = (int32_t)i;
      if (p < middle) push(heap, &waiting, column);
      if (p > middle) found[count++] = column;
    }
    sums[i] *= 1 + f->shift;
    // Columns left of the diagonal are eliminated in ascending order, new ones among them.
    while (waiting > 0) {
      const int32_t k = pop(heap, &waiting);
      const double w = sums[k], factor = w * f->inversePivots[k];
      if (!(fabs(w) >= smallest) || w == 0) continue;
      sums[k] = factor;
      lower[before++] = k;
      for (int32_t q = f->upperStarts[k]; q < f->upperStarts[k + 1]; q++) {
        const int32_t column = f->upperColumns[q];
        if (marks[column] != i) {
          marks[column] = (int32_t)i;
          sums[column] = 0;
          if (column < i) push(heap, &waiting, column);
          if (column > i) found[count++] = column;
        }
        sums[column] -= w * f->upper[q];
      }
    }
    const double d = sums[i];
    if (!(fabs(d) > pivot_tolerance * fabs(diagonal)) || !isfinite(d)) return i;
    const double inverse = 1 / d;
    f->inversePivots[i] = inverse;
    const int64_t keptLower = filter(lower, before, 0, middle - start + f->fill, sums);
    int32_t position = f->lowerStarts[i];
    for (int64_t p = 0; p < keptLower; p++, position++) {
      f->lowerColumns[position] = lower[p];
      f->lower[position] = sums[lower[p]];
    }
    f->lowerStarts[i + 1] = position;
    const int64_t kept = filter(found, count, smallest, stop - middle - 1 + f->fill, sums);
    position = f->upperStarts[i];
    for (int64_t p = 0; p < kept; p++, position++) {
      f->upperColumns[position] = found[p];
      f->upper[position] = sums[found[p]] * inverse;
    }
    f->upperStarts[i + 1] = position;
  }
  return -1;
}
