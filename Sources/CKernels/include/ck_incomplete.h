#ifndef CK_INCOMPLETE_H
#define CK_INCOMPLETE_H

#include <stdint.h>

/// A square matrix in compressed rows with its whole diagonal, and what an incomplete factorisation on its pattern
/// makes of it: A ≈ (I + L) D (I + U), L in compressed rows with the lower columns of A, U with the upper ones.
typedef struct {
  const int32_t *starts;
  const int32_t *columns;
  const double *values;
  /// The position of the diagonal entry of each row.
  const int32_t *diagonals;
  const int32_t *lowerStarts;
  const int32_t *upperStarts;
  /// Where the mirror image of each entry of L is in U; only for symmetric factorisations.
  const int32_t *mirrors;
  /// The diagonal is taken times 1 + shift.
  double shift;
  /// How much of the dropped fill is taken to the diagonal: 0 to 1.
  double modification;
  double *lower;
  double *upper;
  double *pivots;
  double *inversePivots;
  /// The order of elimination, or null for the natural one.
  const int32_t *rows;
} ck_elimination;

/// Rows `first ..< end` of an incomplete Cholesky factorisation without fill, after the rows that they need; U = Lᵀ.
/// Returns the number of rows whose pivot is not positive; they go on with the diagonal of A.
int64_t ck_incomplete_cholesky(const ck_elimination *f, int64_t first, int64_t end);

/// Rows `first ..< end` of an incomplete LU factorisation without fill. Returns the number of rows whose pivot vanishes.
int64_t ck_incomplete_lu(const ck_elimination *f, int64_t first, int64_t end);

/// Positions of the diagonal entries of all rows; returns the first row without one, or -1.
int64_t ck_find_diagonals(int32_t *diagonals, const int32_t *starts, const int32_t *columns, int64_t rows);

/// Where the mirror image of each lower entry is among the upper ones. `cursors` is scratch of one number per row.
/// Returns -1, or the first row with an entry that has no mirror image.
int64_t ck_find_mirrors(int32_t *mirrors, int32_t *cursors, const int32_t *starts, const int32_t *columns,
                        const int32_t *diagonals, const int32_t *lowerStarts, const int32_t *upperStarts,
                        int64_t rows);

#endif
