// Substitution through triangles for vectors of the type REAL and values of the type STORE; included once per pair.

// What a sweep does to its right-hand side and to its sums: nothing, c b, k e b and e, or e to the sum alone.
enum { CK_TYPED(CK_PLAIN), CK_TYPED(CK_FACTORS), CK_TYPED(CK_SCALED), CK_TYPED(CK_SUM_SCALED) };

CK_INLINE REAL CK_TYPED(ck_minuend)(REAL b, const STORE *weights, REAL k, int64_t i, const int mode) {
  if (mode == CK_TYPED(CK_FACTORS)) return (REAL)weights[i] * b;
  return mode == CK_TYPED(CK_SCALED) ? k * (REAL)weights[i] * b : b;
}

/// `n` rows from x[0] on, downwards or upwards, of `count` entries at the given offsets; where the last entry of the
/// sum is the row before (`near`), that stays in a register.
CK_INLINE void CK_TYPED(ck_triangle_run)(REAL *x, const REAL *b, const STORE *weights, REAL k, const STORE *values,
                                         int64_t stride, const int64_t *offsets, const int64_t count, int64_t n,
                                         const int backward, const int near, const int mode) {
  const int scaled = mode == CK_TYPED(CK_SCALED) || mode == CK_TYPED(CK_SUM_SCALED);
  const int64_t step = backward ? -1 : 1;
  REAL before = near ? x[-step] : 0;
#pragma clang loop vectorize(disable) unroll_count(4)
  for (int64_t s = 0; s < n; s++) {
    const int64_t i = step * s;
    const STORE *const v = values + i * stride;
    REAL sum = CK_TYPED(ck_minuend)(b[i], weights, k, i, mode);
    for (int64_t q = 0; q < count; q++) {
      const int64_t p = backward ? count - 1 - q : q;
      const REAL a = scaled ? (REAL)weights[i] * (REAL)v[p] : (REAL)v[p];
      const REAL u = near && q == count - 1 ? before : x[offsets[p] + i];
      sum -= a * u;
    }
    x[i] = before = sum;
  }
}

CK_INLINE void CK_TYPED(ck_triangle_row)(REAL *x, const REAL *b, const STORE *weights, REAL k,
                                         const ck_substitution *t, int64_t row, const int backward, const int mode) {
  const int scaled = mode == CK_TYPED(CK_SCALED) || mode == CK_TYPED(CK_SUM_SCALED);
  const STORE *const values = t->values;
  const int64_t start = t->starts[row], end = t->ends[row];
  REAL sum = CK_TYPED(ck_minuend)(b[row], weights, k, row, mode);
  for (int64_t q = start; q < end; q++) {
    const int64_t p = backward ? start + end - 1 - q : q;
    const REAL a = scaled ? (REAL)weights[row] * (REAL)values[p] : (REAL)values[p], u = x[t->columns[p]];
    sum -= a * u;
  }
  x[row] = sum;
}

#define CK_RUN_MAXIMUM 32

CK_INLINE void CK_TYPED(ck_sweep)(REAL *x, const REAL *b, const ck_substitution *t, int64_t first, int64_t end,
                                  const int backward, const int mode) {
  const int64_t step = backward ? -1 : 1;
  const STORE *const weights =
      mode == CK_TYPED(CK_FACTORS) ? t->factors : mode == CK_TYPED(CK_PLAIN) ? NULL : t->scales;
  const REAL k = (REAL)t->constant;
  if (t->listed) {
    for (int64_t s = first; s < end; s++) CK_TYPED(ck_triangle_row)(x, b, weights, k, t, t->rows[s], backward, mode);
    return;
  }
  for (int64_t r = first; r < end; r++) {
    const int64_t row = t->rows[r], n = (t->rows[r + 1] - row) * step;
    const int64_t start = t->starts[row], count = t->ends[row] - start;
    if (count > CK_RUN_MAXIMUM || n == 1) {
      for (int64_t s = 0; s < n; s++) {
        CK_TYPED(ck_triangle_row)(x, b, weights, k, t, row + step * s, backward, mode);
      }
      continue;
    }
    const int64_t stride = (t->starts[row + step] - start) * step;
    int64_t offsets[CK_RUN_MAXIMUM];
    for (int64_t p = 0; p < count; p++) offsets[p] = t->columns[start + p] - row;
    const int near = count > 0 && offsets[backward ? 0 : count - 1] == -step;
    const STORE *const w = mode == CK_TYPED(CK_PLAIN) ? NULL : weights + row, *const v = (const STORE *)t->values + start;
    // Loops of known length are unrolled: one triangle of the stencils of common discretisations, whole and at edges.
#define CK_RUN(length, near_) \
  CK_TYPED(ck_triangle_run)(x + row, b + row, w, k, v, stride, offsets, length, n, backward, near_, mode)
    switch (near ? count : -count) {
    case 1: CK_RUN(1, 1); break;
    case 2: CK_RUN(2, 1); break;
    case 3: CK_RUN(3, 1); break;
    case 4: CK_RUN(4, 1); break;
    case 13: CK_RUN(13, 1); break;
    case 0: CK_RUN(0, 0); break;
    case -1: CK_RUN(1, 0); break;
    case -2: CK_RUN(2, 0); break;
    default:
      if (near) {
        CK_RUN(count, 1);
      } else {
        CK_RUN(count, 0);
      }
    }
#undef CK_RUN
  }
}

#undef CK_RUN_MAXIMUM

CK_INLINE void CK_TYPED(ck_sweep_mode)(REAL *x, const REAL *b, const ck_substitution *t, int64_t first, int64_t end,
                                       const int mode) {
  if (t->backward) {
    CK_TYPED(ck_sweep)(x, b, t, first, end, 1, mode);
  } else {
    CK_TYPED(ck_sweep)(x, b, t, first, end, 0, mode);
  }
}

CK_DISPATCH void CK_TYPED(ck_substitute)(REAL *x, const REAL *b, const ck_substitution *triangle, int64_t first,
                                         int64_t end) {
  if (triangle->scales) {
    if (triangle->constant != 0) {
      CK_TYPED(ck_sweep_mode)(x, b, triangle, first, end, CK_TYPED(CK_SCALED));
    } else {
      CK_TYPED(ck_sweep_mode)(x, b, triangle, first, end, CK_TYPED(CK_SUM_SCALED));
    }
  } else if (triangle->factors) {
    CK_TYPED(ck_sweep_mode)(x, b, triangle, first, end, CK_TYPED(CK_FACTORS));
  } else {
    CK_TYPED(ck_sweep_mode)(x, b, triangle, first, end, CK_TYPED(CK_PLAIN));
  }
}

#undef CK_TYPED
#undef STORE
#undef REAL
