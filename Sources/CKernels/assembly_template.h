// Making matrices in compressed rows for the type REAL; included once per type.

void CK_TYPED(ck_csr_transpose)(int32_t *rows_out, REAL *values_out, int32_t *cursor, const int32_t *starts,
                                const int32_t *columns, const REAL *values, int64_t first, int64_t end) {
  for (int64_t i = first; i < end; i++) {
    for (int32_t p = starts[i]; p < starts[i + 1]; p++) {
      const int32_t q = cursor[columns[p]]++;
      rows_out[q] = (int32_t)i;
      values_out[q] = values[p];
    }
  }
}

void CK_TYPED(ck_scatter_triplets)(int32_t *columns_out, REAL *values_out, int32_t *cursor, const int32_t *rows,
                                   const int32_t *columns, const REAL *values, int64_t first, int64_t end) {
  for (int64_t p = first; p < end; p++) {
    const int32_t q = cursor[rows[p]]++;
    columns_out[q] = columns[p];
    values_out[q] = values[p];
  }
}

/// Stable: insertion for short arrays, which most rows are.
CK_INLINE void CK_TYPED(ck_insertion_sort)(int32_t *keys, REAL *values, int64_t n) {
  for (int64_t i = 1; i < n; i++) {
    const int32_t key = keys[i];
    if (keys[i - 1] <= key) continue;
    const REAL value = values[i];
    int64_t j = i;
    for (; j > 0 && keys[j - 1] > key; j--) {
      keys[j] = keys[j - 1];
      values[j] = values[j - 1];
    }
    keys[j] = key;
    values[j] = value;
  }
}

#define CK_RUN 32

/// Stable: runs of 32 by insertion, then merges of doubling width between the arrays and the scratch.
static void CK_TYPED(ck_merge_sort)(int32_t *keys, REAL *values, int32_t *key_scratch, REAL *value_scratch, int64_t n) {
  for (int64_t first = 0; first < n; first += CK_RUN) {
    const int64_t length = n - first < CK_RUN ? n - first : CK_RUN;
    CK_TYPED(ck_insertion_sort)(keys + first, values + first, length);
  }
  int32_t *from_keys = keys, *to_keys = key_scratch;
  REAL *from_values = values, *to_values = value_scratch;
  for (int64_t width = CK_RUN; width < n; width *= 2) {
    for (int64_t first = 0; first < n; first += 2 * width) {
      const int64_t middle = first + width < n ? first + width : n, end = middle + width < n ? middle + width : n;
      int64_t i = first, j = middle;
      for (int64_t k = first; k < end; k++) {
        const int left = i < middle && (j >= end || from_keys[i] <= from_keys[j]);
        const int64_t source = left ? i++ : j++;
        to_keys[k] = from_keys[source];
        to_values[k] = from_values[source];
      }
    }
    int32_t *const keys_swap = from_keys;
    REAL *const values_swap = from_values;
    from_keys = to_keys, from_values = to_values;
    to_keys = keys_swap, to_values = values_swap;
  }
  if (from_keys == keys) return;
  for (int64_t i = 0; i < n; i++) keys[i] = from_keys[i], values[i] = from_values[i];
}

void CK_TYPED(ck_csr_sum_duplicates)(int32_t *counts, const int32_t *starts, int32_t *columns, REAL *values,
                                     int32_t *column_scratch, REAL *value_scratch, int64_t first, int64_t end) {
  for (int64_t i = first; i < end; i++) {
    int32_t *const keys = columns + starts[i];
    REAL *const row = values + starts[i];
    const int64_t n = starts[i + 1] - starts[i];
    if (n <= CK_RUN) {
      CK_TYPED(ck_insertion_sort)(keys, row, n);
    } else {
      CK_TYPED(ck_merge_sort)(keys, row, column_scratch, value_scratch, n);
    }
    int32_t count = 0;
    for (int64_t p = 0; p < n; p++) {
      if (count > 0 && keys[count - 1] == keys[p]) {
        row[count - 1] += row[p];
      } else {
        keys[count] = keys[p];
        row[count++] = row[p];
      }
    }
    counts[i] = count;
  }
}

