// Padded images of convolutions for the type REAL; included once per type.

/// The padded images of `channels` channels for the outputs from `first` on along the first axis.
static CK_DISPATCH void CK_TYPED(ck_pad)(
    const ck_window *window, const ck_padded_layout *layout, int64_t first, const REAL *x, int64_t channels, REAL *to) {
  const int64_t pixels = ck_window_pixels(window->in);
  const int64_t width = window->in[2];
  const int64_t stride = window->stride[2];
  for (int64_t c = 0; c < channels; c++) {
    for (int64_t phase = 0; phase < layout->phases[0] * layout->phases[1] * layout->phases[2]; phase++) {
      const int64_t phase2 = phase % layout->phases[2];
      const int64_t phase1 = phase / layout->phases[2] % layout->phases[1];
      const int64_t phase0 = phase / layout->phases[2] / layout->phases[1];
      // Pixel q of a row stands at position stride · q - lead of the image.
      const int64_t lead = window->before[2] - phase2 * (layout->spread ? window->dilation[2] : 1);
      int64_t inner = lead > 0 ? (lead + stride - 1) / stride : 0;
      inner = inner > layout->row ? layout->row : inner;
      int64_t outer = width + lead > 0 ? (width + lead + stride - 1) / stride : 0;
      outer = outer > layout->row ? layout->row : outer;
      outer = outer < inner ? inner : outer;
      REAL *row = to + c * layout->channel + phase * layout->phase;
      for (int64_t i = 0; i < layout->extent[0]; i++) {
        const int64_t source0 = ck_padding_source(
            window->stride[0] * (first + i) + phase0 - window->before[0], window->in[0], window->mode);
        for (int64_t j = 0; j < layout->extent[1]; j++, row += layout->row) {
          const int64_t source1 = ck_padding_source(
              window->stride[1] * j + phase1 - window->before[1], window->in[1], window->mode);
          if (source0 < 0 || source1 < 0) {
            for (int64_t k = 0; k < layout->row; k++) row[k] = 0;
            continue;
          }
          const REAL *from = x + c * pixels + (source0 * window->in[1] + source1) * width;
          for (int64_t k = 0; k < inner; k++) {
            const int64_t source = ck_padding_source(stride * k - lead, width, window->mode);
            row[k] = source < 0 ? 0 : from[source];
          }
          if (stride == 1) {
            const REAL *shifted = from - lead;
            CK_LOOP
            for (int64_t k = inner; k < outer; k++) row[k] = shifted[k];
          } else if (stride == 2) {
            const REAL *shifted = from - lead;
            CK_LOOP
            for (int64_t k = inner; k < outer; k++) row[k] = shifted[2 * k];
          } else {
            for (int64_t k = inner; k < outer; k++) row[k] = from[stride * k - lead];
          }
          for (int64_t k = outer; k < layout->row; k++) {
            const int64_t source = ck_padding_source(stride * k - lead, width, window->mode);
            row[k] = source < 0 ? 0 : from[source];
          }
        }
      }
    }
  }
}

/// Adds pixels `first ..< end` of a padded row, pixel k of which stands at position stride · k - lead, to where they come
/// from.
CK_INLINE void CK_TYPED(ck_fold_pixels)(
    const REAL *row, int64_t first, int64_t end, int64_t stride, int64_t lead, int64_t width, ck_padding_mode mode,
    REAL *to) {
  for (int64_t k = first; k < end; k++) {
    const int64_t target = ck_padding_source(stride * k - lead, width, mode);
    if (target >= 0) to[target] += row[k];
  }
}

