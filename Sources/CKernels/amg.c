#include "ck_amg.h"

#include "dispatch.h"

#include <math.h>

// MARK: Set-up

CK_DISPATCH void ck_amg_strength(uint8_t *strong, const int32_t *starts, const int32_t *columns, const float *values,
                                 const float *diagonal, float threshold, int64_t first, int64_t end) {
  for (int64_t i = first; i < end; i++) {
    const float bound = threshold * threshold * fabsf(diagonal[i]);
    for (int64_t p = starts[i]; p < starts[i + 1]; p++) {
      strong[p] = columns[p] == i || values[p] * values[p] > bound * fabsf(diagonal[columns[p]]);
    }
  }
}

/// The diagonal with weak entries added, or without where that would make it small: then rows would blow up.
CK_INLINE float amg_filtered_diagonal(const int32_t *columns, const float *values, const uint8_t *strong, int64_t start,
                                      int64_t end, int64_t i) {
  float own = 0, weak = 0;
  for (int64_t p = start; p < end; p++) {
    if (columns[p] == i) own = values[p];
    else if (!strong[p]) weak += values[p];
  }
  const float sum = own + weak;
  return sum > 0.25f * own ? sum : own;
}

CK_DISPATCH float ck_amg_row_sum(const int32_t *starts, const int32_t *columns, const float *values,
                                 const uint8_t *strong, int64_t first, int64_t end) {
  float largest = 0;
  for (int64_t i = first; i < end; i++) {
    const float d = amg_filtered_diagonal(columns, values, strong, starts[i], starts[i + 1], i);
    float sum = fabsf(d);
    for (int64_t p = starts[i]; p < starts[i + 1]; p++) {
      if (strong[p] && columns[p] != i) sum += fabsf(values[p]);
    }
    const float ratio = sum / fabsf(d);
    if (ratio > largest) largest = ratio;
  }
  return largest;
}

CK_DISPATCH void ck_amg_filtered_multiply(float *y, const float *x, const int32_t *starts, const int32_t *columns,
                                          const float *values, const uint8_t *strong, int64_t first, int64_t end) {
  for (int64_t i = first; i < end; i++) {
    const float d = amg_filtered_diagonal(columns, values, strong, starts[i], starts[i + 1], i);
    float sum = 0;
    for (int64_t p = starts[i]; p < starts[i + 1]; p++) {
      if (strong[p] && columns[p] != i) sum += values[p] * x[columns[p]];
    }
    y[i] = x[i] + sum / d;
  }
}

CK_INLINE int64_t amg_smooth_prolongator(int32_t *sizes, int32_t *pColumns, float *pValues, const int32_t *starts,
                                         const int32_t *columns, const float *values, const uint8_t *strong,
                                         const int32_t *aggregates, const float *tentative, const int64_t width,
                                         float omega, int32_t *marker, int64_t first, int64_t end) {
  int64_t total = 0;
  for (int64_t i = first; i < end; i++) {
    const float d = amg_filtered_diagonal(columns, values, strong, starts[i], starts[i + 1], i);
    const float factor = d != 0 ? -omega / d : 0;
    int32_t *own = pColumns + total * width;
    float *numbers = pValues + total * width;
    int64_t count = 0;
    for (int64_t p = starts[i]; p < starts[i + 1]; p++) {
      if (!strong[p]) continue;
      const int64_t j = columns[p];
      const int32_t aggregate = aggregates[j];
      if (aggregate < 0) continue;
      const float c = j == i ? 1 - (d != 0 ? omega : 0) : factor * values[p];
      int64_t slot = marker[aggregate];
      if (slot < 0) {
        // Slots are kept in the order of aggregates: rows have few.
        slot = count++;
        while (slot > 0 && own[(slot - 1) * width] > aggregate) {
          own[slot * width] = own[(slot - 1) * width];
          marker[own[slot * width]] = (int32_t)slot;
          for (int64_t k = 0; k < width; k++) numbers[slot * width + k] = numbers[(slot - 1) * width + k];
          slot--;
        }
        own[slot * width] = aggregate;
        marker[aggregate] = (int32_t)slot;
        for (int64_t k = 0; k < width; k++) numbers[slot * width + k] = 0;
      }
      for (int64_t k = 0; k < width; k++) numbers[slot * width + k] += c * tentative[j * width + k];
    }
    for (int64_t slot = 0; slot < count; slot++) {
      const int32_t aggregate = own[slot * width];
      marker[aggregate] = -1;
      for (int64_t k = 0; k < width; k++) own[slot * width + k] = (int32_t)(aggregate * width + k);
    }
    sizes[i] = (int32_t)(count * width);
    total += count;
  }
  return total * width;
}

