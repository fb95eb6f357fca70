#include "ck_grid.h"

#include "dispatch.h"

#define REAL double
#define CK_TYPED(name) CK_CONCATENATE(name, _d)
#include "grid_template.h"
#undef CK_GRID_ARRAY
#undef CK_GRID_SUM
#undef CK_GRID_DIAGONAL
#undef CK_GRID_ROW
#undef CK_GRID_COLUMNS
#undef CK_GRID_KINDS
#undef CK_TYPED
#undef REAL

#define REAL float
#define CK_TYPED(name) CK_CONCATENATE(name, _f)
#include "grid_template.h"

// MARK: Relaxation

#define INVERSE(i) inverse[i]

CK_INLINE void grid_invert_diagonal(const ck_grid_plane *p, const int separable, const int hasRows, float *result) {
  const int64_t nx = p->nx;
  const float *u = CK_GRID_ARRAY(zeros), *below = u, *above = u;
  for (int64_t y = 0; y < p->ny; y++) {
    CK_GRID_ROW(y);
    float *out = result + y * nx;
    CK_LOOP
    for (int64_t i = 0; i < nx; i++) out[i] = 1 / CK_GRID_DIAGONAL(i);
  }
}

CK_DISPATCH void ck_grid_invert_diagonal(const ck_grid_plane *p, float *out) {
  CK_GRID_KINDS(grid_invert_diagonal, out)
}

// Out of place: a vector load that overlaps the vector stored just before waits until the store has left the core.
CK_INLINE void grid_relax_color(const ck_grid_plane *p, const int separable, const int hasRows, float *result, const float *rhs,
                                const float *u, const float *below, const float *above, int64_t parity) {
  const int64_t nx = p->nx;
  for (int64_t y = 0; y < p->ny; y++) {
    CK_GRID_ROW(y);
    float *out = result + y * nx;
    const float *b = rhs + y * nx;
    const int32_t odd = (int32_t)((parity + y) & 1);
#define BODY(i, W, E)                                              \
  const float relaxed = (b[i] + CK_GRID_SUM(i, W, E)) * INVERSE(i); \
  out[i] = (((int32_t)(i) ^ odd) & 1) == 0 ? relaxed : c[i]
#define BRACED(i, W, E) { BODY(i, W, E); }
    CK_GRID_COLUMNS(BRACED)
#undef BODY
#undef BRACED
  }
}

CK_DISPATCH void ck_grid_relax_color(const ck_grid_plane *p, float *out, const float *b, const float *u, const float *below,
                                     const float *above, int64_t parity) {
  CK_GRID_KINDS(grid_relax_color, out, b, u, below, above, parity)
}

CK_INLINE void grid_relax_color_from_zero(const ck_grid_plane *p, const int separable, const int hasRows, float *values,
                                          const float *rhs, int64_t parity) {
  const int64_t nx = p->nx;
  const float *u = values, *below = values, *above = values;
  for (int64_t y = 0; y < p->ny; y++) {
    CK_GRID_ROW(y);
    float *out = values + y * nx;
    const float *b = rhs + y * nx;
    const int32_t odd = (int32_t)((parity + y) & 1);
    CK_LOOP
    for (int64_t i = 0; i < nx; i++) out[i] = (((int32_t)i ^ odd) & 1) == 0 ? b[i] * INVERSE(i) : 0;
  }
}

CK_DISPATCH void ck_grid_relax_color_from_zero(const ck_grid_plane *p, float *u, const float *b, int64_t parity) {
  CK_GRID_KINDS(grid_relax_color_from_zero, u, b, parity)
}

CK_INLINE void grid_relax_step(const ck_grid_plane *p, const int separable, const int hasRows, float *result, float *direction,
                               const float *rhs, const float *u, const float *below, const float *above, float alpha,
                               float beta) {
  const int64_t nx = p->nx;
  for (int64_t y = 0; y < p->ny; y++) {
    CK_GRID_ROW(y);
    float *out = result + y * nx, *step = direction + y * nx;
    const float *b = rhs + y * nx;
#define BODY(i, W, E)                                                                                     \
  {                                                                                                       \
    const float r = (b[i] - CK_GRID_DIAGONAL(i) * c[i]) + CK_GRID_SUM(i, W, E);                            \
    const float next = beta == 0 ? alpha * INVERSE(i) * r : beta * step[i] + alpha * INVERSE(i) * r;      \
    step[i] = next;                                                                                       \
    out[i] = c[i] + next;                                                                                 \
  }
    CK_GRID_COLUMNS(BODY)
#undef BODY
  }
}

CK_DISPATCH void ck_grid_relax_step(const ck_grid_plane *p, float *out, float *d, const float *b, const float *u,
                                    const float *below, const float *above, float alpha, float beta) {
  CK_GRID_KINDS(grid_relax_step, out, d, b, u, below, above, alpha, beta)
}

CK_INLINE void grid_relax_step_from_zero(const ck_grid_plane *p, const int separable, const int hasRows, float *result,
                                         float *direction, const float *rhs, float alpha) {
  const int64_t nx = p->nx;
  const float *u = result, *below = result, *above = result;
  for (int64_t y = 0; y < p->ny; y++) {
    CK_GRID_ROW(y);
    float *out = result + y * nx, *step = direction + y * nx;
    const float *b = rhs + y * nx;
    CK_LOOP
    for (int64_t i = 0; i < nx; i++) {
      const float next = alpha * INVERSE(i) * b[i];
      step[i] = next;
      out[i] = next;
    }
  }
}

