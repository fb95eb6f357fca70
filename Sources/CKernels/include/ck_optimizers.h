#ifndef CK_OPTIMIZERS_H
#define CK_OPTIMIZERS_H

#include <stdint.h>

// Fused updates of parameters: one pass over memory, all state in place. Vectors do not overlap. Arithmetic is in the
// type of the parameters, with coefficients that were made in doubles. Each element is updated by itself, so that a
// vector may be cut anywhere (complex vectors between numbers).

/// The numbers of one step of Adam: `step` is the rate over the bias correction of m, `root` is one over the square root
/// of that of v, and `keep` is what remains of the parameters after decoupled decay.
typedef struct {
  double step, beta1, beta2, epsilon, root, keep;
} ck_adam;

/// The numbers of one step of a schedule-free method.
typedef struct {
  double rate, beta, beta2, epsilon, root, decay, weight;
} ck_schedule_free;

/// b = momentum b + g; x -= rate b, or rate (g + momentum b) for Nesterov's momentum.
void ck_update_momentum_d(double *x, const double *g, double *b, double rate, double momentum, int nesterov, int64_t n);
void ck_update_momentum_f(float *x, const float *g, float *b, double rate, double momentum, int nesterov, int64_t n);

/// m = β₁ m + (1 − β₁) g; v = β₂ v + (1 − β₂) g²; x = keep x − step m / (root √v + ε).
void ck_update_adam_d(double *x, const double *g, double *m, double *v, const ck_adam *c, int64_t n);
void ck_update_adam_f(float *x, const float *g, float *m, float *v, const ck_adam *c, int64_t n);

/// As ck_update_adam, for n complex numbers: |g|² in place of g², in both elements of v.
void ck_update_adam_complex_d(double *x, const double *g, double *m, double *v, const ck_adam *c, int64_t n);
void ck_update_adam_complex_f(float *x, const float *g, float *m, float *v, const ck_adam *c, int64_t n);

/// As ck_update_adam, with the largest v so far, w, below the root.
void ck_update_amsgrad_d(double *x, const double *g, double *m, double *v, double *w, const ck_adam *c, int64_t n);
void ck_update_amsgrad_f(float *x, const float *g, float *m, float *v, float *w, const ck_adam *c, int64_t n);

/// As ck_update_adam_complex, with the largest v so far, w, below the root.
void ck_update_amsgrad_complex_d(
    double *x, const double *g, double *m, double *v, double *w, const ck_adam *c, int64_t n);
void ck_update_amsgrad_complex_f(float *x, const float *g, float *m, float *v, float *w, const ck_adam *c, int64_t n);

/// z -= rate (g + decay y); x += weight (z − x); y = (1 − β) z + β x.
void ck_update_schedule_free_sgd_d(
    double *y, const double *g, double *z, double *x, const ck_schedule_free *c, int64_t n);
void ck_update_schedule_free_sgd_f(
    float *y, const float *g, float *z, float *x, const ck_schedule_free *c, int64_t n);

/// v = β₂ v + (1 − β₂) g²; z -= rate (g / (root √v + ε) + decay y); x and y as for SGD.
void ck_update_schedule_free_adam_d(
    double *y, const double *g, double *z, double *x, double *v, const ck_schedule_free *c, int64_t n);
void ck_update_schedule_free_adam_f(
    float *y, const float *g, float *z, float *x, float *v, const ck_schedule_free *c, int64_t n);

/// As ck_update_schedule_free_adam, for n complex numbers.
void ck_update_schedule_free_adam_complex_d(
    double *y, const double *g, double *z, double *x, double *v, const ck_schedule_free *c, int64_t n);
void ck_update_schedule_free_adam_complex_f(
    float *y, const float *g, float *z, float *x, float *v, const ck_schedule_free *c, int64_t n);

/// a += weight (x − a)
void ck_update_average_d(double *a, const double *x, double weight, int64_t n);
void ck_update_average_f(float *a, const float *x, double weight, int64_t n);

/// g limited to [−bound, bound]; NaN stays.
void ck_clip_d(double *g, double bound, int64_t n);
void ck_clip_f(float *g, double bound, int64_t n);

/// out = x + step p, with doubles p, rounded once.
void ck_move_d(double *out, const double *x, const double *p, double step, int64_t n);
void ck_move_f(float *out, const float *x, const double *p, double step, int64_t n);

/// Rows `first` to `first + count` of a row-major matrix with `columns` columns become columns of doubles: element (i, j)
/// goes to out[i + j · leading].
void ck_transpose_widen_d(
    double *out, int64_t leading, const double *in, int64_t columns, int64_t first, int64_t count);
void ck_transpose_widen_f(
    double *out, int64_t leading, const float *in, int64_t columns, int64_t first, int64_t count);

/// a += r x and b += x² in doubles, for one row x of a matrix.
void ck_add_products_d(double *a, double *b, const double *x, double r, int64_t n);
void ck_add_products_f(double *a, double *b, const float *x, double r, int64_t n);

