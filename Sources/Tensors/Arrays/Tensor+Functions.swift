// Functions of every element. Those that the kernels vectorise (exp, log, sin, cos, tanh, sqrt) run at memory speed;
// the others call the C library once per element.

/// The exponential function.
public func exp<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.exp) }
/// exp(x) - 1, accurate near zero.
public func expm1<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.expm1) }
/// The natural logarithm; -∞ at 0, NaN below.
public func log<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.log) }
/// log(1 + x), accurate near zero.
public func log1p<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.log1p) }
/// The sine of angles in radians.
public func sin<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.sin) }
/// The cosine of angles in radians.
public func cos<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.cos) }
/// The tangent of angles in radians.
public func tan<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.tan) }
/// The inverse sine, in [-π/2, π/2].
public func asin<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.asin) }
/// The inverse cosine, in [0, π].
public func acos<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.acos) }
/// The inverse tangent, in (-π/2, π/2).
public func atan<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.atan) }
/// The hyperbolic sine.
public func sinh<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.sinh) }
/// The hyperbolic cosine.
public func cosh<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.cosh) }
/// The hyperbolic tangent.
public func tanh<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.tanh) }
/// The error function.
public func erf<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.erf) }
/// The square root; NaN below 0.
public func sqrt<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.sqrt) }
/// The magnitude.
public func abs<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.abs) }

/// -1, 0 or 1.
public func sign<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.sign) }

/// Heaviside's function: 1 where x > 0, 1/2 where x = 0, 0 elsewhere.
public func step<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.applying(.step) }

/// x to a whole power of either sign, by repeated squaring.
public func pow<Scalar>(_ x: Tensor<Scalar>, _ exponent: Int) -> Tensor<Scalar> {
  x.applying(.power(Double(exponent)))
}

/// x to any power.
public func pow<Scalar>(_ x: Tensor<Scalar>, _ exponent: Scalar) -> Tensor<Scalar> {
  x.applying(.power(Double(exponent)))
}

/// The smaller of every pair of elements, after broadcasting.
public func min<Scalar>(_ x: Tensor<Scalar>, _ y: Tensor<Scalar>) -> Tensor<Scalar> {
  x.combined(.min, y)
}

/// The larger of every pair of elements, after broadcasting.
public func max<Scalar>(_ x: Tensor<Scalar>, _ y: Tensor<Scalar>) -> Tensor<Scalar> {
  x.combined(.max, y)
}

extension Tensor {
  /// 1/x.
  public var reciprocal: Tensor { applying(.reciprocal) }

  /// x².
  public var squared: Tensor { applying(.square) }

  /// Every element, or the nearest end of the interval.
  public func clamped(to range: ClosedRange<Scalar>) -> Tensor {
    combined(.min, Tensor(range.upperBound)).combined(.max, Tensor(range.lowerBound))
  }
}
