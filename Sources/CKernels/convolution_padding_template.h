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

/// The transpose of `ck_pad` for whole images: every padded pixel is added to the one that it copies.
static CK_DISPATCH void CK_TYPED(ck_fold)(
    const ck_window *window, const ck_padded_layout *layout, const REAL *from, int64_t channels, REAL *x) {
  const int64_t pixels = ck_window_pixels(window->in);
  const int64_t width = window->in[2];
  const int64_t stride = window->stride[2];
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
        REAL *to = x + c * pixels + (to0 * window->in[1] + to1) * width;
        for (int64_t phase2 = 0; phase2 < layout->phases[2]; phase2++) {
          const int64_t phase = (phase0 * layout->phases[1] + phase1) * layout->phases[2] + phase2;
          const REAL *row = from + c * layout->channel + phase * layout->phase +
                            i / window->stride[0] * layout->plane + j / window->stride[1] * layout->row;
          const int64_t lead = window->before[2] - phase2;
          const int64_t count = (padded[2] - phase2 + stride - 1) / stride;
          int64_t inner = lead > 0 ? (lead + stride - 1) / stride : 0;
          inner = inner > count ? count : inner;
          int64_t outer = width + lead > 0 ? (width + lead + stride - 1) / stride : 0;
          outer = outer > count ? count : outer;
          outer = outer < inner ? inner : outer;
          for (int64_t k = 0; k < inner; k++) {
            const int64_t target = ck_padding_source(stride * k - lead, width, window->mode);
            if (target >= 0) to[target] += row[k];
          }
          if (stride == 1) {
            REAL *shifted = to - lead;
            CK_LOOP
            for (int64_t k = inner; k < outer; k++) shifted[k] += row[k];
          } else {
            for (int64_t k = inner; k < outer; k++) to[stride * k - lead] += row[k];
          }
          for (int64_t k = outer; k < count; k++) {
            const int64_t target = ck_padding_source(stride * k - lead, width, window->mode);
            if (target >= 0) to[target] += row[k];
          }
        }
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
