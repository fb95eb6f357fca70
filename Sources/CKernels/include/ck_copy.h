#ifndef CK_COPY_H
#define CK_COPY_H

#include <stdint.h>

/// out[i * outStride] = in[i * inStride] for n elements; the arrays do not overlap.
void ck_copy_strided_d(double *out, int64_t outStride, const double *in, int64_t inStride, int64_t n);
void ck_copy_strided_f(float *out, int64_t outStride, const float *in, int64_t inStride, int64_t n);

#endif
