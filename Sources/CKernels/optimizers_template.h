// Fused updates of parameters for the type REAL; included once per type.

CK_DISPATCH void CK_TYPED(ck_update_momentum)(REAL *x, const REAL *g, REAL *b, double rate, double momentum, int nesterov,
                                              int64_t n) {
  const REAL mu = (REAL)momentum;
  // Either direction is b plus multiples of g and b.
  const REAL now = (REAL)(nesterov ? rate : 0), past = (REAL)(nesterov ? rate * momentum : rate);
  CK_LOOP
  for (int64_t i = 0; i < n; i++) {
    const REAL value = mu * b[i] + g[i];
    b[i] = value;
    x[i] -= now * g[i] + past * value;
  }
}

/// One number of Adam: `square` is |g|².
CK_INLINE void CK_TYPED(ck_adam_one)(REAL *x, REAL g, REAL square, REAL *m, REAL *v, REAL *w, REAL step, REAL beta1,
                                     REAL rest1, REAL beta2, REAL rest2, REAL epsilon, REAL root, REAL keep) {
  const REAL mean = beta1 * *m + rest1 * g;
  REAL mean_square = beta2 * *v + rest2 * square;
  *m = mean;
  *v = mean_square;
  if (w) {
    mean_square = mean_square > *w ? mean_square : *w;
    *w = mean_square;
  }
  *x = keep * *x - step * (mean / (root * __builtin_elementwise_sqrt(mean_square) + epsilon));
}

#define CK_ADAM_NUMBERS                                                              \
  const REAL step = (REAL)c->step, beta1 = (REAL)c->beta1, beta2 = (REAL)c->beta2;   \
  const REAL rest1 = (REAL)(1 - c->beta1), rest2 = (REAL)(1 - c->beta2);             \
  const REAL epsilon = (REAL)c->epsilon, root = (REAL)c->root, keep = (REAL)c->keep

#define CK_ADAM_REAL(w)                                                                                       \
  CK_ADAM_NUMBERS;                                                                                            \
  CK_LOOP                                                                                                     \
  for (int64_t i = 0; i < n; i++)                                                                             \
  CK_TYPED(ck_adam_one)(x + i, g[i], g[i] * g[i], m + i, v + i, w, step, beta1, rest1, beta2, rest2, epsilon, \
                        root, keep)

#define CK_ADAM_COMPLEX(w0, w1)                                                                                     \
  CK_ADAM_NUMBERS;                                                                                                  \
  CK_LOOP                                                                                                           \
  for (int64_t i = 0; i < n; i++) {                                                                                 \
    const REAL re = g[2 * i], im = g[2 * i + 1], square = re * re + im * im;                                        \
    CK_TYPED(ck_adam_one)                                                                                           \
    (x + 2 * i, re, square, m + 2 * i, v + 2 * i, w0, step, beta1, rest1, beta2, rest2, epsilon, root, keep);       \
    CK_TYPED(ck_adam_one)                                                                                           \
    (x + 2 * i + 1, im, square, m + 2 * i + 1, v + 2 * i + 1, w1, step, beta1, rest1, beta2, rest2, epsilon, root,  \
     keep);                                                                                                         \
  }

CK_DISPATCH void CK_TYPED(ck_update_adam)(REAL *x, const REAL *g, REAL *m, REAL *v, const ck_adam *c, int64_t n) {
  CK_ADAM_REAL(0);
}

CK_DISPATCH void CK_TYPED(ck_update_amsgrad)(REAL *x, const REAL *g, REAL *m, REAL *v, REAL *w, const ck_adam *c,
                                             int64_t n) {
  CK_ADAM_REAL(w + i);
}

CK_DISPATCH void CK_TYPED(ck_update_adam_complex)(REAL *x, const REAL *g, REAL *m, REAL *v, const ck_adam *c,
                                                  int64_t n) {
  CK_ADAM_COMPLEX(0, 0);
}

CK_DISPATCH void CK_TYPED(ck_update_amsgrad_complex)(REAL *x, const REAL *g, REAL *m, REAL *v, REAL *w,
                                                     const ck_adam *c, int64_t n) {
  CK_ADAM_COMPLEX(w + 2 * i, w + 2 * i + 1);
}

