// Convolutions for the type REAL; included once per type.

/// Elements behind a padded image that tiles may read beyond its end.
#define CK_SLACK 64

CK_INLINE int64_t CK_TYPED(ck_lanes)(void) { return (16 << ck_generation()) / (int64_t)sizeof(REAL); }

static void CK_TYPED(ck_run_correlate)(
    const REAL *x, const int64_t *offsets, int64_t terms, const REAL *packed, int64_t channels, REAL *y,
    int64_t channelPitch, const ck_pixel_runs *runs, const REAL *bias, int accumulate) {
  switch (ck_generation()) {
#if CK_GENERATIONS == 3
    case 2:
      CK_TYPED(ck_correlate_2)(x, offsets, terms, packed, channels, y, channelPitch, runs, bias, accumulate);
      break;
    case 1:
      CK_TYPED(ck_correlate_1)(x, offsets, terms, packed, channels, y, channelPitch, runs, bias, accumulate);
      break;
#endif
    default:
      CK_TYPED(ck_correlate_0)(x, offsets, terms, packed, channels, y, channelPitch, runs, bias, accumulate);
  }
}

static void CK_TYPED(ck_run_correlate_weights)(
    const REAL *x, const int64_t *offsets, int64_t terms, const REAL *y, int64_t channels, int64_t channelPitch,
    const ck_pixel_runs *runs, REAL *out) {
  switch (ck_generation()) {
#if CK_GENERATIONS == 3
    case 2: CK_TYPED(ck_correlate_weights_2)(x, offsets, terms, y, channels, channelPitch, runs, out); break;
    case 1: CK_TYPED(ck_correlate_weights_1)(x, offsets, terms, y, channels, channelPitch, runs, out); break;
#endif
    default: CK_TYPED(ck_correlate_weights_0)(x, offsets, terms, y, channels, channelPitch, runs, out);
  }
}

static void CK_TYPED(ck_run_depthwise)(
    const REAL *x, const int64_t *offsets, int64_t taps, int64_t others, const REAL *weights, REAL *y,
    const ck_pixel_runs *runs, REAL bias, int accumulate) {
  switch (ck_generation()) {
#if CK_GENERATIONS == 3
    case 2: CK_TYPED(ck_depthwise_2)(x, offsets, taps, others, weights, y, runs, bias, accumulate); break;
    case 1: CK_TYPED(ck_depthwise_1)(x, offsets, taps, others, weights, y, runs, bias, accumulate); break;
#endif
    default: CK_TYPED(ck_depthwise_0)(x, offsets, taps, others, weights, y, runs, bias, accumulate);
  }
}

static void CK_TYPED(ck_run_depthwise_weights)(
    const REAL *x, const int64_t *offsets, int64_t taps, int64_t others, const REAL *y, const ck_pixel_runs *runs,
    REAL *out) {
  switch (ck_generation()) {
#if CK_GENERATIONS == 3
    case 2: CK_TYPED(ck_depthwise_weights_2)(x, offsets, taps, others, y, runs, out); break;
    case 1: CK_TYPED(ck_depthwise_weights_1)(x, offsets, taps, others, y, runs, out); break;
#endif
    default: CK_TYPED(ck_depthwise_weights_0)(x, offsets, taps, others, y, runs, out);
  }
}

// MARK: Scratch

/// Takes parts of a piece of memory, each at a multiple of 64 bytes.
typedef struct {
  REAL *base;
  int64_t used;
} CK_TYPED(ck_parts);

CK_INLINE REAL *CK_TYPED(ck_take)(CK_TYPED(ck_parts) *parts, int64_t count) {
  const int64_t start = parts->used;
  parts->used += (count + 63) / 64 * 64;
  return parts->base ? parts->base + start : (REAL *)0;
}

CK_INLINE int64_t *CK_TYPED(ck_take_offsets)(CK_TYPED(ck_parts) *parts, int64_t count) {
  return (int64_t *)CK_TYPED(ck_take)(parts, count * (int64_t)(sizeof(int64_t) / sizeof(REAL)));
}

CK_INLINE void CK_TYPED(ck_clear)(REAL *x, int64_t count) { __builtin_memset(x, 0, (uint64_t)count * sizeof(REAL)); }

