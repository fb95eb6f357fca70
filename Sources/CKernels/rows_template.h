// Kernels over the rows of matrices for the type REAL; included once per type.

#define CK_LANES 16
#define CK_ROW_BLOCK 1024

// Rows that go through every phase of a kernel together: the reduction of one row has a long latency, those of several
// overlap.
#define CK_ROWS_TOGETHER 8

typedef REAL CK_TYPED(ck_row_lanes) __attribute__((vector_size(CK_LANES * sizeof(REAL))));
typedef REAL CK_TYPED(ck_row_memory)
    __attribute__((vector_size(CK_LANES * sizeof(REAL)), aligned(sizeof(REAL)), may_alias));
typedef REAL CK_TYPED(ck_row_eight) __attribute__((vector_size(8 * sizeof(REAL))));
typedef REAL CK_TYPED(ck_row_four) __attribute__((vector_size(4 * sizeof(REAL))));

#define CK_ROW_LANES CK_TYPED(ck_row_lanes)
/// How a term reads an array at position `at`: 16 elements, or one.
#define CK_READ_LANES(x) (*(const CK_TYPED(ck_row_memory) *)((x) + at))
#define CK_READ_ONE(x) ((x)[at])

/// lanes = step(lane, term of element), element i in lane i mod 16; `term` is a macro over one of the readers, and `rest`
/// what a lane without an element takes.
#define CK_OVER_LANES(lanes, columns, step, term, rest)                                   \
  do {                                                                                    \
    int64_t at = 0;                                                                       \
    for (; at + CK_LANES <= (columns); at += CK_LANES) {                                  \
      const CK_ROW_LANES element = term(CK_READ_LANES);                                   \
      lanes = step(lanes, element);                                                       \
    }                                                                                     \
    if (at < (columns)) {                                                                 \
      CK_ROW_LANES element = (CK_ROW_LANES){0} + (rest);                                  \
      for (int j = 0; at < (columns); j++, at++) element[j] = term(CK_READ_ONE);          \
      lanes = step(lanes, element);                                                       \
    }                                                                                     \
  } while (0)

/// Joins lane j with lane j + 8, then j + 4, j + 2 and j + 1.
#define CK_JOIN_LANES(result, lanes, join)                                                                       \
  do {                                                                                                           \
    const CK_TYPED(ck_row_eight) low8 = __builtin_shufflevector(lanes, lanes, 0, 1, 2, 3, 4, 5, 6, 7);           \
    const CK_TYPED(ck_row_eight) high8 = __builtin_shufflevector(lanes, lanes, 8, 9, 10, 11, 12, 13, 14, 15);    \
    const CK_TYPED(ck_row_eight) eight = join(low8, high8);                                                      \
    const CK_TYPED(ck_row_four) low4 = __builtin_shufflevector(eight, eight, 0, 1, 2, 3);                        \
    const CK_TYPED(ck_row_four) high4 = __builtin_shufflevector(eight, eight, 4, 5, 6, 7);                       \
    const CK_TYPED(ck_row_four) four = join(low4, high4);                                                        \
    const CK_TYPED(ck_row_four) turned = __builtin_shufflevector(four, four, 2, 3, 0, 1);                        \
    const CK_TYPED(ck_row_four) two = join(four, turned);                                                        \
    const CK_TYPED(ck_row_four) other = __builtin_shufflevector(two, two, 1, 0, 3, 2);                           \
    const CK_TYPED(ck_row_four) one = join(two, other);                                                          \
    result = one[0];                                                                                             \
  } while (0)

#define CK_SUM(a, b) ((a) + (b))
// A lane that holds NaN keeps it: both comparisons fail.
#define CK_LARGER(a, b) CK_SELECT(((b) > (a)) | ((b) != (b)), b, a)
#define CK_LARGER_NUMBER(a, b) CK_SELECT((b) > (a), b, a)
/// C has no conditional over vectors, but masks of all bits.
#define CK_SELECT(mask, a, b) \
  ((__typeof__(a))(((mask) & (__typeof__(mask))(a)) | (~(mask) & (__typeof__(mask))(b))))

/// Adds Σ over columns of `term` to `total`, a double, block by block.
#define CK_SUM_ROW(total, columns, term)                                                                \
  for (int64_t start = 0; start < (columns); start += CK_ROW_BLOCK) {                                   \
    const int64_t count = (columns) - start < CK_ROW_BLOCK ? (columns) - start : CK_ROW_BLOCK;          \
    CK_ROW_LANES lanes = {0};                                                                           \
    REAL sum;                                                                                           \
    CK_OVER_LANES(lanes, count, CK_SUM, term, 0);                                                       \
    CK_JOIN_LANES(sum, lanes, CK_SUM);                                                                  \
    total += (double)sum;                                                                               \
  }

