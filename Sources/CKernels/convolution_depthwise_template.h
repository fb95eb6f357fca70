// Tall tiles of depthwise convolutions, for the type and the generation of `convolution_tile_template.h`, which includes
// this file.

/// One output channel of one input channel: y[i] = bias + Σ of weight[k][t] x[i + k + offset t] along the first axis, for
/// CK_TALL_OUTPUTS outputs. What is read for one of them serves its neighbours too. Stores outputs from `firstRow` and
/// lanes from `firstLane` on.
CK_INLINE void CK_TILED(ck_depthwise_tile)(
    const int taps, const int vectors, const REAL *x, int64_t inPlane, const int64_t *offsets, int64_t others,
    const REAL *weights, REAL *y, int64_t outPlane, REAL bias, int accumulate, int64_t firstRow, int64_t firstLane) {
  CK_VECTOR sums[CK_TALL_OUTPUTS][CK_WIDE / 2];
  CK_UNROLL
  for (int r = 0; r < CK_TALL_OUTPUTS; r++) {
    CK_UNROLL
    for (int v = 0; v < vectors; v++) sums[r][v] = (CK_VECTOR){0} + bias;
  }
  for (int64_t t = 0; t < others; t++) {
    const REAL *from = x + offsets[t];
    CK_VECTOR held[7];
    CK_UNROLL
    for (int k = 0; k < taps; k++) held[k] = (CK_VECTOR){0} + weights[k * others + t];
    CK_UNROLL
    for (int p = 0; p < CK_TALL_OUTPUTS + taps - 1; p++) {
      CK_UNROLL
      for (int v = 0; v < vectors; v++) {
        const CK_VECTOR value = CK_READ(from + v * CK_LANES);
        CK_UNROLL
        for (int r = 0; r < CK_TALL_OUTPUTS; r++) {
          if (r <= p && p - r < taps) sums[r][v] = held[p - r] * value + sums[r][v];
        }
      }
      from += inPlane;
    }
  }
  CK_UNROLL
  for (int r = 0; r < CK_TALL_OUTPUTS; r++) {
    if (r < firstRow) continue;
    CK_UNROLL
    for (int v = 0; v < vectors; v++) {
      REAL *to = y + r * outPlane + v * CK_LANES;
      if (firstLane > 0) {
        for (int64_t lane = firstLane; lane < CK_LANES; lane++) {
          to[lane] = accumulate ? to[lane] + sums[r][v][lane] : sums[r][v][lane];
        }
      } else {
        CK_AT(to) = accumulate ? CK_READ(to) + sums[r][v] : sums[r][v];
      }
    }
  }
}

/// A whole image of at least CK_TALL_OUTPUTS outputs along the first axis and a vector along the last, for kernels of 3, 5
/// or 7 taps along the first axis. Tiles at the end overlap those before and store what is missing.
static void CK_TILED(ck_depthwise)(
    const REAL *x, const int64_t *offsets, int64_t taps, int64_t others, const REAL *weights, REAL *y,
    const ck_pixel_runs *runs, REAL bias, int accumulate) {
  for (int64_t row = 0; row < runs->rows; row++) {
    for (int64_t plane = 0; plane < runs->planes; plane += CK_TALL_OUTPUTS) {
      const int64_t firstRow = plane + CK_TALL_OUTPUTS > runs->planes ? plane + CK_TALL_OUTPUTS - runs->planes : 0;
      int64_t step = CK_LANES;
      for (int64_t i = 0; i < runs->width; i += step) {
        const int64_t firstLane = i + CK_LANES > runs->width ? i + CK_LANES - runs->width : 0;
        const int two = CK_WIDE > 2 && i + 2 * CK_LANES <= runs->width;
        step = two ? 2 * CK_LANES : CK_LANES;
        const int64_t at = i - firstLane;
        const REAL *from = x + (plane - firstRow) * runs->inPlane + row * runs->inRow + at;
        REAL *to = y + (plane - firstRow) * runs->outPlane + row * runs->outRow + at;
#define CK_TILE(k, v)                                                                                            \
  CK_TILED(ck_depthwise_tile)(k, v, from, runs->inPlane, offsets, others, weights, to, runs->outPlane, bias,     \
                              accumulate, firstRow, firstLane)
        if (two) {
          switch (taps) {
            case 3: CK_TILE(3, CK_WIDE / 2); break;
            case 5: CK_TILE(5, CK_WIDE / 2); break;
            default: CK_TILE(7, CK_WIDE / 2); break;
          }
        } else {
          switch (taps) {
            case 3: CK_TILE(3, 1); break;
            case 5: CK_TILE(5, 1); break;
            default: CK_TILE(7, 1); break;
          }
        }
#undef CK_TILE
      }
    }
  }
}