// MARK: Weights

/// Weights in the order in which tiles read them: per block of channels, [term][channel of the block].
///
/// The weights of channel c are at weights + c · channelStride: `outer` pieces at distances of `outerStride`, each of
/// `inner` weights, which are taken from the last to the first where `reversed`.
CK_INLINE void CK_TYPED(ck_pack)(
    const REAL *weights, int64_t channels, int64_t channelStride, int64_t outer, int64_t outerStride, int64_t inner,
    int reversed, REAL *packed) {
  const int64_t blocks = ck_channel_blocks(channels);
  for (int64_t block = 0; block < blocks; block++) {
    const int64_t start = block * channels / blocks;
    const int64_t size = (block + 1) * channels / blocks - start;
    for (int64_t c = 0; c < size; c++) {
      for (int64_t o = 0; o < outer; o++) {
        const REAL *from = weights + (start + c) * channelStride + o * outerStride;
        REAL *to = packed + start * outer * inner + o * inner * size + c;
        for (int64_t i = 0; i < inner; i++) to[i * size] = from[reversed ? inner - 1 - i : i];
      }
    }
  }
}

// MARK: Convolutions without strides in the output

/// y = bias + correlation of padded images with packed weights, for every sample.
static int64_t CK_TYPED(ck_convolve_window)(
    const ck_window *window, int64_t batch, int64_t inputs, int64_t outputs, int64_t groups, const REAL *x,
    const REAL *packed, const REAL *bias, REAL *y, int accumulate, REAL *scratch, int measuring) {
  const int64_t lanes = CK_TYPED(ck_lanes)();
  const int64_t groupInputs = inputs / groups;
  const int64_t groupOutputs = outputs / groups;
  const int64_t terms = groupInputs * ck_window_taps(window);
  const int64_t inPixels = ck_window_pixels(window->in);
  const int64_t outPixels = ck_window_pixels(window->out);
  const int64_t outPlane = window->out[1] * window->out[2];
  const int spread = ck_window_spreads(window, groupOutputs, lanes);
  int64_t together, most;
  ck_window_slab(window, batch, groupInputs, spread, sizeof(REAL), &together, &most);
  ck_padded_layout layout = ck_window_layout(window, together, most, spread);
  int flat = ck_window_is_flat(window, &layout, most, lanes);
  // An image that is not padded is read where it is, unless tiles would read beyond its end.
  int direct = 0;
  if (ck_window_is_unpadded(window)) {
    const ck_padded_layout whole = ck_window_layout(window, 1, window->out[0], 0);
    int pitched;
    ck_window_runs(window, &whole, 1, window->out[0], 0, lanes, &pitched);
    direct = !pitched;
    if (direct) {
      layout = whole;
      layout.channel = inPixels;
      together = 1;
      most = window->out[0];
      flat = 0;
    }
  }
  const int64_t flatPitch = layout.channel + CK_SLACK;
  const int depthwise = !spread && ck_window_is_tall(window, groupInputs, groupOutputs, lanes);

  CK_TYPED(ck_parts) parts = {scratch, 0};
  int64_t *offsets = CK_TYPED(ck_take_offsets)(&parts, terms);
  REAL *padded = CK_TYPED(ck_take)(&parts, direct ? 0 : groupInputs * layout.channel + CK_SLACK);
  REAL *pitched = CK_TYPED(ck_take)(&parts, flat ? groupOutputs * flatPitch : 0);
  if (measuring) return parts.used;

  ck_window_offsets(window, &layout, groupInputs, offsets);
  if (!direct) CK_TYPED(ck_clear)(padded + groupInputs * layout.channel, CK_SLACK);
  for (int64_t sample = 0; sample < batch; sample += together) {
    const int64_t samples = batch - sample < together ? batch - sample : together;
    for (int64_t group = 0; group < groups; group++) {
      const int64_t start = group * groupOutputs;
      const REAL *shift = bias ? bias + start : bias;
      const REAL *weights = packed + start * terms;
      for (int64_t first = 0; first < window->out[0]; first += most) {
        const int64_t count = window->out[0] - first < most ? window->out[0] - first : most;
        const REAL *from = x + (sample * inputs + group * groupInputs) * inPixels;
        REAL *to = y + (sample * outputs + start) * outPixels + first * outPlane;
        if (!direct) {
          // A shorter last slab uses the layout of the others, of which it leaves the end alone.
          ck_padded_layout part = layout;
          part.extent[0] = layout.extent[0] - (most - count);
          for (int64_t s = 0; s < samples; s++) {
            CK_TYPED(ck_pad)(
                window, &part, first, from + s * inputs * inPixels, groupInputs, padded + s * layout.sample);
          }
          from = padded;
        }
        if (depthwise && count >= CK_TALL_OUTPUTS) {
          const ck_pixel_runs rows = ck_window_rows(window, &layout, count);
          for (int64_t s = 0; s < samples; s++) {
            for (int64_t c = 0; c < groupOutputs; c++) {
              CK_TYPED(ck_run_depthwise)(
                  from + s * layout.sample, offsets, window->kernel[0], terms / window->kernel[0], weights + c * terms,
                  to + (s * outputs + c) * outPixels, &rows, shift ? shift[c] : 0, accumulate);
            }
          }
          continue;
        }
        int ragged;
        const ck_pixel_runs runs =
            ck_window_runs(window, &layout, samples, count, outputs * outPixels, lanes, &ragged);
        if (!ragged) {
          CK_TYPED(ck_run_correlate)(
              from, offsets, terms, weights, groupOutputs, to, outPixels, &runs, shift, accumulate);
          continue;
        }
        CK_TYPED(ck_run_correlate)(
            from, offsets, terms, weights, groupOutputs, pitched, flatPitch, &runs, shift, 0);
        for (int64_t s = 0; s < samples; s++) {
          for (int64_t c = 0; c < groupOutputs; c++) {
            CK_TYPED(ck_copy_rows)(
                pitched + c * flatPitch + s * layout.sample, layout.plane, layout.row,
                to + (s * outputs + c) * outPixels, outPlane, window->out[2], count, window->out[1], window->out[2],
                accumulate);
          }
        }
      }
    }
  }
  return parts.used;
}

