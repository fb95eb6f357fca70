#ifndef CK_ASSEMBLY_H
#define CK_ASSEMBLY_H

#include <stdint.h>

// Making matrices in compressed rows: counting sorts of their entries, products, sums. Loops run over rows or entries
// `first ..< end`. `cursor[k]` is where the next entry of bucket k goes; each call advances it.

/// counts[indices[p]] += 1
void ck_count_indices(int32_t *counts, const int32_t *indices, int64_t first, int64_t end);

/// The position of the first index outside 0 ..< limit, or -1.
int64_t ck_index_out_of_range(const int32_t *indices, int64_t first, int64_t end, int64_t limit);

/// counts holds `chunks` arrays of `buckets` numbers of entries. Each becomes the position where that chunk's entries
/// of that bucket begin, chunk after chunk within a bucket; starts[buckets + 1] is where buckets begin.
void ck_bucket_starts(int32_t *starts, int32_t *counts, int64_t buckets, int64_t chunks);

/// starts[0 ... rows] from starts[1 ... rows] = counts; returns the total, which may exceed 32 bits (the starts are then
/// meaningless).
int64_t ck_accumulate_starts(int32_t *starts, int64_t rows);

/// The transpose of rows: `rows_out` takes the row, `values_out` the value of each entry, in its column's bucket.
void ck_csr_transpose_d(int32_t *rows_out, double *values_out, int32_t *cursor, const int32_t *starts,
                        const int32_t *columns, const double *values, int64_t first, int64_t end);
void ck_csr_transpose_f(int32_t *rows_out, float *values_out, int32_t *cursor, const int32_t *starts,
                        const int32_t *columns, const float *values, int64_t first, int64_t end);
/// The same with the position of the entry in place of its value.
void ck_csr_transpose_positions(int32_t *rows_out, int32_t *positions_out, int32_t *cursor, const int32_t *starts,
                                const int32_t *columns, int64_t first, int64_t end);

/// Triplets into buckets of rows.
void ck_scatter_triplets_d(int32_t *columns_out, double *values_out, int32_t *cursor, const int32_t *rows,
                           const int32_t *columns, const double *values, int64_t first, int64_t end);
void ck_scatter_triplets_f(int32_t *columns_out, float *values_out, int32_t *cursor, const int32_t *rows,
                           const int32_t *columns, const float *values, int64_t first, int64_t end);

/// Sorts each row by column, stably, and sums entries of equal column in their order to the front of the row;
/// counts[i] is what is left. The scratch arrays have room for the longest row.
void ck_csr_sum_duplicates_d(int32_t *counts, const int32_t *starts, int32_t *columns, double *values,
                             int32_t *column_scratch, double *value_scratch, int64_t first, int64_t end);
void ck_csr_sum_duplicates_f(int32_t *counts, const int32_t *starts, int32_t *columns, float *values,
                             int32_t *column_scratch, float *value_scratch, int64_t first, int64_t end);

/// Copies the first entries of each row, as many as fit between the new starts.
void ck_csr_compress_d(const int32_t *starts_out, int32_t *columns_out, double *values_out, const int32_t *starts,
                       const int32_t *columns, const double *values, int64_t first, int64_t end);
void ck_csr_compress_f(const int32_t *starts_out, int32_t *columns_out, float *values_out, const int32_t *starts,
                       const int32_t *columns, const float *values, int64_t first, int64_t end);

/// C = A B by rows (Gustavson 1978): the number of entries of each row of C into counts. `marker` has an element per
/// column of B, -1 at first, and belongs to the caller's thread.
void ck_csr_product_count(int32_t *counts, const int32_t *a_starts, const int32_t *a_columns, const int32_t *b_starts,
                          const int32_t *b_columns, int32_t *marker, int64_t first, int64_t end);
/// Columns, ascending, and values of C for known starts. `marker` is -1 at first, not what the count left.
void ck_csr_product_fill_d(const int32_t *starts, int32_t *columns, double *values, const int32_t *a_starts,
                           const int32_t *a_columns, const double *a_values, const int32_t *b_starts,
                           const int32_t *b_columns, const double *b_values, int32_t *marker, int64_t first, int64_t end);
