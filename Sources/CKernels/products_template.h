// Products with a few columns for the type REAL; included once per type.
//
// CK_BITS     a signed integer of its size
// CK_NARROW   the largest number of columns
//
// Lanes run along the inner axis: A is read once, as it lies, for up to four columns of B that are copied beside one
// another. Element i of a sum is in lane i mod 16; elements that do not fill the lanes come last.

// Inner steps whose part of B is copied.
#define CK_INNER_BLOCK 512
#define CK_PRODUCT_LANES 16
// Rows and columns whose sums are kept in registers together.
#define CK_PRODUCT_ROWS 4
#define CK_PRODUCT_COLUMNS 4

typedef REAL CK_TYPED(ck_product_lanes) __attribute__((vector_size(CK_PRODUCT_LANES * sizeof(REAL))));
typedef REAL CK_TYPED(ck_product_memory)
    __attribute__((vector_size(CK_PRODUCT_LANES * sizeof(REAL)), aligned(sizeof(REAL)), may_alias));
typedef CK_BITS CK_TYPED(ck_product_bits) __attribute__((vector_size(CK_PRODUCT_LANES * sizeof(REAL))));
typedef REAL CK_TYPED(ck_product_eight) __attribute__((vector_size(8 * sizeof(REAL))));
typedef REAL CK_TYPED(ck_product_four) __attribute__((vector_size(4 * sizeof(REAL))));

/// Lane j with j + 8, then with j + 4.
CK_INLINE void CK_TYPED(ck_product_fold)(CK_TYPED(ck_product_four) *to, const CK_TYPED(ck_product_lanes) *lanes) {
  const CK_TYPED(ck_product_lanes) sums = *lanes;
  const CK_TYPED(ck_product_eight) eight = __builtin_shufflevector(sums, sums, 0, 1, 2, 3, 4, 5, 6, 7) +
                                           __builtin_shufflevector(sums, sums, 8, 9, 10, 11, 12, 13, 14, 15);
  *to = __builtin_shufflevector(eight, eight, 0, 1, 2, 3) + __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
}

/// Writes the sums of the lanes: then with j + 2 and j + 1.
CK_INLINE void CK_TYPED(ck_product_join)(REAL *to, const CK_TYPED(ck_product_lanes) *lanes, int columns) {
  CK_TYPED(ck_product_four) f[CK_PRODUCT_COLUMNS];
  for (int j = 0; j < columns; j++) CK_TYPED(ck_product_fold)(&f[j], lanes + j);
  if (columns == 4) {
    // Four sums together.
    const CK_TYPED(ck_product_four) left =
        __builtin_shufflevector(f[0], f[1], 0, 4, 1, 5) + __builtin_shufflevector(f[0], f[1], 2, 6, 3, 7);
    const CK_TYPED(ck_product_four) right =
        __builtin_shufflevector(f[2], f[3], 0, 4, 1, 5) + __builtin_shufflevector(f[2], f[3], 2, 6, 3, 7);
    const CK_TYPED(ck_product_four) all =
        __builtin_shufflevector(left, right, 0, 1, 4, 5) + __builtin_shufflevector(left, right, 2, 3, 6, 7);
    for (int j = 0; j < 4; j++) to[j] = all[j];
    return;
  }
  for (int j = 0; j < columns; j++) {
    const CK_TYPED(ck_product_four) two = f[j] + __builtin_shufflevector(f[j], f[j], 2, 3, 0, 1);
    to[j] = two[0] + two[1];
  }
}

/// C = alpha A B + beta C for a few rows and columns. `b` holds one column every CK_INNER_BLOCK + 16 elements; where k is
/// no multiple of the lanes, its last lanes stand behind it, see ck_pack_column.
CK_INLINE void CK_TYPED(ck_product_block)(
    REAL *c, int64_t ldc, const REAL *a, int64_t lda, const REAL *b, int rows, int columns, int64_t k,
    const CK_TYPED(ck_product_bits) *last, REAL alpha, REAL beta) {
  CK_TYPED(ck_product_lanes) sums[CK_PRODUCT_ROWS][CK_PRODUCT_COLUMNS];
  for (int r = 0; r < rows; r++) {
    for (int j = 0; j < columns; j++) sums[r][j] = (CK_TYPED(ck_product_lanes)){0};
  }
  int64_t at = 0;
  for (; at + CK_PRODUCT_LANES <= k; at += CK_PRODUCT_LANES) {
    CK_TYPED(ck_product_lanes) factors[CK_PRODUCT_COLUMNS];
    for (int j = 0; j < columns; j++) {
      factors[j] = *(const CK_TYPED(ck_product_memory) *)(b + j * (CK_INNER_BLOCK + CK_PRODUCT_LANES) + at);
    }
    for (int r = 0; r < rows; r++) {
      const CK_TYPED(ck_product_lanes) row = *(const CK_TYPED(ck_product_memory) *)(a + r * lda + at);
      for (int j = 0; j < columns; j++) sums[r][j] += row * factors[j];
    }
  }
  if (at < k) {
    for (int r = 0; r < rows; r++) {
      CK_TYPED(ck_product_lanes) row = {0};
      if (k >= CK_PRODUCT_LANES) {
        // The last lanes of the row, without those that were read before.
        row = *(const CK_TYPED(ck_product_memory) *)(a + r * lda + k - CK_PRODUCT_LANES);
        row = (CK_TYPED(ck_product_lanes))((CK_TYPED(ck_product_bits))row & *last);
      } else {
        for (int64_t i = 0; i < k; i++) row[i] = a[r * lda + i];
      }
      for (int j = 0; j < columns; j++) {
        sums[r][j] += row * *(const CK_TYPED(ck_product_memory) *)(b + j * (CK_INNER_BLOCK + CK_PRODUCT_LANES) + at);
      }
    }
  }
  for (int r = 0; r < rows; r++) {
    REAL row[CK_PRODUCT_COLUMNS];
    CK_TYPED(ck_product_join)(row, sums[r], columns);
    REAL *to = c + r * ldc;
    for (int j = 0; j < columns; j++) to[j] = beta == 0 ? alpha * row[j] : alpha * row[j] + beta * to[j];
  }
}