static int64_t CK_TYPED(ck_convolve_parts)(
    const ck_convolution *shape, const REAL *x, const REAL *weights, const REAL *bias, REAL *y, int accumulate,
    REAL *scratch, int measuring) {
  ck_window window = ck_window_of(shape);
  ck_window_normalize(&window);
  const int64_t taps = ck_window_taps(&window);
  const int64_t inputs = shape->inputs / shape->groups;
  const int64_t outputs = shape->outputs / shape->groups;
  CK_TYPED(ck_parts) parts = {scratch, 0};
  REAL *packed = CK_TYPED(ck_take)(&parts, shape->outputs * inputs * taps);
  if (!measuring) {
    for (int64_t group = 0; group < shape->groups; group++) {
      const int64_t start = group * outputs * inputs * taps;
      CK_TYPED(ck_pack)(weights + start, outputs, inputs * taps, inputs, taps, taps, 0, packed + start);
    }
  }
  return parts.used + CK_TYPED(ck_convolve_window)(
                          &window, shape->batch, shape->inputs, shape->outputs, shape->groups, x, packed, bias, y,
                          accumulate, scratch ? scratch + parts.used : scratch, measuring);
}

void CK_TYPED(ck_convolve)(
    const ck_convolution *shape, const REAL *x, const REAL *weights, const REAL *bias, REAL *y, int accumulate,
    REAL *scratch) {
  CK_TYPED(ck_convolve_parts)(shape, x, weights, bias, y, accumulate, scratch, 0);
}

// MARK: Transposed convolutions

