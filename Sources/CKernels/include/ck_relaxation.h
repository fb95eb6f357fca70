#ifndef CK_RELAXATION_H
#define CK_RELAXATION_H

#include <stdint.h>

/// Successive over-relaxation, x_i += relaxation (b - A x)_i / a_ii, in compressed rows; place k of the order is row
/// order[k], or row k where that is null.
typedef struct {
  const int32_t *starts, *columns, *order;
  const void *values, *inverse_diagonal, *b;
  void *x;
  double relaxation;
} ck_relaxation;

/// The places `first ..< end`, upwards or, if reversed, downwards.
void ck_relax_d(const ck_relaxation *relaxation, int32_t reversed, int64_t first, int64_t end);
void ck_relax_f(const ck_relaxation *relaxation, int32_t reversed, int64_t first, int64_t end);

#endif
