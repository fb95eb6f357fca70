#include "ck_copy.h"

#include <string.h>

#define COPY(REAL)                                                                   \
  do {                                                                               \
    if (outStride == 1 && inStride == 1) {                                           \
      memcpy(out, in, (size_t)n * sizeof(REAL));                                     \
    } else if (outStride == 1 && inStride == 0) {                                    \
      for (int64_t i = 0; i < n; i++) out[i] = in[0];                                \
    } else {                                                                         \
      for (int64_t i = 0; i < n; i++) out[i * outStride] = in[i * inStride];         \
    }                                                                                \
  } while (0)

void ck_copy_strided_d(double *out, int64_t outStride, const double *in, int64_t inStride, int64_t n) {
  COPY(double);
}

void ck_copy_strided_f(float *out, int64_t outStride, const float *in, int64_t inStride, int64_t n) {
  COPY(float);
}
