#ifndef ANSATZ_LAPACK_H
#define ANSATZ_LAPACK_H

// OpenBLAS as Debian packs it carries LAPACK but no header for it: the routines in use are declared here with the
// Fortran calling convention (every argument by reference, lengths of character arguments appended by value).

#include <stddef.h>

// Solves A X = B by LU factorisation with partial pivoting.
void dgesv_(const int *n, const int *nrhs, double *a, const int *lda, int *ipiv, double *b, const int *ldb, int *info);

#endif
