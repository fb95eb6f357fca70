// Register tiles of convolutions for the type REAL and one generation of vector units; included once per pair.
//
// REAL              the scalar type
// CK_LANE_COUNT     the scalars of a vector register
// CK_WIDE           vectors of a tile of up to 6 channels; twice as many for up to 3 channels
// CK_TILED(f)       the name f with the suffixes of type and generation

#define CK_VECTOR_BYTES (CK_LANE_COUNT * sizeof(REAL))
typedef REAL CK_TILED(ck_vector) __attribute__((vector_size(CK_VECTOR_BYTES)));
typedef REAL CK_TILED(ck_unaligned) __attribute__((vector_size(CK_VECTOR_BYTES), aligned(sizeof(REAL)), may_alias));
#define CK_VECTOR CK_TILED(ck_vector)
#define CK_LANES ((int64_t)CK_LANE_COUNT)
#define CK_AT(p) (*(CK_TILED(ck_unaligned) *)(p))
#define CK_READ(p) (*(const CK_TILED(ck_unaligned) *)(p))
#define CK_UNROLL _Pragma("clang loop unroll(full)")

/// y[channel][vector] = bias + Σ over terms of weight · x[vector + offset], in the order of the terms.
CK_INLINE void CK_TILED(ck_correlate_tile)(
    const int channels, const int vectors, const REAL *const *x, const int64_t *offsets, int64_t terms,
    const REAL *weights, REAL *const *y, int64_t channelPitch, const REAL *bias, int accumulate, int64_t valid) {
  CK_VECTOR sums[6][2 * CK_WIDE];
  CK_UNROLL
  for (int c = 0; c < channels; c++) {
    CK_UNROLL
    for (int v = 0; v < vectors; v++) sums[c][v] = (CK_VECTOR){0} + (bias ? bias[c] : (REAL)0);
  }
  const REAL *from[2 * CK_WIDE];
  CK_UNROLL
  for (int v = 0; v < vectors; v++) from[v] = x[v];
  for (int64_t k = 0; k < terms; k++) {
    const int64_t offset = offsets[k];
    if (channels <= 3) {
      // Weights stay in registers and pixels pass; with more channels, the other way round.
      CK_VECTOR held[3];
      CK_UNROLL
      for (int c = 0; c < channels; c++) held[c] = (CK_VECTOR){0} + weights[c];
      CK_UNROLL
      for (int v = 0; v < vectors; v++) {
        const CK_VECTOR value = CK_READ(from[v] + offset);
        CK_UNROLL
        for (int c = 0; c < channels; c++) sums[c][v] = held[c] * value + sums[c][v];
      }
    } else {
      CK_VECTOR held[2 * CK_WIDE];
      CK_UNROLL
      for (int v = 0; v < vectors; v++) held[v] = CK_READ(from[v] + offset);
      CK_UNROLL
      for (int c = 0; c < channels; c++) {
        const CK_VECTOR weight = (CK_VECTOR){0} + weights[c];
        CK_UNROLL
        for (int v = 0; v < vectors; v++) sums[c][v] = weight * held[v] + sums[c][v];
      }
    }
    weights += channels;
  }
  CK_UNROLL
  for (int v = 0; v < vectors; v++) {
    if (v >= valid) break;
    CK_UNROLL
    for (int c = 0; c < channels; c++) {
      REAL *to = y[v] + c * channelPitch;
      CK_AT(to) = accumulate ? CK_READ(to) + sums[c][v] : sums[c][v];
    }
  }
}

// Sums over the lanes of many vectors: at every level, pairs of vectors become one, in which every sum has half as many
// lanes.
#define CK_JOIN(level, low, high)                                                                                     \
  for (int i = 0; i <= (count - 1) >> (level + 1); i++) {                                             \
    const CK_VECTOR a = sums[2 * i];                                                                  \
    const CK_VECTOR b = sums[2 * i < (count - 1) >> (level) ? 2 * i + 1 : 2 * i];                     \
    sums[i] = __builtin_shufflevector(a, b, low) + __builtin_shufflevector(a, b, high);               \
  }
#define CK_LIST(...) __VA_ARGS__