/// One number of a schedule-free method, with the direction of its step.
CK_INLINE void CK_TYPED(ck_schedule_free_one)(REAL *y, REAL direction, REAL *z, REAL *x, REAL rate, REAL decay,
                                              REAL beta, REAL weight) {
  const REAL newest = *z - rate * (direction + decay * *y);
  const REAL average = *x + weight * (newest - *x);
  *z = newest;
  *x = average;
  *y = newest + beta * (average - newest);
}

#define CK_SCHEDULE_FREE_NUMBERS                                                                                 \
  const REAL rate = (REAL)c->rate, decay = (REAL)c->decay, beta = (REAL)c->beta, weight = (REAL)c->weight;       \
  const REAL beta2 = (REAL)c->beta2, rest2 = (REAL)(1 - c->beta2), epsilon = (REAL)c->epsilon, root = (REAL)c->root; \
  (void)beta2, (void)rest2, (void)epsilon, (void)root

CK_DISPATCH void CK_TYPED(ck_update_schedule_free_sgd)(REAL *y, const REAL *g, REAL *z, REAL *x,
                                                       const ck_schedule_free *c, int64_t n) {
  CK_SCHEDULE_FREE_NUMBERS;
  CK_LOOP
  for (int64_t i = 0; i < n; i++) CK_TYPED(ck_schedule_free_one)(y + i, g[i], z + i, x + i, rate, decay, beta, weight);
}

CK_DISPATCH void CK_TYPED(ck_update_schedule_free_adam)(REAL *y, const REAL *g, REAL *z, REAL *x, REAL *v,
                                                        const ck_schedule_free *c, int64_t n) {
  CK_SCHEDULE_FREE_NUMBERS;
  CK_LOOP
  for (int64_t i = 0; i < n; i++) {
    const REAL square = beta2 * v[i] + rest2 * (g[i] * g[i]);
    v[i] = square;
    const REAL direction = g[i] / (root * __builtin_elementwise_sqrt(square) + epsilon);
    CK_TYPED(ck_schedule_free_one)(y + i, direction, z + i, x + i, rate, decay, beta, weight);
  }
}

CK_DISPATCH void CK_TYPED(ck_update_schedule_free_adam_complex)(REAL *y, const REAL *g, REAL *z, REAL *x, REAL *v,
                                                                const ck_schedule_free *c, int64_t n) {
  CK_SCHEDULE_FREE_NUMBERS;
  CK_LOOP
  for (int64_t i = 0; i < n; i++) {
    const REAL re = g[2 * i], im = g[2 * i + 1];
    const REAL square = beta2 * v[2 * i] + rest2 * (re * re + im * im);
    v[2 * i] = square;
    v[2 * i + 1] = square;
    const REAL scale = 1 / (root * __builtin_elementwise_sqrt(square) + epsilon);
    CK_TYPED(ck_schedule_free_one)(y + 2 * i, re * scale, z + 2 * i, x + 2 * i, rate, decay, beta, weight);
    CK_TYPED(ck_schedule_free_one)(y + 2 * i + 1, im * scale, z + 2 * i + 1, x + 2 * i + 1, rate, decay, beta, weight);
  }
}

CK_DISPATCH void CK_TYPED(ck_update_average)(REAL *a, const REAL *x, double weight, int64_t n) {
  const REAL w = (REAL)weight;
  CK_LOOP
  for (int64_t i = 0; i < n; i++) a[i] += w * (x[i] - a[i]);
}

CK_DISPATCH void CK_TYPED(ck_clip)(REAL *g, double bound, int64_t n) {
  const REAL b = (REAL)bound;
  CK_LOOP
  for (int64_t i = 0; i < n; i++) {
    const REAL value = g[i];
    g[i] = value > b ? b : value < -b ? -b : value;
  }
}

CK_DISPATCH void CK_TYPED(ck_move)(REAL *out, const REAL *x, const double *p, double step, int64_t n) {
  CK_LOOP
  for (int64_t i = 0; i < n; i++) out[i] = (REAL)((double)x[i] + step * p[i]);
}

CK_DISPATCH void CK_TYPED(ck_add_products)(double *a, double *b, const REAL *x, double r, int64_t n) {
  CK_LOOP
  for (int64_t i = 0; i < n; i++) {
    const double value = (double)x[i];
    a[i] = r * value + a[i];
    b[i] = value * value + b[i];
  }
}

