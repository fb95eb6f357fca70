#include "ck_random.h"

#include "dispatch.h"
#include "elementary.h"

/// The number of Philox blocks that are made at a time.
#define BATCH 128

CK_INLINE void philox_rounds(uint32_t c[4], uint32_t k0, uint32_t k1) {
  uint32_t c0 = c[0], c1 = c[1], c2 = c[2], c3 = c[3];
  for (int round = 0; round < 10; round++) {
    uint64_t p0 = (uint64_t)0xD2511F53u * c0;
    uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
    uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
    uint32_t n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
    c0 = n0;
    c1 = (uint32_t)p1;
    c2 = n2;
    c3 = (uint32_t)p0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  c[0] = c0;
  c[1] = c1;
  c[2] = c2;
  c[3] = c3;
}

void ck_philox(uint32_t counter[4], const uint32_t key[2]) { philox_rounds(counter, key[0], key[1]); }

/// The two elements of each of `count` blocks.
CK_INLINE void fill_blocks(
    uint64_t *even, uint64_t *odd, int64_t count, uint64_t seed, uint64_t stream, uint64_t block) {
  CK_LOOP
  for (int64_t i = 0; i < count; i++) {
    uint64_t b = block + (uint64_t)i;
    uint32_t c[4] = {(uint32_t)b, (uint32_t)(b >> 32), (uint32_t)stream, (uint32_t)(stream >> 32)};
    philox_rounds(c, (uint32_t)seed, (uint32_t)(seed >> 32));
    even[i] = (uint64_t)c[1] << 32 | c[0];
    odd[i] = (uint64_t)c[3] << 32 | c[2];
  }
}

/// A whole number below 2^53 as a double, by way of two exact halves (vector units before AVX-512 convert no 64 bits).
CK_INLINE double small_integer(uint64_t x) {
  double high = ck_from_bits_d(0x4530000000000000u | x >> 32) - 0x1p84;
  double low = ck_from_bits_d(0x4330000000000000u | (x & 0xffffffffu)) - 0x1p52;
  return high + low;
}

CK_INLINE double uniform_from_bits(uint64_t x) { return small_integer(x >> 11) * 0x1p-53; }

/// Two independent normal variables from the bits of two uniform ones.
CK_INLINE void normal_pair(uint64_t even, uint64_t odd, double *first, double *second) {
  // The radius takes its argument from (0, 1], so that the logarithm is finite.
  double u = small_integer((even >> 11) + 1) * 0x1p-53;
  double radius = __builtin_elementwise_sqrt(-2.0 * ck_log_d(u));
  double angle = 0x1.921fb54442d18p+2 * uniform_from_bits(odd);
  *first = radius * ck_cos_d(angle);
  *second = radius * ck_sin_d(angle);
}

/// Writes elements first … of a stream, in batches of blocks that `pair` turns into two values each.
#define FILL(REAL, pair)                                                    \
  do {                                                                      \
    uint64_t even[BATCH], odd[BATCH];                                       \
    double values[2 * BATCH];                                               \
    uint64_t end = first + (uint64_t)n;                                     \
    uint64_t position = first & ~(uint64_t)1;                               \
    while (n > 0 && position < end) {                                       \
      uint64_t left = (end - position + 1) / 2;                             \
      int64_t blocks = left < BATCH ? (int64_t)left : BATCH;                \
      fill_blocks(even, odd, blocks, seed, stream, position / 2);           \
      CK_LOOP                                                               \
      for (int64_t i = 0; i < blocks; i++) {                                \
        double *x = &values[2 * i], *y = &values[2 * i + 1];                \
        pair;                                                               \
      }                                                                     \
      for (int64_t i = 0; i < 2 * blocks; i++, position++) {                \
        if (position >= first && position < end) out[position - first] = (REAL)values[i]; \
      }                                                                     \
    }                                                                       \
  } while (0)

CK_DISPATCH void ck_random_uniform_d(double *out, int64_t n, uint64_t seed, uint64_t stream, uint64_t first) {
  FILL(double, (*x = uniform_from_bits(even[i]), *y = uniform_from_bits(odd[i])));
}

CK_DISPATCH void ck_random_uniform_f(float *out, int64_t n, uint64_t seed, uint64_t stream, uint64_t first) {
  // 24 bits, so that the value stays below 1.
  FILL(float, (*x = small_integer(even[i] >> 40) * 0x1p-24, *y = small_integer(odd[i] >> 40) * 0x1p-24));
}

CK_DISPATCH void ck_random_normal_d(double *out, int64_t n, uint64_t seed, uint64_t stream, uint64_t first) {
  FILL(double, normal_pair(even[i], odd[i], x, y));
}

CK_DISPATCH void ck_random_normal_f(float *out, int64_t n, uint64_t seed, uint64_t stream, uint64_t first) {
  FILL(float, normal_pair(even[i], odd[i], x, y));
}
