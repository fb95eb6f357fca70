#ifndef CK_ELEMENTS_H
#define CK_ELEMENTS_H

#include <stdint.h>

// Loops of finite element assembly over a batch of cells side by side: an array of rows holds one number per cell (and
// per point of a cell) in each row, cells innermost, `lanes` numbers per row and a whole number of 16. Each lane is
// computed by itself, so that results do not depend on how cells are grouped.

/// out[k][c] = values[indices[c size + k] stride + offset] for the first `cells` lanes; later lanes repeat the last cell.
void ck_elements_gather(double *out, const int32_t *indices, int64_t size, int64_t cells, int64_t lanes,
                        const double *values, int64_t stride, int64_t offset);

/// out[r][c] = Σ_k table[r][k] in[k][c], added to `out` where `accumulate` is not 0.
void ck_elements_contract(double *out, const double *table, const double *in, int64_t rows, int64_t depth,
                          int64_t lanes, int accumulate);

/// The inverse J⁻¹ and the determinant of Jacobians J[a][b] = ∂x_a/∂ξ_b, at n places: matrix elements are n numbers
/// apart, row by row; inverse[b][a] = ∂ξ_b/∂x_a.
void ck_elements_jacobian(double *inverse, double *determinant, const double *jacobian, int64_t dimension, int64_t n);

/// Surface elements: the cofactor matrix of J times a reference area vector is the area vector in space; `measure` is its
/// length, `normals` (n numbers per component) its direction. Inverse and determinant are those of J.
void ck_elements_surface(double *measure, double *normals, const double *inverse, const double *determinant,
                         const double *area, int64_t dimension, int64_t n);

/// out[ab][i] = f[i] Σ_d inverse[a][d][g] inverse[b][d][g] for a ≤ b, where i runs over `points` blocks of `lanes`, and g
/// over lanes alone where `perCell` is not 0. f is coefficient · measure; a null coefficient is 1.
void ck_elements_metric(double *out, const double *coefficient, const double *measure, const double *inverse,
                        int64_t dimension, int64_t points, int64_t lanes, int perCell);

/// out[a][i] = measure[g] Σ_d inverse[a][d][g] vector[d][i] over the components d that are given; others are null.
void ck_elements_pull_vector(double *out, const double *const *vector, const double *measure, const double *inverse,
                             int64_t dimension, int64_t points, int64_t lanes, int perCell);

/// out[a][b][i] = measure[g] Σ_de inverse[a][d][g] tensor[d][e][i] inverse[b][e][g]; elements that are null are 0.
void ck_elements_pull_tensor(double *out, const double *const *tensor, const double *measure, const double *inverse,
                             int64_t dimension, int64_t points, int64_t lanes, int perCell);

/// out[i] = measure[g] f[i], f being 1 where it is null.
void ck_elements_scale(double *out, const double *f, const double *measure, int64_t points, int64_t lanes, int perCell);

/// The gradient in space: out[d][i] = Σ_a inverse[a][d][g] reference[a][i], for one d.
void ck_elements_push_gradient(double *out, const double *reference, const double *inverse, int64_t axis,
                               int64_t dimension, int64_t points, int64_t lanes, int perCell);

/// values[starts[row] + offsets[(c rows + i) columns + j]] += matrix[i][j][c] with row = base + stride dofs[c size + i].
void ck_elements_scatter_matrix(double *values, const int32_t *starts, const uint16_t *offsets, const int32_t *dofs,
                                int64_t rows, int64_t columns, int64_t base, int64_t stride, const double *matrix,
                                int64_t cells, int64_t lanes);

/// vector[base + stride dofs[c size + i]] += element[i][c].
void ck_elements_scatter_vector(double *vector, const int32_t *dofs, int64_t size, int64_t base, int64_t stride,
                                const double *element, int64_t cells, int64_t lanes);

#endif