/// sums[tap][t] += Σ over a vector of `rows` outputs along the first axis of y x[tap + offset t].
CK_INLINE void CK_TILED(ck_depthwise_pixels)(
    const int taps, const int rows, const REAL *x, int64_t inPlane, const int64_t *offsets, const REAL *y,
    int64_t outPlane, int64_t valid, CK_VECTOR sums[7][3]) {
  CK_VECTOR values[4];
  CK_UNROLL
  for (int r = 0; r < rows; r++) {
    if (valid >= CK_LANES) {
      values[r] = CK_READ(y + r * outPlane);
    } else {
      values[r] = (CK_VECTOR){0};
      for (int64_t lane = 0; lane < valid; lane++) values[r][lane] = y[r * outPlane + lane];
    }
  }
  CK_UNROLL
  for (int p = 0; p < rows + taps - 1; p++) {
    CK_UNROLL
    for (int t = 0; t < 3; t++) {
      const CK_VECTOR value = CK_READ(x + p * inPlane + offsets[t]);
      CK_UNROLL
      for (int r = 0; r < rows; r++) {
        if (r <= p && p - r < taps) sums[p - r][t] = values[r] * value + sums[p - r][t];
      }
    }
  }
}

/// out[tap][t] += Σ over pixels of y x[tap + offset t] for one channel and three offsets, of which `valid` are stored.
CK_INLINE void CK_TILED(ck_depthwise_three)(
    const int taps, const REAL *x, const int64_t *offsets, const REAL *y, const ck_pixel_runs *runs, REAL *out,
    int64_t stride, int64_t valid) {
  CK_VECTOR sums[7][3];
  CK_UNROLL
  for (int k = 0; k < taps; k++) {
    CK_UNROLL
    for (int t = 0; t < 3; t++) sums[k][t] = (CK_VECTOR){0};
  }
  for (int64_t row = 0; row < runs->rows; row++) {
    int64_t plane = 0;
    for (; plane + 4 <= runs->planes; plane += 4) {
      const REAL *from = x + plane * runs->inPlane + row * runs->inRow;
      const REAL *with = y + plane * runs->outPlane + row * runs->outRow;
      int64_t i = 0;
      for (; i + CK_LANES <= runs->width; i += CK_LANES) {
        CK_TILED(ck_depthwise_pixels)(
            taps, 4, from + i, runs->inPlane, offsets, with + i, runs->outPlane, CK_LANES, sums);
      }
      if (i < runs->width) {
        CK_TILED(ck_depthwise_pixels)(
            taps, 4, from + i, runs->inPlane, offsets, with + i, runs->outPlane, runs->width - i, sums);
      }
    }
    for (; plane < runs->planes; plane++) {
      const REAL *from = x + plane * runs->inPlane + row * runs->inRow;
      const REAL *with = y + plane * runs->outPlane + row * runs->outRow;
      for (int64_t i = 0; i < runs->width; i += CK_LANES) {
        CK_TILED(ck_depthwise_pixels)(
            taps, 1, from + i, runs->inPlane, offsets, with + i, runs->outPlane, runs->width - i, sums);
      }
    }
  }
  CK_VECTOR flat[7 * 3];
  CK_UNROLL
  for (int k = 0; k < taps; k++) {
    CK_UNROLL
    for (int t = 0; t < 3; t++) flat[k * 3 + t] = sums[k][t];
  }
  CK_TILED(ck_join_lanes)(flat, taps * 3);
  REAL joined[7 * 3 + CK_LANE_COUNT];
  CK_UNROLL
  for (int v = 0; v * CK_LANE_COUNT < taps * 3; v++) CK_AT(joined + v * CK_LANE_COUNT) = flat[v];
  CK_UNROLL
  for (int k = 0; k < taps; k++) {
    for (int t = 0; t < valid; t++) out[k * stride + t] += joined[k * 3 + t];
  }
}

static void CK_TILED(ck_depthwise_weights)(
    const REAL *x, const int64_t *offsets, int64_t taps, int64_t others, const REAL *y, const ck_pixel_runs *runs,
    REAL *out) {
  for (int64_t first = 0; first < others; first += 3) {
    const int64_t valid = others - first < 3 ? others - first : 3;
    int64_t near[3];
    for (int64_t t = 0; t < 3; t++) near[t] = offsets[first + (t < valid ? t : 0)];
    switch (taps) {
      case 3: CK_TILED(ck_depthwise_three)(3, x, near, y, runs, out + first, others, valid); break;
      case 5: CK_TILED(ck_depthwise_three)(5, x, near, y, runs, out + first, others, valid); break;
      default: CK_TILED(ck_depthwise_three)(7, x, near, y, runs, out + first, others, valid); break;
    }
  }
}
