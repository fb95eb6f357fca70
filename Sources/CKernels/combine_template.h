// Kernels over complex modes for the type REAL; included once per type.
//
// REAL          the scalar type
// CK_TYPED(f)   the name f with the suffix of the type
// CK_WIDE       scalars in one vector, half as many modes
// CK_PAIRS(v)   the first half of a vector, every element twice
// CK_EVENS(v)   every even element twice
// CK_ODDS(v)    every odd element twice
// CK_SWAPPED(v) neighbours exchanged
// CK_SIGNS      -1, 1, -1, 1, …

typedef REAL CK_TYPED(ck_wide) __attribute__((vector_size(CK_WIDE * sizeof(REAL)), aligned(sizeof(REAL))));
typedef REAL CK_TYPED(ck_half) __attribute__((vector_size(CK_WIDE / 2 * sizeof(REAL)), aligned(sizeof(REAL))));
#define WIDE CK_TYPED(ck_wide)
#define HALF CK_TYPED(ck_half)
#define MODES (CK_WIDE / 2)

// Macros, because functions that return wide vectors have no fixed calling convention.
#define LOAD(p) (*(const WIDE *)(p))
#define STORE(p, value) (*(WIDE *)(p) = (value))
/// i z
#define ROTATED(z) (CK_SIGNS * CK_SWAPPED(z))

