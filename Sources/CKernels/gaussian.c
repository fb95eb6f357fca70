#include "ck_gaussian.h"

#include "dispatch.h"
#include "elementary.h"
#include "lanes.h"

#define BLOCK CK_GAUSSIANS
#define TABLE (CK_GAUSSIAN_ORDER + 3)

#define EACH for (int i = 0; i < BLOCK; i++)

// Along one axis the derivative of order a of exp(-z²/2), z = s(x - m), is q_a exp(-z²/2) with q_0 = 1, q_1 = -s z and
// q_{a+1} = -s z q_a - a s² q_{a-1} (Hermite polynomials with the factor (-s)^a). The derivative of any of these with respect
// to log σ is σ² q_{a+2} + q_a, as for the heat equation.

/// Tables of one point and one block: p[j][a] as above, where those of periodic axes have their exponentials inside, and the
/// common exponential e of the other axes.
typedef struct {
  double p[CK_GAUSSIAN_AXES][TABLE][BLOCK];
  double e[BLOCK];
} gaussian_tables;

CK_INLINE void polynomials(double (*p)[BLOCK], const double *z, const double *s, int highest) {
  EACH p[0][i] = 1.0;
  if (highest < 1) return;
  EACH p[1][i] = -s[i] * z[i];
  for (int a = 1; a < highest; a++) {
    const double f = (double)a;
    EACH p[a + 1][i] = -s[i] * (z[i] * p[a][i] + f * (s[i] * p[a - 1][i]));
  }
}

CK_INLINE void tables(gaussian_tables *t, const ck_gaussians *g, const double *x, int64_t first, int extra) {
  double sum[BLOCK];
  EACH sum[i] = 0.0;
  for (int j = 0; j < g->axes; j++) {
    const double *m = g->mean + j * g->stride + first;
    const double *s = g->inverse + j * g->stride + first;
    const int highest = g->order[j] + extra;
    double z[BLOCK];
    if (g->period[j] == 0.0) {
      EACH z[i] = (x[j] - m[i]) * s[i];
      EACH sum[i] += z[i] * z[i];
      polynomials(t->p[j], z, s, highest);
      continue;
    }
    const double period = g->period[j], inverse = 1.0 / period;
    double nearest[BLOCK];
    EACH {
      const double d = x[j] - m[i];
      nearest[i] = d - period * ((d * inverse + CK_ROUND_D) - CK_ROUND_D);
    }
    for (int image = -g->images[j]; image <= g->images[j]; image++) {
      double q[TABLE][BLOCK];
      double w[BLOCK];
      const double shift = image * period;
      EACH z[i] = (nearest[i] + shift) * s[i];
      EACH w[i] = ck_exp_of_negative_d(-0.5 * (z[i] * z[i]));
      polynomials(q, z, s, highest);
      for (int a = 0; a <= highest; a++) {
        if (image == -g->images[j]) {
          EACH t->p[j][a][i] = q[a][i] * w[i];
        } else {
          EACH t->p[j][a][i] += q[a][i] * w[i];
        }
      }
    }
  }
  EACH t->e[i] = ck_exp_of_negative_d(-0.5 * sum[i]);
}

/// Multiplies by the table of every axis but one.
CK_INLINE void others(double *out, double c, const gaussian_tables *t, const ck_gaussian_term *term, int axes,
                      int except) {
  int begun = 0;
  for (int j = 0; j < axes; j++) {
    if (j == except) continue;
    const double *p = t->p[j][term->order[j]];
    if (begun) {
      EACH out[i] *= p[i];
    } else {
      EACH out[i] = c * p[i];
    }
    begun = 1;
  }
  if (!begun) EACH out[i] = c;
}

CK_DISPATCH void ck_gaussian_jets(const ck_gaussians *g, const double *points, int64_t count,
                                  const ck_gaussian_term *terms, int64_t term_count, double *out, int64_t out_stride) {
  gaussian_tables t;
  double product[BLOCK];
  for (int64_t n = 0; n < count; n++) {
    const double *x = points + n * g->axes;
    // A few terms at a time, so that their accumulators stay in the first-level cache.
    for (int64_t low = 0; low < term_count; low += 16) {
      const int64_t high = low + 16 < term_count ? low + 16 : term_count;
      double sums[16][BLOCK];
      for (int64_t k = low; k < high; k++) EACH sums[k - low][i] = 0.0;
      for (int64_t first = 0; first < g->count; first += BLOCK) {
        tables(&t, g, x, first, 0);
        for (int64_t k = low; k < high; k++) {
          const double *w = g->weight + terms[k].unknown * g->stride + first;
          double *s = sums[k - low];
          others(product, 1.0, &t, terms + k, g->axes, -1);
          EACH s[i] += w[i] * (t.e[i] * product[i]);
        }
      }
      for (int64_t k = low; k < high; k++) {
        double *s = sums[k - low];
        for (int width = BLOCK / 2; width > 0; width /= 2) {
          for (int i = 0; i < width; i++) s[i] += s[i + width];
        }
        out[k * out_stride + n] = s[0];
      }
    }
  }
}