/// As a sum over the taps of every phase of the padded input, which is then folded back.
static int64_t CK_TYPED(ck_transpose_folding)(
    const ck_convolution *shape, const ck_window *window, const REAL *y, const REAL *weights, const REAL *bias, REAL *x,
    int accumulate, REAL *scratch, int measuring) {
  const int64_t lanes = CK_TYPED(ck_lanes)();
  const int64_t taps = ck_window_taps(window);
  const int64_t inputs = shape->inputs / shape->groups;
  const int64_t outputs = shape->outputs / shape->groups;
  const int64_t inPixels = ck_window_pixels(window->in);
  const int64_t outPixels = ck_window_pixels(window->out);
  // The image of a phase at position q is a sum over the output at q - step, step up to `reach`.
  ck_padded_layout layout = ck_window_layout(window, 1, window->out[0], 0);
  ck_window source = {.mode = CK_PADDING_ZERO};
  for (int a = 0; a < 3; a++) {
    const int64_t reach = window->dilation[a] * (window->kernel[a] - 1) / window->stride[a];
    source.in[a] = window->out[a];
    source.out[a] = layout.extent[a];
    source.kernel[a] = reach + 1;
    source.stride[a] = 1;
    source.dilation[a] = 1;
    source.before[a] = reach;
  }
  const ck_padded_layout widened = ck_window_layout(&source, 1, source.out[0], 0);
  int flat;
  const ck_pixel_runs runs = ck_window_runs(&source, &widened, 1, source.out[0], 0, lanes, &flat);
  // Images of phases lie as the runs are written.
  layout.row = flat ? widened.row : source.out[2];
  layout.plane = flat ? widened.plane : source.out[1] * source.out[2];
  layout.phase = layout.extent[0] * layout.plane;
  layout.channel = layout.phases[0] * layout.phases[1] * layout.phases[2] * layout.phase + CK_SLACK;

  CK_TYPED(ck_parts) parts = {scratch, 0};
  int64_t *offsets = CK_TYPED(ck_take_offsets)(&parts, outputs * taps);
  REAL *gathered = CK_TYPED(ck_take)(&parts, inputs * outputs * taps);
  REAL *packed = CK_TYPED(ck_take)(&parts, inputs * outputs * taps);
  REAL *padded = CK_TYPED(ck_take)(&parts, shape->outputs * widened.channel + CK_SLACK);
  REAL *images = CK_TYPED(ck_take)(&parts, inputs * layout.channel);
  if (measuring) return parts.used;

  CK_TYPED(ck_clear)(padded + shape->outputs * widened.channel, CK_SLACK);
  for (int64_t sample = 0; sample < shape->batch; sample++) {
    CK_TYPED(ck_pad)(&source, &widened, 0, y + sample * shape->outputs * outPixels, shape->outputs, padded);
    for (int64_t group = 0; group < shape->groups; group++) {
      const REAL *part = weights + group * outputs * inputs * taps;
      for (int64_t phase = 0; phase < layout.phases[0] * layout.phases[1] * layout.phases[2]; phase++) {
        const int64_t wanted[] = {
            phase / layout.phases[2] / layout.phases[1], phase / layout.phases[2] % layout.phases[1],
            phase % layout.phases[2]};
        int64_t terms = 0;
        for (int64_t tap = 0; tap < taps; tap++) {
          const int64_t place[] = {
              tap / window->kernel[2] / window->kernel[1], tap / window->kernel[2] % window->kernel[1],
              tap % window->kernel[2]};
          int64_t offset = 0;
          int member = 1;
          for (int a = 0; a < 3; a++) {
            const int64_t distance = place[a] * window->dilation[a];
            member &= distance % window->stride[a] == wanted[a];
            const int64_t pitch = a == 0 ? widened.plane : a == 1 ? widened.row : 1;
            offset += (source.before[a] - distance / window->stride[a]) * pitch;
          }
          if (!member) continue;
          for (int64_t o = 0; o < outputs; o++, terms++) {
            offsets[terms] = offset + o * widened.channel;
            for (int64_t c = 0; c < inputs; c++) {
              gathered[c * outputs * taps + terms] = part[(o * inputs + c) * taps + tap];
            }
          }
        }
        CK_TYPED(ck_pack)(gathered, inputs, outputs * taps, 1, 0, terms, 0, packed);
        CK_TYPED(ck_run_correlate)(
            padded + group * outputs * widened.channel, offsets, terms, packed, inputs, images + phase * layout.phase,
            layout.channel, &runs, 0, 0);
      }
      REAL *to = x + (sample * shape->inputs + group * inputs) * inPixels;
      for (int64_t c = 0; c < inputs; c++) {
        const REAL shift = bias ? bias[group * inputs + c] : 0;
        REAL *image = to + c * inPixels;
        if (!accumulate) {
          for (int64_t i = 0; i < inPixels; i++) image[i] = shift;
        } else if (bias) {
          for (int64_t i = 0; i < inPixels; i++) image[i] += shift;
        }
      }
      CK_TYPED(ck_fold)(window, &layout, images, inputs, to);
    }
  }
  return parts.used;
}

