#ifndef CK_CONVOLUTION_H
#define CK_CONVOLUTION_H

#include <stdint.h>

// Direct convolutions of images [batch, channels, planes, rows, pixels]; lower dimensions have extents of 1. As in
// neural networks, the kernel is not reflected (a cross-correlation). Weights are [outputs, inputs / groups, kernel].
// All sums have an order that depends on the shape and on the width of the processor's vectors only.

/// What an image continues with beyond its edge.
typedef enum {
  CK_PADDING_ZERO,
  CK_PADDING_CIRCULAR,   ///< the image again
  CK_PADDING_REFLECT,    ///< its mirror image, without repeating the edge
  CK_PADDING_REPLICATE   ///< the pixel at the edge
} ck_padding_mode;

/// The shape of a convolution; axes are planes, rows, pixels.
///
/// in + before + after >= dilation (kernel - 1) + 1, and out = (in + before + after - dilation (kernel - 1) - 1) / stride
/// + 1. Reflected padding is smaller than the image.
typedef struct {
  int64_t batch, inputs, outputs, groups;
  int64_t in[3], out[3], kernel[3], stride[3], dilation[3], before[3];
  ck_padding_mode mode;
} ck_convolution;

/// The passes of a convolution, which need different scratch.
typedef enum { CK_CONVOLUTION_FORWARD, CK_CONVOLUTION_INPUTS, CK_CONVOLUTION_WEIGHTS } ck_convolution_pass;

/// The number of elements of scratch that a pass needs, for any batch.
int64_t ck_convolution_scratch_d(const ck_convolution *shape, ck_convolution_pass pass);
int64_t ck_convolution_scratch_f(const ck_convolution *shape, ck_convolution_pass pass);

/// y = conv(x) + bias, or y += conv(x) + bias. The bias may be null.
void ck_convolve_d(const ck_convolution *shape, const double *x, const double *weights, const double *bias, double *y,
                   int accumulate, double *scratch);
void ck_convolve_f(const ck_convolution *shape, const float *x, const float *weights, const float *bias, float *y,
                   int accumulate, float *scratch);

/// x = convᵀ(y) + bias, or x += convᵀ(y) + bias: the gradient with respect to the input, and transposed convolution. The
/// bias has one number per input channel and may be null.
void ck_convolve_transposed_d(const ck_convolution *shape, const double *y, const double *weights, const double *bias,
                              double *x, int accumulate, double *scratch);
void ck_convolve_transposed_f(const ck_convolution *shape, const float *y, const float *weights, const float *bias,
                              float *x, int accumulate, float *scratch);

/// weights += the gradient of ⟨conv(x), y⟩ with respect to the weights.
void ck_convolution_weights_d(const ck_convolution *shape, const double *x, const double *y, double *weights,
                              double *scratch);
void ck_convolution_weights_f(const ck_convolution *shape, const float *x, const float *y, float *weights,
                              float *scratch);

/// sums[c] += Σ over batch and pixels of y[batch, channels, pixels]: the gradient with respect to the bias.
void ck_channel_sums_d(const double *y, int64_t batch, int64_t channels, int64_t pixels, double *sums);
void ck_channel_sums_f(const float *y, int64_t batch, int64_t channels, int64_t pixels, float *sums);

#endif
