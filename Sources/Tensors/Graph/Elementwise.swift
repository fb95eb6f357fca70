import CKernels

/// A function of one number, applied to every element.
public enum ElementwiseUnary: Hashable, Sendable {
  case negate, square, reciprocal, sqrt, abs
  case exp, expm1, log, log1p
  case sin, cos, tan, asin, acos, atan
  case sinh, cosh, tanh, erf
  /// -1, 0 or 1; its derivative is taken as 0.
  case sign
  /// Heaviside's function, 1/2 at 0; its derivative is taken as 0.
  case step
  /// x · factor.
  case scale(Double)
  /// x + term.
  case offset(Double)
  /// x to a power.
  case power(Double)

  /// One function of each kind, for tests that must not forget any.
  public static let samples: [ElementwiseUnary] = [
    .negate, .square, .reciprocal, .sqrt, .abs, .exp, .expm1, .log, .log1p, .sin, .cos, .tan, .asin, .acos,
    .atan, .sinh, .cosh, .tanh, .erf, .sign, .step, .scale(-1.75), .offset(0.375), .power(3), .power(-2),
    .power(2.5), .power(5),
  ]

  /// The kernels' code for the function, and its constant.
  package var instruction: (code: ck_operation, constant: Double) {
    switch self {
    case .negate: (CK_OP_NEG, 0)
    case .square: (CK_OP_SQUARE, 0)
    case .reciprocal: (CK_OP_RDIVC, 1)
    case .sqrt: (CK_OP_SQRT, 0)
    case .abs: (CK_OP_ABS, 0)
    case .exp: (CK_OP_EXP, 0)
    case .expm1: (CK_OP_EXPM1, 0)
    case .log: (CK_OP_LOG, 0)
    case .log1p: (CK_OP_LOG1P, 0)
    case .sin: (CK_OP_SIN, 0)
    case .cos: (CK_OP_COS, 0)
    case .tan: (CK_OP_TAN, 0)
    case .asin: (CK_OP_ASIN, 0)
    case .acos: (CK_OP_ACOS, 0)
    case .atan: (CK_OP_ATAN, 0)
    case .sinh: (CK_OP_SINH, 0)
    case .cosh: (CK_OP_COSH, 0)
    case .tanh: (CK_OP_TANH, 0)
    case .erf: (CK_OP_ERF, 0)
    case .sign: (CK_OP_SIGN, 0)
    case .step: (CK_OP_STEP, 0)
    case .scale(let factor): (CK_OP_MULC, factor)
    case .offset(let term): (CK_OP_ADDC, term)
    case .power(3): (CK_OP_CUBE, 0)
    case .power(let exponent) where exponent == exponent.rounded() && Swift.abs(exponent) <= 64:
      (CK_OP_POWI, exponent)
    case .power(let exponent): (CK_OP_POWC, exponent)
    }
  }

  /// Whether the function costs more than a few arithmetic operations, so that its value is worth keeping.
  package var isCostly: Bool {
    switch self {
    case .negate, .square, .abs, .sign, .step, .scale, .offset: false
    case .power(let exponent): exponent != 3
    default: true
    }
  }
}

/// A function of two numbers, applied to every pair of elements.
public enum ElementwiseBinary: Hashable, Sendable, CaseIterable {
  case add, subtract, multiply, divide
  /// The smaller and the larger one; where both are equal, the second argument has the derivative.
  case min, max
  /// 1 where the first is less than the second, 0 elsewhere; its derivative is 0.
  case less
  /// The first to the power of the second.
  case power

  /// The kernels' code for the function.
  package var code: ck_operation {
    switch self {
    case .add: CK_OP_ADD
    case .subtract: CK_OP_SUB
    case .multiply: CK_OP_MUL
    case .divide: CK_OP_DIV
    case .min: CK_OP_MIN
    case .max: CK_OP_MAX
    case .less: CK_OP_LESS
    case .power: CK_OP_POW
    }
  }
}