CK_INLINE void CK_TYPED(ck_product_rows)(
    REAL *c, int64_t ldc, const REAL *a, int64_t lda, const REAL *b, int64_t m, int columns, int64_t k,
    const CK_TYPED(ck_product_bits) *last, REAL alpha, REAL beta) {
  int64_t row = 0;
  for (; row + CK_PRODUCT_ROWS <= m; row += CK_PRODUCT_ROWS) {
    CK_TYPED(ck_product_block)(
        c + row * ldc, ldc, a + row * lda, lda, b, CK_PRODUCT_ROWS, columns, k, last, alpha, beta);
  }
  for (; row < m; row++) {
    CK_TYPED(ck_product_block)(c + row * ldc, ldc, a + row * lda, lda, b, 1, columns, k, last, alpha, beta);
  }
}

/// Copies a column. Where k is no multiple of the lanes, what is left stands at the end of 16 more elements that begin
/// at the last multiple, or at their beginning where k is less than 16.
CK_INLINE void CK_TYPED(ck_pack_column)(REAL *to, const REAL *b, int64_t ldb, int64_t k) {
  const int64_t whole = k / CK_PRODUCT_LANES * CK_PRODUCT_LANES;
  const int64_t rest = k - whole;
  for (int64_t i = 0; i < whole; i++) to[i] = b[i * ldb];
  if (rest == 0) return;
  const int64_t shift = whole > 0 ? CK_PRODUCT_LANES - rest : 0;
  for (int64_t i = 0; i < CK_PRODUCT_LANES; i++) to[whole + i] = 0;
  for (int64_t i = 0; i < rest; i++) to[whole + shift + i] = b[(whole + i) * ldb];
}

CK_DISPATCH void CK_TYPED(ck_narrow_product)(
    REAL *c, int64_t ldc, const REAL *a, int64_t lda, const REAL *b, int64_t ldb, int64_t m, int64_t n, int64_t k,
    REAL alpha, REAL beta) {
  REAL packed[CK_PRODUCT_COLUMNS * (CK_INNER_BLOCK + CK_PRODUCT_LANES)];
  for (int64_t start = 0; start < k || start == 0; start += CK_INNER_BLOCK) {
    const int64_t inner = k - start < CK_INNER_BLOCK ? k - start : CK_INNER_BLOCK;
    const REAL before = start == 0 ? beta : (REAL)1;
    CK_TYPED(ck_product_bits) last = {0};
    for (int j = 0; j < CK_PRODUCT_LANES; j++) {
      last[j] = j >= CK_PRODUCT_LANES - inner % CK_PRODUCT_LANES ? -1 : 0;
    }
    for (int64_t first = 0; first < n; first += CK_PRODUCT_COLUMNS) {
      const int64_t columns = n - first < CK_PRODUCT_COLUMNS ? n - first : CK_PRODUCT_COLUMNS;
      for (int64_t j = 0; j < columns; j++) {
        CK_TYPED(ck_pack_column)(
            packed + j * (CK_INNER_BLOCK + CK_PRODUCT_LANES), b + start * ldb + first + j, ldb, inner);
      }
      REAL *to = c + first;
      const REAL *from = a + start;
      // Numbers of columns that the compiler knows.
      switch (columns) {
        case 1: CK_TYPED(ck_product_rows)(to, ldc, from, lda, packed, m, 1, inner, &last, alpha, before); break;
        case 2: CK_TYPED(ck_product_rows)(to, ldc, from, lda, packed, m, 2, inner, &last, alpha, before); break;
        case 3: CK_TYPED(ck_product_rows)(to, ldc, from, lda, packed, m, 3, inner, &last, alpha, before); break;
        default: CK_TYPED(ck_product_rows)(to, ldc, from, lda, packed, m, 4, inner, &last, alpha, before); break;
      }
    }
  }
}

#undef CK_INNER_BLOCK
#undef CK_PRODUCT_LANES
#undef CK_PRODUCT_ROWS
#undef CK_PRODUCT_COLUMNS
#undef CK_NARROW
#undef CK_BITS
#undef CK_TYPED
#undef REAL
