#ifndef CK_RANDOM_H
#define CK_RANDOM_H

#include <stdint.h>

// Counter-based random numbers: Philox 4x32 with 10 rounds (Salmon, Moraes, Dror and Shaw, SC11, 2011). The block with
// number b of stream s under a seed is a bijection of the 128-bit counter (b, s) keyed by the seed, so any element
// of any stream is found without those before it. Block b holds the elements 2b and 2b + 1, of 64 bits each.

/// The ten rounds: replaces the counter by the random block. Words in the order of the paper.
void ck_philox(uint32_t counter[4], const uint32_t key[2]);

/// Elements first … first + n - 1 of a stream, uniform on [0, 1): multiples of 2^-53 and of 2^-24.
void ck_random_uniform_d(double *out, int64_t n, uint64_t seed, uint64_t stream, uint64_t first);
void ck_random_uniform_f(float *out, int64_t n, uint64_t seed, uint64_t stream, uint64_t first);

/// Elements of a stream as standard normal variables: each block gives a pair (Box and Muller 1958). Single precision
/// is double precision rounded.
void ck_random_normal_d(double *out, int64_t n, uint64_t seed, uint64_t stream, uint64_t first);
void ck_random_normal_f(float *out, int64_t n, uint64_t seed, uint64_t stream, uint64_t first);

#endif
