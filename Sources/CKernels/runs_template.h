// Products with runs of rows for the type REAL; included once per type.

/// Whether row i has the entries of row i - 1, one column further, with the same values.
CK_INLINE int CK_TYPED(ck_repeats_row)(const int32_t *starts, const int32_t *columns, const REAL *values, int64_t i) {
  if (!ck_continues_run(starts, columns, i)) return 0;
  const int32_t above = starts[i - 1], start = starts[i], count = start - above;
  int same = 1;
  for (int32_t p = 0; p < count; p++) same &= values[start + p] == values[above + p];
  return same;
}

int64_t CK_TYPED(ck_csr_count_uniform_runs)(const int32_t *starts, const int32_t *columns, const REAL *values,
                                            int64_t first, int64_t end) {
  int64_t count = first < end;
  for (int64_t i = first + 1; i < end; i++) {
    count += !CK_TYPED(ck_repeats_row)(starts, columns, values, i);
  }
  return count;
}

void CK_TYPED(ck_csr_find_uniform_runs)(int32_t *runs, const int32_t *starts, const int32_t *columns,
                                        const REAL *values, int64_t first, int64_t end) {
  if (first < end) *runs++ = (int32_t)first;
  for (int64_t i = first + 1; i < end; i++) {
    if (!CK_TYPED(ck_repeats_row)(starts, columns, values, i)) *runs++ = (int32_t)i;
  }
}

/// The same for rows that all have the values of the first: vectors over rows, each summed in the order of the other.
CK_INLINE void CK_TYPED(ck_uniform_run)(REAL *y, const REAL *b, const REAL *values, const REAL *x,
                                        const int64_t *offsets, const int64_t count, int64_t n) {
  CK_LOOP
  for (int64_t i = 0; i < n; i++) {
    REAL sum = b ? b[i] : 0;
#pragma clang loop unroll(full)
    for (int64_t p = 0; p < count; p++) {
      const REAL a = values[p], u = x[offsets[p] + i];
      if (b) {
        sum -= a * u;
      } else {
        sum += a * u;
      }
    }
    y[i] = sum;
  }
}

/// Rows of `count` entries each at the given offsets; b is null for a product, and the minuend of a residual.
CK_INLINE void CK_TYPED(ck_run)(REAL *y, const REAL *b, const REAL *values, const REAL *x, const int64_t *offsets,
                                const int64_t count, int64_t n) {
  // Vectors over rows would gather their values: four chains of scalars at a time are faster.
#pragma clang loop vectorize(disable) unroll_count(4)
  for (int64_t i = 0; i < n; i++, values += count) {
    REAL sum = b ? b[i] : 0;
    for (int64_t p = 0; p < count; p++) {
      const REAL a = values[p], u = x[offsets[p] + i];
      if (b) {
        sum -= a * u;
      } else {
        sum += a * u;
      }
    }
    y[i] = sum;
  }
}

#define CK_RUN_MAXIMUM 32

CK_INLINE void CK_TYPED(ck_runs)(REAL *y, const REAL *b, const int32_t *starts, const int32_t *columns,
                                 const REAL *values, const REAL *x, const int32_t *runs, int64_t first, int64_t end,
                                 const int uniform) {
  for (int64_t r = first; r < end; r++) {
    const int64_t row = runs[r], n = runs[r + 1] - row, start = starts[row], count = starts[row + 1] - start;
    if (count > CK_RUN_MAXIMUM || n == 1) {
      // A long row, or a short run: the plain loop.
      for (int64_t i = row; i < row + n; i++) {
        REAL sum = b ? b[i] : 0;
        for (int64_t p = starts[i]; p < starts[i + 1]; p++) {
          const REAL a = values[p], u = x[columns[p]];
          if (b) {
            sum -= a * u;
          } else {
            sum += a * u;
          }
        }
        y[i] = sum;
      }
      continue;
    }
    int64_t offsets[CK_RUN_MAXIMUM];
    for (int64_t p = 0; p < count; p++) offsets[p] = columns[start + p];
    const REAL *const minuend = b ? b + row : NULL;
    // Loops of known length are unrolled: the stencils of common discretisations, whole and at edges.
    switch (count) {
#define CK_CASE(k)                                                                                  \
  case k:                                                                                           \
    if (uniform) CK_TYPED(ck_uniform_run)(y + row, minuend, values + start, x, offsets, k, n);      \
    else CK_TYPED(ck_run)(y + row, minuend, values + start, x, offsets, k, n);                      \
    break
      CK_CASE(2);
      CK_CASE(3);
      CK_CASE(4);
      CK_CASE(5);
      CK_CASE(6);
      CK_CASE(7);
      CK_CASE(9);
      CK_CASE(27);
    default: CK_TYPED(ck_run)(y + row, minuend, values + start, x, offsets, count, n);
#undef CK_CASE
    }
  }
}

CK_DISPATCH void CK_TYPED(ck_csr_multiply_runs)(REAL *y, const int32_t *starts, const int32_t *columns,
                                                const REAL *values, const REAL *x, const int32_t *runs, int64_t first,
                                                int64_t end, int uniform) {
  if (uniform) CK_TYPED(ck_runs)(y, NULL, starts, columns, values, x, runs, first, end, 1);
  else CK_TYPED(ck_runs)(y, NULL, starts, columns, values, x, runs, first, end, 0);
}

CK_DISPATCH void CK_TYPED(ck_csr_residual_runs)(REAL *r, const REAL *b, const int32_t *starts, const int32_t *columns,
                                                const REAL *values, const REAL *x, const int32_t *runs, int64_t first,
                                                int64_t end, int uniform) {
  if (uniform) CK_TYPED(ck_runs)(r, b, starts, columns, values, x, runs, first, end, 1);
  else CK_TYPED(ck_runs)(r, b, starts, columns, values, x, runs, first, end, 0);
}

#undef CK_RUN_MAXIMUM
#undef CK_TYPED
#undef REAL
