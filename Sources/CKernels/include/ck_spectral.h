#ifndef CK_SPECTRAL_H
#define CK_SPECTRAL_H

#include <stdint.h>

// Data movement around Fourier transforms. Complex numbers are interleaved pairs of doubles.

/// out[j * outStride + i] = in[i * inStride + j] for i < rows, j < columns; strides count complex numbers.
void ck_transpose_complex_d(
    double *out, int64_t outStride, const double *in, int64_t inStride, int64_t rows, int64_t columns);

/// The modes 0 … k and -k … -1 of a + i b over n points from the half spectra of two real rows a, b with modes 0 … k:
/// one complex transform of them gives both rows, interleaved. 2k < n; the modes between are left as they are.
void ck_pack_rows_d(double *out, const double *a, const double *b, int64_t k, int64_t n);

/// The half spectra 0 … k of two real rows from the spectrum of a + i b over n points.
void ck_unpack_rows_d(double *a, double *b, const double *in, int64_t k, int64_t n);

#endif
