// Passes over the vectors of Krylov methods for the type REAL; included once per type.

CK_DISPATCH double CK_TYPED(ck_subtract_norm)(REAL *r, const REAL *q, REAL a, int64_t n) {
  double lanes[CK_LANES] = {0};
  CK_LANED({
    const REAL value = r[i] - a * q[i];
    r[i] = value;
    lanes[lane] += (double)value * (double)value;
  });
  return ck_join(lanes);
}

CK_DISPATCH double CK_TYPED(ck_subtract_norms)(REAL *r, const REAL *q, const REAL *d, REAL a, double *weighted,
                                               int64_t n) {
  double lanes[CK_LANES] = {0}, scaled[CK_LANES] = {0};
  CK_LANED({
    const REAL value = r[i] - a * q[i];
    r[i] = value;
    const double square = (double)value * (double)value;
    lanes[lane] += square;
    scaled[lane] += (double)d[i] * square;
  });
  *weighted = ck_join(scaled);
  return ck_join(lanes);
}

CK_DISPATCH void CK_TYPED(ck_advance)(REAL *x, REAL *p, const REAL *z, REAL a, REAL b, int64_t n) {
  CK_LOOP
  for (int64_t i = 0; i < n; i++) {
    const REAL direction = p[i];
    x[i] += a * direction;
    p[i] = z[i] + b * direction;
  }
}

CK_DISPATCH void CK_TYPED(ck_advance_scaled)(REAL *x, REAL *p, const REAL *d, const REAL *z, REAL a, REAL b,
                                             int64_t n) {
  CK_LOOP
  for (int64_t i = 0; i < n; i++) {
    const REAL direction = p[i];
    x[i] += a * direction;
    p[i] = d[i] * z[i] + b * direction;
  }
}

CK_DISPATCH void CK_TYPED(ck_axpby)(REAL *y, const REAL *x, REAL a, REAL b, int64_t n) {
  CK_LOOP
  for (int64_t i = 0; i < n; i++) y[i] = a * x[i] + b * y[i];
}

CK_DISPATCH void CK_TYPED(ck_multiply_out)(REAL *z, const REAL *d, const REAL *r, int64_t n) {
  CK_LOOP
  for (int64_t i = 0; i < n; i++) z[i] = d[i] * r[i];
}

CK_DISPATCH double CK_TYPED(ck_inner)(const REAL *x, const REAL *y, int64_t n) {
  double lanes[CK_LANES] = {0};
  CK_LANED({ lanes[lane] += (double)x[i] * (double)y[i]; });
  return ck_join(lanes);
}

CK_DISPATCH void CK_TYPED(ck_inner_many)(double *sums, const REAL *v, int64_t stride, int64_t count, const REAL *w,
                                         int64_t n) {
  int64_t k = 0;
  for (; k + 4 <= count; k += 4) {
    const REAL *const v0 = v + k * stride, *const v1 = v0 + stride, *const v2 = v1 + stride, *const v3 = v2 + stride;
    double s0[CK_LANES] = {0}, s1[CK_LANES] = {0}, s2[CK_LANES] = {0}, s3[CK_LANES] = {0};
    CK_LANED({
      const double value = (double)w[i];
      s0[lane] += (double)v0[i] * value;
      s1[lane] += (double)v1[i] * value;
      s2[lane] += (double)v2[i] * value;
      s3[lane] += (double)v3[i] * value;
    });
    sums[k] = ck_join(s0), sums[k + 1] = ck_join(s1), sums[k + 2] = ck_join(s2), sums[k + 3] = ck_join(s3);
  }
  for (; k < count; k++) {
    const REAL *const v0 = v + k * stride;
    double s0[CK_LANES] = {0};
    CK_LANED({ s0[lane] += (double)v0[i] * (double)w[i]; });
    sums[k] = ck_join(s0);
  }
}

CK_DISPATCH double CK_TYPED(ck_combine_many)(REAL *w, const REAL *v, int64_t stride, int64_t count, const REAL *c,
                                             int64_t n) {
  int64_t k = 0;
  for (; k + 4 <= count; k += 4) {
    const REAL *const v0 = v + k * stride, *const v1 = v0 + stride, *const v2 = v1 + stride, *const v3 = v2 + stride;
    const REAL c0 = c[k], c1 = c[k + 1], c2 = c[k + 2], c3 = c[k + 3];
    CK_LOOP
    for (int64_t i = 0; i < n; i++) w[i] += (c0 * v0[i] + c1 * v1[i]) + (c2 * v2[i] + c3 * v3[i]);
  }
  for (; k < count; k++) {
    const REAL *const v0 = v + k * stride;
    const REAL c0 = c[k];
    CK_LOOP
    for (int64_t i = 0; i < n; i++) w[i] += c0 * v0[i];
  }
  double lanes[CK_LANES] = {0};
  CK_LANED({ lanes[lane] += (double)w[i] * (double)w[i]; });
  return ck_join(lanes);
}

void CK_TYPED(ck_gather)(REAL *out, const REAL *x, const int32_t *indices, int64_t n) {
  for (int64_t i = 0; i < n; i++) out[i] = x[indices[i]];
}

int64_t CK_TYPED(ck_invert)(REAL *d, int32_t *is_positive, int64_t n) {
  int64_t bad = -1;
  int32_t positive = 1;
  for (int64_t i = 0; i < n; i++) {
    const REAL value = d[i];
    positive &= value > 0;
    if (bad < 0 && (value == 0 || value - value != 0)) bad = i;
    d[i] = 1 / value;
  }
  *is_positive = positive;
  return bad;
}

#undef CK_TYPED
#undef REAL
