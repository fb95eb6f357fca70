#ifndef CK_AMG_H
#define CK_AMG_H

#include <stdint.h>

// Loops of algebraic multigrid, in single precision, over rows `first ..< end` of matrices in compressed rows.

/// strong[p] = 1 where the entry at position p is on the diagonal or |a_ij|² > threshold² |a_ii a_jj|, else 0.
void ck_amg_strength(uint8_t *strong, const int32_t *starts, const int32_t *columns, const float *values,
                     const float *diagonal, float threshold, int64_t first, int64_t end);

/// The largest absolute row sum of D⁻¹ A over strong entries, weak ones added to the diagonal.
float ck_amg_row_sum(const int32_t *starts, const int32_t *columns, const float *values, const uint8_t *strong,
                     int64_t first, int64_t end);

/// y = D⁻¹ A x over strong entries, weak ones added to the diagonal.
void ck_amg_filtered_multiply(float *y, const float *x, const int32_t *starts, const int32_t *columns, const float *values,
                              const uint8_t *strong, int64_t first, int64_t end);

/// Rows of P = (I - omega D⁻¹ A) T with strong entries of A, weak ones added to the diagonal. Row j of T has `width`
/// numbers in the columns of aggregate aggregates[j] (none if that is negative). `sizes[i]` becomes the number of entries
/// of row i; columns and values are written one row after another from the given addresses. `marker` holds -1 for each
/// aggregate, before and after. Returns the number of entries, at most `width` times rows plus entries of A.
int64_t ck_amg_smooth_prolongator(int32_t *sizes, int32_t *pColumns, float *pValues, const int32_t *starts,
                                  const int32_t *columns, const float *values, const uint8_t *strong,
                                  const int32_t *aggregates, const float *tentative, int64_t width, float omega,
                                  int32_t *marker, int64_t first, int64_t end);

// Hybrid Gauss-Seidel: rows are cut into blocks; within a block each row uses new values of the rows before it, between
// blocks old ones. A is split into the modified diagonal D', the lower triangles S of the blocks, and the rest T, which
// has the diagonal D - D' too where they differ.

/// The numbers of entries of S and T, and 1 / d', for the rows of the block `first ..< end`.
void ck_amg_split_count(int32_t *lower, int32_t *rest, float *inverse, const int32_t *starts, const int32_t *columns,
                        const float *values, int64_t first, int64_t end);

/// The entries of S and T of the block.
void ck_amg_split_fill(const int32_t *lowerStarts, int32_t *lowerColumns, float *lowerValues, const int32_t *restStarts,
                       int32_t *restColumns, float *restValues, const float *inverse, const int32_t *starts,
                       const int32_t *columns, const float *values, int64_t first, int64_t end);

/// The split matrix.
typedef struct {
  const int32_t *lowerStarts, *lowerColumns;
  const float *lowerValues;
  const int32_t *restStarts, *restColumns;
  const float *restValues;
  const float *inverse;
} ck_amg_split;

/// x = (D' + S)⁻¹ b for four neighbouring blocks, block k being rows bounds[k] ..< bounds[k + 1].
void ck_amg_forward_from_zero(const ck_amg_split *a, float *x, const float *b, const int64_t *bounds);

/// x = y + (D' + S)⁻¹ (b - A y), four blocks at a time; x and y do not overlap.
void ck_amg_forward(const ck_amg_split *a, float *x, const float *y, const float *b, const int64_t *bounds);

/// x = y + (D' + S)⁻ᵀ (b - A y), four blocks at a time; x and y do not overlap.
void ck_amg_backward(const ck_amg_split *a, float *x, const float *y, const float *b, const int64_t *bounds);

/// r = -T x, which is b - A x after a forward sweep from zero.
void ck_amg_rest_residual(const ck_amg_split *a, float *r, const float *x, int64_t first, int64_t end);

/// r = b - A x.
void ck_amg_residual(const ck_amg_split *a, float *r, const float *b, const float *x, int64_t first, int64_t end);

/// y = x + P e
void ck_amg_prolong_add(float *y, const float *x, const int32_t *starts, const int32_t *columns, const float *values,
                        const float *e, int64_t first, int64_t end);

#endif