CK_DISPATCH void CK_TYPED(ck_difference)(double *s, const REAL *a, const REAL *b, int64_t n) {
  CK_LOOP
  for (int64_t i = 0; i < n; i++) s[i] = (double)b[i] - (double)a[i];
}

void CK_TYPED(ck_transpose_widen)(double *out, int64_t leading, const REAL *in, int64_t columns, int64_t first,
                                  int64_t count) {
  // Squares whose cache lines are all filled before they are left.
  const int64_t side = 16;
  for (int64_t i0 = first; i0 < first + count; i0 += side) {
    const int64_t i1 = i0 + side < first + count ? i0 + side : first + count;
    for (int64_t j0 = 0; j0 < columns; j0 += side) {
      const int64_t j1 = j0 + side < columns ? j0 + side : columns;
      for (int64_t j = j0; j < j1; j++) {
        for (int64_t i = i0; i < i1; i++) out[i + j * leading] = in[i * columns + j];
      }
    }
  }
}

CK_DISPATCH void CK_TYPED(ck_gather_matrix)(REAL *out, double *wide, const REAL *x, int64_t rows, int64_t columns,
                                int64_t row_stride, int64_t column_stride, int64_t width) {
  for (int64_t i = 0; i < rows; i++) {
    const REAL *const row = x + i * row_stride;
    REAL *const to = out + i * columns * width;
    if (column_stride == width) {
      for (int64_t j = 0; j < columns * width; j++) to[j] = row[j];
    } else {
      for (int64_t j = 0; j < columns; j++) {
        for (int64_t k = 0; k < width; k++) to[j * width + k] = row[j * column_stride + k];
      }
    }
    if (wide) {
      double *const other = wide + i * columns * width;
      for (int64_t j = 0; j < columns * width; j++) other[j] = (double)to[j];
    }
  }
}

CK_DISPATCH void CK_TYPED(ck_scatter_step)(REAL *x, const REAL *d, double keep, double step, int64_t rows, int64_t columns,
                               int64_t row_stride, int64_t column_stride, int64_t width) {
  const REAL factor = (REAL)keep, length = (REAL)step;
  for (int64_t i = 0; i < rows; i++) {
    REAL *const row = x + i * row_stride;
    const REAL *const from = d + i * columns * width;
    if (column_stride == width) {
      for (int64_t j = 0; j < columns * width; j++) row[j] = factor * (row[j] - length * from[j]);
    } else {
      for (int64_t j = 0; j < columns; j++) {
        for (int64_t k = 0; k < width; k++) {
          REAL *const value = row + j * column_stride + k;
          *value = factor * (*value - length * from[j * width + k]);
        }
      }
    }
  }
}

void CK_TYPED(ck_gather_rows)(REAL *out, const REAL *x, const int32_t *places, int64_t rows, int64_t columns) {
  for (int64_t i = 0; i < rows; i++) {
    const REAL *const row = x + places[i] * columns;
    for (int64_t j = 0; j < columns; j++) out[i * columns + j] = row[j];
  }
}

void CK_TYPED(ck_gather_columns)(REAL *out, const REAL *x, const int32_t *places, int64_t rows, int64_t columns,
                                 int64_t width) {
  for (int64_t i = 0; i < rows; i++) {
    const REAL *const row = x + i * columns * width;
    REAL *const to = out + i * columns * width;
    for (int64_t j = 0; j < columns; j++) {
      for (int64_t k = 0; k < width; k++) to[j * width + k] = row[places[j] * width + k];
    }
  }
}

CK_DISPATCH void CK_TYPED(ck_nesterov_mean)(REAL *g, REAL *m, double momentum, int64_t n) {
  const REAL beta = (REAL)momentum, rest = (REAL)(1 - momentum);
  CK_LOOP
  for (int64_t i = 0; i < n; i++) {
    const REAL mean = beta * m[i] + rest * g[i];
    m[i] = mean;
    g[i] = rest * g[i] + beta * mean;
  }
}

