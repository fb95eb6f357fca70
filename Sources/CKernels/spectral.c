#include "ck_spectral.h"

#include <string.h>

#include "dispatch.h"

typedef double complex_1 __attribute__((vector_size(16)));
typedef double complex_4 __attribute__((vector_size(64)));

// Macros, because a vector wider than the baseline's cannot be passed to a function, not even to an inlined one.
#define LOAD(type, p) ({ type z_; memcpy(&z_, (p), sizeof z_); z_; })
#define STORE(p, value) do { __typeof__(value) z_ = (value); memcpy((p), &z_, sizeof z_); } while (0)

// i z, the conjugate, and four numbers in the opposite order
#define ROTATE_1(z) (__builtin_shufflevector(z, z, 1, 0) * (complex_1){-1, 1})
#define ROTATE_4(z) (__builtin_shufflevector(z, z, 1, 0, 3, 2, 5, 4, 7, 6) * (complex_4){-1, 1, -1, 1, -1, 1, -1, 1})
#define CONJUGATE_1(z) ((z) * (complex_1){1, -1})
#define CONJUGATE_4(z) ((z) * (complex_4){1, -1, 1, -1, 1, -1, 1, -1})
#define REVERSE_4(z) __builtin_shufflevector(z, z, 6, 7, 4, 5, 2, 3, 0, 1)

CK_DISPATCH
void ck_transpose_complex_d(
    double *out, int64_t outStride, const double *in, int64_t inStride, int64_t rows, int64_t columns) {
  // Squares of four by four: whole cache lines on both sides.
  int64_t i = 0;
  for (; i + 4 <= rows; i += 4) {
    const double *r = in + 2 * i * inStride;
    double *o = out + 2 * i;
    int64_t j = 0;
    for (; j + 4 <= columns; j += 4) {
      complex_4 a = LOAD(complex_4, r + 2 * j), b = LOAD(complex_4, r + 2 * (inStride + j));
      complex_4 c = LOAD(complex_4, r + 2 * (2 * inStride + j)), d = LOAD(complex_4, r + 2 * (3 * inStride + j));
      complex_4 ab0 = __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13);
      complex_4 ab1 = __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
      complex_4 cd0 = __builtin_shufflevector(c, d, 0, 1, 8, 9, 4, 5, 12, 13);
      complex_4 cd1 = __builtin_shufflevector(c, d, 2, 3, 10, 11, 6, 7, 14, 15);
      STORE(o + 2 * j * outStride, __builtin_shufflevector(ab0, cd0, 0, 1, 2, 3, 8, 9, 10, 11));
      STORE(o + 2 * (j + 1) * outStride, __builtin_shufflevector(ab1, cd1, 0, 1, 2, 3, 8, 9, 10, 11));
      STORE(o + 2 * (j + 2) * outStride, __builtin_shufflevector(ab0, cd0, 4, 5, 6, 7, 12, 13, 14, 15));
      STORE(o + 2 * (j + 3) * outStride, __builtin_shufflevector(ab1, cd1, 4, 5, 6, 7, 12, 13, 14, 15));
    }
    for (; j < columns; j++)
      for (int64_t s = 0; s < 4; s++) STORE(o + 2 * (j * outStride + s), LOAD(complex_1, r + 2 * (s * inStride + j)));
  }
  for (; i < rows; i++)
    for (int64_t j = 0; j < columns; j++)
      STORE(out + 2 * (j * outStride + i), LOAD(complex_1, in + 2 * (i * inStride + j)));
}

CK_DISPATCH
void ck_pack_rows_d(double *out, const double *a, const double *b, int64_t k, int64_t n) {
  // Rows are real: the imaginary part of their mean mode is rounding and is left out.
  out[0] = a[0];
  out[1] = b[0];
  int64_t j = 1;
  for (; j + 4 <= k + 1; j += 4) {
    complex_4 p = LOAD(complex_4, a + 2 * j), q = LOAD(complex_4, b + 2 * j);
    q = ROTATE_4(q);
    // conj(a) + i conj(b) = conj(a - i b)
    complex_4 mirrored = CONJUGATE_4(p - q);
    STORE(out + 2 * j, p + q);
    STORE(out + 2 * (n - j - 3), REVERSE_4(mirrored));
  }
  for (; j <= k; j++) {
    complex_1 p = LOAD(complex_1, a + 2 * j), q = LOAD(complex_1, b + 2 * j);
    q = ROTATE_1(q);
    STORE(out + 2 * j, p + q);
    STORE(out + 2 * (n - j), CONJUGATE_1(p - q));
  }
}

CK_DISPATCH
void ck_unpack_rows_d(double *a, double *b, const double *in, int64_t k, int64_t n) {
  a[0] = in[0];
  a[1] = 0;
  b[0] = in[1];
  b[1] = 0;
  int64_t j = 1;
  for (; j + 4 <= k + 1; j += 4) {
    complex_4 p = LOAD(complex_4, in + 2 * j), q = LOAD(complex_4, in + 2 * (n - j - 3));
    q = CONJUGATE_4(REVERSE_4(q));
    // b = (p - q) / 2i
    complex_4 difference = 0.5 * (q - p);
    STORE(a + 2 * j, 0.5 * (p + q));
    STORE(b + 2 * j, ROTATE_4(difference));
  }
  for (; j <= k; j++) {
    complex_1 p = LOAD(complex_1, in + 2 * j), q = LOAD(complex_1, in + 2 * (n - j));
    q = CONJUGATE_1(q);
    complex_1 difference = 0.5 * (q - p);
    STORE(a + 2 * j, 0.5 * (p + q));
    STORE(b + 2 * j, ROTATE_1(difference));
  }
}