/// One real coefficient per mode, next to both parts of the mode.
#define LOAD_PAIRS(result, p)      \
  HALF result##_half = *(const HALF *)(p); \
  WIDE result = CK_PAIRS(result##_half)

// MARK: Combinations

CK_INLINE void CK_TYPED(ck_combine_real_terms)(
    REAL *out, int64_t n, int64_t terms, const REAL *const *vectors, const REAL *const *coefficients) {
  // Copies of the tables, which stores to `out` cannot change.
  const REAL *v[CK_TERMS], *c[CK_TERMS];
  for (int64_t t = 0; t < terms; t++) {
    v[t] = vectors[t];
    c[t] = coefficients[t];
  }
  int64_t m = 0;
  for (; m + MODES <= n; m += MODES) {
    LOAD_PAIRS(first, c[0] + m);
    WIDE sum = first * LOAD(v[0] + 2 * m);
    for (int64_t t = 1; t < terms; t++) {
      LOAD_PAIRS(next, c[t] + m);
      sum = next * LOAD(v[t] + 2 * m) + sum;
    }
    STORE(out + 2 * m, sum);
  }
  for (; m < n; m++) {
    REAL re = c[0][m] * v[0][2 * m];
    REAL im = c[0][m] * v[0][2 * m + 1];
    for (int64_t t = 1; t < terms; t++) {
      re = c[t][m] * v[t][2 * m] + re;
      im = c[t][m] * v[t][2 * m + 1] + im;
    }
    out[2 * m] = re;
    out[2 * m + 1] = im;
  }
}

CK_INLINE void CK_TYPED(ck_combine_complex_terms)(
    REAL *out, int64_t n, int64_t terms, const REAL *const *vectors, const REAL *const *coefficients) {
  // Copies of the tables, which stores to `out` cannot change.
  const REAL *v[CK_TERMS], *c[CK_TERMS];
  for (int64_t t = 0; t < terms; t++) {
    v[t] = vectors[t];
    c[t] = coefficients[t];
  }
  int64_t m = 0;
  for (; m + MODES <= n; m += MODES) {
    WIDE s = LOAD(c[0] + 2 * m);
    WIDE z = LOAD(v[0] + 2 * m);
    WIDE sum = CK_EVENS(s) * z;
    sum = CK_ODDS(s) * ROTATED(z) + sum;
    for (int64_t t = 1; t < terms; t++) {
      s = LOAD(c[t] + 2 * m);
      z = LOAD(v[t] + 2 * m);
      sum = CK_EVENS(s) * z + sum;
      sum = CK_ODDS(s) * ROTATED(z) + sum;
    }
    STORE(out + 2 * m, sum);
  }
  for (; m < n; m++) {
    REAL re = 0, im = 0;
    for (int64_t t = 0; t < terms; t++) {
      REAL a = c[t][2 * m], b = c[t][2 * m + 1];
      REAL x = v[t][2 * m], y = v[t][2 * m + 1];
      re = a * x + re;
      re = b * -y + re;
      im = a * y + im;
      im = b * x + im;
    }
    out[2 * m] = re;
    out[2 * m + 1] = im;
  }
}

CK_INLINE void CK_TYPED(ck_combine_scalar_terms)(
    REAL *out, int64_t n, int64_t terms, const REAL *const *vectors, const REAL *coefficients) {
  const REAL *v[CK_TERMS];
  REAL c[CK_TERMS];
  for (int64_t t = 0; t < terms; t++) {
    v[t] = vectors[t];
    c[t] = coefficients[t];
  }
  int64_t i = 0;
  for (; i + CK_WIDE <= n; i += CK_WIDE) {
    WIDE sum = c[0] * LOAD(v[0] + i);
    for (int64_t t = 1; t < terms; t++) sum = c[t] * LOAD(v[t] + i) + sum;
    STORE(out + i, sum);
  }
  for (; i < n; i++) {
    REAL sum = c[0] * v[0][i];
    for (int64_t t = 1; t < terms; t++) sum = c[t] * v[t][i] + sum;
    out[i] = sum;
  }
}

// A constant number of terms lets the compiler keep the pointers in registers and unroll the sum.
#define CK_UNROLL(function)                                               \
  switch (terms) {                                                        \
    case 0: for (int64_t i = 0; i < CK_SCALARS; i++) out[i] = 0; break;   \
    case 1: function(out, n, 1, vectors, coefficients); break;            \
    case 2: function(out, n, 2, vectors, coefficients); break;            \
    case 3: function(out, n, 3, vectors, coefficients); break;            \
    case 4: function(out, n, 4, vectors, coefficients); break;            \
    case 5: function(out, n, 5, vectors, coefficients); break;            \
    case 6: function(out, n, 6, vectors, coefficients); break;            \
    default:                                                              \
      if (terms > CK_TERMS) __builtin_trap();                             \
      function(out, n, terms, vectors, coefficients);                     \
  }

#define CK_SCALARS (2 * n)

CK_DISPATCH void CK_TYPED(ck_combine_real)(
    REAL *out, int64_t n, int64_t terms, const REAL *const *vectors, const REAL *const *coefficients) {
  CK_UNROLL(CK_TYPED(ck_combine_real_terms))
}

CK_DISPATCH void CK_TYPED(ck_combine_complex)(
    REAL *out, int64_t n, int64_t terms, const REAL *const *vectors, const REAL *const *coefficients) {
  CK_UNROLL(CK_TYPED(ck_combine_complex_terms))
}

#undef CK_SCALARS
#define CK_SCALARS n

CK_DISPATCH void CK_TYPED(ck_combine_scalar)(
    REAL *out, int64_t n, int64_t terms, const REAL *const *vectors, const REAL *coefficients) {
  CK_UNROLL(CK_TYPED(ck_combine_scalar_terms))
}

#undef CK_SCALARS
#undef CK_UNROLL

// MARK: Products with a symbol

CK_INLINE void CK_TYPED(ck_real_product)(REAL *out, int64_t n, const REAL *symbol, const REAL *in, int add) {
  int64_t m = 0;
  for (; m + MODES <= n; m += MODES) {
    LOAD_PAIRS(r, symbol + m);
    WIDE z = LOAD(in + 2 * m);
    WIDE *target = (WIDE *)(out + 2 * m);
    *target = add ? r * z + *target : r * z;
  }
  for (; m < n; m++) {
    REAL r = symbol[m], x = in[2 * m], y = in[2 * m + 1];
    out[2 * m] = add ? r * x + out[2 * m] : r * x;
    out[2 * m + 1] = add ? r * y + out[2 * m + 1] : r * y;
  }
}

CK_INLINE void CK_TYPED(ck_imaginary_product)(
    REAL *out, int64_t n, const REAL *symbol, const REAL *in, int add) {
  int64_t m = 0;
  for (; m + MODES <= n; m += MODES) {
    LOAD_PAIRS(r, symbol + m);
    WIDE z = LOAD(in + 2 * m);
    z = ROTATED(z);
    WIDE *target = (WIDE *)(out + 2 * m);
    *target = add ? r * z + *target : r * z;
  }
  for (; m < n; m++) {
    REAL r = symbol[m], x = in[2 * m], y = in[2 * m + 1];
    out[2 * m] = add ? r * -y + out[2 * m] : r * -y;
    out[2 * m + 1] = add ? r * x + out[2 * m + 1] : r * x;
  }
}

CK_INLINE void CK_TYPED(ck_complex_product)(
    REAL *out, int64_t n, const REAL *symbol, const REAL *in, int add) {
  int64_t m = 0;
  for (; m + MODES <= n; m += MODES) {
    WIDE s = LOAD(symbol + 2 * m), z = LOAD(in + 2 * m);
    WIDE *target = (WIDE *)(out + 2 * m);
    WIDE first = add ? CK_EVENS(s) * z + *target : CK_EVENS(s) * z;
    *target = CK_ODDS(s) * ROTATED(z) + first;
  }
  for (; m < n; m++) {
    REAL a = symbol[2 * m], b = symbol[2 * m + 1], x = in[2 * m], y = in[2 * m + 1];
    REAL re = add ? a * x + out[2 * m] : a * x;
    REAL im = add ? a * y + out[2 * m + 1] : a * y;
    out[2 * m] = b * -y + re;
    out[2 * m + 1] = b * x + im;
  }
}

#define CK_PRODUCT(kind)                                                                                        \
  CK_DISPATCH void CK_TYPED(ck_multiply_##kind)(REAL *out, int64_t n, const REAL *symbol, const REAL *in) {     \
    CK_TYPED(ck_##kind##_product)(out, n, symbol, in, 0);                                                       \
  }                                                                                                             \
  CK_DISPATCH void CK_TYPED(ck_multiply_add_##kind)(REAL *out, int64_t n, const REAL *symbol, const REAL *in) { \
    CK_TYPED(ck_##kind##_product)(out, n, symbol, in, 1);                                                       \
  }

CK_PRODUCT(real)
CK_PRODUCT(imaginary)
CK_PRODUCT(complex)

#undef CK_PRODUCT
#undef WIDE
#undef HALF
#undef MODES
#undef LOAD
#undef LOAD_PAIRS
#undef STORE
#undef ROTATED