CK_DISPATCH int64_t ck_amg_smooth_prolongator(int32_t *sizes, int32_t *pColumns, float *pValues, const int32_t *starts,
                                              const int32_t *columns, const float *values, const uint8_t *strong,
                                              const int32_t *aggregates, const float *tentative, int64_t width,
                                              float omega, int32_t *marker, int64_t first, int64_t end) {
  if (width == 1) {
    return amg_smooth_prolongator(sizes, pColumns, pValues, starts, columns, values, strong, aggregates, tentative, 1,
                                  omega, marker, first, end);
  }
  return amg_smooth_prolongator(sizes, pColumns, pValues, starts, columns, values, strong, aggregates, tentative, width,
                                omega, marker, first, end);
}

// MARK: Hybrid Gauss-Seidel

CK_DISPATCH void ck_amg_split_count(int32_t *lower, int32_t *rest, float *inverse, const int32_t *starts,
                                    const int32_t *columns, const float *values, int64_t first, int64_t end) {
  for (int64_t i = first; i < end; i++) {
    int32_t below = 0, other = 0;
    float d = 0, outside = 0;
    for (int64_t p = starts[i]; p < starts[i + 1]; p++) {
      const int64_t j = columns[p];
      if (j == i) d = values[p];
      else if (j >= first && j < i) below++;
      else other++;
      if (j < first || j >= end) outside += fabsf(values[p]);
    }
    // With 2 D' - D at least the absolute row sum outside the block, the sweeps converge for every symmetric positive
    // definite matrix (the l1 diagonal of Baker, Falgout, Kolev and Yang 2011, where it is needed).
    const float needed = 0.51f * (d + outside);
    const float modified = d > needed ? d : needed;
    if (modified != d) other++;
    lower[i] = below;
    rest[i] = other;
    inverse[i] = modified > 0 ? 1 / modified : 0;
  }
}

CK_DISPATCH void ck_amg_split_fill(const int32_t *lowerStarts, int32_t *lowerColumns, float *lowerValues,
                                   const int32_t *restStarts, int32_t *restColumns, float *restValues,
                                   const float *inverse, const int32_t *starts, const int32_t *columns,
                                   const float *values, int64_t first, int64_t end) {
  for (int64_t i = first; i < end; i++) {
    int64_t q = lowerStarts[i], r = restStarts[i];
    const int64_t restEnd = restStarts[i + 1];
    float d = 0;
    for (int64_t p = starts[i]; p < starts[i + 1]; p++) {
      const int32_t j = columns[p];
      if (j == i) {
        d = values[p];
      } else if (j >= first && j < i) {
        lowerColumns[q] = j;
        lowerValues[q++] = values[p];
      } else {
        restColumns[r] = j;
        restValues[r++] = values[p];
      }
    }
    if (r < restEnd) {
      restColumns[r] = (int32_t)i;
      restValues[r] = inverse[i] > 0 ? d - 1 / inverse[i] : d;
    }
  }
}

// Rows are short: vector code for them costs more than it saves.
#define CK_SHORT_LOOP _Pragma("clang loop vectorize(disable) interleave(disable) unroll(disable)")
#define CK_AHEAD 128

// Blocks do not depend on each other, so that four rows, one of each, are in flight at a time: a row waits for the one
// before it, and alone would leave the processor idle.
#define CK_AMG_BLOCKS(ROW, REVERSED)                                                     \
  int64_t shortest = bounds[1] - bounds[0];                                              \
  for (int k = 1; k < 4; k++) {                                                          \
    if (bounds[k + 1] - bounds[k] < shortest) shortest = bounds[k + 1] - bounds[k];      \
  }                                                                                      \
  for (int64_t t = 0; t < shortest; t++) {                                               \
    for (int k = 0; k < 4; k++) {                                                        \
      ROW((REVERSED ? bounds[k + 1] - 1 - t : bounds[k] + t), bounds[k + 1]);            \
    }                                                                                    \
  }                                                                                      \
  for (int k = 0; k < 4; k++) {                                                          \
    for (int64_t t = shortest; t < bounds[k + 1] - bounds[k]; t++) {                     \
      ROW((REVERSED ? bounds[k + 1] - 1 - t : bounds[k] + t), bounds[k + 1]);            \
    }                                                                                    \
  }

CK_INLINE void amg_forward_row(const ck_amg_split *a, float *x, const float *b, int64_t i) {
  float sum = b[i];
  for (int64_t p = a->lowerStarts[i]; p < a->lowerStarts[i + 1]; p++) sum -= a->lowerValues[p] * x[a->lowerColumns[p]];
  x[i] = sum * a->inverse[i];
}

CK_DISPATCH void ck_amg_forward_from_zero(const ck_amg_split *split, float *x, const float *b, const int64_t *bounds) {
  const ck_amg_split a = *split;
#define ROW(i, end) amg_forward_row(&a, x, b, i)
  CK_AMG_BLOCKS(ROW, 0)
#undef ROW
}

