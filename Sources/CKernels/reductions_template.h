// Reductions for the type REAL; included once per type.

#define CK_LANES 16

/// Takes x[i] into lane i mod 16 by the statement `step` on (lane, i), then joins lanes by `join` on (left, right).
#define CK_REDUCE(LANE, initial, step, join)                                  \
  LANE lanes[CK_LANES];                                                   \
  for (int j = 0; j < CK_LANES; j++) lanes[j] = (initial);                \
  int64_t base = 0;                                                       \
  for (; base + CK_LANES <= n; base += CK_LANES) {                        \
    for (int j = 0; j < CK_LANES; j++) {                                  \
      const LANE lane = lanes[j];                                         \
      const int64_t i = base + j;                                         \
      lanes[j] = (step);                                                  \
    }                                                                     \
  }                                                                       \
  for (int j = 0; base + j < n; j++) {                                    \
    const LANE lane = lanes[j];                                           \
    const int64_t i = base + j;                                           \
    lanes[j] = (step);                                                    \
  }                                                                       \
  for (int width = CK_LANES / 2; width > 0; width /= 2) {                 \
    for (int j = 0; j < width; j++) {                                     \
      const LANE left = lanes[j], right = lanes[j + width];               \
      lanes[j] = (join);                                                  \
    }                                                                     \
  }                                                                       \
  return (REAL)lanes[0]

// A lane that holds NaN keeps it: both comparisons fail.
#define CK_LARGER(a, b) ((b) > (a) || (b) != (b) ? (b) : (a))
#define CK_SMALLER(a, b) ((b) < (a) || (b) != (b) ? (b) : (a))

CK_DISPATCH REAL CK_TYPED(ck_sum)(const REAL *x, int64_t n) { CK_REDUCE(double, 0, lane + (double)x[i], left + right); }

CK_DISPATCH REAL CK_TYPED(ck_dot)(const REAL *x, const REAL *y, int64_t n) {
  CK_REDUCE(double, 0, (double)x[i] * (double)y[i] + lane, left + right);
}

CK_DISPATCH REAL CK_TYPED(ck_max)(const REAL *x, int64_t n) {
  CK_REDUCE(REAL, -INFINITY, CK_LARGER(lane, x[i]), CK_LARGER(left, right));
}

CK_DISPATCH REAL CK_TYPED(ck_min)(const REAL *x, int64_t n) {
  CK_REDUCE(REAL, INFINITY, CK_SMALLER(lane, x[i]), CK_SMALLER(left, right));
}

CK_DISPATCH REAL CK_TYPED(ck_max_magnitude)(const REAL *x, int64_t n) {
  CK_REDUCE(REAL, 0, CK_LARGER(lane, CK_FABS(x[i])), CK_LARGER(left, right));
}

#undef CK_LANES
#undef CK_REDUCE
#undef CK_LARGER
#undef CK_SMALLER
#undef CK_TYPED
#undef CK_FABS
#undef REAL