CK_INLINE REAL CK_TYPED(ck_row_maximum)(const REAL *x, int64_t columns) {
  CK_ROW_LANES lanes = (CK_ROW_LANES){0} - INFINITY;
  REAL result;
#define CK_TERM(read) read(x)
  CK_OVER_LANES(lanes, columns, CK_LARGER, CK_TERM, -INFINITY);
#undef CK_TERM
  CK_JOIN_LANES(result, lanes, CK_LARGER);
  return result;
}

/// The largest element that is a number.
CK_INLINE REAL CK_TYPED(ck_row_largest_number)(const REAL *x, int64_t columns) {
  CK_ROW_LANES lanes = (CK_ROW_LANES){0} - INFINITY;
  REAL result;
#define CK_TERM(read) read(x)
  CK_OVER_LANES(lanes, columns, CK_LARGER_NUMBER, CK_TERM, -INFINITY);
#undef CK_TERM
  CK_JOIN_LANES(result, lanes, CK_LARGER_NUMBER);
  return result;
}

CK_INLINE double CK_TYPED(ck_row_sum)(const REAL *x, int64_t columns) {
  double total = 0;
#define CK_TERM(read) read(x + start)
  CK_SUM_ROW(total, columns, CK_TERM)
#undef CK_TERM
  return total;
}

CK_INLINE double CK_TYPED(ck_row_dot)(const REAL *x, const REAL *y, int64_t columns) {
  double total = 0;
#define CK_TERM(read) read(x + start) * read(y + start)
  CK_SUM_ROW(total, columns, CK_TERM)
#undef CK_TERM
  return total;
}

CK_INLINE double CK_TYPED(ck_row_square_deviation)(const REAL *x, REAL mean, int64_t columns) {
  double total = 0;
#define CK_TERM(read) (read(x + start) - mean) * (read(x + start) - mean)
  CK_SUM_ROW(total, columns, CK_TERM)
#undef CK_TERM
  return total;
}

CK_DISPATCH void CK_TYPED(ck_softmax_rows)(REAL *x, int64_t rows, int64_t columns, REAL scale) {
  for (int64_t first = 0; first < rows; first += CK_ROWS_TOGETHER) {
    const int64_t together = rows - first < CK_ROWS_TOGETHER ? rows - first : CK_ROWS_TOGETHER;
    REAL *block = x + first * columns;
    REAL largest[CK_ROWS_TOGETHER];
    REAL factors[CK_ROWS_TOGETHER];
    for (int64_t r = 0; r < together; r++) {
      // A NaN is left to the exponential function, and reaches the row through its sum.
      largest[r] = CK_TYPED(ck_row_largest_number)(block + r * columns, columns);
    }
    for (int64_t r = 0; r < together; r++) {
      REAL *row = block + r * columns;
      const REAL top = largest[r];
      CK_LOOP
      for (int64_t i = 0; i < columns; i++) row[i] = CK_TYPED(ck_exp_of_negative)(scale * (row[i] - top));
    }
    for (int64_t r = 0; r < together; r++) {
      factors[r] = (REAL)(1 / CK_TYPED(ck_row_sum)(block + r * columns, columns));
    }
    for (int64_t r = 0; r < together; r++) {
      REAL *row = block + r * columns;
      const REAL factor = factors[r];
      CK_LOOP
      for (int64_t i = 0; i < columns; i++) row[i] *= factor;
    }
  }
}

CK_DISPATCH void CK_TYPED(ck_softmax_rows_gradient)(
    REAL *dx, const REAL *y, const REAL *g, int64_t rows, int64_t columns, REAL scale) {
  for (int64_t first = 0; first < rows; first += CK_ROWS_TOGETHER) {
    const int64_t together = rows - first < CK_ROWS_TOGETHER ? rows - first : CK_ROWS_TOGETHER;
    REAL means[CK_ROWS_TOGETHER];
    for (int64_t r = 0; r < together; r++) {
      const int64_t start = (first + r) * columns;
      means[r] = (REAL)CK_TYPED(ck_row_dot)(y + start, g + start, columns);
    }
    for (int64_t r = 0; r < together; r++) {
      const REAL *yr = y + (first + r) * columns;
      const REAL *gr = g + (first + r) * columns;
      REAL *to = dx + (first + r) * columns;
      const REAL mean = means[r];
      CK_LOOP
      for (int64_t i = 0; i < columns; i++) to[i] = scale * (yr[i] * (gr[i] - mean));
    }
  }
}

CK_DISPATCH void CK_TYPED(ck_row_sums)(REAL *out, const REAL *x, int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; r++) out[r] = (REAL)CK_TYPED(ck_row_sum)(x + r * columns, columns);
}

CK_DISPATCH void CK_TYPED(ck_row_dots)(REAL *out, const REAL *x, const REAL *y, int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; r++) out[r] = (REAL)CK_TYPED(ck_row_dot)(x + r * columns, y + r * columns, columns);
}

