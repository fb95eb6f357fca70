// Stencils on grids for the type REAL; included once per type.

void CK_TYPED(ck_stencil_fill)(const int32_t *starts, int32_t *columns, REAL *values, const ck_stencil *s, int64_t first,
                               int64_t end) {
  ck_stencil_entry entries[7];
  const int64_t ny = s->points[1], nz = s->points[2];
  for (int64_t line = first; line < end; line++) {
    for (int64_t k = 0; k < nz; k++) {
      const int count = ck_stencil_row(entries, s, line / ny, line % ny, k);
      const int64_t start = starts[line * nz + k];
      for (int p = 0; p < count; p++) {
        columns[start + p] = entries[p].column;
        values[start + p] = (REAL)entries[p].value;
      }
    }
  }
}

/// The neighbouring lines' part of y = A x on one line; a null line is zero.
CK_INLINE void CK_TYPED(ck_stencil_add)(REAL *y, const REAL *a, const REAL *b, REAL c, int64_t n) {
  if (a && b) {
    CK_LOOP
    for (int64_t k = 0; k < n; k++) y[k] += c * (a[k] + b[k]);
  } else if (a || b) {
    const REAL *const line = a ? a : b;
    CK_LOOP
    for (int64_t k = 0; k < n; k++) y[k] += c * line[k];
  }
}

CK_DISPATCH void CK_TYPED(ck_stencil_multiply)(REAL *y, const REAL *x, const ck_stencil *s, int64_t first,
                                               int64_t end) {
  const int64_t ny = s->points[1], nz = s->points[2];
  const REAL center = (REAL)s->center, cx = (REAL)s->side[0], cy = (REAL)s->side[1], cz = (REAL)s->side[2];
  for (int64_t line = first; line < end; line++) {
    const int64_t i = line / ny, j = line % ny;
    const REAL *const x0 = x + line * nz;
    REAL *const y0 = y + line * nz;
    const REAL *sides[4];
    for (int side = 0; side < 4; side++) {
      const int axis = side / 2;
      const int64_t other = s->side[axis] == 0 ? -1 : ck_neighbour(s, axis, axis ? j : i, side % 2 ? 1 : -1);
      sides[side] = other < 0 ? NULL : x + (axis ? i * ny + other : other * ny + j) * nz;
    }
    const int64_t last = nz - 1, below = ck_neighbour(s, 2, 0, -1), above = ck_neighbour(s, 2, last, 1);
    const REAL left = below < 0 ? 0 : x0[below], right = above < 0 ? 0 : x0[above];
    if (nz == 1) {
      y0[0] = center * x0[0] + cz * (left + right);
    } else {
      y0[0] = center * x0[0] + cz * (left + x0[1]);
      CK_LOOP
      for (int64_t k = 1; k < last; k++) y0[k] = center * x0[k] + cz * (x0[k - 1] + x0[k + 1]);
      y0[last] = center * x0[last] + cz * (x0[last - 1] + right);
    }
    CK_TYPED(ck_stencil_add)(y0, sides[2], sides[3], cy, nz);
    CK_TYPED(ck_stencil_add)(y0, sides[0], sides[1], cx, nz);
  }
}

#undef CK_TYPED
#undef REAL
