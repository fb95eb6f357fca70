#ifndef CK_POINTWISE_H
#define CK_POINTWISE_H

#include <stdint.h>

// Programs of elementwise operations, interpreted block by block: every instruction of a program runs over one block
// of elements, whose operands stay in the first-level cache, before the program goes on to the next block. The cost of
// interpreting an instruction is paid once per block.

/// The number of elements of a block, and of every scratch register.
#define CK_BLOCK 256

/// What an instruction stores into its destination; a, b, c are its operands and k its constant.
typedef enum {
  CK_OP_COPY,    ///< a
  CK_OP_CONST,   ///< k
  CK_OP_ADD,     ///< a + b
  CK_OP_SUB,     ///< a - b
  CK_OP_MUL,     ///< a b
  CK_OP_DIV,     ///< a / b
  CK_OP_FMA,     ///< a b + c
  CK_OP_FMS,     ///< a b - c
  CK_OP_FNMA,    ///< c - a b
  CK_OP_ADDC,    ///< a + k
  CK_OP_MULC,    ///< a k
  CK_OP_DIVC,    ///< a / k
  CK_OP_RSUBC,   ///< k - a
  CK_OP_RDIVC,   ///< k / a
  CK_OP_FMAC,    ///< a k + b
  CK_OP_MINC,    ///< a < k ? a : k
  CK_OP_MAXC,    ///< a > k ? a : k
  CK_OP_NEG,     ///< -a
  CK_OP_SQUARE,  ///< a²
  CK_OP_CUBE,    ///< a³
  CK_OP_POWI,    ///< a^k for whole numbers k of either sign, by repeated squaring
  CK_OP_POWC,    ///< a^k
  CK_OP_POW,     ///< a^b
  CK_OP_SQRT,
  CK_OP_EXP,
  CK_OP_EXPM1,   ///< exp(a) - 1
  CK_OP_LOG,
  CK_OP_LOG1P,   ///< log(1 + a)
  CK_OP_SIN,
  CK_OP_COS,
  CK_OP_TAN,
  CK_OP_ASIN,
  CK_OP_ACOS,
  CK_OP_ATAN,
  CK_OP_SINH,
  CK_OP_COSH,
  CK_OP_TANH,
  CK_OP_ERF,
  CK_OP_ABS,
  CK_OP_SIGN,    ///< -1, 0 or 1
  CK_OP_STEP,    ///< 1 where a > 0, 1/2 where a = 0, 0 elsewhere
  CK_OP_MIN,     ///< a < b ? a : b
  CK_OP_MAX,     ///< a > b ? a : b
  CK_OP_LESS,    ///< 1 where a < b, 0 elsewhere
  CK_OP_SELECT   ///< a != 0 ? b : c
} ck_operation;

/// One operation on slots: the destination and up to three operands, some of which the operation does not use.
typedef struct {
  uint16_t op;
  uint16_t dst;
  uint16_t a;
  uint16_t b;
  uint16_t c;
  double constant;
} ck_instruction;

/// Runs a program over n elements.
///
/// A slot with stride 1 is an array of n elements; one with stride 0 is a scratch register of CK_BLOCK elements that
/// every block uses anew. Slots are the same memory or do not overlap. An instruction may store into its operands.
void ck_pointwise_d(
    const ck_instruction *program, int64_t instructionCount, double *const *slots, const int64_t *strides,
    int64_t slotCount, int64_t n);

/// As ck_pointwise_d, in single precision; constants are rounded.
void ck_pointwise_f(
    const ck_instruction *program, int64_t instructionCount, float *const *slots, const int64_t *strides,
    int64_t slotCount, int64_t n);

/// How an operand that is repeated is read: element i of a pass is source[(i / each) mod period], where a period of 1
/// with each > 1 stands for no period at all. It is spread over a scratch register for every block.
typedef struct {
  int64_t each;
  int64_t period;
  /// The slot of the register.
  int32_t slot;
  /// Whether blocks differ.
  int32_t changes;
} ck_access;

// As ck_pointwise, with repeated operands, in blocks of a given length (at most the length of the registers): `sources`
// are their arrays, in the order of `accesses`. Then sums, maxima, outer products and transposes of stacks, row-major.

void ck_fused_d(
    const ck_instruction *program, int64_t instructionCount, double *const *slots, const int64_t *strides,
    const ck_access *accesses, int64_t accessCount, const double *const *sources, int64_t block, int64_t n);
void ck_add_sums_d(double *out, const double *x, int64_t outer, int64_t reduced, int64_t inner);
void ck_maxima_d(double *out, const double *x, int64_t outer, int64_t reduced, int64_t inner);
void ck_outer_d(double *out, const double *a, const double *b, int64_t batch, int64_t m, int64_t n, int accumulate);
void ck_transpose_d(double *out, const double *x, int64_t rows, int64_t columns);

void ck_fused_f(
    const ck_instruction *program, int64_t instructionCount, float *const *slots, const int64_t *strides,
    const ck_access *accesses, int64_t accessCount, const float *const *sources, int64_t block, int64_t n);
void ck_add_sums_f(float *out, const float *x, int64_t outer, int64_t reduced, int64_t inner);
void ck_maxima_f(float *out, const float *x, int64_t outer, int64_t reduced, int64_t inner);
void ck_outer_f(float *out, const float *a, const float *b, int64_t batch, int64_t m, int64_t n, int accumulate);
void ck_transpose_f(float *out, const float *x, int64_t rows, int64_t columns);

#endif
