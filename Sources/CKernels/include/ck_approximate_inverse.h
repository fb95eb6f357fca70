#ifndef CK_APPROXIMATE_INVERSE_H
#define CK_APPROXIMATE_INVERSE_H

#include <stdint.h>

/// A symmetric matrix in compressed rows, and a lower triangular G ≈ L⁻¹ for A = L Lᵀ: each row of G has ascending
/// columns of which the last is the diagonal.
typedef struct {
  const int32_t *starts;
  const int32_t *columns;
  const double *values;
  /// The diagonal is taken times 1 + shift.
  double shift;
  const int32_t *factorStarts;
  const int32_t *factorColumns;
  double *factors;
} ck_approximate_inverse;

/// Rows `first ..< end` of G: with J the columns of row i, A[J, J] y = e_i and g = y / √y_i. `scratch` holds the square
/// of the longest row. Returns the number of rows whose block is not positive definite.
int64_t ck_approximate_inverse_rows(const ck_approximate_inverse *a, double *scratch, int64_t first, int64_t end);

#define CK_BLOCK_KERNELS(suffix, REAL)                                                                              \
  /** z = B r for the blocks `first ..< end` of a block-diagonal matrix of `rows` rows, blocks of `size` rows each   \
   * (the last may be smaller) one after another by columns. */                                                     \
  void ck_block_diagonal_##suffix(REAL *z, const REAL *r, const REAL *blocks, int64_t size, int64_t rows,            \
                                  int64_t first, int64_t end);                                                      \
  /** A step of Chebyshev's iteration with D⁻¹ for rows `first ..< end`: d = a d + b D⁻¹ (r - A z), z' = z + d. */   \
  void ck_chebyshev_step_##suffix(REAL *znew, REAL *d, const REAL *z, const REAL *r, const int32_t *starts,          \
                                  const int32_t *columns, const REAL *values, const REAL *inverse, REAL a, REAL b,   \
                                  int64_t first, int64_t end);

CK_BLOCK_KERNELS(d, double)
CK_BLOCK_KERNELS(f, float)

#undef CK_BLOCK_KERNELS

#endif