static int64_t CK_TYPED(ck_transposed_parts)(
    const ck_convolution *shape, const REAL *y, const REAL *weights, const REAL *bias, REAL *x, int accumulate,
    REAL *scratch, int measuring) {
  ck_window window = ck_window_of(shape);
  ck_window transposed;
  ck_window_normalize(&window);
  if (!ck_window_transpose(&window, &transposed)) {
    return CK_TYPED(ck_transpose_folding)(shape, &window, y, weights, bias, x, accumulate, scratch, measuring);
  }
  const int64_t taps = ck_window_taps(&window);
  const int64_t inputs = shape->inputs / shape->groups;
  const int64_t outputs = shape->outputs / shape->groups;
  CK_TYPED(ck_parts) parts = {scratch, 0};
  REAL *packed = CK_TYPED(ck_take)(&parts, shape->outputs * inputs * taps);
  if (!measuring) {
    for (int64_t group = 0; group < shape->groups; group++) {
      const int64_t start = group * outputs * inputs * taps;
      CK_TYPED(ck_pack)(weights + start, inputs, taps, outputs, inputs * taps, taps, 1, packed + start);
    }
  }
  return parts.used + CK_TYPED(ck_convolve_window)(
                          &transposed, shape->batch, shape->outputs, shape->inputs, shape->groups, y, packed, bias, x,
                          accumulate, scratch ? scratch + parts.used : scratch, measuring);
}

void CK_TYPED(ck_convolve_transposed)(
    const ck_convolution *shape, const REAL *y, const REAL *weights, const REAL *bias, REAL *x, int accumulate,
    REAL *scratch) {
  CK_TYPED(ck_transposed_parts)(shape, y, weights, bias, x, accumulate, scratch, 0);
}

// MARK: Gradients with respect to weights and bias

