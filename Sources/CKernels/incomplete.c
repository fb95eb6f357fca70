#include "ck_incomplete.h"

#include <math.h>
#include <stddef.h>

#include "dispatch.h"

// A pivot below this part of its diagonal entry counts as none.
static const double pivot_tolerance = 0x1p-48;

int64_t ck_find_diagonals(int32_t *diagonals, const int32_t *starts, const int32_t *columns, int64_t rows) {
  for (int64_t i = 0; i < rows; i++) {
    int32_t p = starts[i];
    while (p < starts[i + 1] && columns[p] < i) p++;
    if (p == starts[i + 1] || columns[p] != i) return i;
    diagonals[i] = p;
  }
  return -1;
}

int64_t ck_find_mirrors(int32_t *mirrors, int32_t *cursors, const int32_t *starts, const int32_t *columns,
                        const int32_t *diagonals, const int32_t *lowerStarts, const int32_t *upperStarts,
                        int64_t rows) {
  for (int64_t i = 0; i < rows; i++) cursors[i] = 0;
  for (int64_t i = 0; i < rows; i++) {
    // Rows come in ascending order, and so do the upper columns of each row: the next one of row k is i, or missing.
    for (int64_t p = starts[i]; p < diagonals[i]; p++) {
      const int64_t k = columns[p], q = diagonals[k] + 1 + cursors[k];
      if (q >= starts[k + 1] || columns[q] != i) return i;
      mirrors[lowerStarts[i] + p - starts[i]] = upperStarts[k] + cursors[k]++;
    }
  }
  for (int64_t i = 0; i < rows; i++) {
    if (cursors[i] != starts[i + 1] - diagonals[i] - 1) return i;
  }
  return -1;
}

CK_DISPATCH int64_t ck_incomplete_cholesky(const ck_elimination *f, int64_t first, int64_t end) {
  const int32_t *const columns = f->columns;
  const double omega = f->modification;
  int64_t broken = 0;
  for (int64_t s = first; s < end; s++) {
    const int64_t i = f->rows ? f->rows[s] : s;
    const int64_t start = f->starts[i], middle = f->diagonals[i], stop = f->starts[i + 1];
    double *const u = f->upper + f->upperStarts[i] - (middle + 1);
    const double diagonal = f->values[middle];
    double d = diagonal * (1 + f->shift);
    for (int64_t p = middle + 1; p < stop; p++) u[p] = f->values[p];
    for (int64_t p = start; p < middle; p++) {
      const int64_t k = columns[p], l = f->lowerStarts[i] + p - start, mirror = f->mirrors[l];
      const double factor = f->upper[mirror], w = factor * f->pivots[k];
      f->lower[l] = factor;
      d -= factor * w;
      // Row k meets row i where their columns agree; what it has besides is fill, which is dropped here and in the
      // row of the same number alike.
      const int64_t skip = f->diagonals[k] + 1 - f->upperStarts[k];
      int64_t q = omega != 0 ? f->diagonals[k] + 1 : mirror + skip + 1, m = omega != 0 ? p + 1 : middle + 1;
      for (; q < f->starts[k + 1]; q++) {
        const int32_t column = columns[q];
        while (m < stop && columns[m] < column) m++;
        const double update = w * f->upper[q - skip];
        if (m < stop && columns[m] == column) {
          if (m > middle) u[m] -= update;
        } else {
          d -= omega * update;
        }
      }
    }
    if (!(d > pivot_tolerance * fabs(diagonal)) || !isfinite(d)) {
      broken++;
      d = fabs(diagonal);
    }
    const double inverse = 1 / d;
    f->pivots[i] = d;
    f->inversePivots[i] = inverse;
    for (int64_t p = middle + 1; p < stop; p++) u[p] *= inverse;
  }
  return broken;
}

CK_DISPATCH int64_t ck_incomplete_lu(const ck_elimination *f, int64_t first, int64_t end) {
  const int32_t *const columns = f->columns;
  const double omega = f->modification;
  int64_t broken = 0;
  for (int64_t s = first; s < end; s++) {
    const int64_t i = f->rows ? f->rows[s] : s;
    const int64_t start = f->starts[i], middle = f->diagonals[i], stop = f->starts[i + 1];
    double *const l = f->lower + f->lowerStarts[i] - start;
    double *const u = f->upper + f->upperStarts[i] - (middle + 1);
    const double diagonal = f->values[middle];
    double d = diagonal * (1 + f->shift);
    for (int64_t p = start; p < middle; p++) l[p] = f->values[p];
    for (int64_t p = middle + 1; p < stop; p++) u[p] = f->values[p];
    for (int64_t p = start; p < middle; p++) {
      const int64_t k = columns[p], skip = f->diagonals[k] + 1 - f->upperStarts[k];
      const double w = l[p];
      int64_t m = p + 1;
      for (int64_t q = f->diagonals[k] + 1; q < f->starts[k + 1]; q++) {
        const int32_t column = columns[q];
        while (m < stop && columns[m] < column) m++;
        const double update = w * f->upper[q - skip];
        if (m == stop || columns[m] != column) {
          d -= omega * update;
        } else if (m < middle) {
          l[m] -= update;
        } else if (m == middle) {
          d -= update;
        } else {
          u[m] -= update;
        }
      }
      l[p] = w * f->inversePivots[k];
    }
    if (!(fabs(d) > pivot_tolerance * fabs(diagonal)) || !isfinite(d)) {
      broken++;
      d = diagonal;
    }
    const double inverse = 1 / d;
    f->pivots[i] = d;
    f->inversePivots[i] = inverse;
    for (int64_t p = middle + 1; p < stop; p++) u[p] *= inverse;
  }
  return broken;
}
