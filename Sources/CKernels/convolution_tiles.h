#ifndef CK_CONVOLUTION_TILES_H
#define CK_CONVOLUTION_TILES_H

// The register tiles of convolutions for every generation of vector units. What fits into registers differs between
// them, so that they are not clones of one source, but instances of one template.

#include "dispatch.h"

#include <stdint.h>

/// Where the pixels of an image and of its padded source lie: runs of `width` consecutive pixels, one per row.
typedef struct {
  int64_t planes, rows, width;
  int64_t inPlane, inRow;
  int64_t outPlane, outRow;
} ck_pixel_runs;

/// The outputs along the first axis that tiles of one channel have.
#define CK_TALL_OUTPUTS 8

/// The number of blocks of at most 6 channels; block b begins at channel b · channels / blocks.
CK_INLINE int64_t ck_channel_blocks(int64_t channels) { return (channels + 5) / 6; }

#if defined(__x86_64__)
#define CK_GENERATIONS 3
// Without a least width the compiler would cut registers of 64 bytes in two.
#pragma clang attribute push(__attribute__((target("arch=x86-64-v4"), min_vector_width(512))), apply_to = function)
#define CK_LANE_COUNT 16
#define CK_WIDE 4
#define REAL float
#define CK_TILED(name) CK_CONCATENATE(name, _2_f)
#include "convolution_tile_template.h"
#undef REAL
#define CK_LANE_COUNT 8
#define CK_WIDE 4
#define REAL double
#define CK_TILED(name) CK_CONCATENATE(name, _2_d)
#include "convolution_tile_template.h"
#undef REAL
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#define CK_LANE_COUNT 8
#define CK_WIDE 2
#define REAL float
#define CK_TILED(name) CK_CONCATENATE(name, _1_f)
#include "convolution_tile_template.h"
#undef REAL
#define CK_LANE_COUNT 4
#define CK_WIDE 2
#define REAL double
#define CK_TILED(name) CK_CONCATENATE(name, _1_d)
#include "convolution_tile_template.h"
#undef REAL
#pragma clang attribute pop
#define CK_WIDE_BASELINE 2
#else
#define CK_GENERATIONS 1
#define CK_WIDE_BASELINE 4
#endif

#define CK_LANE_COUNT 4
#define CK_WIDE CK_WIDE_BASELINE
#define REAL float
#define CK_TILED(name) CK_CONCATENATE(name, _0_f)
#include "convolution_tile_template.h"
#undef REAL
#define CK_LANE_COUNT 2
#define CK_WIDE CK_WIDE_BASELINE
#define REAL double
#define CK_TILED(name) CK_CONCATENATE(name, _0_d)
#include "convolution_tile_template.h"
#undef REAL

/// The newest generation that this processor has: 2, 1 or 0, with registers of 64, 32 or 16 bytes.
static inline int ck_generation(void) {
#if CK_GENERATIONS == 3
  if (__builtin_cpu_supports("x86-64-v4")) return 2;
  if (__builtin_cpu_supports("x86-64-v3")) return 1;
#endif
  return 0;
}

#endif
