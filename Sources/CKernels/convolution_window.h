#ifndef CK_CONVOLUTION_WINDOW_H
#define CK_CONVOLUTION_WINDOW_H

// How a convolution of one sample reads its padded image.
//
// A strided convolution reads pixels at distances of the stride: the padded image is stored as one image per phase
// (position modulo stride), in which neighbours are read next to each other. Every convolution is then one with stride
// 1, whose taps are offsets.

#include "ck_convolution.h"
#include "convolution_tiles.h"
#include "dispatch.h"

/// A convolution of one sample without its channels.
typedef struct {
  int64_t in[3], out[3], kernel[3], stride[3], dilation[3], before[3];
  ck_padding_mode mode;
} ck_window;

/// The padded image: per channel `samples` times phases[0] · phases[1] · phases[2] images of extents `extent`.
///
/// Short rows are spread: every tap along the row has a copy of its own, whose rows follow each other as in the output, so
/// that vectors run across rows.
typedef struct {
  int spread;
  int64_t phases[3], extent[3];
  int64_t row, plane, phase, sample, channel;
} ck_padded_layout;

CK_INLINE int64_t ck_window_taps(const ck_window *window) {
  return window->kernel[0] * window->kernel[1] * window->kernel[2];
}

CK_INLINE int64_t ck_window_pixels(const int64_t *extents) { return extents[0] * extents[1] * extents[2]; }

CK_INLINE ck_window ck_window_of(const ck_convolution *shape) {
  ck_window window;
  for (int a = 0; a < 3; a++) {
    window.in[a] = shape->in[a];
    window.out[a] = shape->out[a];
    window.kernel[a] = shape->kernel[a];
    window.stride[a] = shape->stride[a];
    window.dilation[a] = shape->dilation[a];
    window.before[a] = shape->before[a];
  }
  window.mode = shape->mode;
  return window;
}

/// Two-dimensional images have their rows on the first axis, along which work is cut into slabs.
CK_INLINE void ck_window_normalize(ck_window *window) {
  if (window->in[0] != 1 || window->out[0] != 1 || window->kernel[0] != 1) return;
  int64_t *axes[] = {window->in, window->out, window->kernel, window->stride, window->dilation, window->before};
  for (int i = 0; i < 6; i++) {
    const int64_t swapped = axes[i][0];
    axes[i][0] = axes[i][1];
    axes[i][1] = swapped;
  }
}

/// Whether every pixel of the image is read where it is: no strides, no padding.
CK_INLINE int ck_window_is_unpadded(const ck_window *window) {
  int unpadded = 1;
  for (int a = 0; a < 3; a++) {
    unpadded &= window->stride[a] == 1 && window->before[a] == 0 &&
                window->out[a] + window->dilation[a] * (window->kernel[a] - 1) == window->in[a];
  }
  return unpadded;
}

/// The window of the transposed convolution where that is a convolution of the same kind: no strides, and an image that
/// is continued by zeros, or by itself at the same extents.
CK_INLINE int ck_window_transpose(const ck_window *window, ck_window *transposed) {
  int same = 1;
  *transposed = *window;
  for (int a = 0; a < 3; a++) {
    const int64_t span = window->dilation[a] * (window->kernel[a] - 1);
    if (window->stride[a] != 1) return 0;
    same &= window->out[a] == window->in[a];
    transposed->in[a] = window->out[a];
    transposed->out[a] = window->in[a];
    transposed->before[a] = span - window->before[a];
  }
  if (ck_window_is_unpadded(window)) transposed->mode = CK_PADDING_ZERO;
  return transposed->mode == CK_PADDING_ZERO || (transposed->mode == CK_PADDING_CIRCULAR && same);
}

