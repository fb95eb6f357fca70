#include "ck_lie_group.h"

#include "lanes.h"

CK_DISPATCH void ck_add_noise(double *h, const double *g, const double *z, double damping, double epsilon, int64_t n) {
  CK_LOOP
  for (int64_t i = 0; i < n; i++) {
    const double size = g[i] < 0 ? -g[i] : g[i];
    h[i] = g[i] + (damping + epsilon * size) * z[i];
  }
}

CK_DISPATCH void ck_add_noise_complex(double *h, const double *g, const double *z, double damping, double epsilon,
                                      int64_t n) {
  CK_LOOP
  for (int64_t i = 0; i < n; i++) {
    const double re = g[2 * i], im = g[2 * i + 1];
    const double size = __builtin_elementwise_sqrt(re * re + im * im);
    const double width = 0x1.6a09e667f3bcdp-1 * (damping + epsilon * size);
    h[2 * i] = re + width * z[2 * i];
    h[2 * i + 1] = im + width * z[2 * i + 1];
  }
}

CK_DISPATCH void ck_clip_complex(double *g, double bound, int64_t n) {
  CK_LOOP
  for (int64_t i = 0; i < n; i++) {
    const double re = g[2 * i], im = g[2 * i + 1];
    const double size = __builtin_elementwise_sqrt(re * re + im * im);
    const double factor = size > bound ? bound / size : 1;
    g[2 * i] = re * factor;
    g[2 * i + 1] = im * factor;
  }
}

/// (Q h) and (Q⁻ᵀ v) of a pair of rows i and j.
typedef struct {
  double hi, hj, vi, vj;
} pair;

CK_INLINE pair pair_of(const double *a, const double *b, const double *h, const double *v, int64_t i, int64_t j) {
  const double determinant = a[i] * a[j] - b[i] * b[j];
  pair p;
  p.hi = a[i] * h[i] + b[i] * h[j];
  p.hj = a[j] * h[j] + b[j] * h[i];
  p.vi = (a[j] * v[i] - b[j] * v[j]) / determinant;
  p.vj = (a[i] * v[j] - b[i] * v[i]) / determinant;
  return p;
}

CK_DISPATCH double ck_xmat_norm(const double *a, const double *b, const double *h, const double *v, int64_t order,
                                int64_t first, int64_t last) {
  const int64_t n = last - first;
  double lanes[CK_LANES] = {0};
  CK_LANED({
    const pair p = pair_of(a, b, h, v, first + i, order - 1 - first - i);
    const double upper = p.hi * p.hi + p.vi * p.vi;
    const double lower = p.hj * p.hj + p.vj * p.vj;
    const double larger = upper > lower ? upper : lower;
    lanes[lane] = larger > lanes[lane] ? larger : lanes[lane];
  });
  double largest = lanes[0];
  for (int lane = 1; lane < CK_LANES; lane++) largest = lanes[lane] > largest ? lanes[lane] : largest;
  return largest;
}

CK_DISPATCH void ck_xmat_fit(double *a, double *b, const double *h, const double *v, double step, int64_t n,
                             int64_t first, int64_t last) {
  const int64_t end = 2 * last > n ? last - 1 : last;
  CK_LOOP
  for (int64_t i = first; i < end; i++) {
    const int64_t j = n - 1 - i;
    const pair p = pair_of(a, b, h, v, i, j);
    const double di = p.hi * p.hi - p.vi * p.vi, dj = p.hj * p.hj - p.vj * p.vj;
    const double cross = p.hi * p.hj - p.vi * p.vj;
    const double ai = a[i], aj = a[j], bi = b[i], bj = b[j];
    a[i] = ai - step * (di * ai + cross * bj);
    a[j] = aj - step * (dj * aj + cross * bi);
    b[i] = bi - step * (di * bi + cross * aj);
    b[j] = bj - step * (dj * bj + cross * ai);
  }
  if (end < last) {
    const pair p = pair_of(a, b, h, v, end, end);
    const double d = p.hi * p.hi - p.vi * p.vi;
    a[end] -= step * d * a[end];
    b[end] -= step * d * b[end];
  }
}

CK_DISPATCH void ck_xmat_apply(double *out, const double *a, const double *b, const double *g, int64_t n, int64_t first,
                               int64_t last) {
  CK_LOOP
  for (int64_t i = first; i < last; i++) {
    const int64_t j = n - 1 - i;
    const double cross = a[i] * b[i] + a[j] * b[j], gi = g[i], gj = g[j];
    const double upper = (a[i] * a[i] + b[j] * b[j]) * gi + cross * gj;
    const double lower = (a[j] * a[j] + b[i] * b[i]) * gj + cross * gi;
    out[i] = upper;
    out[j] = lower;
  }
}

CK_DISPATCH void ck_tall_gram(double *s, const double *a, const double *b, int64_t rows, int64_t r) {
  for (int64_t row = 0; row < rows; row++, a += r, b += r) {
    for (int64_t i = 0; i < r; i++) {
      const double factor = a[i];
      CK_LOOP
      for (int64_t j = 0; j < r; j++) s[i * r + j] += factor * b[j];
    }
  }
}

CK_DISPATCH void ck_tall_sum(double *s, const double *a, const double *y, int64_t rows, int64_t r) {
  for (int64_t row = 0; row < rows; row++, a += r) {
    const double factor = y[row];
    CK_LOOP
    for (int64_t j = 0; j < r; j++) s[j] += factor * a[j];
  }
}

CK_DISPATCH void ck_tall_dot(double *y, const double *a, const double *p, double scale, int64_t rows, int64_t r) {
  for (int64_t row = 0; row < rows; row++, a += r) {
    double sum = 0;
    for (int64_t j = 0; j < r; j++) sum += a[j] * p[j];
    y[row] += scale * sum;
  }
}

CK_DISPATCH void ck_tall_turn(double *a, const double *t, int64_t rows, int64_t r) {
  double out[128];
  for (int64_t row = 0; row < rows; row++, a += r) {
    for (int64_t j = 0; j < r; j++) out[j] = 0;
    for (int64_t i = 0; i < r; i++) {
      const double factor = a[i];
      CK_LOOP
      for (int64_t j = 0; j < r; j++) out[j] += factor * t[i * r + j];
    }
    for (int64_t j = 0; j < r; j++) a[j] = out[j];
  }
}

CK_DISPATCH void ck_tall_update(double *a, const double *x, const double *p, const double *y, const double *q,
                                int64_t rows, int64_t r) {
  for (int64_t row = 0; row < rows; row++, a += r) {
    const double first = x[row], second = y[row];
    CK_LOOP
    for (int64_t j = 0; j < r; j++) a[j] += first * p[j] + second * q[j];
  }
}
