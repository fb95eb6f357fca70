import Tensors

/// A dense array of complex numbers: a shape, and a real tensor of that shape with a last axis of length 2 that holds
/// the two parts of every number. A value, like `Tensor`.
public struct ComplexTensor<Scalar: Real>: Sendable, Equatable {
  /// The number of elements along each axis.
  public let shape: [Int]
  /// The parts, with shape `shape + [2]`.
  public private(set) var parts: Tensor<Scalar>

  /// The number of complex elements.
  public var count: Int { parts.count / 2 }

  /// The complex numbers whose parts stand on the last axis, of length 2.
  public init(parts: Tensor<Scalar>) {
    precondition(parts.shape.last == 2, "no pairs of parts in a tensor of shape \(parts.shape)")
    self.parts = parts
    shape = Array(parts.shape.dropLast())
  }

  /// The numbers with the given real parts and no or the given imaginary parts.
  public init(_ real: Tensor<Scalar>, _ imaginary: Tensor<Scalar>? = nil) {
    let imaginary = imaginary ?? .zeros(real.shape)
    self.init(parts: .stacked([real, imaginary], axis: real.rank))
  }

  /// The given numbers, in row-major order.
  public init(shape: [Int], _ elements: [Complex<Scalar>]) {
    precondition(
      elements.count == shape.reduce(1, *), "\(elements.count) elements do not fill the shape \(shape)")
    self.init(parts: Tensor(shape: shape + [2], elements.flatMap { [$0.real, $0.imaginary] }))
  }

  /// The real parts.
  public var real: Tensor<Scalar> { parts.entry(axis: -1, 0) }
  /// The imaginary parts.
  public var imaginary: Tensor<Scalar> { parts.entry(axis: -1, 1) }
  /// |z|² of every element.
  public var squaredMagnitude: Tensor<Scalar> { parts.squared.sum(axis: -1) }

  /// The elements in row-major order, copied.
  public var elements: [Complex<Scalar>] {
    parts.withUnsafeBufferPointer { p in
      (0..<count).map { Complex(p[2 * $0], p[2 * $0 + 1]) }
    }
  }

  /// The element at the given position, one index per axis.
  public subscript(position: Int...) -> Complex<Scalar> {
    get {
      let offset = offset(of: position)
      return parts.withUnsafeBufferPointer { Complex($0[2 * offset], $0[2 * offset + 1]) }
    }
    set {
      let offset = offset(of: position)
      parts.withUnsafeMutableBufferPointer {
        $0[2 * offset] = newValue.real
        $0[2 * offset + 1] = newValue.imaginary
      }
    }
  }

  private func offset(of position: [Int]) -> Int {
    precondition(
      position.count == shape.count && zip(position, shape).allSatisfy { $0 >= 0 && $0 < $1 },
      "the position \(position) is outside a tensor of shape \(shape)")
    return zip(position, shape).reduce(0) { $0 * $1.1 + $1.0 }
  }

  /// The sum of every pair of elements.
  public static func + (a: ComplexTensor, b: ComplexTensor) -> ComplexTensor {
    ComplexTensor(parts: a.parts + b.parts)
  }
  /// The difference of every pair of elements.
  public static func - (a: ComplexTensor, b: ComplexTensor) -> ComplexTensor {
    ComplexTensor(parts: a.parts - b.parts)
  }
  /// Every element times a real number.
  public static func * (a: ComplexTensor, b: Scalar) -> ComplexTensor { ComplexTensor(parts: a.parts * b) }
  /// Every element times a real number.
  public static func * (a: Scalar, b: ComplexTensor) -> ComplexTensor { b * a }

  /// Every element times a real symbol of the same shape.
  public static func * (symbol: Tensor<Scalar>, z: ComplexTensor) -> ComplexTensor {
    precondition(symbol.shape == z.shape, "a symbol of shape \(symbol.shape) for modes of shape \(z.shape)")
    return z.multiplied(by: symbol, Scalar.multiplyReal)
  }

  /// The product of every pair of elements.
  public static func * (a: ComplexTensor, b: ComplexTensor) -> ComplexTensor {
    precondition(a.shape == b.shape, "a product of complex tensors of shapes \(a.shape) and \(b.shape)")
    return b.multiplied(by: a.parts, Scalar.multiplyComplex)
  }

  private typealias Product = (
    UnsafeMutablePointer<Scalar>, UnsafePointer<Scalar>, UnsafePointer<Scalar>, Int, Bool
  ) -> Void

  private func multiplied(by symbol: Tensor<Scalar>, _ product: Product) -> ComplexTensor {
    ComplexTensor(
      parts: Tensor(shape: parts.shape) { out in
        guard let out = out.baseAddress else { return }
        symbol.withUnsafeBufferPointer { s in
          parts.withUnsafeBufferPointer { product(out, s.baseAddress!, $0.baseAddress!, count, false) }
        }
      })
  }
}
