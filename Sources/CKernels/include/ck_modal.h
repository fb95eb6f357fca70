#ifndef CK_MODAL_H
#define CK_MODAL_H

#include <stdint.h>

// Products of complex numbers mode by mode, for spectral convolutions: x is [batch, inputs, 2, modes], w is [inputs,
// outputs, 2, modes] and y is [batch, outputs, 2, modes], real parts before imaginary ones. Sums are in the order of their
// index.

/// y[b, o] = Σ x[b, i] w[i, o] over i
void ck_modal_outputs_d(double *y, const double *x, const double *w, int64_t batch, int64_t inputs, int64_t outputs,
                        int64_t modes);
void ck_modal_outputs_f(float *y, const float *x, const float *w, int64_t batch, int64_t inputs, int64_t outputs,
                        int64_t modes);

/// x[b, i] = Σ y[b, o] conj(w[i, o]) over o
void ck_modal_inputs_d(double *x, const double *y, const double *w, int64_t batch, int64_t inputs, int64_t outputs,
                       int64_t modes);
void ck_modal_inputs_f(float *x, const float *y, const float *w, int64_t batch, int64_t inputs, int64_t outputs,
                       int64_t modes);

/// w[i, o] += Σ conj(x[b, i]) y[b, o] over b
void ck_modal_weights_d(double *w, const double *x, const double *y, int64_t batch, int64_t inputs, int64_t outputs,
                        int64_t modes);
void ck_modal_weights_f(float *w, const float *x, const float *y, int64_t batch, int64_t inputs, int64_t outputs,
                        int64_t modes);

#endif
