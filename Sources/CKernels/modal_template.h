// Complex products mode by mode for the type REAL; included once per type.

// Modes that go through all loops together: the weights of one output stay in the second-level cache for the batch.
#define CK_MODAL_BLOCK 128

/// z += a b, or z += a conj(b), over n modes whose real and imaginary parts are `modes` apart.
CK_INLINE void CK_TYPED(ck_modal_add)(REAL *restrict z, const REAL *restrict a, const REAL *restrict b, int64_t n,
                                      int64_t modes, int conjugate) {
  REAL *restrict zr = z, *restrict zi = z + modes;
  const REAL *restrict ar = a, *restrict ai = a + modes, *restrict br = b, *restrict bi = b + modes;
  if (conjugate) {
    CK_LOOP
    for (int64_t k = 0; k < n; k++) {
      const REAL p = ar[k], q = ai[k], r = br[k], s = bi[k];
      zr[k] += p * r + q * s;
      zi[k] += q * r - p * s;
    }
  } else {
    CK_LOOP
    for (int64_t k = 0; k < n; k++) {
      const REAL p = ar[k], q = ai[k], r = br[k], s = bi[k];
      zr[k] += p * r - q * s;
      zi[k] += p * s + q * r;
    }
  }
}

CK_INLINE void CK_TYPED(ck_modal_clear)(REAL *z, int64_t n, int64_t modes) {
  for (int64_t k = 0; k < n; k++) z[k] = z[k + modes] = 0;
}

CK_DISPATCH
void CK_TYPED(ck_modal_outputs)(REAL *y, const REAL *x, const REAL *w, int64_t batch, int64_t inputs, int64_t outputs,
                                int64_t modes) {
  const int64_t pair = 2 * modes;
  for (int64_t first = 0; first < modes; first += CK_MODAL_BLOCK) {
    const int64_t n = modes - first < CK_MODAL_BLOCK ? modes - first : CK_MODAL_BLOCK;
    for (int64_t o = 0; o < outputs; o++)
      for (int64_t b = 0; b < batch; b++) {
        REAL *z = y + (b * outputs + o) * pair + first;
        CK_TYPED(ck_modal_clear)(z, n, modes);
        for (int64_t i = 0; i < inputs; i++)
          CK_TYPED(ck_modal_add)
        (z, x + (b * inputs + i) * pair + first, w + (i * outputs + o) * pair + first, n, modes, 0);
      }
  }
}

CK_DISPATCH
void CK_TYPED(ck_modal_inputs)(REAL *x, const REAL *y, const REAL *w, int64_t batch, int64_t inputs, int64_t outputs,
                               int64_t modes) {
  const int64_t pair = 2 * modes;
  for (int64_t first = 0; first < modes; first += CK_MODAL_BLOCK) {
    const int64_t n = modes - first < CK_MODAL_BLOCK ? modes - first : CK_MODAL_BLOCK;
    for (int64_t i = 0; i < inputs; i++)
      for (int64_t b = 0; b < batch; b++) {
        REAL *z = x + (b * inputs + i) * pair + first;
        CK_TYPED(ck_modal_clear)(z, n, modes);
        for (int64_t o = 0; o < outputs; o++)
          CK_TYPED(ck_modal_add)
        (z, y + (b * outputs + o) * pair + first, w + (i * outputs + o) * pair + first, n, modes, 1);
      }
  }
}

CK_DISPATCH
void CK_TYPED(ck_modal_weights)(REAL *w, const REAL *x, const REAL *y, int64_t batch, int64_t inputs, int64_t outputs,
                                int64_t modes) {
  const int64_t pair = 2 * modes;
  for (int64_t first = 0; first < modes; first += CK_MODAL_BLOCK) {
    const int64_t n = modes - first < CK_MODAL_BLOCK ? modes - first : CK_MODAL_BLOCK;
    for (int64_t i = 0; i < inputs; i++)
      for (int64_t o = 0; o < outputs; o++) {
        REAL *z = w + (i * outputs + o) * pair + first;
        for (int64_t b = 0; b < batch; b++)
          CK_TYPED(ck_modal_add)
        (z, y + (b * outputs + o) * pair + first, x + (b * inputs + i) * pair + first, n, modes, 1);
      }
  }
}

#undef CK_MODAL_BLOCK
#undef CK_TYPED
#undef REAL
