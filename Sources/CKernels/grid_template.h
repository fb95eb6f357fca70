// Actions of grid operators for the type REAL; included once per type.

#define CK_GRID_ARRAY(name) ((const REAL *)p->name)

/// What the neighbours of unknown i contribute, for loops that differ in what they do with the sum.
#define CK_GRID_SUM(i, W, E)                                                                                            \
  (separable ? west[i] * (W) + east[i] * (E) + (hasRows ? southOne * s[i] + northOne * n[i] : 0) +                      \
                   (belowOne * d[i] + aboveOne * t[i])                                                                  \
             : west[i] * (W) + east[i] * (E) + (hasRows ? south[i] * s[i] + north[i] * n[i] : 0) +                      \
                   (belowRow[i] * d[i] + aboveRow[i] * t[i]))
#define CK_GRID_DIAGONAL(i)                                                                                             \
  (separable ? diagonal[i] + rowDiagonal                                                                                \
             : west[i] + east[i] + (hasRows ? south[i] + north[i] : 0) + (belowRow[i] + aboveRow[i]) +                  \
                   (shifted ? diagonal[i] : 0))

/// The pointers of row y: c its unknowns, s and n the rows beside it, d and t those below and above.
#define CK_GRID_ROW(y)                                                                                                  \
  const REAL *c = u + (y) * nx, *d = below + (y) * nx, *t = above + (y) * nx;                                           \
  const REAL *s = (y) > 0 ? c - nx : p->periodicPlane ? u + (p->ny - 1) * nx : CK_GRID_ARRAY(zeros); \
  const REAL *n = (y) < p->ny - 1 ? c + nx : p->periodicPlane ? u : CK_GRID_ARRAY(zeros); \
  const REAL *west = CK_GRID_ARRAY(west) + (separable ? 0 : (y) * p->faceStride); \
  const REAL *east = CK_GRID_ARRAY(east) + (separable ? 0 : (y) * p->faceStride); \
  const REAL *south = separable ? 0 : CK_GRID_ARRAY(south) + (y) * p->rowStride; \
  const REAL *north = separable ? 0 : CK_GRID_ARRAY(north) + (y) * p->rowStride; \
  const REAL *belowRow = separable ? 0 : CK_GRID_ARRAY(below) + (y) * p->rowStride; \
  const REAL *aboveRow = separable ? 0 : CK_GRID_ARRAY(above) + (y) * p->rowStride; \
  const int shifted = p->diagonal != 0;                                                                                 \
  const REAL *diagonal = separable ? CK_GRID_ARRAY(diagonal) : shifted ? CK_GRID_ARRAY(diagonal) + (y) * p->rowStride : 0; \
  const REAL southOne = separable && hasRows ? CK_GRID_ARRAY(south)[y] : 0, northOne = separable && hasRows ? CK_GRID_ARRAY(north)[y] : 0; \
  const REAL belowOne = separable ? *CK_GRID_ARRAY(below) : 0, aboveOne = separable ? *CK_GRID_ARRAY(above) : 0; \
  const REAL rowDiagonal = separable ? CK_GRID_ARRAY(rowDiagonal)[y] : 0; \
  const REAL *inverse = !CK_GRID_ARRAY(inverse) ? 0 : CK_GRID_ARRAY(inverse) + (separable ? p->inverseRows[y] * nx : (y) * p->rowStride); \
  const REAL first = p->periodicRows ? c[nx - 1] : 0, last = p->periodicRows ? c[0] : 0;                                \
  (void)inverse, (void)south, (void)north, (void)belowRow, (void)aboveRow, (void)southOne, (void)northOne;              \
  (void)belowOne, (void)aboveOne, (void)rowDiagonal, (void)diagonal, (void)first, (void)last, (void)shifted;            \
  (void)s, (void)n, (void)d, (void)t

/// Runs BODY(i, western neighbour, eastern neighbour) over a row whose ends have neighbours of their own.
#define CK_GRID_COLUMNS(BODY)                              \
  if (nx == 1) {                                           \
    BODY(0, first, last);                                  \
  } else {                                                 \
    BODY(0, first, c[1]);                                  \
    CK_LOOP                                                \
    for (int64_t i = 1; i < nx - 1; i++) {                 \
      BODY(i, c[i - 1], c[i + 1]);                         \
    }                                                      \
    BODY(nx - 1, c[nx - 2], last);                         \
  }

/// The four kinds of planes, each compiled apart.
#define CK_GRID_KINDS(function, ...)                                              \
  if (p->rowStride == 0) {                                                        \
    if (p->south) function(p, 1, 1, __VA_ARGS__); else function(p, 1, 0, __VA_ARGS__); \
  } else {                                                                        \
    if (p->south) function(p, 0, 1, __VA_ARGS__); else function(p, 0, 0, __VA_ARGS__); \
  }

CK_INLINE void CK_TYPED(grid_apply)(const ck_grid_plane *p, const int separable, const int hasRows, REAL *result, const REAL *u,
                                    const REAL *below, const REAL *above) {
  const int64_t nx = p->nx;
  for (int64_t y = 0; y < p->ny; y++) {
    CK_GRID_ROW(y);
    REAL *out = result + y * nx;
#define BODY(i, W, E) out[i] = CK_GRID_DIAGONAL(i) * c[i] - CK_GRID_SUM(i, W, E)
    CK_GRID_COLUMNS(BODY)
#undef BODY
  }
}

CK_DISPATCH void CK_TYPED(ck_grid_apply)(const ck_grid_plane *p, REAL *out, const REAL *u, const REAL *below, const REAL *above) {
  CK_GRID_KINDS(CK_TYPED(grid_apply), out, u, below, above)
}

CK_INLINE void CK_TYPED(grid_residual)(const ck_grid_plane *p, const int separable, const int hasRows, REAL *result,
                                       const REAL *rhs, const REAL *u, const REAL *below, const REAL *above) {
  const int64_t nx = p->nx;
  for (int64_t y = 0; y < p->ny; y++) {
    CK_GRID_ROW(y);
    REAL *out = result + y * nx;
    const REAL *b = rhs + y * nx;
#define BODY(i, W, E) out[i] = (b[i] - CK_GRID_DIAGONAL(i) * c[i]) + CK_GRID_SUM(i, W, E)
    CK_GRID_COLUMNS(BODY)
#undef BODY
  }
}

CK_DISPATCH void CK_TYPED(ck_grid_residual)(const ck_grid_plane *p, REAL *out, const REAL *b, const REAL *u, const REAL *below,
                                            const REAL *above) {
  CK_GRID_KINDS(CK_TYPED(grid_residual), out, b, u, below, above)
}

CK_DISPATCH void CK_TYPED(ck_grid_narrow)(float *out, const REAL *in, int64_t nx, int64_t ny, const float *columnScale,
                                          const float *rowScale, REAL scale) {
  for (int64_t y = 0; y < ny; y++) {
    const REAL rowFactor = scale * rowScale[y];
    CK_LOOP
    for (int64_t i = 0; i < nx; i++) out[y * nx + i] = (float)(in[y * nx + i] * (rowFactor * columnScale[i]));
  }
}

CK_DISPATCH void CK_TYPED(ck_grid_widen)(REAL *out, const float *in, int64_t n, REAL scale) {
  CK_LOOP
  for (int64_t i = 0; i < n; i++) out[i] = scale * (REAL)in[i];
}

CK_DISPATCH void CK_TYPED(ck_scaled_narrow)(float *out, const REAL *in, int64_t n, REAL scale) {
  CK_LOOP
  for (int64_t i = 0; i < n; i++) out[i] = (float)(scale * in[i]);
}
