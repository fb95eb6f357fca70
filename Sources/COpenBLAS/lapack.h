#ifndef ANSATZ_LAPACK_H
#define ANSATZ_LAPACK_H

// OpenBLAS as Debian packs it carries LAPACK but no header for it: the routines in use are declared here with the
// Fortran calling convention (every argument by reference, lengths of character arguments appended by value).
// Names and arguments are those of the LAPACK Users' Guide (Anderson et al., third edition, 1999).

#include <stddef.h>

#define ANSATZ_DECLARE_LAPACK(REAL, p)                                                                          \
  /* LU: general, banded, tridiagonal */                                                                        \
  void p##getrf_(const int *m, const int *n, REAL *a, const int *lda, int *ipiv, int *info);                    \
  void p##getrs_(                                                                                               \
      const char *trans, const int *n, const int *nrhs, const REAL *a, const int *lda, const int *ipiv,         \
      REAL *b, const int *ldb, int *info, size_t trans_length);                                                 \
  void p##gecon_(                                                                                               \
      const char *norm, const int *n, const REAL *a, const int *lda, const REAL *anorm, REAL *rcond,            \
      REAL *work, int *iwork, int *info, size_t norm_length);                                                   \
  void p##gbtrf_(                                                                                               \
      const int *m, const int *n, const int *kl, const int *ku, REAL *ab, const int *ldab, int *ipiv,           \
      int *info);                                                                                               \
  void p##gbtrs_(                                                                                               \
      const char *trans, const int *n, const int *kl, const int *ku, const int *nrhs, const REAL *ab,           \
      const int *ldab, const int *ipiv, REAL *b, const int *ldb, int *info, size_t trans_length);               \
  void p##gttrf_(const int *n, REAL *dl, REAL *d, REAL *du, REAL *du2, int *ipiv, int *info);                   \
  void p##gttrs_(                                                                                               \
      const char *trans, const int *n, const int *nrhs, const REAL *dl, const REAL *d, const REAL *du,          \
      const REAL *du2, const int *ipiv, REAL *b, const int *ldb, int *info, size_t trans_length);               \
  /* Cholesky */                                                                                                \
  void p##potrf_(const char *uplo, const int *n, REAL *a, const int *lda, int *info, size_t uplo_length);       \
  void p##potrs_(                                                                                               \
      const char *uplo, const int *n, const int *nrhs, const REAL *a, const int *lda, REAL *b, const int *ldb,  \
      int *info, size_t uplo_length);                                                                           \
  /* QR */                                                                                                      \
  void p##geqrf_(                                                                                               \
      const int *m, const int *n, REAL *a, const int *lda, REAL *tau, REAL *work, const int *lwork, int *info); \
  void p##orgqr_(                                                                                               \
      const int *m, const int *n, const int *k, REAL *a, const int *lda, const REAL *tau, REAL *work,           \
      const int *lwork, int *info);                                                                             \
  void p##ormqr_(                                                                                               \
      const char *side, const char *trans, const int *m, const int *n, const int *k, const REAL *a,             \
      const int *lda, const REAL *tau, REAL *c, const int *ldc, REAL *work, const int *lwork, int *info,        \
      size_t side_length, size_t trans_length);                                                                 \
  void p##trtrs_(                                                                                               \
      const char *uplo, const char *trans, const char *diag, const int *n, const int *nrhs, const REAL *a,      \
      const int *lda, REAL *b, const int *ldb, int *info, size_t uplo_length, size_t trans_length,              \
      size_t diag_length);                                                                                      \
  /* QR of a triangle above a trapezoid */                                                                      \
  void p##tpqrt_(                                                                                               \
      const int *m, const int *n, const int *l, const int *nb, REAL *a, const int *lda, REAL *b,                \
      const int *ldb, REAL *t, const int *ldt, REAL *work, int *info);                                          \
  void p##tpmqrt_(                                                                                              \
      const char *side, const char *trans, const int *m, const int *n, const int *k, const int *l,              \
      const int *nb, const REAL *v, const int *ldv, const REAL *t, const int *ldt, REAL *a, const int *lda,     \
      REAL *b, const int *ldb, REAL *work, int *info, size_t side_length, size_t trans_length);                 \
  /* Least squares for any rank, by singular values and by QR with column exchanges */                          \
  void p##gelsd_(                                                                                               \
      const int *m, const int *n, const int *nrhs, REAL *a, const int *lda, REAL *b, const int *ldb, REAL *s,   \
      const REAL *rcond, int *rank, REAL *work, const int *lwork, int *iwork, int *info);                       \
  void p##geqp3_(                                                                                               \
      const int *m, const int *n, REAL *a, const int *lda, int *jpvt, REAL *tau, REAL *work,                    \
      const int *lwork, int *info);                                                                             \
  void p##gelsy_(                                                                                               \
      const int *m, const int *n, const int *nrhs, REAL *a, const int *lda, REAL *b, const int *ldb, int *jpvt, \
      const REAL *rcond, int *rank, REAL *work, const int *lwork, int *info);                                   \
  /* Eigenvalues and singular values */                                                                         \
  void p##syevd_(                                                                                               \
      const char *jobz, const char *uplo, const int *n, REAL *a, const int *lda, REAL *w, REAL *work,           \
      const int *lwork, int *iwork, const int *liwork, int *info, size_t jobz_length, size_t uplo_length);      \
  void p##syevr_(                                                                                               \
      const char *jobz, const char *range, const char *uplo, const int *n, REAL *a, const int *lda,             \
      const REAL *vl, const REAL *vu, const int *il, const int *iu, const REAL *abstol, int *m, REAL *w,        \
      REAL *z, const int *ldz, int *isuppz, REAL *work, const int *lwork, int *iwork, const int *liwork,        \
      int *info, size_t jobz_length, size_t range_length, size_t uplo_length);                                  \
  void p##geev_(                                                                                                \
      const char *jobvl, const char *jobvr, const int *n, REAL *a, const int *lda, REAL *wr, REAL *wi,          \
      REAL *vl, const int *ldvl, REAL *vr, const int *ldvr, REAL *work, const int *lwork, int *info,            \
      size_t jobvl_length, size_t jobvr_length);                                                                \
  void p##gesdd_(                                                                                               \
      const char *jobz, const int *m, const int *n, REAL *a, const int *lda, REAL *s, REAL *u, const int *ldu,  \
      REAL *vt, const int *ldvt, REAL *work, const int *lwork, int *iwork, int *info, size_t jobz_length);

// Of complex numbers, pairs of doubles: eigenvectors of Hermitian matrices, and QR.
void zheevr_(
    const char *jobz, const char *range, const char *uplo, const int *n, double *a, const int *lda, const double *vl,
    const double *vu, const int *il, const int *iu, const double *abstol, int *m, double *w, double *z, const int *ldz,
    int *isuppz, double *work, const int *lwork, double *rwork, const int *lrwork, int *iwork, const int *liwork,
    int *info, size_t jobz_length, size_t range_length, size_t uplo_length);
void zgeqrf_(
    const int *m, const int *n, double *a, const int *lda, double *tau, double *work, const int *lwork, int *info);
void zungqr_(
    const int *m, const int *n, const int *k, double *a, const int *lda, const double *tau, double *work,
    const int *lwork, int *info);

ANSATZ_DECLARE_LAPACK(double, d)
ANSATZ_DECLARE_LAPACK(float, s)

#undef ANSATZ_DECLARE_LAPACK

#endif
