#include "ck_spectral.h"

#include <string.h>

typedef double complex_d __attribute__((vector_size(16)));

static inline complex_d load(const double *p) {
  complex_d z;
  memcpy(&z, p, sizeof z);
  return z;
}

static inline void store(double *p, complex_d z) { memcpy(p, &z, sizeof z); }

static inline complex_d conjugate(complex_d z) { return z * (complex_d){1, -1}; }

// i z
static inline complex_d rotate(complex_d z) {
  return __builtin_shufflevector(z, z, 1, 0) * (complex_d){-1, 1};
}

void ck_transpose_complex_d(
    double *out, int64_t outStride, const double *in, int64_t inStride, int64_t rows, int64_t columns) {
  // Four rows at a time fill whole cache lines of the output.
  int64_t i = 0;
  for (; i + 4 <= rows; i += 4) {
    const double *a = in + 2 * i * inStride, *b = a + 2 * inStride, *c = b + 2 * inStride, *d = c + 2 * inStride;
    double *o = out + 2 * i;
    for (int64_t j = 0; j < columns; j++, o += 2 * outStride) {
      complex_d p = load(a + 2 * j), q = load(b + 2 * j), r = load(c + 2 * j), s = load(d + 2 * j);
      store(o, p);
      store(o + 2, q);
      store(o + 4, r);
      store(o + 6, s);
    }
  }
  for (; i < rows; i++)
    for (int64_t j = 0; j < columns; j++) store(out + 2 * (j * outStride + i), load(in + 2 * (i * inStride + j)));
}

void ck_pack_rows_d(double *out, const double *a, const double *b, int64_t k, int64_t n) {
  // Rows are real: the imaginary part of their mean mode is rounding and is left out.
  out[0] = a[0];
  out[1] = b[0];
  for (int64_t j = 1; j <= k; j++) {
    complex_d p = load(a + 2 * j), q = rotate(load(b + 2 * j));
    store(out + 2 * j, p + q);
    // conj(a) + i conj(b) = conj(a - i b)
    store(out + 2 * (n - j), conjugate(p - q));
  }
  memset(out + 2 * (k + 1), 0, 16 * (size_t)(n - 2 * k - 1));
}

void ck_unpack_rows_d(double *a, double *b, const double *in, int64_t k, int64_t n, double scale) {
  a[0] = scale * in[0];
  a[1] = 0;
  b[0] = scale * in[1];
  b[1] = 0;
  complex_d half = {0.5 * scale, 0.5 * scale};
  for (int64_t j = 1; j <= k; j++) {
    complex_d p = load(in + 2 * j), q = conjugate(load(in + 2 * (n - j)));
    store(a + 2 * j, half * (p + q));
    // b = (p - q) / 2i
    store(b + 2 * j, -rotate(half * (p - q)));
  }
}