/// The layout for `samples` images and `count` outputs along the first axis.
CK_INLINE ck_padded_layout ck_window_layout(const ck_window *window, int64_t samples, int64_t count, int spread) {
  ck_padded_layout layout = {.spread = spread};
  for (int a = 0; a < 3; a++) {
    const int64_t span = window->dilation[a] * (window->kernel[a] - 1);
    const int64_t outputs = a == 0 ? count : window->out[a];
    layout.phases[a] = span + 1 < window->stride[a] ? span + 1 : window->stride[a];
    layout.extent[a] = outputs + span / window->stride[a];
  }
  if (spread) {
    layout.phases[2] = window->kernel[2];
    layout.extent[2] = window->out[2];
  }
  layout.row = layout.extent[2];
  layout.plane = layout.extent[1] * layout.row;
  layout.phase = layout.extent[0] * layout.plane;
  layout.sample = layout.phases[0] * layout.phases[1] * layout.phases[2] * layout.phase;
  // The last vector of a sample does not reach into the next one.
  if (samples > 1) layout.sample += 16;
  layout.channel = samples * layout.sample;
  // Channels at multiples of a page would share few lines of the first-level cache.
  if (layout.channel % 256 == 0) layout.channel += 32;
  return layout;
}

/// Where a tap is read, relative to the output's position in the first phase.
CK_INLINE int64_t ck_tap_offset(const ck_window *window, const ck_padded_layout *layout, const int64_t *tap) {
  int64_t phase = 0;
  int64_t steps[3];
  for (int a = 0; a < 3; a++) {
    const int own = a == 2 && layout->spread;
    const int64_t distance = tap[a] * window->dilation[a];
    phase = phase * layout->phases[a] + (own ? tap[a] : distance % window->stride[a]);
    steps[a] = own ? 0 : distance / window->stride[a];
  }
  return phase * layout->phase + steps[0] * layout->plane + steps[1] * layout->row + steps[2];
}

/// The offsets of all taps of all channels, in the order of the weights.
CK_INLINE void ck_window_offsets(
    const ck_window *window, const ck_padded_layout *layout, int64_t channels, int64_t *offsets) {
  for (int64_t c = 0; c < channels; c++) {
    for (int64_t i = 0; i < window->kernel[0]; i++) {
      for (int64_t j = 0; j < window->kernel[1]; j++) {
        for (int64_t k = 0; k < window->kernel[2]; k++) {
          const int64_t tap[] = {i, j, k};
          *offsets++ = c * layout->channel + ck_tap_offset(window, layout, tap);
        }
      }
    }
  }
}

/// The rows of `count` outputs along the first axis as they are.
CK_INLINE ck_pixel_runs ck_window_rows(const ck_window *window, const ck_padded_layout *layout, int64_t count) {
  return (ck_pixel_runs){
      .planes = count, .rows = window->out[1], .width = window->out[2],
      .inPlane = layout->plane, .inRow = layout->row,
      .outPlane = window->out[1] * window->out[2], .outRow = window->out[2]};
}

/// Whether rows are spread: they are shorter than two vectors, and enough outputs use the copies.
CK_INLINE int ck_window_spreads(const ck_window *window, int64_t outputs, int64_t lanes) {
  return window->out[2] % lanes != 0 && window->out[2] < 2 * lanes && outputs >= 8 && window->kernel[2] <= 9;
}

/// Whether outputs of one input channel are taken in tiles along the first axis, neighbours of which share what they
/// read. Blocks of channels, which do not exist here, would share more.
CK_INLINE int ck_window_is_tall(const ck_window *window, int64_t inputs, int64_t outputs, int64_t lanes) {
  const int64_t taps = window->kernel[0];
  return inputs == 1 && outputs <= 1 && window->stride[0] == 1 && window->dilation[0] == 1 &&
         (taps == 3 || taps == 5 || taps == 7) && window->out[2] >= lanes;
}

