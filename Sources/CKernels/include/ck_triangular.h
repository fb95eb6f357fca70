#ifndef CK_TRIANGULAR_H
#define CK_TRIANGULAR_H

#include <stdint.h>

/// Substitution through a strict triangle T in compressed rows, in an order that solves what each row needs before it:
///
///     x_i = c_i b_i - Σ_p v_p x[columns_p]                     without `scales`; c_i = 1 without `factors`
///     x_i = k e_i b_i - e_i Σ_p v_p x[columns_p]               with `scales` e; k = 0 stands for x_i = b_i - e_i Σ
///
/// The entry nearest to the diagonal comes last in each sum, so that a chain of rows waits for one product only. x may
/// be b.
typedef struct {
  /// Row i has the positions starts[i] ..< ends[i]; `ends` is `starts + 1` when nothing else lies between the rows.
  const int32_t *starts;
  const int32_t *ends;
  const int32_t *columns;
  /// Values, c and e, in the precision that the suffix of the kernel names.
  const void *values;
  const void *factors;
  const void *scales;
  /// k
  double constant;
  /// The rows in the order of the sweep: the first of each run of rows at equal distances from the diagonal (run r ends
  /// before rows[r + 1]), or, when `listed`, each row.
  const int32_t *rows;
  int32_t listed;
  /// Whether the sweep goes up, through an upper triangle.
  int32_t backward;
} ck_substitution;

/// The number of runs in the rows `first ..< end` of a sweep over a matrix of `rows` rows, whose first rows are written
/// to `runs` if that is not null. Rows are counted from the start of the sweep: s stands for row `rows - 1 - s` of a
/// backward sweep.
int64_t ck_triangle_find_runs(int32_t *runs, const ck_substitution *triangle, int64_t rows, int64_t first, int64_t end);

/// Runs, or listed rows, `first ..< end` of a sweep. Values and vectors in double (d), in float (f), or values in float
/// and vectors in double (m).
void ck_substitute_d(double *x, const double *b, const ck_substitution *triangle, int64_t first, int64_t end);
void ck_substitute_f(float *x, const float *b, const ck_substitution *triangle, int64_t first, int64_t end);
void ck_substitute_m(double *x, const double *b, const ck_substitution *triangle, int64_t first, int64_t end);

#endif
