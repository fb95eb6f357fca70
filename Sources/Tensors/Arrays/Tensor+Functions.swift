import CKernels

// Functions of every element. Those that the kernels vectorise (exp, log, sin, cos, tanh, sqrt) run at memory speed;
// the others call the C library once per element.

/// The exponential function.
public func exp<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.mapped(CK_OP_EXP) }
/// exp(x) - 1, accurate near zero.
public func expm1<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.mapped(CK_OP_EXPM1) }
/// The natural logarithm; -∞ at 0, NaN below.
public func log<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.mapped(CK_OP_LOG) }
/// log(1 + x), accurate near zero.
public func log1p<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.mapped(CK_OP_LOG1P) }
/// The sine of angles in radians.
public func sin<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.mapped(CK_OP_SIN) }
/// The cosine of angles in radians.
public func cos<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.mapped(CK_OP_COS) }
/// The tangent of angles in radians.
public func tan<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.mapped(CK_OP_TAN) }
/// The inverse sine, in [-π/2, π/2].
public func asin<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.mapped(CK_OP_ASIN) }
/// The inverse cosine, in [0, π].
public func acos<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.mapped(CK_OP_ACOS) }
/// The inverse tangent, in (-π/2, π/2).
public func atan<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.mapped(CK_OP_ATAN) }
/// The hyperbolic sine.
public func sinh<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.mapped(CK_OP_SINH) }
/// The hyperbolic cosine.
public func cosh<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.mapped(CK_OP_COSH) }
/// The hyperbolic tangent.
public func tanh<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.mapped(CK_OP_TANH) }
/// The error function.
public func erf<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.mapped(CK_OP_ERF) }
/// The square root; NaN below 0.
public func sqrt<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.mapped(CK_OP_SQRT) }
/// The magnitude.
public func abs<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.mapped(CK_OP_ABS) }

/// -1, 0 or 1.
public func sign<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.mapped(CK_OP_SIGN) }

/// Heaviside's function: 1 where x > 0, 1/2 where x = 0, 0 elsewhere.
public func step<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.mapped(CK_OP_STEP) }

/// x to a whole power of either sign, by repeated squaring.
public func pow<Scalar>(_ x: Tensor<Scalar>, _ exponent: Int) -> Tensor<Scalar> {
  x.mapped(CK_OP_POWI, constant: Scalar(exponent))
}

/// x to any power.
public func pow<Scalar>(_ x: Tensor<Scalar>, _ exponent: Scalar) -> Tensor<Scalar> {
  x.mapped(CK_OP_POWC, constant: exponent)
}

/// The smaller of every pair of elements, after broadcasting.
public func min<Scalar>(_ x: Tensor<Scalar>, _ y: Tensor<Scalar>) -> Tensor<Scalar> {
  x.combined(CK_OP_MIN, y)
}

/// The larger of every pair of elements, after broadcasting.
public func max<Scalar>(_ x: Tensor<Scalar>, _ y: Tensor<Scalar>) -> Tensor<Scalar> {
  x.combined(CK_OP_MAX, y)
}

extension Tensor {
  /// x².
  public var squared: Tensor { mapped(CK_OP_SQUARE) }

  /// Every element, or the nearest end of the interval.
  public func clamped(to range: ClosedRange<Scalar>) -> Tensor {
    mapped(CK_OP_MAXC, constant: range.lowerBound).mapped(CK_OP_MINC, constant: range.upperBound)
  }
}
