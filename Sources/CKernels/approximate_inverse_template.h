// Applications of block-diagonal and polynomial approximate inverses for the type REAL; included once per type.

CK_DISPATCH void CK_TYPED(ck_block_diagonal)(REAL *z, const REAL *r, const REAL *blocks, int64_t size, int64_t rows,
                                             int64_t first, int64_t end) {
  for (int64_t k = first; k < end; k++) {
    const int64_t row = k * size, m = rows - row < size ? rows - row : size;
    const REAL *const block = blocks + k * size * size;
    for (int64_t i = 0; i < m; i++) z[row + i] = block[i] * r[row];
    for (int64_t j = 1; j < m; j++) {
      const REAL factor = r[row + j];
      for (int64_t i = 0; i < m; i++) z[row + i] += block[j * m + i] * factor;
    }
  }
}

CK_DISPATCH void CK_TYPED(ck_chebyshev_step)(REAL *znew, REAL *d, const REAL *z, const REAL *r, const int32_t *starts,
                                             const int32_t *columns, const REAL *values, const REAL *inverse, REAL a,
                                             REAL b, int64_t first, int64_t end) {
  for (int64_t i = first; i < end; i++) {
    REAL sum = r[i];
    for (int64_t p = starts[i]; p < starts[i + 1]; p++) sum -= values[p] * z[columns[p]];
    const REAL step = a * d[i] + b * inverse[i] * sum;
    d[i] = step;
    znew[i] = z[i] + step;
  }
}

#undef CK_TYPED
#undef REAL
