#ifndef CK_THRESHOLD_H
#define CK_THRESHOLD_H

#include <stdint.h>

/// A square matrix in compressed rows with its whole diagonal, and room for an incomplete factorisation
/// A ≈ (I + L) D (I + U) with a drop tolerance: the rows of L and U in compressed rows, columns ascending.
typedef struct {
  int64_t rows;
  const int32_t *starts;
  const int32_t *columns;
  const double *values;
  const int32_t *diagonals;
  /// The diagonal is taken times 1 + shift.
  double shift;
  /// Entries below this part of the mean magnitude of their row of A are dropped.
  double tolerance;
  /// Entries per row of L, and of U, beyond those of A.
  int64_t fill;
  int32_t *lowerStarts;
  int32_t *lowerColumns;
  double *lower;
  int32_t *upperStarts;
  int32_t *upperColumns;
  double *upper;
  double *inversePivots;
  /// Scratch of one element per row: sums, and their columns and marks.
  double *sums;
  int32_t *found;
  int32_t *marks;
  int32_t *next;
  int32_t *cursors;
} ck_threshold;

/// The factor U and the pivots of a symmetric matrix; L = Uᵀ. Returns the first row whose pivot is not positive, or -1.
int64_t ck_threshold_cholesky(const ck_threshold *f);

/// The factors and pivots of a square matrix. Returns the first row whose pivot vanishes, or -1.
int64_t ck_threshold_lu(const ck_threshold *f);

#endif
