// Products with a few columns for the type REAL; included once per type.
//
// CK_NARROW   columns of a vector

// Inner steps whose part of B is kept beside one another.
#define CK_INNER_BLOCK 512
// Rows whose sums are kept in registers together.
#define CK_NARROW_ROWS 8
#define CK_NARROW_LANES 16

typedef REAL CK_TYPED(ck_narrow_row) __attribute__((vector_size(CK_NARROW * sizeof(REAL))));
typedef REAL CK_TYPED(ck_narrow_lanes) __attribute__((vector_size(CK_NARROW_LANES * sizeof(REAL))));
typedef REAL CK_TYPED(ck_narrow_memory)
    __attribute__((vector_size(CK_NARROW_LANES * sizeof(REAL)), aligned(sizeof(REAL)), may_alias));

/// The sum of the lanes, neighbours of a fixed distance first.
CK_INLINE REAL CK_TYPED(ck_narrow_join)(CK_TYPED(ck_narrow_lanes) sums) {
  for (int width = CK_NARROW_LANES / 2; width > 0; width /= 2) {
    for (int j = 0; j < width; j++) sums[j] += sums[j + width];
  }
  return sums[0];
}

/// `rows` rows of a part of the inner axis with one column, which lies in `b` without gaps.
CK_INLINE void CK_TYPED(ck_column_rows)(
    REAL *c, int64_t ldc, const REAL *a, int64_t lda, const REAL *b, int rows, int64_t k, REAL alpha, REAL beta) {
  CK_TYPED(ck_narrow_lanes) sums[4];
  for (int r = 0; r < rows; r++) sums[r] = (CK_TYPED(ck_narrow_lanes)){0};
  int64_t at = 0;
  for (; at + CK_NARROW_LANES <= k; at += CK_NARROW_LANES) {
    const CK_TYPED(ck_narrow_lanes) factor = *(const CK_TYPED(ck_narrow_memory) *)(b + at);
    for (int r = 0; r < rows; r++) sums[r] += *(const CK_TYPED(ck_narrow_memory) *)(a + r * lda + at) * factor;
  }
  for (int r = 0; r < rows; r++) {
    REAL sum = CK_TYPED(ck_narrow_join)(sums[r]);
    for (int64_t i = at; i < k; i++) sum += a[r * lda + i] * b[i];
    c[r * ldc] = beta == 0 ? alpha * sum : alpha * sum + beta * c[r * ldc];
  }
}

/// `rows` rows of a part of the inner axis; `b` has CK_NARROW entries per inner step.
CK_INLINE void CK_TYPED(ck_narrow_rows)(
    REAL *c, int64_t ldc, const REAL *a, int64_t lda, const CK_TYPED(ck_narrow_row) *b, int rows, int64_t n, int64_t k,
    REAL alpha, REAL beta) {
  CK_TYPED(ck_narrow_row) sums[CK_NARROW_ROWS];
  for (int r = 0; r < rows; r++) sums[r] = (CK_TYPED(ck_narrow_row)){0};
  for (int64_t i = 0; i < k; i++) {
    const CK_TYPED(ck_narrow_row) factor = b[i];
    for (int r = 0; r < rows; r++) sums[r] += a[r * lda + i] * factor;
  }
  for (int r = 0; r < rows; r++) {
    for (int64_t j = 0; j < n; j++) {
      REAL *to = c + r * ldc + j;
      *to = beta == 0 ? alpha * sums[r][j] : alpha * sums[r][j] + beta * *to;
    }
  }
}

CK_DISPATCH void CK_TYPED(ck_narrow_product)(
    REAL *c, int64_t ldc, const REAL *a, int64_t lda, const REAL *b, int64_t ldb, int64_t m, int64_t n, int64_t k,
    REAL alpha, REAL beta) {
  CK_TYPED(ck_narrow_row) packed[CK_INNER_BLOCK];
  REAL column[CK_INNER_BLOCK];
  for (int64_t start = 0; start < k || start == 0; start += CK_INNER_BLOCK) {
    const int64_t inner = k - start < CK_INNER_BLOCK ? k - start : CK_INNER_BLOCK;
    const REAL before = start == 0 ? beta : (REAL)1;
    if (n == 1) {
      for (int64_t i = 0; i < inner; i++) column[i] = b[(start + i) * ldb];
      int64_t row = 0;
      for (; row + 4 <= m; row += 4) {
        CK_TYPED(ck_column_rows)(c + row * ldc, ldc, a + row * lda + start, lda, column, 4, inner, alpha, before);
      }
      for (; row < m; row++) {
        CK_TYPED(ck_column_rows)(c + row * ldc, ldc, a + row * lda + start, lda, column, 1, inner, alpha, before);
      }
      continue;
    }
    for (int64_t i = 0; i < inner; i++) {
      packed[i] = (CK_TYPED(ck_narrow_row)){0};
      for (int64_t j = 0; j < n; j++) packed[i][j] = b[(start + i) * ldb + j];
    }
    int64_t row = 0;
    for (; row + CK_NARROW_ROWS <= m; row += CK_NARROW_ROWS) {
      CK_TYPED(ck_narrow_rows)(
          c + row * ldc, ldc, a + row * lda + start, lda, packed, CK_NARROW_ROWS, n, inner, alpha, before);
    }
    for (; row < m; row++) {
      CK_TYPED(ck_narrow_rows)(c + row * ldc, ldc, a + row * lda + start, lda, packed, 1, n, inner, alpha, before);
    }
  }
}

#undef CK_INNER_BLOCK
#undef CK_NARROW_ROWS
#undef CK_NARROW_LANES
#undef CK_NARROW
#undef CK_TYPED
#undef REAL