static int64_t CK_TYPED(ck_weights_parts)(
    const ck_convolution *shape, const REAL *x, const REAL *y, REAL *weights, REAL *scratch, int measuring) {
  ck_window window = ck_window_of(shape);
  ck_window_normalize(&window);
  const int64_t lanes = CK_TYPED(ck_lanes)();
  const int64_t inputs = shape->inputs / shape->groups;
  const int64_t outputs = shape->outputs / shape->groups;
  const int64_t terms = inputs * ck_window_taps(&window);
  const int64_t inPixels = ck_window_pixels(window.in);
  const int64_t outPixels = ck_window_pixels(window.out);
  const int64_t outPlane = window.out[1] * window.out[2];
  const int64_t outSample = shape->outputs * outPixels;
  const int spread = ck_window_spreads(&window, outputs, lanes);
  int64_t together, most;
  ck_window_slab(&window, shape->batch, inputs, spread, sizeof(REAL), &together, &most);
  const ck_padded_layout layout = ck_window_layout(&window, together, most, spread);
  const int flat = ck_window_is_flat(&window, &layout, most, lanes);
  const int64_t flatPitch = layout.channel + CK_SLACK;
  const int depthwise = !spread && ck_window_is_tall(&window, inputs, outputs, lanes);

  CK_TYPED(ck_parts) parts = {scratch, 0};
  int64_t *offsets = CK_TYPED(ck_take_offsets)(&parts, terms);
  REAL *padded = CK_TYPED(ck_take)(&parts, inputs * layout.channel + CK_SLACK);
  REAL *pitched = CK_TYPED(ck_take)(&parts, flat ? outputs * flatPitch : 0);
  if (measuring) return parts.used;

  ck_window_offsets(&window, &layout, inputs, offsets);
  // What lies between rows of the pitched output is read, and stays zero.
  if (flat) CK_TYPED(ck_clear)(pitched, outputs * flatPitch);
  CK_TYPED(ck_clear)(padded, inputs * layout.channel + CK_SLACK);
  for (int64_t sample = 0; sample < shape->batch; sample += together) {
    const int64_t samples = shape->batch - sample < together ? shape->batch - sample : together;
    for (int64_t group = 0; group < shape->groups; group++) {
      for (int64_t first = 0; first < window.out[0]; first += most) {
        const int64_t count = window.out[0] - first < most ? window.out[0] - first : most;
        ck_padded_layout part = layout;
        part.extent[0] = layout.extent[0] - (most - count);
        for (int64_t s = 0; s < samples; s++) {
          CK_TYPED(ck_pad)(
              &window, &part, first, x + ((sample + s) * shape->inputs + group * inputs) * inPixels, inputs,
              padded + s * layout.sample);
        }
        const REAL *from = y + sample * outSample + group * outputs * outPixels + first * outPlane;
        if (depthwise) {
          const ck_pixel_runs rows = ck_window_rows(&window, &layout, count);
          for (int64_t s = 0; s < samples; s++) {
            CK_TYPED(ck_run_depthwise_weights)(
                padded + s * layout.sample, offsets, window.kernel[0], terms / window.kernel[0], from + s * outSample,
                &rows, weights + group * terms);
          }
          continue;
        }
        int ragged;
        const ck_pixel_runs runs = ck_window_runs(&window, &layout, samples, count, outSample, lanes, &ragged);
        for (int64_t c = 0; c < outputs && ragged; c++) {
          REAL *to = pitched + c * flatPitch;
          for (int64_t s = 0; s < samples; s++) {
            CK_TYPED(ck_copy_rows)(
                from + s * outSample + c * outPixels, outPlane, window.out[2], to + s * layout.sample, layout.plane,
                layout.row, count, window.out[1], window.out[2], 0);
          }
          if (count < most) CK_TYPED(ck_clear)(to + count * layout.plane, CK_SLACK);
        }
        CK_TYPED(ck_run_correlate_weights)(
            padded, offsets, terms, ragged ? pitched : from, outputs, ragged ? flatPitch : outPixels, &runs,
            weights + group * outputs * terms);
      }
    }
  }
  return parts.used;
}

void CK_TYPED(ck_convolution_weights)(
    const ck_convolution *shape, const REAL *x, const REAL *y, REAL *weights, REAL *scratch) {
  CK_TYPED(ck_weights_parts)(shape, x, y, weights, scratch, 0);
}

int64_t CK_TYPED(ck_convolution_scratch)(const ck_convolution *shape, ck_convolution_pass pass) {
  ck_convolution many = *shape;
  many.batch = INT64_MAX / 2;
  switch (pass) {
    case CK_CONVOLUTION_FORWARD: return CK_TYPED(ck_convolve_parts)(&many, 0, 0, 0, 0, 0, 0, 1);
    case CK_CONVOLUTION_INPUTS: return CK_TYPED(ck_transposed_parts)(&many, 0, 0, 0, 0, 0, 0, 1);
    case CK_CONVOLUTION_WEIGHTS: return CK_TYPED(ck_weights_parts)(&many, 0, 0, 0, 0, 1);
  }
  return 0;
}

CK_DISPATCH void CK_TYPED(ck_channel_sums)(
    const REAL *y, int64_t batch, int64_t channels, int64_t pixels, REAL *sums) {
  for (int64_t c = 0; c < channels; c++) {
    double lanes[16] = {0};
    for (int64_t sample = 0; sample < batch; sample++) {
      const REAL *from = y + (sample * channels + c) * pixels;
      int64_t i = 0;
      for (; i + 16 <= pixels; i += 16) {
        for (int j = 0; j < 16; j++) lanes[j] += (double)from[i + j];
      }
      for (int j = 0; i + j < pixels; j++) lanes[j] += (double)from[i + j];
    }
    for (int width = 8; width > 0; width /= 2) {
      for (int j = 0; j < width; j++) lanes[j] += lanes[j + width];
    }
    sums[c] += (REAL)lanes[0];
  }
}

#undef CK_SLACK
#undef CK_TYPED
#undef REAL
