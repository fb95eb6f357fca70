#ifndef CK_RUNS_H
#define CK_RUNS_H

#include <stdint.h>

// Runs of consecutive rows that have entries at the same distances from the diagonal, as most rows of matrices on
// grids: products then read the columns of the first row of a run only, which saves a third of the memory traffic.
// Run r has the rows runs[r] ..< runs[r + 1].

/// The number of runs in rows `first ..< end`.
int64_t ck_csr_count_runs(const int32_t *starts, const int32_t *columns, int64_t first, int64_t end);

/// The first rows of these runs.
void ck_csr_find_runs(int32_t *runs, const int32_t *starts, const int32_t *columns, int64_t first, int64_t end);

/// The number of runs whose rows have the same values too. Products of uniform runs read no matrix.
int64_t ck_csr_count_uniform_runs_d(const int32_t *starts, const int32_t *columns, const double *values, int64_t first,
                                    int64_t end);
int64_t ck_csr_count_uniform_runs_f(const int32_t *starts, const int32_t *columns, const float *values, int64_t first,
                                    int64_t end);

/// The first rows of these runs.
void ck_csr_find_uniform_runs_d(int32_t *runs, const int32_t *starts, const int32_t *columns, const double *values,
                                int64_t first, int64_t end);
void ck_csr_find_uniform_runs_f(int32_t *runs, const int32_t *starts, const int32_t *columns, const float *values,
                                int64_t first, int64_t end);

/// y = A x for runs `first ..< end`, all uniform or not, with the same bits as `ck_csr_multiply`.
void ck_csr_multiply_runs_d(double *y, const int32_t *starts, const int32_t *columns, const double *values,
                            const double *x, const int32_t *runs, int64_t first, int64_t end, int uniform);
void ck_csr_multiply_runs_f(float *y, const int32_t *starts, const int32_t *columns, const float *values, const float *x,
                            const int32_t *runs, int64_t first, int64_t end, int uniform);

/// r = b - A x, with the same bits as `ck_csr_residual`; r may be b.
void ck_csr_residual_runs_d(double *r, const double *b, const int32_t *starts, const int32_t *columns,
                            const double *values, const double *x, const int32_t *runs, int64_t first, int64_t end, int uniform);
void ck_csr_residual_runs_f(float *r, const float *b, const int32_t *starts, const int32_t *columns, const float *values,
                            const float *x, const int32_t *runs, int64_t first, int64_t end, int uniform);

#endif