CK_DISPATCH void ck_grid_relax_step_from_zero(const ck_grid_plane *p, float *out, float *d, const float *b, float alpha) {
  CK_GRID_KINDS(grid_relax_step_from_zero, out, d, b, alpha)
}

// MARK: Transfers

CK_DISPATCH void ck_grid_blend(float *out, const float *x, const float *y, const float *z, float a, float b, float c,
                               int64_t n) {
  CK_LOOP
  for (int64_t i = 0; i < n; i++) out[i] = b * y[i] + (a * x[i] + c * z[i]);
}

/// A fine neighbour of a coarse unknown: across the seam of a periodic axis, or -1 outside the grid.
CK_INLINE int64_t grid_fine(const ck_grid_axis *a, int64_t i) {
  if (i >= 0 && i < a->fine) return i;
  return a->periodic ? (i + a->fine) % a->fine : -1;
}

CK_INLINE void grid_restrict_row(const ck_grid_axis *x, float *coarse, const float *fine) {
  if (x->factor == 1) {
    CK_LOOP
    for (int64_t I = 0; I < x->coarse; I++) coarse[I] = fine[I];
    return;
  }
  const float *before = x->before, *centre = x->centre, *after = x->after;
  const float *f = fine + x->offset;
  CK_LOOP
  for (int64_t I = 1; I < x->coarse - 1; I++) {
    coarse[I] = before[I] * f[2 * I - 1] + centre[I] * f[2 * I] + after[I] * f[2 * I + 1];
  }
  for (int end = 0; end < 2; end++) {
    const int64_t I = end == 0 ? 0 : x->coarse - 1;
    const int64_t left = grid_fine(x, 2 * I + x->offset - 1), right = grid_fine(x, 2 * I + x->offset + 1);
    coarse[I] = centre[I] * f[2 * I];
    if (left >= 0) coarse[I] += before[I] * fine[left];
    if (right >= 0) coarse[I] += after[I] * fine[right];
  }
}

CK_DISPATCH void ck_grid_restrict(const ck_grid_axis *x, const ck_grid_axis *y, float *coarse, const float *fine,
                                  float *scratch) {
  for (int64_t J = 0; J < y->coarse; J++) {
    if (y->factor == 1) {
      grid_restrict_row(x, coarse + J * x->coarse, fine + J * x->fine);
      continue;
    }
    const int64_t j = 2 * J + y->offset;
    const int64_t south = grid_fine(y, j - 1), north = grid_fine(y, j + 1);
    const float *c = fine + j * x->fine;
    const float *s = south >= 0 ? fine + south * x->fine : c, *n = north >= 0 ? fine + north * x->fine : c;
    const float ws = south >= 0 ? y->before[J] : 0, wc = y->centre[J], wn = north >= 0 ? y->after[J] : 0;
    CK_LOOP
    for (int64_t i = 0; i < x->fine; i++) scratch[i] = wc * c[i] + (ws * s[i] + wn * n[i]);
    grid_restrict_row(x, coarse + J * x->coarse, scratch);
  }
}

CK_INLINE void grid_interpolate_row(const ck_grid_axis *x, float *out, const float *fine, const float *coarse) {
  if (x->factor == 1) {
    CK_LOOP
    for (int64_t i = 0; i < x->fine; i++) out[i] = fine[i] + coarse[i];
    return;
  }
  const float *left = x->left + 1, *right = x->right + 1;
  const float *f = fine + x->offset;
  float *o = out + x->offset;
  const int64_t nc = x->coarse;
  CK_LOOP
  for (int64_t I = 0; I < nc - 1; I++) {
    o[2 * I] = f[2 * I] + coarse[I];
    o[2 * I + 1] = f[2 * I + 1] + (left[I] * coarse[I] + right[I] * coarse[I + 1]);
  }
  o[2 * (nc - 1)] = f[2 * (nc - 1)] + coarse[nc - 1];
  const int64_t end = 2 * (nc - 1) + x->offset + 1;
  if (end < x->fine) out[end] = fine[end] + (left[nc - 1] * coarse[nc - 1] + (x->periodic ? right[nc - 1] * coarse[0] : 0));
  if (x->offset == 1) out[0] = fine[0] + right[-1] * coarse[0];
}

CK_DISPATCH void ck_grid_interpolate_add(const ck_grid_axis *x, const ck_grid_axis *y, float *out, const float *fine,
                                         const float *coarse, float *scratch) {
  for (int64_t j = 0; j < y->fine; j++) {
    const float *f = fine + j * x->fine;
    float *o = out + j * x->fine;
    if (y->factor == 1) {
      grid_interpolate_row(x, o, f, coarse + j * x->coarse);
      continue;
    }
    const int64_t distance = j - y->offset, J = distance < 0 ? -1 : distance / 2;
    if (distance >= 0 && distance % 2 == 0) {
      grid_interpolate_row(x, o, f, coarse + J * x->coarse);
      continue;
    }
    const int64_t next = J + 1 < y->coarse ? J + 1 : y->periodic ? 0 : -1;
    const float *s = coarse + (J >= 0 ? J : 0) * x->coarse, *n = coarse + (next >= 0 ? next : 0) * x->coarse;
    const float ws = J >= 0 ? y->left[J + 1] : 0, wn = next >= 0 ? y->right[J + 1] : 0;
    CK_LOOP
    for (int64_t i = 0; i < x->coarse; i++) scratch[i] = ws * s[i] + wn * n[i];
    grid_interpolate_row(x, o, f, scratch);
  }
}
