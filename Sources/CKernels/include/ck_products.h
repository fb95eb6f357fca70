#ifndef CK_PRODUCTS_H
#define CK_PRODUCTS_H

#include <stdint.h>

// Products of matrices with a few columns, row-major, which BLAS either is slow at or takes memory for.

/// The largest number of columns.
#define CK_NARROW_COLUMNS_D 4
#define CK_NARROW_COLUMNS_F 8

/// C = alpha A B + beta C, for A of m × k, B of k × n and C of m × n, n at most CK_NARROW_COLUMNS; C is not read where
/// beta is 0. Every sum runs in an order that k alone decides.
void ck_narrow_product_d(double *c, int64_t ldc, const double *a, int64_t lda, const double *b, int64_t ldb, int64_t m,
                         int64_t n, int64_t k, double alpha, double beta);
void ck_narrow_product_f(float *c, int64_t ldc, const float *a, int64_t lda, const float *b, int64_t ldb, int64_t m,
                         int64_t n, int64_t k, float alpha, float beta);

#endif