void CK_TYPED(ck_mirror)(REAL *a, int64_t n, int64_t first, int64_t count, int64_t width) {
  for (int64_t i = first; i < first + count; i++) {
    for (int64_t j = 0; j < first; j++) {
      const REAL *const from = a + (i * n + j) * width;
      REAL *const to = a + (j * n + i) * width;
      to[0] = from[0];
      if (width == 2) to[1] = -from[1];
    }
  }
}

CK_DISPATCH void CK_TYPED(ck_filter)(REAL *out, const REAL *g, REAL *m, double beta1, double beta3, double scale,
                                     int64_t n) {
  const REAL keep = (REAL)beta1, rest = (REAL)(1 - beta1);
  const REAL past = (REAL)(scale * beta3), now = (REAL)(scale * (1 - beta3));
  CK_LOOP
  for (int64_t i = 0; i < n; i++) {
    const REAL before = m[i];
    out[i] = past * before + now * g[i];
    m[i] = keep * before + rest * g[i];
  }
}

CK_DISPATCH void CK_TYPED(ck_divide_by_root)(REAL *out, const REAL *x, const REAL *g, REAL *v, double keep,
                                             double weight, double root, double epsilon, int64_t n) {
  const REAL past = (REAL)keep, now = (REAL)weight, factor = (REAL)root, ridge = (REAL)epsilon;
  CK_LOOP
  for (int64_t i = 0; i < n; i++) {
    const REAL square = past * v[i] + now * (g[i] * g[i]);
    v[i] = square;
    out[i] = x[i] / (factor * __builtin_elementwise_sqrt(square) + ridge);
  }
}

CK_DISPATCH void CK_TYPED(ck_divide_by_root_complex)(REAL *out, const REAL *x, const REAL *g, REAL *v, double keep,
                                                     double weight, double root, double epsilon, int64_t n) {
  const REAL past = (REAL)keep, now = (REAL)weight, factor = (REAL)root, ridge = (REAL)epsilon;
  CK_LOOP
  for (int64_t i = 0; i < n; i++) {
    const REAL re = g[2 * i], im = g[2 * i + 1];
    const REAL square = past * v[2 * i] + now * (re * re + im * im);
    v[2 * i] = square;
    v[2 * i + 1] = square;
    const REAL scale = 1 / (factor * __builtin_elementwise_sqrt(square) + ridge);
    out[2 * i] = x[2 * i] * scale;
    out[2 * i + 1] = x[2 * i + 1] * scale;
  }
}

CK_DISPATCH void CK_TYPED(ck_adam_direction)(REAL *d, const REAL *g, REAL *m, REAL *v, const ck_adam *c, int64_t n) {
  CK_ADAM_NUMBERS;
  (void)keep;
  CK_LOOP
  for (int64_t i = 0; i < n; i++) {
    const REAL mean = beta1 * m[i] + rest1 * g[i];
    const REAL square = beta2 * v[i] + rest2 * (g[i] * g[i]);
    m[i] = mean;
    v[i] = square;
    d[i] = step * (mean / (root * __builtin_elementwise_sqrt(square) + epsilon));
  }
}

CK_DISPATCH void CK_TYPED(ck_adam_direction_complex)(REAL *d, const REAL *g, REAL *m, REAL *v, const ck_adam *c,
                                                     int64_t n) {
  CK_ADAM_NUMBERS;
  (void)keep;
  CK_LOOP
  for (int64_t i = 0; i < n; i++) {
    const REAL re = g[2 * i], im = g[2 * i + 1];
    const REAL square = beta2 * v[2 * i] + rest2 * (re * re + im * im);
    const REAL mean_re = beta1 * m[2 * i] + rest1 * re, mean_im = beta1 * m[2 * i + 1] + rest1 * im;
    m[2 * i] = mean_re;
    m[2 * i + 1] = mean_im;
    v[2 * i] = square;
    v[2 * i + 1] = square;
    const REAL scale = step / (root * __builtin_elementwise_sqrt(square) + epsilon);
    d[2 * i] = mean_re * scale;
    d[2 * i + 1] = mean_im * scale;
  }
}

#undef CK_ADAM_NUMBERS
#undef CK_ADAM_REAL
#undef CK_ADAM_COMPLEX
#undef CK_SCHEDULE_FREE_NUMBERS
#undef CK_TYPED
#undef REAL
