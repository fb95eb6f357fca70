import CKernels

// Operands of different shapes are broadcast as in NumPy: shapes are aligned at the last axis, and axes of length 1 or
// missing axes are repeated.

extension Tensor {
  /// The negative of every element.
  public static prefix func - (a: Tensor) -> Tensor { a.applying(.negate) }

  /// The sum of every pair of elements.
  public static func + (a: Tensor, b: Tensor) -> Tensor { a.combined(.add, b) }
  /// The difference of every pair of elements.
  public static func - (a: Tensor, b: Tensor) -> Tensor { a.combined(.subtract, b) }
  /// The product of every pair of elements (see `matmul` for the product of matrices).
  public static func * (a: Tensor, b: Tensor) -> Tensor { a.combined(.multiply, b) }
  /// The quotient of every pair of elements.
  public static func / (a: Tensor, b: Tensor) -> Tensor { a.combined(.divide, b) }

  /// Every element plus a number.
  public static func + (a: Tensor, b: Scalar) -> Tensor { a.applying(.offset(Double(b))) }
  /// Every element plus a number.
  public static func + (a: Scalar, b: Tensor) -> Tensor { b + a }
  /// Every element minus a number.
  public static func - (a: Tensor, b: Scalar) -> Tensor { a.applying(.offset(-Double(b))) }
  /// A number minus every element.
  public static func - (a: Scalar, b: Tensor) -> Tensor { b.applying(.negate).applying(.offset(Double(a))) }
  /// Every element times a number.
  public static func * (a: Tensor, b: Scalar) -> Tensor { a.applying(.scale(Double(b))) }
  /// Every element times a number.
  public static func * (a: Scalar, b: Tensor) -> Tensor { b * a }
  /// Every element divided by a number.
  public static func / (a: Tensor, b: Scalar) -> Tensor { a.combined(.divide, Tensor(b)) }
  /// A number divided by every element.
  public static func / (a: Scalar, b: Tensor) -> Tensor { Tensor(a).combined(.divide, b) }

  /// Adds the other's elements, which are broadcast to this shape.
  public static func += (a: inout Tensor, b: Tensor) { a.combine(.add, b) }
  /// Subtracts the other's elements, which are broadcast to this shape.
  public static func -= (a: inout Tensor, b: Tensor) { a.combine(.subtract, b) }
  /// Multiplies by the other's elements, which are broadcast to this shape.
  public static func *= (a: inout Tensor, b: Tensor) { a.combine(.multiply, b) }
  /// Divides by the other's elements, which are broadcast to this shape.
  public static func /= (a: inout Tensor, b: Tensor) { a.combine(.divide, b) }
  /// Adds a number to every element.
  public static func += (a: inout Tensor, b: Scalar) { a.apply(CK_OP_ADDC, constant: b) { $0 + b } }
  /// Subtracts a number from every element.
  public static func -= (a: inout Tensor, b: Scalar) { a.apply(CK_OP_ADDC, constant: -b) { $0 - b } }
  /// Multiplies every element by a number.
  public static func *= (a: inout Tensor, b: Scalar) { a.apply(CK_OP_MULC, constant: b) { $0 * b } }
  /// Divides every element by a number.
  public static func /= (a: inout Tensor, b: Scalar) { a.apply(CK_OP_DIVC, constant: b) { $0 / b } }

  private mutating func apply(
    _ operation: ck_operation, constant: Scalar, recorded: (Tensor) -> Tensor
  ) {
    guard !isRecorded else { return self = recorded(self) }
    let count = count
    withUnsafeMutableBufferPointer { out in
      guard let out = out.baseAddress else { return }
      ElementwiseLoop.run(operation, constant: Double(constant), out, into: out, count: count)
    }
  }

  private mutating func combine(_ function: ElementwiseBinary, _ other: Tensor) {
    precondition(
      Self.broadcastShape(shape, other.shape) == shape,
      "a tensor of shape \(other.shape) cannot be broadcast into one of shape \(shape)")
    guard !isRecorded, !other.isRecorded else { return self = combined(function, other) }
    let (other, count) = (other.broadcast(to: shape), count)
    withUnsafeMutableBufferPointer { out in
      guard let out = out.baseAddress else { return }
      other.withUnsafeBufferPointer {
        ElementwiseLoop.run(function.code, out, $0.baseAddress, into: out, count: count)
      }
    }
  }

  // MARK: - Comparison

  /// 1 where an element is less than the other's, 0 elsewhere.
  public static func .< (a: Tensor, b: Tensor) -> Tensor { a.combined(.less, b) }
  /// 1 where an element is greater than the other's, 0 elsewhere.
  public static func .> (a: Tensor, b: Tensor) -> Tensor { b.combined(.less, a) }

  /// `a` where the element of this tensor is not 0, `b` elsewhere; all of one shape.
  public func select(_ a: Tensor, else b: Tensor) -> Tensor {
    precondition(
      a.shape == shape && b.shape == shape,
      "a selection by shape \(shape) from the shapes \(a.shape) and \(b.shape)")
    if let recorder = place?.recorder ?? a.place?.recorder ?? b.place?.recorder {
      return recorder.record(.select, [self, a, b], shape)
    }
    return Tensor(shape: shape) { out in
      guard let out = out.baseAddress else { return }
      withUnsafeBufferPointer { s in
        a.withUnsafeBufferPointer { x in
          b.withUnsafeBufferPointer { y in
            ElementwiseLoop.run(
              CK_OP_SELECT, s.baseAddress, x.baseAddress, y.baseAddress, into: out, count: count)
          }
        }
      }
    }
  }
}