void ck_csr_product_fill_f(const int32_t *starts, int32_t *columns, float *values, const int32_t *a_starts,
                           const int32_t *a_columns, const float *a_values, const int32_t *b_starts,
                           const int32_t *b_columns, const float *b_values, int32_t *marker, int64_t first, int64_t end);
/// Values of C for known starts and columns. Sums run in the same order as above.
void ck_csr_product_values_d(const int32_t *starts, const int32_t *columns, double *values, const int32_t *a_starts,
                             const int32_t *a_columns, const double *a_values, const int32_t *b_starts,
                             const int32_t *b_columns, const double *b_values, int32_t *marker, int64_t first,
                             int64_t end);
void ck_csr_product_values_f(const int32_t *starts, const int32_t *columns, float *values, const int32_t *a_starts,
                             const int32_t *a_columns, const float *a_values, const int32_t *b_starts,
                             const int32_t *b_columns, const float *b_values, int32_t *marker, int64_t first,
                             int64_t end);

/// C = alpha A + beta B: entries of each row, then columns and values.
void ck_csr_sum_count(int32_t *counts, const int32_t *a_starts, const int32_t *a_columns, const int32_t *b_starts,
                      const int32_t *b_columns, int64_t first, int64_t end);
void ck_csr_sum_fill_d(const int32_t *starts, int32_t *columns, double *values, double alpha, const int32_t *a_starts,
                       const int32_t *a_columns, const double *a_values, double beta, const int32_t *b_starts,
                       const int32_t *b_columns, const double *b_values, int64_t first, int64_t end);
void ck_csr_sum_fill_f(const int32_t *starts, int32_t *columns, float *values, float alpha, const int32_t *a_starts,
                       const int32_t *a_columns, const float *a_values, float beta, const int32_t *b_starts,
                       const int32_t *b_columns, const float *b_values, int64_t first, int64_t end);

/// Rows of P A P^T for known starts: row i is row order[i], column j becomes places[j].
void ck_csr_permute_d(const int32_t *starts_out, int32_t *columns_out, double *values_out, const int32_t *starts,
                      const int32_t *columns, const double *values, const int32_t *order, const int32_t *places,
                      int64_t first, int64_t end);
void ck_csr_permute_f(const int32_t *starts_out, int32_t *columns_out, float *values_out, const int32_t *starts,
                      const int32_t *columns, const float *values, const int32_t *order, const int32_t *places,
                      int64_t first, int64_t end);

/// out = diag(left) A diag(right); a null pointer stands for the identity. `out` may be `values`.
void ck_csr_scale_d(double *out, const int32_t *starts, const int32_t *columns, const double *values, const double *left,
                    const double *right, int64_t first, int64_t end);
void ck_csr_scale_f(float *out, const int32_t *starts, const int32_t *columns, const float *values, const float *left,
                    const float *right, int64_t first, int64_t end);

/// The diagonal of rows, zero where the pattern has none.
void ck_csr_diagonal_d(double *out, const int32_t *starts, const int32_t *columns, const double *values, int64_t first,
                       int64_t end);
void ck_csr_diagonal_f(float *out, const int32_t *starts, const int32_t *columns, const float *values, int64_t first,
                       int64_t end);

/// The position of the first value that is infinite or NaN, or -1.
int64_t ck_first_not_finite_d(const double *values, int64_t first, int64_t end);
int64_t ck_first_not_finite_f(const float *values, int64_t first, int64_t end);

/// The position of the first entry (i, j) that differs from (j, i) by more than
/// tolerance (|a_ij| + |a_ji| + min(|d_i|, |d_j|)) for the diagonal d, or -1.
int64_t ck_csr_first_asymmetry_d(const int32_t *starts, const int32_t *columns, const double *values,
                                 const double *diagonal, double tolerance, int64_t first, int64_t end);
int64_t ck_csr_first_asymmetry_f(const int32_t *starts, const int32_t *columns, const float *values,
                                 const float *diagonal, float tolerance, int64_t first, int64_t end);

#endif
