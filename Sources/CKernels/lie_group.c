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

CK_DISPATCH void ck_scaled_powers(double *sums, const double *h, double scale, int64_t n) {
  double squares[CK_LANES] = {0};
  double fourths[CK_LANES] = {0};
  CK_LANED({
    const double square = (scale * h[i]) * (scale * h[i]);
    squares[lane] += square;
    fourths[lane] += square * square;
  });
  sums[0] = ck_join(squares);
  sums[1] = ck_join(fourths);
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

/// a · b in 16 lanes.
CK_INLINE double rows_dot(const double *a, const double *b, int64_t n) {
  double lanes[CK_LANES] = {0};
  CK_LANED({ lanes[lane] += a[i] * b[i]; });
  return ck_join(lanes);
}

CK_DISPATCH void ck_rows_products(double *s, const double *a, const double *b, int64_t stride, int64_t r, int64_t n) {
  for (int64_t i = 0; i < r; i++) {
    for (int64_t j = a == b ? i : 0; j < r; j++) {
      const double product = rows_dot(a + i * stride, b + j * stride, n);
      s[i * r + j] = product;
      if (a == b) s[j * r + i] = product;
    }
  }
}

CK_DISPATCH void ck_rows_inner(double *s, const double *a, const double *y, int64_t stride, int64_t r, int64_t n) {
  for (int64_t j = 0; j < r; j++) s[j] = rows_dot(a + j * stride, y, n);
}

CK_DISPATCH void ck_rows_combine(double *y, const double *a, const double *p, double scale, int64_t stride, int64_t r,
                                 int64_t n) {
  for (int64_t j = 0; j < r; j++, a += stride) {
    const double factor = scale * p[j];
    CK_LOOP
    for (int64_t i = 0; i < n; i++) y[i] += factor * a[i];
  }
}

CK_DISPATCH void ck_rows_turn(double *a, const double *t, int64_t stride, int64_t r, int64_t n) {
  // So many elements of every row at a time; on the stack, they are 32 kB at most.
  enum { chunk = 32 };
  double out[128 * chunk];
  for (int64_t start = 0; start < n; start += chunk) {
    const int64_t count = n - start < chunk ? n - start : chunk;
    for (int64_t j = 0; j < r; j++) {
      double *own = out + j * chunk;
      for (int64_t i = 0; i < chunk; i++) own[i] = 0;
      for (int64_t k = 0; k < r; k++) {
        const double factor = t[k * r + j];
        const double *row = a + k * stride + start;
        CK_LOOP
        for (int64_t i = 0; i < count; i++) own[i] += factor * row[i];
      }
    }
    for (int64_t j = 0; j < r; j++) __builtin_memcpy(a + j * stride + start, out + j * chunk, (unsigned long)count * sizeof *a);
  }
}

CK_DISPATCH void ck_rows_update(double *a, const double *x, const double *p, const double *y, const double *q,
                                int64_t stride, int64_t r, int64_t n) {
  for (int64_t j = 0; j < r; j++, a += stride) {
    const double first = p[j], second = q[j];
    CK_LOOP
    for (int64_t i = 0; i < n; i++) a[i] += first * x[i] + second * y[i];
  }
}

CK_DISPATCH void ck_scale_pair(double *a, double *b, const double *d, const double *h, const double *v, int64_t n) {
  CK_LOOP
  for (int64_t i = 0; i < n; i++) {
    a[i] = d[i] * h[i];
    b[i] = v[i] / d[i];
  }
}

CK_DISPATCH void ck_relative_change(double *change, double *largest, const double *d, const double *p, const double *h,
                                    const double *v, const double *w, int64_t n) {
  double forwards[CK_LANES] = {0};
  double backwards[CK_LANES] = {0};
  CK_LANED({
    const double forward = d[i] * p[i] * h[i];
    const double backward = v[i] * w[i] / d[i];
    const double upper = forward < 0 ? -forward : forward;
    const double lower = backward < 0 ? -backward : backward;
    forwards[lane] = upper > forwards[lane] ? upper : forwards[lane];
    backwards[lane] = lower > backwards[lane] ? lower : backwards[lane];
    change[i] = forward - backward;
  });
  for (int lane = 1; lane < CK_LANES; lane++) {
    forwards[0] = forwards[lane] > forwards[0] ? forwards[lane] : forwards[0];
    backwards[0] = backwards[lane] > backwards[0] ? backwards[lane] : backwards[0];
  }
  largest[0] = forwards[0];
  largest[1] = backwards[0];
}
