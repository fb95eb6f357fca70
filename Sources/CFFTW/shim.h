#ifndef ANSATZ_CFFTW_SHIM_H
#define ANSATZ_CFFTW_SHIM_H

#include <fftw3.h>

#endif
