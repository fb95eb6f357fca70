#ifndef ANSATZ_CSUITESPARSE_SHIM_H
#define ANSATZ_CSUITESPARSE_SHIM_H

// Debian and Fedora keep the headers in a folder of their own; Homebrew and the upstream install may not.
#if __has_include(<suitesparse/cholmod.h>)
#include <suitesparse/SuiteSparseQR_C.h>
#include <suitesparse/amd.h>
#include <suitesparse/camd.h>
#include <suitesparse/ccolamd.h>
#include <suitesparse/cholmod.h>
#include <suitesparse/colamd.h>
#include <suitesparse/klu.h>
#include <suitesparse/umfpack.h>
#else
#include <SuiteSparseQR_C.h>
#include <amd.h>
#include <camd.h>
#include <ccolamd.h>
#include <cholmod.h>
#include <colamd.h>
#include <klu.h>
#include <umfpack.h>
#endif

#endif
