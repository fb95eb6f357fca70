#ifndef CK_SPARSE_H
#define CK_SPARSE_H

#include <stdint.h>

// Rows `first ..< end` of matrices in compressed rows: row i has the columns and values at positions
// starts[i] ..< starts[i + 1]. Sums run in the order of the positions. Vectors do not overlap.

/// y = A x
void ck_csr_multiply_d(double *y, const int32_t *starts, const int32_t *columns, const double *values, const double *x,
                       int64_t first, int64_t end);
void ck_csr_multiply_f(float *y, const int32_t *starts, const int32_t *columns, const float *values, const float *x,
                       int64_t first, int64_t end);

/// r = b - A x; r may be b.
void ck_csr_residual_d(double *r, const double *b, const int32_t *starts, const int32_t *columns, const double *values,
                       const double *x, int64_t first, int64_t end);
void ck_csr_residual_f(float *r, const float *b, const int32_t *starts, const int32_t *columns, const float *values,
                       const float *x, int64_t first, int64_t end);

#endif