/// Adds one padded row, of which every phase has a part `phase` elements after the one before, to where it comes from.
CK_INLINE void CK_TYPED(ck_fold_row)(
    const ck_window *window, const ck_padded_layout *layout, const REAL *row, int64_t padded, REAL *to) {
  const int64_t width = window->in[2];
  const int64_t stride = window->stride[2];
  // Two phases are added in one loop, whose targets follow each other.
  const int64_t pairs = stride == 2 && layout->phases[2] == 2 ? 2 : 1;
  for (int64_t phase = 0; phase < layout->phases[2]; phase += pairs) {
    const int64_t lead = window->before[2] - phase;
    const int64_t count = (padded - phase + stride - 1) / stride;
    // Of the last phase of the pair, which has the fewest pixels.
    const int64_t least = (padded - phase - (pairs - 1) + stride - 1) / stride;
    int64_t inner = lead > 0 ? (lead + stride - 1) / stride : 0;
    inner = inner > least ? least : inner;
    const int64_t behind = width + lead - (pairs - 1);
    int64_t outer = behind > 0 ? (behind + stride - 1) / stride : 0;
    outer = outer > least ? least : outer;
    outer = outer < inner ? inner : outer;
    const REAL *part = row + phase * layout->phase;
    const REAL *next = part + layout->phase;
    CK_TYPED(ck_fold_pixels)(part, 0, inner, stride, lead, width, window->mode, to);
    if (pairs == 2) {
      CK_TYPED(ck_fold_pixels)(next, 0, inner, stride, lead - 1, width, window->mode, to);
      REAL *shifted = to - lead;
      CK_LOOP
      for (int64_t k = inner; k < outer; k++) {
        shifted[2 * k] += part[k];
        shifted[2 * k + 1] += next[k];
      }
      CK_TYPED(ck_fold_pixels)(next, outer, least, stride, lead - 1, width, window->mode, to);
    } else if (stride == 1) {
      REAL *shifted = to - lead;
      CK_LOOP
      for (int64_t k = inner; k < outer; k++) shifted[k] += part[k];
    } else {
      for (int64_t k = inner; k < outer; k++) to[stride * k - lead] += part[k];
    }
    CK_TYPED(ck_fold_pixels)(part, outer, count, stride, lead, width, window->mode, to);
  }
}

/// The transpose of `ck_pad` for whole images: every padded pixel is added to the one that it copies.
static CK_DISPATCH void CK_TYPED(ck_fold)(
    const ck_window *window, const ck_padded_layout *layout, const REAL *from, int64_t channels, REAL *x) {
  const int64_t pixels = ck_window_pixels(window->in);
  int64_t padded[3];
  for (int a = 0; a < 3; a++) {
    padded[a] = (window->out[a] - 1) * window->stride[a] + window->dilation[a] * (window->kernel[a] - 1) + 1;
  }
  for (int64_t c = 0; c < channels; c++) {
    for (int64_t i = 0; i < padded[0]; i++) {
      const int64_t phase0 = i % window->stride[0];
      const int64_t to0 = ck_padding_source(i - window->before[0], window->in[0], window->mode);
      if (phase0 >= layout->phases[0] || to0 < 0) continue;
      for (int64_t j = 0; j < padded[1]; j++) {
        const int64_t phase1 = j % window->stride[1];
        const int64_t to1 = ck_padding_source(j - window->before[1], window->in[1], window->mode);
        if (phase1 >= layout->phases[1] || to1 < 0) continue;
        const int64_t phase = (phase0 * layout->phases[1] + phase1) * layout->phases[2];
        CK_TYPED(ck_fold_row)(
            window, layout,
            from + c * layout->channel + phase * layout->phase + i / window->stride[0] * layout->plane +
                j / window->stride[1] * layout->row,
            padded[2], x + c * pixels + (to0 * window->in[1] + to1) * window->in[2]);
      }
    }
  }
}

/// Copies images of rows with one pair of pitches to rows with another; with `accumulate`, adds them.
static CK_DISPATCH void CK_TYPED(ck_copy_rows)(
    const REAL *from, int64_t fromPlane, int64_t fromRow, REAL *to, int64_t toPlane, int64_t toRow, int64_t planes,
    int64_t rows, int64_t width, int accumulate) {
  for (int64_t i = 0; i < planes; i++) {
    for (int64_t j = 0; j < rows; j++) {
      const REAL *source = from + i * fromPlane + j * fromRow;
      REAL *target = to + i * toPlane + j * toRow;
      if (accumulate) {
        CK_LOOP
        for (int64_t k = 0; k < width; k++) target[k] += source[k];
      } else {
        CK_LOOP
        for (int64_t k = 0; k < width; k++) target[k] = source[k];
      }
    }
  }
}