CK_DISPATCH void ck_amg_forward(const ck_amg_split *split, float *x, const float *y, const float *b,
                                const int64_t *bounds) {
  const ck_amg_split a = *split;
#define ROW(i, end)                                                                                                 \
  {                                                                                                                 \
    const int64_t row = (i);                                                                                        \
    float sum = b[row];                                                                                             \
    for (int64_t p = a.lowerStarts[row]; p < a.lowerStarts[row + 1]; p++) {                                         \
      sum -= a.lowerValues[p] * x[a.lowerColumns[p]];                                                               \
    }                                                                                                               \
    for (int64_t p = a.restStarts[row]; p < a.restStarts[row + 1]; p++) sum -= a.restValues[p] * y[a.restColumns[p]]; \
    x[row] = sum * a.inverse[row];                                                                                  \
  }
  CK_AMG_BLOCKS(ROW, 0)
#undef ROW
}

CK_INLINE void amg_backward_row(const ck_amg_split *a, float *x, const float *y, const float *b, int64_t i,
                                int64_t end) {
  const int64_t lower = a->lowerStarts[i], rest = a->restStarts[i];
  // Hardware follows streams that run upwards; here all of them run downwards.
  __builtin_prefetch(a->lowerColumns + lower - CK_AHEAD);
  __builtin_prefetch(a->lowerValues + lower - CK_AHEAD);
  __builtin_prefetch(a->restColumns + rest - CK_AHEAD);
  __builtin_prefetch(a->restValues + rest - CK_AHEAD);
  __builtin_prefetch(a->lowerStarts + i - CK_AHEAD);
  __builtin_prefetch(a->restStarts + i - CK_AHEAD);
  __builtin_prefetch(a->inverse + i - CK_AHEAD);
  __builtin_prefetch(b + i - CK_AHEAD);
  __builtin_prefetch(y + i - CK_AHEAD);
  float sum = b[i];
  CK_SHORT_LOOP
  for (int64_t p = lower; p < a->lowerStarts[i + 1]; p++) sum -= a->lowerValues[p] * y[a->lowerColumns[p]];
  CK_SHORT_LOOP
  for (int64_t p = rest; p < a->restStarts[i + 1]; p++) {
    // The address is chosen, not one of two loaded values: the compiler would load both.
    const uintptr_t isNew = (uint64_t)(a->restColumns[p] - i - 1) < (uint64_t)(end - i - 1);
    const float *source = (const float *)((uintptr_t)y + (-isNew & ((uintptr_t)x - (uintptr_t)y)));
    sum -= a->restValues[p] * source[a->restColumns[p]];
  }
  x[i] = sum * a->inverse[i];
}

CK_DISPATCH void ck_amg_backward(const ck_amg_split *split, float *x, const float *y, const float *b,
                                 const int64_t *bounds) {
  const ck_amg_split a = *split;
#define ROW(i, end) amg_backward_row(&a, x, y, b, i, end)
  CK_AMG_BLOCKS(ROW, 1)
#undef ROW
}

CK_DISPATCH void ck_amg_rest_residual(const ck_amg_split *split, float *r, const float *x, int64_t first, int64_t end) {
  const ck_amg_split a = *split;
  for (int64_t i = first; i < end; i++) {
    float sum = 0;
    for (int64_t p = a.restStarts[i]; p < a.restStarts[i + 1]; p++) sum -= a.restValues[p] * x[a.restColumns[p]];
    r[i] = sum;
  }
}

CK_DISPATCH void ck_amg_residual(const ck_amg_split *split, float *r, const float *b, const float *x, int64_t first,
                                 int64_t end) {
  const ck_amg_split a = *split;
  for (int64_t i = first; i < end; i++) {
    float sum = a.inverse[i] > 0 ? b[i] - x[i] / a.inverse[i] : b[i];
    for (int64_t p = a.lowerStarts[i]; p < a.lowerStarts[i + 1]; p++) sum -= a.lowerValues[p] * x[a.lowerColumns[p]];
    for (int64_t p = a.restStarts[i]; p < a.restStarts[i + 1]; p++) sum -= a.restValues[p] * x[a.restColumns[p]];
    r[i] = sum;
  }
}

CK_DISPATCH void ck_amg_prolong_add(float *y, const float *x, const int32_t *starts, const int32_t *columns,
                                    const float *values, const float *e, int64_t first, int64_t end) {
  for (int64_t i = first; i < end; i++) {
    float sum = x[i];
    for (int64_t p = starts[i]; p < starts[i + 1]; p++) sum += values[p] * e[columns[p]];
    y[i] = sum;
  }
}
