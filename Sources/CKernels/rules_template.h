// Passes of optimizers that scale or select for the type REAL, whose bits are a KEY; included once per type.

CK_DISPATCH void CK_TYPED(ck_sign_step)(REAL *x, const REAL *m, double keep, double step, int64_t n) {
  const REAL rest = (REAL)keep, length = (REAL)step;
  CK_LOOP
  for (int64_t i = 0; i < n; i++) {
    const REAL sign = m[i] > 0 ? (REAL)1 : m[i] < 0 ? (REAL)-1 : (REAL)0;
    x[i] = rest * x[i] - length * sign;
  }
}

CK_DISPATCH void CK_TYPED(ck_sign_step_complex)(REAL *x, const REAL *m, double keep, double step, int64_t n) {
  const REAL rest = (REAL)keep, length = (REAL)step;
  CK_LOOP
  for (int64_t i = 0; i < n; i++) {
    const REAL re = m[2 * i], im = m[2 * i + 1];
    const REAL size = __builtin_elementwise_sqrt(re * re + im * im);
    const REAL factor = size > 0 ? length / size : (REAL)0;
    x[2 * i] = rest * x[2 * i] - factor * re;
    x[2 * i + 1] = rest * x[2 * i + 1] - factor * im;
  }
}

CK_DISPATCH void CK_TYPED(ck_mean_square)(REAL *v, const REAL *g, double keep, double weight, int64_t n) {
  const REAL old = (REAL)keep, now = (REAL)weight;
  CK_LOOP
  for (int64_t i = 0; i < n; i++) v[i] = old * v[i] + now * (g[i] * g[i]);
}

CK_DISPATCH void CK_TYPED(ck_mean_square_complex)(REAL *v, const REAL *g, double keep, double weight, int64_t n) {
  const REAL old = (REAL)keep, now = (REAL)weight;
  CK_LOOP
  for (int64_t i = 0; i < n; i++) {
    const REAL re = g[2 * i], im = g[2 * i + 1], square = re * re + im * im;
    v[2 * i] = old * v[2 * i] + now * square;
    v[2 * i + 1] = old * v[2 * i + 1] + now * square;
  }
}

CK_DISPATCH double CK_TYPED(ck_divided_square)(const REAL *g, const REAL *v, double scale, double epsilon, int64_t n) {
  double lanes[CK_LANES] = {0};
  CK_LANED({
    const double value = g[i];
    const double quotient = value * value / (scale * (double)v[i] + epsilon);
    lanes[lane] += value != 0 ? quotient : 0;
  });
  return ck_join(lanes);
}

CK_DISPATCH void CK_TYPED(ck_divided_step)(REAL *x, const REAL *g, const REAL *v, double scale, double epsilon,
                                           double step, int64_t n) {
  CK_LOOP
  for (int64_t i = 0; i < n; i++) {
    const double value = g[i];
    const double move = step * value / (scale * (double)v[i] + epsilon);
    x[i] = (REAL)((double)x[i] - (value != 0 ? move : 0));
  }
}

CK_DISPATCH void CK_TYPED(ck_signs)(REAL *z, int64_t n) {
  CK_LOOP
  for (int64_t i = 0; i < n; i++) z[i] = z[i] >= (REAL)0.5 ? (REAL)1 : (REAL)-1;
}

CK_DISPATCH void CK_TYPED(ck_mean_product)(REAL *d, const REAL *z, const REAL *h, double keep, double weight,
                                           int64_t n) {
  const REAL old = (REAL)keep, now = (REAL)weight;
  CK_LOOP
  for (int64_t i = 0; i < n; i++) d[i] = old * d[i] + now * (z[i] * h[i]);
}

/// max(|d|, floor)
CK_INLINE double CK_TYPED(ck_floored)(REAL d, double floor) {
  const double size = d < 0 ? -(double)d : (double)d;
  return size > floor ? size : floor;
}

CK_DISPATCH void CK_TYPED(ck_secant_norms)(double *sums, const REAL *x, const REAL *w, const REAL *g, const REAL *q,
                                           const REAL *d, double floor, int64_t n) {
  double steps[CK_LANES] = {0}, changes[CK_LANES] = {0};
  CK_LANED({
    const double weight = CK_TYPED(ck_floored)(d[i], floor);
    const double step = (double)x[i] - (double)w[i];
    const double change = (double)g[i] - (double)q[i];
    steps[lane] += step * step * weight;
    changes[lane] += change * change / weight;
  });
  sums[0] = ck_join(steps);
  sums[1] = ck_join(changes);
}

CK_DISPATCH void CK_TYPED(ck_floored_step)(REAL *x, REAL *w, const REAL *g, REAL *q, const REAL *d, double floor,
                                           double step, int64_t n) {
  CK_LOOP
  for (int64_t i = 0; i < n; i++) {
    const REAL old = x[i];
    w[i] = old;
    q[i] = g[i];
    x[i] = (REAL)((double)old - step * (double)g[i] / CK_TYPED(ck_floored)(d[i], floor));
  }
}

CK_DISPATCH void CK_TYPED(ck_scatter_axpy)(REAL *y, const int32_t *indices, const REAL *x, double a, int64_t n) {
  const REAL factor = (REAL)a;
  // No index comes twice.
  CK_LOOP
  for (int64_t i = 0; i < n; i++) y[indices[i]] = factor * x[i] + y[indices[i]];
}

/// The bits of a magnitude, which are ordered as the magnitudes are.
CK_INLINE KEY CK_TYPED(ck_key)(REAL x) {
  const REAL size = x < 0 ? -x : x;
  KEY key;
  __builtin_memcpy(&key, &size, sizeof key);
  // A negative zero counts as zero.
  return key & (((KEY)-1) >> 1);
}

void CK_TYPED(ck_take_largest)(REAL *x, int64_t n, int64_t k, int32_t *indices, REAL *values) {
  if (k <= 0) return;
  // Digit by digit from the highest, the key of rank k: prefix holds the digits found, and `missing` how many elements
  // with these digits belong to the k largest.
  enum { digit_bits = 11, buckets = 1 << digit_bits };
  KEY prefix = 0, mask = 0;
  int64_t missing = k;
  int shift = 8 * (int)sizeof(KEY);
  while (shift > 0) {
    const int bits = shift < digit_bits ? shift : digit_bits;
    shift -= bits;
    const KEY digit = (((KEY)1) << bits) - 1;
    int64_t counts[buckets] = {0};
    for (int64_t i = 0; i < n; i++) {
      const KEY key = CK_TYPED(ck_key)(x[i]);
      if ((key & mask) == prefix) counts[(key >> shift) & digit]++;
    }
    int64_t bucket = (int64_t)digit;
    while (bucket > 0 && counts[bucket] < missing) missing -= counts[bucket--];
    prefix |= (KEY)bucket << shift;
    mask |= digit << shift;
  }
  int64_t taken = 0;
  for (int64_t i = 0; i < n && taken < k; i++) {
    const KEY key = CK_TYPED(ck_key)(x[i]);
    if (key < prefix || (key == prefix && missing-- <= 0)) continue;
    indices[taken] = (int32_t)i;
    values[taken++] = x[i];
    x[i] = 0;
  }
}

#undef REAL
#undef KEY
#undef CK_TYPED