CK_INLINE void gaussian_rows(const ck_gaussians *g, const int axes, const double *points, int64_t count,
                             const ck_gaussian_term *terms, int64_t term_count, const double *coefficients,
                             int64_t coefficient_stride, double scale, int32_t shapes, double *rows,
                             int64_t row_stride) {
  gaussian_tables t;
  double value[BLOCK], product[BLOCK];
  double by_mean[CK_GAUSSIAN_AXES][BLOCK], by_width[CK_GAUSSIAN_AXES][BLOCK];
  double own_mean[CK_GAUSSIAN_AXES][BLOCK], own_width[CK_GAUSSIAN_AXES][BLOCK];
  double square[CK_GAUSSIAN_AXES][BLOCK];
  for (int64_t first = 0; first < g->count; first += BLOCK) {
    const int64_t filled = g->count - first < BLOCK ? g->count - first : BLOCK;
    if (shapes) {
      for (int j = 0; j < axes; j++) {
        const double *s = g->inverse + j * g->stride + first;
        // Padding has s = 0; what comes of it is not kept.
        EACH square[j][i] = 1.0 / (s[i] * s[i]);
      }
    }
    for (int64_t n = 0; n < count; n++) {
      double *row = rows + n * row_stride + first;
      tables(&t, g, points + n * axes, first, shapes ? 2 : 0);
      EACH t.e[i] *= scale;
      if (shapes) {
        for (int j = 0; j < axes; j++) EACH by_mean[j][i] = by_width[j][i] = 0.0;
      }
      int64_t k = 0;
      for (int32_t unknown = 0; unknown < g->unknowns; unknown++) {
        EACH value[i] = 0.0;
        if (shapes) {
          for (int j = 0; j < axes; j++) EACH own_mean[j][i] = own_width[j][i] = 0.0;
        }
        for (; k < term_count && terms[k].unknown == unknown; k++) {
          const double c = coefficients[k * coefficient_stride + n];
          if (!shapes) {
            others(product, c, &t, terms + k, axes, -1);
            EACH value[i] += product[i];
            continue;
          }
          for (int j = 0; j < axes; j++) {
            const int a = terms[k].order[j];
            others(product, c, &t, terms + k, axes, j);
            if (j == 0) EACH value[i] += product[i] * t.p[j][a][i];
            EACH own_mean[j][i] += product[i] * t.p[j][a + 1][i];
            EACH own_width[j][i] += product[i] * (square[j][i] * t.p[j][a + 2][i] + t.p[j][a][i]);
          }
        }
        EACH value[i] *= t.e[i];
        double *to = row + unknown * g->count;
        for (int64_t i = 0; i < filled; i++) to[i] = value[i];
        if (shapes) {
          const double *w = g->weight + unknown * g->stride + first;
          for (int j = 0; j < axes; j++) {
            EACH by_mean[j][i] -= w[i] * own_mean[j][i];
            EACH by_width[j][i] += w[i] * own_width[j][i];
          }
        }
      }
      if (shapes) {
        double *to = row + g->unknowns * g->count;
        for (int j = 0; j < axes; j++) {
          EACH by_mean[j][i] *= t.e[i];
          EACH by_width[j][i] *= t.e[i];
          for (int64_t i = 0; i < filled; i++) to[j * g->count + i] = by_mean[j][i];
          for (int64_t i = 0; i < filled; i++) to[(axes + j) * g->count + i] = by_width[j][i];
        }
      }
    }
  }
}

CK_DISPATCH void ck_gaussian_rows(const ck_gaussians *g, const double *points, int64_t count,
                                  const ck_gaussian_term *terms, int64_t term_count, const double *coefficients,
                                  int64_t coefficient_stride, double scale, int32_t shapes, double *rows,
                                  int64_t row_stride) {
  // A known number of axes lets loops over them unroll.
  switch (g->axes) {
    case 1:
      gaussian_rows(g, 1, points, count, terms, term_count, coefficients, coefficient_stride, scale, shapes, rows,
                    row_stride);
      break;
    case 2:
      gaussian_rows(g, 2, points, count, terms, term_count, coefficients, coefficient_stride, scale, shapes, rows,
                    row_stride);
      break;
    case 3:
      gaussian_rows(g, 3, points, count, terms, term_count, coefficients, coefficient_stride, scale, shapes, rows,
                    row_stride);
      break;
    default:
      gaussian_rows(g, 4, points, count, terms, term_count, coefficients, coefficient_stride, scale, shapes, rows,
                    row_stride);
  }
}