void CK_TYPED(ck_csr_compress)(const int32_t *starts_out, int32_t *columns_out, REAL *values_out, const int32_t *starts,
                               const int32_t *columns, const REAL *values, int64_t first, int64_t end) {
  for (int64_t i = first; i < end; i++) {
    const int32_t to = starts_out[i], from = starts[i], count = starts_out[i + 1] - to;
    for (int32_t p = 0; p < count; p++) {
      columns_out[to + p] = columns[from + p];
      values_out[to + p] = values[from + p];
    }
  }
}

/// In place, for columns that are all different: gaps of Ciura (2001), then tripled, end with insertion.
static void CK_TYPED(ck_shell_sort)(int32_t *keys, REAL *values, int64_t n) {
  static const int64_t gaps[] = {1, 4, 10, 23, 57, 132, 301, 701};
  int64_t gap = 701;
  int index = 7;
  while (gap * 3 < n) gap *= 3;
  for (;;) {
    for (int64_t i = gap; i < n; i++) {
      const int32_t key = keys[i];
      const REAL value = values[i];
      int64_t j = i;
      for (; j >= gap && keys[j - gap] > key; j -= gap) {
        keys[j] = keys[j - gap];
        values[j] = values[j - gap];
      }
      keys[j] = key;
      values[j] = value;
    }
    if (gap == 1) return;
    gap = gap > 701 ? gap / 3 : gaps[--index];
  }
}

void CK_TYPED(ck_csr_product_fill)(const int32_t *starts, int32_t *columns, REAL *values, const int32_t *a_starts,
                                   const int32_t *a_columns, const REAL *a_values, const int32_t *b_starts,
                                   const int32_t *b_columns, const REAL *b_values, int32_t *marker, int64_t first,
                                   int64_t end) {
  for (int64_t i = first; i < end; i++) {
    const int32_t start = starts[i];
    int32_t next = start;
    for (int32_t p = a_starts[i]; p < a_starts[i + 1]; p++) {
      const int32_t k = a_columns[p];
      const REAL a = a_values[p];
      for (int32_t q = b_starts[k]; q < b_starts[k + 1]; q++) {
        const int32_t j = b_columns[q], place = marker[j];
        // A place outside what this row has filled was left by another row.
        if (place >= start && place < next) {
          values[place] += a * b_values[q];
        } else {
          marker[j] = next;
          columns[next] = j;
          values[next++] = a * b_values[q];
        }
      }
    }
    if (next - start <= CK_RUN) {
      CK_TYPED(ck_insertion_sort)(columns + start, values + start, next - start);
    } else {
      CK_TYPED(ck_shell_sort)(columns + start, values + start, next - start);
    }
  }
}

void CK_TYPED(ck_csr_product_values)(const int32_t *starts, const int32_t *columns, REAL *values,
                                     const int32_t *a_starts, const int32_t *a_columns, const REAL *a_values,
                                     const int32_t *b_starts, const int32_t *b_columns, const REAL *b_values,
                                     int32_t *marker, int64_t first, int64_t end) {
  for (int64_t i = first; i < end; i++) {
    // Negative zero: adding the first product to it gives that product, zeros of either sign included.
    for (int32_t p = starts[i]; p < starts[i + 1]; p++) {
      marker[columns[p]] = p;
      values[p] = (REAL)-0.0;
    }
    for (int32_t p = a_starts[i]; p < a_starts[i + 1]; p++) {
      const int32_t k = a_columns[p];
      const REAL a = a_values[p];
      for (int32_t q = b_starts[k]; q < b_starts[k + 1]; q++) values[marker[b_columns[q]]] += a * b_values[q];
    }
  }
}

