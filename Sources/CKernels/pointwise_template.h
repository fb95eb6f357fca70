// The interpreter of pointwise programs for the type REAL; included once per type.
//
// REAL          the scalar type
// CK_TYPED(f)   the name f with the suffix of the type
// CK_LIBM(f)    the function f of libm for the type

#define CK_EACH(expression)            \
  do {                                 \
    CK_LOOP                            \
    for (int64_t i = 0; i < n; i++) {  \
      dst[i] = (expression);           \
    }                                  \
  } while (0)

/// The same where the expression calls a function that has no vector form.
#define CK_EACH_CALL(expression)                                        \
  do {                                                                  \
    for (int64_t i = 0; i < n; i++) dst[i] = (expression);              \
  } while (0)

/// dst = fast(a) where the fast function reduces its argument correctly, and wide(a) elsewhere.
#define CK_EACH_TRIGONOMETRIC(fast, wide)                                                          \
  do {                                                                                             \
    if (CK_TYPED(ck_all_moderate)(a, n)) {                                                         \
      CK_EACH(fast(a[i]));                                                                         \
    } else {                                                                                       \
      for (int64_t i = 0; i < n; i++) {                                                            \
        dst[i] = CK_TYPED(ck_all_moderate)(a + i, 1) ? fast(a[i]) : wide(a[i]);                    \
      }                                                                                            \
    }                                                                                              \
  } while (0)

CK_INLINE int CK_TYPED(ck_all_moderate)(const REAL *a, int64_t n) {
  int moderate = 1;
  for (int64_t i = 0; i < n; i++) {
    REAL magnitude = a[i] < 0 ? -a[i] : a[i];
    moderate &= magnitude <= (REAL)CK_TRIGONOMETRIC_LIMIT;
  }
  return moderate;
}

CK_INLINE void CK_TYPED(ck_integer_power)(REAL *dst, const REAL *a, int64_t exponent, int64_t n) {
  REAL base[CK_BLOCK];
  REAL power[CK_BLOCK];
  uint64_t bits = exponent < 0 ? -(uint64_t)exponent : (uint64_t)exponent;
  CK_LOOP
  for (int64_t i = 0; i < n; i++) {
    base[i] = a[i];
    power[i] = (bits & 1) ? a[i] : (REAL)1;
  }
  for (bits >>= 1; bits != 0; bits >>= 1) {
    CK_LOOP
    for (int64_t i = 0; i < n; i++) base[i] *= base[i];
    if (bits & 1) {
      CK_LOOP
      for (int64_t i = 0; i < n; i++) power[i] *= base[i];
    }
  }
  if (exponent < 0) {
    CK_EACH((REAL)1 / power[i]);
  } else {
    CK_EACH(power[i]);
  }
}