/// The runs of pixels of some samples and of `count` outputs along the first axis.
///
/// Runs of whole vectors are taken as they are, and the outputs lie as in the images, whose samples are `outSample`
/// apart. Others are taken together with what lies between them in the padded image; the outputs then lie as there.
CK_INLINE ck_pixel_runs ck_window_runs(
    const ck_window *window, const ck_padded_layout *layout, int64_t samples, int64_t count, int64_t outSample,
    int64_t lanes, int *flat) {
  ck_pixel_runs runs = ck_window_rows(window, layout, count);
  if (runs.inRow == runs.width) {
    runs.width *= runs.rows;
    runs.rows = 1;
  }
  if (runs.rows == 1 && runs.inPlane == runs.width) {
    runs.width *= runs.planes;
    runs.planes = 1;
  }
  *flat = runs.width % lanes != 0;
  if (*flat) {
    runs.outPlane = runs.inPlane;
    runs.outRow = runs.inRow;
    runs.width += (runs.rows - 1) * runs.inRow;
    runs.rows = 1;
    // The last vector of a run may reach beyond it, but not into the next plane.
    if (window->out[1] == 1 || runs.inPlane - runs.width < lanes) {
      runs.width += (runs.planes - 1) * runs.inPlane;
      runs.planes = 1;
    }
  }
  if (samples > 1) {
    // There is one plane or one row.
    if (runs.rows == 1) {
      runs.rows = runs.planes;
      runs.inRow = runs.inPlane;
      runs.outRow = runs.outPlane;
    }
    runs.planes = samples;
    runs.inPlane = layout->sample;
    runs.outPlane = *flat ? layout->sample : outSample;
  }
  return runs;
}

/// Whether any slab of `most` outputs, or the shorter last one, has runs of other than whole vectors.
CK_INLINE int ck_window_is_flat(
    const ck_window *window, const ck_padded_layout *layout, int64_t most, int64_t lanes) {
  int most_flat, last_flat;
  ck_window_runs(window, layout, 1, most, 0, lanes, &most_flat);
  ck_window_runs(window, layout, 1, (window->out[0] - 1) % most + 1, 0, lanes, &last_flat);
  return most_flat | last_flat;
}

/// The pixel of an image of n that stands at position i, which may lie outside; -1 for a zero.
CK_INLINE int64_t ck_padding_source(int64_t i, int64_t n, ck_padding_mode mode) {
  if (i >= 0 && i < n) return i;
  switch (mode) {
    case CK_PADDING_ZERO: return -1;
    case CK_PADDING_CIRCULAR: {
      const int64_t r = i % n;
      return r < 0 ? r + n : r;
    }
    case CK_PADDING_REFLECT: {
      if (n == 1) return 0;
      const int64_t period = 2 * (n - 1);
      int64_t r = i % period;
      r = r < 0 ? r + period : r;
      return r < n ? r : period - r;
    }
    case CK_PADDING_REPLICATE: return i < 0 ? 0 : n - 1;
  }
  return -1;
}

/// The outputs along the first axis, and the samples, that are worked on at a time, so that the padded slab stays in the
/// second-level cache and few rows are padded twice.
CK_INLINE void ck_window_slab(
    const ck_window *window, int64_t batch, int64_t channels, int spread, int64_t elementSize, int64_t *samples,
    int64_t *count) {
  const int64_t budget = 224 * 1024;
  const ck_padded_layout one = ck_window_layout(window, 1, 1, spread);
  const int64_t step = channels * one.phases[0] * one.phases[1] * one.phases[2] * one.plane * elementSize;
  const int64_t overlap = window->dilation[0] * (window->kernel[0] - 1) / window->stride[0];
  const int64_t least = 4 * overlap > 4 ? 4 * overlap : 4;
  int64_t most = budget / step - overlap;
  most = most < least ? least : most;
  most = most > window->out[0] ? window->out[0] : most;
  const int64_t slabs = (window->out[0] + most - 1) / most;
  *count = (window->out[0] + slabs - 1) / slabs;
  *samples = 1;
  // Of three-dimensional images, planes and rows take both levels of the runs.
  if (slabs == 1 && (window->out[1] == 1 || spread)) {
    *samples = 2 * budget / (step * (window->out[0] + overlap));
    *samples = *samples < 1 ? 1 : *samples > batch ? batch : *samples;
    *samples = *samples > 16 ? 16 : *samples;
  }
}

#endif
