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

#undef CK_EACH
#undef CK_EACH_CALL
#undef CK_EACH_TRIGONOMETRIC
#undef CK_TYPED
#undef CK_LIBM
#undef REAL