CK_INLINE void CK_TYPED(ck_run_instruction)(
    const ck_instruction *instruction, REAL *dst, const REAL *a, const REAL *b, const REAL *c, int64_t n) {
  const REAL k = (REAL)instruction->constant;
  switch ((ck_operation)instruction->op) {
    case CK_OP_COPY: CK_EACH(a[i]); break;
    case CK_OP_CONST: CK_EACH(k); break;
    case CK_OP_ADD: CK_EACH(a[i] + b[i]); break;
    case CK_OP_SUB: CK_EACH(a[i] - b[i]); break;
    case CK_OP_MUL: CK_EACH(a[i] * b[i]); break;
    case CK_OP_DIV: CK_EACH(a[i] / b[i]); break;
    case CK_OP_FMA: CK_EACH(a[i] * b[i] + c[i]); break;
    case CK_OP_FMS: CK_EACH(a[i] * b[i] - c[i]); break;
    case CK_OP_FNMA: CK_EACH(c[i] - a[i] * b[i]); break;
    case CK_OP_ADDC: CK_EACH(a[i] + k); break;
    case CK_OP_MULC: CK_EACH(a[i] * k); break;
    case CK_OP_DIVC: CK_EACH(a[i] / k); break;
    case CK_OP_RSUBC: CK_EACH(k - a[i]); break;
    case CK_OP_RDIVC: CK_EACH(k / a[i]); break;
    case CK_OP_FMAC: CK_EACH(a[i] * k + b[i]); break;
    case CK_OP_MINC: CK_EACH(a[i] < k ? a[i] : k); break;
    case CK_OP_MAXC: CK_EACH(a[i] > k ? a[i] : k); break;
    case CK_OP_NEG: CK_EACH(-a[i]); break;
    case CK_OP_SQUARE: CK_EACH(a[i] * a[i]); break;
    case CK_OP_CUBE: CK_EACH(a[i] * a[i] * a[i]); break;
    case CK_OP_POWI: CK_TYPED(ck_integer_power)(dst, a, (int64_t)instruction->constant, n); break;
    case CK_OP_POWC: CK_EACH_CALL(CK_LIBM(pow)(a[i], k)); break;
    case CK_OP_POW: CK_EACH_CALL(CK_LIBM(pow)(a[i], b[i])); break;
    case CK_OP_SQRT: CK_EACH(__builtin_elementwise_sqrt(a[i])); break;
    case CK_OP_EXP: CK_EACH(CK_TYPED(ck_exp)(a[i])); break;
    case CK_OP_EXPM1: CK_EACH(CK_TYPED(ck_expm1)(a[i])); break;
    case CK_OP_LOG: CK_EACH(CK_TYPED(ck_log)(a[i])); break;
    case CK_OP_LOG1P: CK_EACH(CK_TYPED(ck_log1p)(a[i])); break;
    case CK_OP_SIN: CK_EACH_TRIGONOMETRIC(CK_TYPED(ck_sin), CK_LIBM(sin)); break;
    case CK_OP_COS: CK_EACH_TRIGONOMETRIC(CK_TYPED(ck_cos), CK_LIBM(cos)); break;
    case CK_OP_TAN: CK_EACH_CALL(CK_LIBM(tan)(a[i])); break;
    case CK_OP_ASIN: CK_EACH_CALL(CK_LIBM(asin)(a[i])); break;
    case CK_OP_ACOS: CK_EACH_CALL(CK_LIBM(acos)(a[i])); break;
    case CK_OP_ATAN: CK_EACH(CK_TYPED(ck_atan)(a[i])); break;
    case CK_OP_SINH: CK_EACH(CK_TYPED(ck_sinh)(a[i])); break;
    case CK_OP_COSH: CK_EACH(CK_TYPED(ck_cosh)(a[i])); break;
    case CK_OP_TANH: CK_EACH(CK_TYPED(ck_tanh)(a[i])); break;
    case CK_OP_ERF: CK_EACH(CK_TYPED(ck_erf)(a[i])); break;
    case CK_OP_ABS: CK_EACH(CK_LIBM(__builtin_fabs)(a[i])); break;
    case CK_OP_SIGN: CK_EACH(a[i] > 0 ? (REAL)1 : a[i] < 0 ? (REAL)-1 : a[i]); break;
    case CK_OP_STEP: CK_EACH(a[i] > 0 ? (REAL)1 : a[i] == 0 ? (REAL)0.5 : (REAL)0); break;
    case CK_OP_MIN: CK_EACH(a[i] < b[i] ? a[i] : b[i]); break;
    case CK_OP_MAX: CK_EACH(a[i] > b[i] ? a[i] : b[i]); break;
    case CK_OP_LESS: CK_EACH(a[i] < b[i] ? (REAL)1 : (REAL)0); break;
    case CK_OP_SELECT: CK_EACH(a[i] != 0 ? b[i] : c[i]); break;
  }
}

CK_DISPATCH void CK_TYPED(ck_pointwise)(
    const ck_instruction *program, int64_t instructionCount, REAL *const *slots, const int64_t *strides,
    int64_t slotCount, int64_t n) {
  (void)slotCount;
  for (int64_t start = 0; start < n; start += CK_BLOCK) {
    int64_t count = n - start < CK_BLOCK ? n - start : CK_BLOCK;
    for (int64_t p = 0; p < instructionCount; p++) {
      const ck_instruction *instruction = &program[p];
      REAL *dst = slots[instruction->dst] + start * strides[instruction->dst];
      const REAL *a = slots[instruction->a] + start * strides[instruction->a];
      const REAL *b = slots[instruction->b] + start * strides[instruction->b];
      const REAL *c = slots[instruction->c] + start * strides[instruction->c];
      CK_TYPED(ck_run_instruction)(instruction, dst, a, b, c, count);
    }
  }
}

/// Elements start ... start + count of an operand that is repeated, in the way that `access` says.
CK_INLINE void CK_TYPED(ck_spread)(REAL *dst, const REAL *source, const ck_access *access, int64_t start, int64_t count) {
  if (access->period == 1) {
    const REAL value = source[access->each == 1 ? 0 : (start / access->each)];
    if (access->each == 1 || (start + count - 1) / access->each == start / access->each) {
      CK_LOOP
      for (int64_t i = 0; i < count; i++) dst[i] = value;
      return;
    }
  }
  if (access->each == 1) {
    for (int64_t i = 0; i < count;) {
      const int64_t first = (start + i) % access->period;
      const int64_t run = access->period - first < count - i ? access->period - first : count - i;
      CK_LOOP
      for (int64_t j = 0; j < run; j++) dst[i + j] = source[first + j];
      i += run;
    }
    return;
  }
  for (int64_t i = 0; i < count;) {
    const int64_t left = access->each - (start + i) % access->each;
    const int64_t run = left < count - i ? left : count - i;
    const int64_t index = (start + i) / access->each;
    const REAL value = source[access->period == 1 ? index : index % access->period];
    CK_LOOP
    for (int64_t j = 0; j < run; j++) dst[i + j] = value;
    i += run;
  }
}

