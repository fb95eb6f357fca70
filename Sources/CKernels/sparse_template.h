// Loops over matrices in compressed rows for the type REAL; included once per type.

CK_DISPATCH void CK_TYPED(ck_csr_multiply)(REAL *y, const int32_t *starts, const int32_t *columns, const REAL *values,
                                           const REAL *x, int64_t first, int64_t end) {
  for (int64_t i = first; i < end; i++) {
    REAL sum = 0;
    for (int64_t p = starts[i]; p < starts[i + 1]; p++) sum += values[p] * x[columns[p]];
    y[i] = sum;
  }
}

CK_DISPATCH void CK_TYPED(ck_csr_residual)(REAL *r, const REAL *b, const int32_t *starts, const int32_t *columns,
                                           const REAL *values, const REAL *x, int64_t first, int64_t end) {
  for (int64_t i = first; i < end; i++) {
    REAL sum = b[i];
    for (int64_t p = starts[i]; p < starts[i + 1]; p++) sum -= values[p] * x[columns[p]];
    r[i] = sum;
  }
}

#undef CK_TYPED
#undef REAL