CK_DISPATCH void CK_TYPED(ck_row_maxima)(REAL *out, const REAL *x, int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; r++) out[r] = CK_TYPED(ck_row_maximum)(x + r * columns, columns);
}

/// Means and mean square deviations of a few rows.
CK_INLINE void CK_TYPED(ck_moments_together)(
    REAL *means, REAL *variances, const REAL *x, int64_t together, int64_t columns) {
  for (int64_t r = 0; r < together; r++) {
    means[r] = (REAL)(CK_TYPED(ck_row_sum)(x + r * columns, columns) / (double)columns);
  }
  for (int64_t r = 0; r < together; r++) {
    const REAL *row = x + r * columns;
    variances[r] = (REAL)(CK_TYPED(ck_row_square_deviation)(row, means[r], columns) / (double)columns);
  }
}

CK_DISPATCH void CK_TYPED(ck_row_moments)(
    REAL *mean, REAL *variance, const REAL *x, int64_t rows, int64_t columns) {
  for (int64_t first = 0; first < rows; first += CK_ROWS_TOGETHER) {
    const int64_t together = rows - first < CK_ROWS_TOGETHER ? rows - first : CK_ROWS_TOGETHER;
    CK_TYPED(ck_moments_together)(mean + first, variance + first, x + first * columns, together, columns);
  }
}

CK_DISPATCH void CK_TYPED(ck_column_sums)(REAL *out, const REAL *x, int64_t rows, int64_t columns) {
  int64_t r = 0;
  for (; r + 4 <= rows; r += 4) {
    const REAL *row = x + r * columns;
    CK_LOOP
    for (int64_t c = 0; c < columns; c++) {
      out[c] += (row[c] + row[columns + c]) + (row[2 * columns + c] + row[3 * columns + c]);
    }
  }
  for (; r < rows; r++) {
    CK_LOOP
    for (int64_t c = 0; c < columns; c++) out[c] += x[r * columns + c];
  }
}

CK_INLINE void CK_TYPED(ck_normalize_row)(
    REAL *to, const REAL *from, REAL mean, REAL factor, const REAL *scale, const REAL *shift, int64_t columns) {
  if (scale && shift) {
    CK_LOOP
    for (int64_t i = 0; i < columns; i++) to[i] = (from[i] - mean) * factor * scale[i] + shift[i];
  } else if (scale) {
    CK_LOOP
    for (int64_t i = 0; i < columns; i++) to[i] = (from[i] - mean) * factor * scale[i];
  } else if (shift) {
    CK_LOOP
    for (int64_t i = 0; i < columns; i++) to[i] = (from[i] - mean) * factor + shift[i];
  } else {
    CK_LOOP
    for (int64_t i = 0; i < columns; i++) to[i] = (from[i] - mean) * factor;
  }
}

CK_DISPATCH void CK_TYPED(ck_normalize_rows)(
    REAL *y, REAL *mean, REAL *reciprocal, const REAL *x, const REAL *scale, const REAL *shift, int64_t rows,
    int64_t columns, REAL epsilon) {
  for (int64_t first = 0; first < rows; first += CK_ROWS_TOGETHER) {
    const int64_t together = rows - first < CK_ROWS_TOGETHER ? rows - first : CK_ROWS_TOGETHER;
    REAL variances[CK_ROWS_TOGETHER];
    CK_TYPED(ck_moments_together)(mean + first, variances, x + first * columns, together, columns);
    for (int64_t r = 0; r < together; r++) {
      reciprocal[first + r] = (REAL)1 / __builtin_elementwise_sqrt(variances[r] + epsilon);
    }
    for (int64_t r = first; r < first + together; r++) {
      CK_TYPED(ck_normalize_row)(
          y + r * columns, x + r * columns, mean[r], reciprocal[r], scale, shift, columns);
    }
  }
}

/// Σ g scale and Σ g scale (x - mean) over a row; the scale may be null.
CK_INLINE void CK_TYPED(ck_normalization_sums)(
    const REAL *g, const REAL *x, const REAL *scale, REAL mean, int64_t columns, double *plain, double *weighted) {
  *plain = 0;
  *weighted = 0;
  for (int64_t start = 0; start < columns; start += CK_ROW_BLOCK) {
    const int64_t end = columns - start < CK_ROW_BLOCK ? columns : start + CK_ROW_BLOCK;
    CK_ROW_LANES sums = {0};
    CK_ROW_LANES dots = {0};
    int64_t at = start;
    for (; at + CK_LANES <= end; at += CK_LANES) {
      const CK_ROW_LANES scaled = scale ? CK_READ_LANES(g) * CK_READ_LANES(scale) : CK_READ_LANES(g);
      sums += scaled;
      dots = scaled * (CK_READ_LANES(x) - mean) + dots;
    }
    if (at < end) {
      CK_ROW_LANES scaled = {0};
      CK_ROW_LANES deviations = {0};
      for (int j = 0; at < end; j++, at++) {
        scaled[j] = scale ? g[at] * scale[at] : g[at];
        deviations[j] = x[at] - mean;
      }
      sums += scaled;
      dots = scaled * deviations + dots;
    }
    REAL sum, dot;
    CK_JOIN_LANES(sum, sums, CK_SUM);
    CK_JOIN_LANES(dot, dots, CK_SUM);
    *plain += (double)sum;
    *weighted += (double)dot;
  }
}