CK_DISPATCH void CK_TYPED(ck_fused)(
    const ck_instruction *program, int64_t instructionCount, REAL *const *slots, const int64_t *strides,
    const ck_access *accesses, int64_t accessCount, const REAL *const *sources, int64_t block, int64_t n) {
  for (int64_t start = 0; start < n; start += block) {
    const int64_t count = n - start < block ? n - start : block;
    for (int64_t k = 0; k < accessCount; k++) {
      // What every block sees alike is spread once.
      if (start == 0 || accesses[k].changes) {
        CK_TYPED(ck_spread)(slots[accesses[k].slot], sources[k], &accesses[k], start, count);
      }
    }
    for (int64_t p = 0; p < instructionCount; p++) {
      const ck_instruction *instruction = &program[p];
      REAL *dst = slots[instruction->dst] + start * strides[instruction->dst];
      const REAL *a = slots[instruction->a] + start * strides[instruction->a];
      const REAL *b = slots[instruction->b] + start * strides[instruction->b];
      const REAL *c = slots[instruction->c] + start * strides[instruction->c];
      CK_TYPED(ck_run_instruction)(instruction, dst, a, b, c, count);
    }
  }
}

/// out[o, i] += Σ x[o, r, i] over r, in a fixed order.
CK_DISPATCH void CK_TYPED(ck_add_sums)(REAL *out, const REAL *x, int64_t outer, int64_t reduced, int64_t inner) {
  if (inner == 1) {
    for (int64_t o = 0; o < outer; o++) {
      const REAL *row = x + o * reduced;
      REAL lanes[16] = {0};
      int64_t r = 0;
      for (; r + 16 <= reduced; r += 16) {
        for (int j = 0; j < 16; j++) lanes[j] += row[r + j];
      }
      for (int j = 0; r + j < reduced; j++) lanes[j] += row[r + j];
      for (int width = 8; width > 0; width /= 2) {
        for (int j = 0; j < width; j++) lanes[j] += lanes[j + width];
      }
      out[o] += lanes[0];
    }
    return;
  }
  for (int64_t o = 0; o < outer; o++) {
    REAL *sum = out + o * inner;
    for (int64_t r = 0; r < reduced; r++) {
      const REAL *row = x + (o * reduced + r) * inner;
      CK_LOOP
      for (int64_t i = 0; i < inner; i++) sum[i] += row[i];
    }
  }
}

/// out[o, i] = max x[o, r, i] over r; NaN where one is.
CK_DISPATCH void CK_TYPED(ck_maxima)(REAL *out, const REAL *x, int64_t outer, int64_t reduced, int64_t inner) {
  for (int64_t o = 0; o < outer; o++) {
    REAL *largest = out + o * inner;
    for (int64_t i = 0; i < inner; i++) largest[i] = x[o * reduced * inner + i];
    for (int64_t r = 1; r < reduced; r++) {
      const REAL *row = x + (o * reduced + r) * inner;
      for (int64_t i = 0; i < inner; i++) {
        largest[i] = row[i] > largest[i] || row[i] != row[i] ? row[i] : largest[i];
      }
    }
  }
}

/// out[s, i, j] (+)= a[s, i] b[s, j].
CK_DISPATCH void CK_TYPED(ck_outer)(
    REAL *out, const REAL *a, const REAL *b, int64_t batch, int64_t m, int64_t n, int accumulate) {
  for (int64_t s = 0; s < batch; s++) {
    for (int64_t i = 0; i < m; i++) {
      const REAL factor = a[s * m + i];
      const REAL *row = b + s * n;
      REAL *dst = out + (s * m + i) * n;
      if (accumulate) {
        CK_LOOP
        for (int64_t j = 0; j < n; j++) dst[j] += factor * row[j];
      } else {
        CK_LOOP
        for (int64_t j = 0; j < n; j++) dst[j] = factor * row[j];
      }
    }
  }
}

/// The transpose of a matrix, in blocks that stay in the cache.
CK_DISPATCH void CK_TYPED(ck_transpose)(REAL *out, const REAL *x, int64_t rows, int64_t columns) {
  const int64_t block = 32;
  for (int64_t i = 0; i < rows; i += block) {
    const int64_t iEnd = i + block < rows ? i + block : rows;
    for (int64_t j = 0; j < columns; j += block) {
      const int64_t jEnd = j + block < columns ? j + block : columns;
      for (int64_t q = j; q < jEnd; q++) {
        for (int64_t p = i; p < iEnd; p++) out[q * rows + p] = x[p * columns + q];
      }
    }
  }
}

#undef CK_EACH
#undef CK_EACH_CALL
#undef CK_EACH_TRIGONOMETRIC
#undef CK_TYPED
#undef CK_LIBM
#undef REAL
