import Tensors

/// A dense array of numbers as array files (npy, safetensors) hold it: a shape, and elements in row-major
/// order.
public struct NumericArray: Hashable, Sendable {
  /// The elements, by type.
  public enum Elements: Hashable, Sendable {
    case float32([Float])
    case float64([Double])
    case int32([Int32])
    case int64([Int64])
    case complex64([Complex<Float>])
    case complex128([Complex<Double>])
  }

  /// The length of each axis; empty for a single number.
  public let shape: [Int]
  /// The elements in row-major order (last axis fastest), as many as the product of `shape`.
  public let elements: Elements

  /// An array of the given shape; a count of elements that is not its product is a programmer error.
  public init(shape: [Int], elements: Elements) {
    precondition(
      shape.allSatisfy { $0 >= 0 } && shape.reduce(1, *) == elements.count,
      "NumericArray: \(elements.count) elements for shape \(shape)")
    self.shape = shape
    self.elements = elements
  }

  /// An array of doubles.
  public init(shape: [Int], _ values: [Double]) { self.init(shape: shape, elements: .float64(values)) }

  /// The elements as doubles, or nil for complex ones; integers beyond 2⁵³ are rounded.
  public var doubles: [Double]? {
    switch elements {
    case .float32(let values): values.map(Double.init)
    case .float64(let values): values
    case .int32(let values): values.map(Double.init)
    case .int64(let values): values.map(Double.init)
    case .complex64, .complex128: nil
    }
  }
}

extension NumericArray.Elements {
  /// The number of elements.
  public var count: Int {
    switch self {
    case .float32(let values): values.count
    case .float64(let values): values.count
    case .int32(let values): values.count
    case .int64(let values): values.count
    case .complex64(let values): values.count
    case .complex128(let values): values.count
    }
  }

  /// The little-endian bytes of the elements.
  var bytes: [UInt8] {
    switch self {
    case .float32(let values): NumberType.bytes(values, bigEndian: false) { $0.bitPattern }
    case .float64(let values): NumberType.bytes(values, bigEndian: false) { $0.bitPattern }
    case .int32(let values): NumberType.bytes(values, bigEndian: false) { $0 }
    case .int64(let values): NumberType.bytes(values, bigEndian: false) { $0 }
    case .complex64(let values):
      NumberType.bytes(values.flatMap { [$0.real, $0.imaginary] }, bigEndian: false) { $0.bitPattern }
    case .complex128(let values):
      NumberType.bytes(values.flatMap { [$0.real, $0.imaginary] }, bigEndian: false) { $0.bitPattern }
    }
  }
}

/// The element types of ``NumericArray``.
enum ElementType: CaseIterable {
  case float32, float64, int32, int64, complex64, complex128

  init(_ elements: NumericArray.Elements) {
    self =
      switch elements {
      case .float32: .float32
      case .float64: .float64
      case .int32: .int32
      case .int64: .int64
      case .complex64: .complex64
      case .complex128: .complex128
      }
  }

  /// Bytes per element.
  var size: Int {
    switch self {
    case .float32, .int32: 4
    case .float64, .int64, .complex64: 8
    case .complex128: 16
    }
  }

  /// The elements stored in `bytes`, whose count must be a multiple of ``size``.
  func elements(_ bytes: ArraySlice<UInt8>, bigEndian: Bool) -> NumericArray.Elements {
    func float32() -> [Float] { NumberType.words(bytes, bigEndian, UInt32.self) { Float(bitPattern: $0) } }
    func float64() -> [Double] { NumberType.words(bytes, bigEndian, UInt64.self) { Double(bitPattern: $0) } }
    func pairs<Scalar: Real>(_ values: [Scalar]) -> [Complex<Scalar>] {
      (0..<(values.count / 2)).map { Complex(values[2 * $0], values[2 * $0 + 1]) }
    }
    return switch self {
    case .float32: .float32(float32())
    case .float64: .float64(float64())
    case .int32: .int32(NumberType.words(bytes, bigEndian, UInt32.self) { Int32(bitPattern: $0) })
    case .int64: .int64(NumberType.words(bytes, bigEndian, UInt64.self) { Int64(bitPattern: $0) })
    case .complex64: .complex64(pairs(float32()))
    case .complex128: .complex128(pairs(float64()))
    }
  }

  /// The product of the lengths of `shape` times ``size``, or nil when it overflows.
  func byteCount(_ shape: [Int]) -> Int? {
    // A zero-length axis makes the product 0 whatever the others are, even if they overflow on the way.
    if shape.contains(0) { return 0 }
    return shape.reduce(Int?(size)) { product, length in
      product.flatMap {
        let (result, overflow) = $0.multipliedReportingOverflow(by: length)
        return overflow ? nil : result
      }
    }
  }
}
