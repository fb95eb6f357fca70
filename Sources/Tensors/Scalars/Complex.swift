/// A complex number in Cartesian form; its memory layout is that of C's and FFTW's complex types.
public struct Complex<Scalar: Real>: Hashable, Sendable {
  /// The real part.
  public var real: Scalar
  /// The imaginary part.
  public var imaginary: Scalar

  /// The number `real + i imaginary`.
  @inlinable
  public init(_ real: Scalar, _ imaginary: Scalar = 0) {
    self.real = real
    self.imaginary = imaginary
  }

  /// The number `radius · exp(i angle)`.
  @inlinable
  public static func polar(_ radius: Scalar, _ angle: Scalar) -> Complex {
    Complex(radius * Scalar.cos(angle), radius * Scalar.sin(angle))
  }

  /// The imaginary unit.
  @inlinable public static var i: Complex { Complex(0, 1) }
  /// 0.
  @inlinable public static var zero: Complex { Complex(0, 0) }
  /// 1.
  @inlinable public static var one: Complex { Complex(1, 0) }

  /// The complex conjugate.
  @inlinable public var conjugate: Complex { Complex(real, -imaginary) }
  /// |z|².
  @inlinable public var squaredMagnitude: Scalar { real * real + imaginary * imaginary }
  /// |z|, without undue overflow or underflow.
  @inlinable public var magnitude: Scalar {
    let (a, b) = (abs(real), abs(imaginary))
    let (small, large) = a < b ? (a, b) : (b, a)
    guard large > 0, large.isFinite else { return large }
    let ratio = small / large
    return large * (1 + ratio * ratio).squareRoot()
  }
  /// Whether both parts are finite.
  @inlinable public var isFinite: Bool { real.isFinite && imaginary.isFinite }

  /// The negative.
  @inlinable public static prefix func - (a: Complex) -> Complex { Complex(-a.real, -a.imaginary) }
  /// The sum.
  @inlinable public static func + (a: Complex, b: Complex) -> Complex {
    Complex(a.real + b.real, a.imaginary + b.imaginary)
  }
  /// The difference.
  @inlinable public static func - (a: Complex, b: Complex) -> Complex {
    Complex(a.real - b.real, a.imaginary - b.imaginary)
  }
  /// The product, by the textbook formula.
  @inlinable public static func * (a: Complex, b: Complex) -> Complex {
    Complex(
      a.real * b.real - a.imaginary * b.imaginary,
      a.real * b.imaginary + a.imaginary * b.real)
  }
  /// A real multiple.
  @inlinable public static func * (a: Scalar, b: Complex) -> Complex { Complex(a * b.real, a * b.imaginary) }
  /// A real multiple.
  @inlinable public static func * (a: Complex, b: Scalar) -> Complex { b * a }
  /// The quotient by Smith's algorithm (1962), which avoids overflow of |b|².
  @inlinable public static func / (a: Complex, b: Complex) -> Complex {
    if abs(b.real) >= abs(b.imaginary) {
      let r = b.imaginary / b.real
      let d = b.real + b.imaginary * r
      return Complex((a.real + a.imaginary * r) / d, (a.imaginary - a.real * r) / d)
    }
    let r = b.real / b.imaginary
    let d = b.real * r + b.imaginary
    return Complex((a.real * r + a.imaginary) / d, (a.imaginary * r - a.real) / d)
  }
  /// The quotient by a real number.
  @inlinable public static func / (a: Complex, b: Scalar) -> Complex { Complex(a.real / b, a.imaginary / b) }
  /// Adds.
  @inlinable public static func += (a: inout Complex, b: Complex) { a = a + b }
  /// Subtracts.
  @inlinable public static func -= (a: inout Complex, b: Complex) { a = a - b }
  /// Multiplies.
  @inlinable public static func *= (a: inout Complex, b: Complex) { a = a * b }

  /// exp(z).
  @inlinable
  public static func exp(_ z: Complex) -> Complex { polar(Scalar.exp(z.real), z.imaginary) }
}

extension Complex: BitwiseCopyable {}
extension Complex: Codable where Scalar: Codable {}
extension Complex: CustomStringConvertible {
  /// Real and imaginary part, as in `1.0 - 2.0i`.
  public var description: String { "\(real) \(imaginary < 0 ? "-" : "+") \(abs(imaginary))i" }
}