/// Joins `count` vectors: afterwards, lane l of vector v is the sum over the lanes of vector v · lanes + l.
CK_INLINE void CK_TILED(ck_join_lanes)(CK_VECTOR *sums, const int count) {
#if CK_LANE_COUNT == 16
  CK_UNROLL
  CK_JOIN(0, CK_LIST(0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
          CK_LIST(8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
  CK_UNROLL
  CK_JOIN(1, CK_LIST(0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27),
          CK_LIST(4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31))
  CK_UNROLL
  CK_JOIN(2, CK_LIST(0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29),
          CK_LIST(2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31))
  CK_UNROLL
  CK_JOIN(3, CK_LIST(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30),
          CK_LIST(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31))
#elif CK_LANE_COUNT == 8
  CK_UNROLL
  CK_JOIN(0, CK_LIST(0, 1, 2, 3, 8, 9, 10, 11),
          CK_LIST(4, 5, 6, 7, 12, 13, 14, 15))
  CK_UNROLL
  CK_JOIN(1, CK_LIST(0, 1, 4, 5, 8, 9, 12, 13),
          CK_LIST(2, 3, 6, 7, 10, 11, 14, 15))
  CK_UNROLL
  CK_JOIN(2, CK_LIST(0, 2, 4, 6, 8, 10, 12, 14),
          CK_LIST(1, 3, 5, 7, 9, 11, 13, 15))
#elif CK_LANE_COUNT == 4
  CK_UNROLL
  CK_JOIN(0, CK_LIST(0, 1, 4, 5),
          CK_LIST(2, 3, 6, 7))
  CK_UNROLL
  CK_JOIN(1, CK_LIST(0, 2, 4, 6),
          CK_LIST(1, 3, 5, 7))
#elif CK_LANE_COUNT == 2
  CK_UNROLL
  CK_JOIN(0, CK_LIST(0, 2),
          CK_LIST(1, 3))
#endif
}

/// out[channel · stride + term] += Σ over pixels of y[channel][pixel] x[pixel + offset of the term].
CK_INLINE void CK_TILED(ck_correlate_pixels)(
    const int channels, const int terms, const REAL *x, const int64_t *offsets, const REAL *y, int64_t channelPitch,
    const ck_pixel_runs *runs, REAL *out, int64_t stride, int64_t valid) {
  CK_VECTOR sums[6][2 * CK_WIDE];
  CK_UNROLL
  for (int c = 0; c < channels; c++) {
    CK_UNROLL
    for (int t = 0; t < terms; t++) sums[c][t] = (CK_VECTOR){0};
  }
  for (int64_t plane = 0; plane < runs->planes; plane++) {
    for (int64_t row = 0; row < runs->rows; row++) {
      const REAL *xs[2 * CK_WIDE];
      const REAL *ys[6];
      CK_UNROLL
      for (int t = 0; t < terms; t++) xs[t] = x + plane * runs->inPlane + row * runs->inRow + offsets[t];
      CK_UNROLL
      for (int c = 0; c < channels; c++) {
        ys[c] = y + plane * runs->outPlane + row * runs->outRow + c * channelPitch;
      }
      for (int64_t i = 0; i < runs->width; i += CK_LANES) {
        CK_VECTOR values[2 * CK_WIDE];
        CK_UNROLL
        for (int t = 0; t < terms; t++) values[t] = CK_READ(xs[t] + i);
        CK_UNROLL
        for (int c = 0; c < channels; c++) {
          const CK_VECTOR value = CK_READ(ys[c] + i);
          CK_UNROLL
          for (int t = 0; t < terms; t++) sums[c][t] = value * values[t] + sums[c][t];
        }
      }
    }
  }
  CK_VECTOR flat[6 * 2 * CK_WIDE];
  CK_UNROLL
  for (int c = 0; c < channels; c++) {
    CK_UNROLL
    for (int t = 0; t < terms; t++) flat[c * terms + t] = sums[c][t];
  }
  CK_TILED(ck_join_lanes)(flat, channels * terms);
  REAL joined[6 * 2 * CK_WIDE + CK_LANE_COUNT];
  CK_UNROLL
  for (int v = 0; v * CK_LANE_COUNT < channels * terms; v++) CK_AT(joined + v * CK_LANE_COUNT) = flat[v];
  CK_UNROLL
  for (int c = 0; c < channels; c++) {
    for (int t = 0; t < valid; t++) out[c * stride + t] += joined[c * terms + t];
  }
}

/// Calls a tile of the given number of channels, which the compiler needs to know.
#define CK_CHOOSE(channels, wide, call)              \
  if (wide) {                                        \
    switch (channels) {                              \
      case 1: call(1, 2 * CK_WIDE); break;           \
      case 2: call(2, 2 * CK_WIDE); break;           \
      default: call(3, 2 * CK_WIDE); break;          \
    }                                                \
  } else {                                           \
    switch (channels) {                              \
      case 1: call(1, CK_WIDE); break;               \
      case 2: call(2, CK_WIDE); break;               \
      case 3: call(3, CK_WIDE); break;               \
      case 4: call(4, CK_WIDE); break;               \
      case 5: call(5, CK_WIDE); break;               \
      default: call(6, CK_WIDE); break;              \
    }                                                \
  }

static void CK_TILED(ck_correlate)(
    const REAL *x, const int64_t *offsets, int64_t terms, const REAL *packed, int64_t channels, REAL *y,
    int64_t channelPitch, const ck_pixel_runs *runs, const REAL *bias, int accumulate) {
  const int64_t blocks = ck_channel_blocks(channels);
  const int wide = (channels + blocks - 1) / blocks <= 3;
  const int64_t vectors = wide ? 2 * CK_WIDE : CK_WIDE;
  const int64_t perRow = (runs->width + CK_LANES - 1) / CK_LANES;
  const int64_t total = runs->planes * runs->rows * perRow;
  int64_t plane = 0, row = 0, place = 0;
  for (int64_t first = 0; first < total; first += vectors) {
    const int64_t valid = total - first < vectors ? total - first : vectors;
    const REAL *from[2 * CK_WIDE];
    REAL *to[2 * CK_WIDE];
    for (int64_t v = 0; v < vectors; v++) {
      if (v >= valid) {
        // Missing vectors repeat one that is there, and are not stored.
        from[v] = from[0];
        to[v] = to[0];
        continue;
      }
      from[v] = x + plane * runs->inPlane + row * runs->inRow + place * CK_LANES;
      to[v] = y + plane * runs->outPlane + row * runs->outRow + place * CK_LANES;
      if (++place == perRow) {
        place = 0;
        if (++row == runs->rows) {
          row = 0;
          plane++;
        }
      }
    }
    for (int64_t block = 0; block < blocks; block++) {
      const int64_t start = block * channels / blocks;
      const int64_t size = (block + 1) * channels / blocks - start;
      REAL *ends[2 * CK_WIDE];
      for (int64_t v = 0; v < vectors; v++) ends[v] = to[v] + start * channelPitch;
#define CK_TILE(c, v)                                                                                              \
  CK_TILED(ck_correlate_tile)(c, v, from, offsets, terms, packed + start * terms, ends, channelPitch,              \
                              bias ? bias + start : bias, accumulate, valid)
      CK_CHOOSE(size, wide, CK_TILE)
#undef CK_TILE
    }
  }
}

static void CK_TILED(ck_correlate_weights)(
    const REAL *x, const int64_t *offsets, int64_t terms, const REAL *y, int64_t channels, int64_t channelPitch,
    const ck_pixel_runs *runs, REAL *out) {
  const int64_t blocks = ck_channel_blocks(channels);
  const int narrow = (channels + blocks - 1) / blocks <= 3;
  for (int64_t block = 0; block < blocks; block++) {
    const int64_t start = block * channels / blocks;
    const int64_t size = (block + 1) * channels / blocks - start;
    int64_t together = 0;
    for (int64_t first = 0; first < terms; first += together) {
      // Few terms that remain do not need the wide tile.
      const int wide = narrow && terms - first > CK_WIDE;
      together = wide ? 2 * CK_WIDE : CK_WIDE;
      const int64_t valid = terms - first < together ? terms - first : together;
      int64_t near[2 * CK_WIDE];
      for (int64_t t = 0; t < together; t++) near[t] = offsets[first + (t < valid ? t : 0)];
#define CK_TILE(c, t)                                                                                       \
  CK_TILED(ck_correlate_pixels)(c, t, x, near, y + start * channelPitch, channelPitch, runs,                \
                                out + start * terms + first, terms, valid)
      CK_CHOOSE(size, wide, CK_TILE)
#undef CK_TILE
    }
  }
}

#include "convolution_depthwise_template.h"

#undef CK_CHOOSE
#undef CK_JOIN
#undef CK_LIST
#undef CK_LANE_COUNT
#undef CK_VECTOR
#undef CK_LANES
#undef CK_AT
#undef CK_READ
#undef CK_UNROLL
#undef CK_TILED
#undef CK_WIDE
#undef CK_VECTOR_BYTES
