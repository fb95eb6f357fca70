// Sums over vectors in 16 lanes, which are joined by a fixed tree: the same bits for every vector width.
#pragma once

#include "dispatch.h"

#define CK_LANES 16

/// Joins 16 lanes by a fixed tree.
CK_INLINE double ck_join(double *lanes) {
  for (int width = CK_LANES / 2; width > 0; width /= 2) {
    for (int j = 0; j < width; j++) lanes[j] += lanes[j + width];
  }
  return lanes[0];
}

/// Runs `step` for every i, 16 at a time, where `lane` is the number of the accumulator.
#define CK_LANED(step)                                \
  do {                                                \
    int64_t base = 0;                                 \
    for (; base + CK_LANES <= n; base += CK_LANES) {  \
      CK_LOOP                                         \
      for (int lane = 0; lane < CK_LANES; lane++) {   \
        const int64_t i = base + lane;                \
        step;                                         \
      }                                               \
    }                                                 \
    for (int lane = 0; base + lane < n; lane++) {     \
      const int64_t i = base + lane;                  \
      step;                                           \
    }                                                 \
  } while (0)