/// dscale += Σ g n and dshift += Σ g over four rows.
CK_INLINE void CK_TYPED(ck_normalization_parameters)(
    REAL *dscale, REAL *dshift, const REAL *g, const REAL *x, const REAL *mean, const REAL *reciprocal,
    int64_t columns) {
  const REAL *g1 = g + columns, *g2 = g1 + columns, *g3 = g2 + columns;
  const REAL *x1 = x + columns, *x2 = x1 + columns, *x3 = x2 + columns;
  const REAL m0 = mean[0], m1 = mean[1], m2 = mean[2], m3 = mean[3];
  const REAL f0 = reciprocal[0], f1 = reciprocal[1], f2 = reciprocal[2], f3 = reciprocal[3];
  if (dscale) {
    CK_LOOP
    for (int64_t i = 0; i < columns; i++) {
      dscale[i] += (g[i] * ((x[i] - m0) * f0) + g1[i] * ((x1[i] - m1) * f1)) +
                   (g2[i] * ((x2[i] - m2) * f2) + g3[i] * ((x3[i] - m3) * f3));
    }
  }
  if (dshift) {
    CK_LOOP
    for (int64_t i = 0; i < columns; i++) dshift[i] += (g[i] + g1[i]) + (g2[i] + g3[i]);
  }
}

CK_DISPATCH void CK_TYPED(ck_normalize_rows_gradient)(
    REAL *dx, REAL *dscale, REAL *dshift, const REAL *g, const REAL *x, const REAL *mean, const REAL *reciprocal,
    const REAL *scale, int64_t rows, int64_t columns) {
  for (int64_t first = 0; first < rows; first += CK_ROWS_TOGETHER) {
    const int64_t end = rows - first < CK_ROWS_TOGETHER ? rows : first + CK_ROWS_TOGETHER;
    // What the mean and the deviation of each row take away, before the last factor.
    REAL a[CK_ROWS_TOGETHER];
    REAL b[CK_ROWS_TOGETHER];
    for (int64_t r = first; r < end; r++) {
      double plain, weighted;
      CK_TYPED(ck_normalization_sums)(
          g + r * columns, x + r * columns, scale, mean[r], columns, &plain, &weighted);
      a[r - first] = (REAL)(plain / (double)columns);
      b[r - first] = (REAL)(weighted / (double)columns) * reciprocal[r] * reciprocal[r];
    }
    int64_t done = first;
    for (; done + 4 <= end; done += 4) {
      CK_TYPED(ck_normalization_parameters)(
          dscale, dshift, g + done * columns, x + done * columns, mean + done, reciprocal + done, columns);
    }
    for (; done < end; done++) {
      const REAL *gr = g + done * columns;
      const REAL *xr = x + done * columns;
      const REAL m = mean[done], factor = reciprocal[done];
      for (int64_t i = 0; i < columns && dscale; i++) dscale[i] += gr[i] * ((xr[i] - m) * factor);
      for (int64_t i = 0; i < columns && dshift; i++) dshift[i] += gr[i];
    }
    for (int64_t r = first; r < end; r++) {
      const REAL *gr = g + r * columns;
      const REAL *xr = x + r * columns;
      REAL *to = dx + r * columns;
      const REAL m = mean[r], factor = reciprocal[r], ar = a[r - first], br = b[r - first];
      if (scale) {
        CK_LOOP
        for (int64_t i = 0; i < columns; i++) to[i] = factor * (gr[i] * scale[i] - (ar + (xr[i] - m) * br));
      } else {
        CK_LOOP
        for (int64_t i = 0; i < columns; i++) to[i] = factor * (gr[i] - (ar + (xr[i] - m) * br));
      }
    }
  }
}

#undef CK_LANES
#undef CK_ROW_BLOCK
#undef CK_ROWS_TOGETHER
#undef CK_ROW_LANES
#undef CK_READ_LANES
#undef CK_READ_ONE
#undef CK_SUM
#undef CK_LARGER
#undef CK_LARGER_NUMBER
#undef CK_SELECT
#undef CK_OVER_LANES
#undef CK_JOIN_LANES
#undef CK_SUM_ROW
#undef CK_TYPED
#undef REAL