void CK_TYPED(ck_csr_sum_fill)(const int32_t *starts, int32_t *columns, REAL *values, REAL alpha,
                               const int32_t *a_starts, const int32_t *a_columns, const REAL *a_values, REAL beta,
                               const int32_t *b_starts, const int32_t *b_columns, const REAL *b_values, int64_t first,
                               int64_t end) {
  for (int64_t i = first; i < end; i++) {
    int32_t p = a_starts[i], q = b_starts[i], next = starts[i];
    const int32_t p_end = a_starts[i + 1], q_end = b_starts[i + 1];
    while (p < p_end || q < q_end) {
      const int32_t j = p < p_end ? a_columns[p] : INT32_MAX, k = q < q_end ? b_columns[q] : INT32_MAX;
      const REAL a = j <= k ? alpha * a_values[p] : 0, b = k <= j ? beta * b_values[q] : 0;
      columns[next] = j < k ? j : k;
      values[next++] = a + b;
      p += j <= k;
      q += k <= j;
    }
  }
}

void CK_TYPED(ck_csr_permute)(const int32_t *starts_out, int32_t *columns_out, REAL *values_out, const int32_t *starts,
                              const int32_t *columns, const REAL *values, const int32_t *order, const int32_t *places,
                              int64_t first, int64_t end) {
  for (int64_t i = first; i < end; i++) {
    const int32_t to = starts_out[i], from = starts[order[i]], count = starts_out[i + 1] - to;
    for (int32_t p = 0; p < count; p++) {
      columns_out[to + p] = places[columns[from + p]];
      values_out[to + p] = values[from + p];
    }
    if (count <= CK_RUN) {
      CK_TYPED(ck_insertion_sort)(columns_out + to, values_out + to, count);
    } else {
      CK_TYPED(ck_shell_sort)(columns_out + to, values_out + to, count);
    }
  }
}

void CK_TYPED(ck_csr_scale)(REAL *out, const int32_t *starts, const int32_t *columns, const REAL *values,
                            const REAL *left, const REAL *right, int64_t first, int64_t end) {
  for (int64_t i = first; i < end; i++) {
    const REAL row = left ? left[i] : 1;
    for (int32_t p = starts[i]; p < starts[i + 1]; p++) {
      const REAL value = row * values[p];
      out[p] = right ? value * right[columns[p]] : value;
    }
  }
}

CK_INLINE int32_t CK_TYPED(ck_find)(const int32_t *columns, int32_t first, int32_t end, int32_t column) {
  while (first < end) {
    const int32_t middle = first + (end - first) / 2;
    if (columns[middle] < column) {
      first = middle + 1;
    } else {
      end = middle;
    }
  }
  return first;
}

void CK_TYPED(ck_csr_diagonal)(REAL *out, const int32_t *starts, const int32_t *columns, const REAL *values,
                               int64_t first, int64_t end) {
  for (int64_t i = first; i < end; i++) {
    const int32_t p = CK_TYPED(ck_find)(columns, starts[i], starts[i + 1], (int32_t)i);
    out[i] = p < starts[i + 1] && columns[p] == i ? values[p] : 0;
  }
}

int64_t CK_TYPED(ck_first_not_finite)(const REAL *values, int64_t first, int64_t end) {
  for (int64_t p = first; p < end; p++) {
    if (!(CK_FABS(values[p]) < (REAL)INFINITY)) return p;
  }
  return -1;
}

int64_t CK_TYPED(ck_csr_first_asymmetry)(const int32_t *starts, const int32_t *columns, const REAL *values,
                                         const REAL *diagonal, REAL tolerance, int64_t first, int64_t end) {
  for (int64_t i = first; i < end; i++) {
    for (int32_t p = starts[i]; p < starts[i + 1]; p++) {
      const int32_t j = columns[p], j_end = starts[j + 1];
      const int32_t q = CK_TYPED(ck_find)(columns, starts[j], j_end, (int32_t)i);
      const REAL a = values[p], b = q < j_end && columns[q] == i ? values[q] : 0;
      const REAL di = CK_FABS(diagonal[i]), dj = CK_FABS(diagonal[j]);
      // Written so that NaN counts as a difference.
      if (!(CK_FABS(a - b) <= tolerance * (CK_FABS(a) + CK_FABS(b) + (di < dj ? di : dj)))) return p;
    }
  }
  return -1;
}

#undef CK_RUN
#undef CK_FABS
#undef CK_TYPED
#undef REAL