/// s = b − a in doubles.
void ck_difference_d(double *s, const double *a, const double *b, int64_t n);
void ck_difference_f(double *s, const float *a, const float *b, int64_t n);

/// Copies a matrix of `rows` × `columns` elements of `width` numbers out of a larger array, where rows and columns are the
/// given numbers of numbers apart; also as doubles, unless `wide` is null.
void ck_gather_matrix_d(
    double *out, double *wide, const double *x, int64_t rows, int64_t columns, int64_t row_stride,
    int64_t column_stride, int64_t width);
void ck_gather_matrix_f(
    float *out, double *wide, const float *x, int64_t rows, int64_t columns, int64_t row_stride,
    int64_t column_stride, int64_t width);

/// x = keep (x − step d) for such a matrix x in a larger array.
void ck_scatter_step_d(
    double *x, const double *d, double keep, double step, int64_t rows, int64_t columns, int64_t row_stride,
    int64_t column_stride, int64_t width);
void ck_scatter_step_f(
    float *x, const float *d, double keep, double step, int64_t rows, int64_t columns, int64_t row_stride,
    int64_t column_stride, int64_t width);

/// Row i of `out` is row places[i] of x, for rows of `columns` numbers.
void ck_gather_rows_d(double *out, const double *x, const int32_t *places, int64_t rows, int64_t columns);
void ck_gather_rows_f(float *out, const float *x, const int32_t *places, int64_t rows, int64_t columns);

/// Column j of `out` is column places[j] of x, for elements of `width` numbers.
void ck_gather_columns_d(
    double *out, const double *x, const int32_t *places, int64_t rows, int64_t columns, int64_t width);
void ck_gather_columns_f(
    float *out, const float *x, const int32_t *places, int64_t rows, int64_t columns, int64_t width);

/// m = momentum m + (1 − momentum) g; g = (1 − momentum) g + momentum m.
void ck_nesterov_mean_d(double *g, double *m, double momentum, int64_t n);
void ck_nesterov_mean_f(float *g, float *m, double momentum, int64_t n);

/// For `count` rows, from number `first` on, of a Hermitian matrix of order n with elements of `width` numbers: what is
/// before column `first` of them is mirrored at the diagonal, a_ji = conj(a_ij).
void ck_mirror_d(double *a, int64_t n, int64_t first, int64_t count, int64_t width);
void ck_mirror_f(float *a, int64_t n, int64_t first, int64_t count, int64_t width);

/// out = scale (β₃ m + (1 − β₃) g); then m = β₁ m + (1 − β₁) g.
void ck_filter_d(double *out, const double *g, double *m, double beta1, double beta3, double scale, int64_t n);
void ck_filter_f(float *out, const float *g, float *m, double beta1, double beta3, double scale, int64_t n);

/// v = keep v + weight g²; out = x / (root √v + ε).
void ck_divide_by_root_d(
    double *out, const double *x, const double *g, double *v, double keep, double weight, double root, double epsilon,
    int64_t n);
void ck_divide_by_root_f(
    float *out, const float *x, const float *g, float *v, double keep, double weight, double root, double epsilon,
    int64_t n);

/// As ck_divide_by_root, for n complex numbers: |g|² in place of g², in both elements of v.
void ck_divide_by_root_complex_d(
    double *out, const double *x, const double *g, double *v, double keep, double weight, double root, double epsilon,
    int64_t n);
void ck_divide_by_root_complex_f(
    float *out, const float *x, const float *g, float *v, double keep, double weight, double root, double epsilon,
    int64_t n);

/// As ck_update_adam, but only the direction of the step: d = step m / (root √v + ε).
void ck_adam_direction_d(double *d, const double *g, double *m, double *v, const ck_adam *c, int64_t n);
void ck_adam_direction_f(float *d, const float *g, float *m, float *v, const ck_adam *c, int64_t n);

/// As ck_adam_direction, for n complex numbers: |g|² in place of g², in both elements of v.
void ck_adam_direction_complex_d(double *d, const double *g, double *m, double *v, const ck_adam *c, int64_t n);
void ck_adam_direction_complex_f(float *d, const float *g, float *m, float *v, const ck_adam *c, int64_t n);

/// Updates `rows` rows, from number `first` on, of a symmetric matrix H of order n, row-major with both triangles:
/// h_ij = scale h_ij + ss s_i s_j + sq (s_i q_j + q_i s_j) + qq q_i q_j, which rounds h_ij and h_ji alike.
/// Then product_i = Σ_j h_ij v_j for these rows.
void ck_update_symmetric(
    double *h, int64_t n, int64_t first, int64_t rows, const double *s, const double *q, double scale, double ss,
    double sq, double qq, const double *v, double *product);

/// product_i = Σ_j h_ij v_j for `rows` rows, from number `first` on.
void ck_multiply_rows(
    const double *h, int64_t n, int64_t first, int64_t rows, const double *v, double *product);

#endif
