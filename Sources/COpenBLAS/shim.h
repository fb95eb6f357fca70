#ifndef ANSATZ_COPENBLAS_SHIM_H
#define ANSATZ_COPENBLAS_SHIM_H

#if __has_include(<openblas/cblas.h>)
#include <openblas/cblas.h>
#elif __has_include(<cblas-openblas.h>)
#include <cblas-openblas.h>
#else
#include <cblas.h>
#endif

#include "lapack.h"

#endif
