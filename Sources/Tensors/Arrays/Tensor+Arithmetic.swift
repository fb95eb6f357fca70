import CKernels

// Operands of different shapes are broadcast as in NumPy: shapes are aligned at the last axis, and axes of length 1 or
// missing axes are repeated.

extension Tensor {
  /// The negative of every element.
  public static prefix func - (a: Tensor) -> Tensor { a.mapped(CK_OP_NEG) }

  /// The sum of every pair of elements.
  public static func + (a: Tensor, b: Tensor) -> Tensor { a.combined(CK_OP_ADD, b) }
  /// The difference of every pair of elements.
  public static func - (a: Tensor, b: Tensor) -> Tensor { a.combined(CK_OP_SUB, b) }
  /// The product of every pair of elements (see `matmul` for the product of matrices).
  public static func * (a: Tensor, b: Tensor) -> Tensor { a.combined(CK_OP_MUL, b) }
  /// The quotient of every pair of elements.
  public static func / (a: Tensor, b: Tensor) -> Tensor { a.combined(CK_OP_DIV, b) }

  /// Every element plus a number.
  public static func + (a: Tensor, b: Scalar) -> Tensor { a.mapped(CK_OP_ADDC, constant: b) }
  /// Every element plus a number.
  public static func + (a: Scalar, b: Tensor) -> Tensor { b + a }
  /// Every element minus a number.
  public static func - (a: Tensor, b: Scalar) -> Tensor { a.mapped(CK_OP_ADDC, constant: -b) }
  /// A number minus every element.
  public static func - (a: Scalar, b: Tensor) -> Tensor { b.mapped(CK_OP_RSUBC, constant: a) }
  /// Every element times a number.
  public static func * (a: Tensor, b: Scalar) -> Tensor { a.mapped(CK_OP_MULC, constant: b) }
  /// Every element times a number.
  public static func * (a: Scalar, b: Tensor) -> Tensor { b * a }
  /// Every element divided by a number.
  public static func / (a: Tensor, b: Scalar) -> Tensor { a.mapped(CK_OP_DIVC, constant: b) }
  /// A number divided by every element.
  public static func / (a: Scalar, b: Tensor) -> Tensor { b.mapped(CK_OP_RDIVC, constant: a) }

  /// Adds the other's elements, which are broadcast to this shape.
  public static func += (a: inout Tensor, b: Tensor) { a.combine(CK_OP_ADD, b) }
  /// Subtracts the other's elements, which are broadcast to this shape.
  public static func -= (a: inout Tensor, b: Tensor) { a.combine(CK_OP_SUB, b) }
  /// Multiplies by the other's elements, which are broadcast to this shape.
  public static func *= (a: inout Tensor, b: Tensor) { a.combine(CK_OP_MUL, b) }
  /// Divides by the other's elements, which are broadcast to this shape.
  public static func /= (a: inout Tensor, b: Tensor) { a.combine(CK_OP_DIV, b) }
  /// Adds a number to every element.
  public static func += (a: inout Tensor, b: Scalar) { a.map(CK_OP_ADDC, constant: b) }
  /// Subtracts a number from every element.
  public static func -= (a: inout Tensor, b: Scalar) { a.map(CK_OP_ADDC, constant: -b) }
  /// Multiplies every element by a number.
  public static func *= (a: inout Tensor, b: Scalar) { a.map(CK_OP_MULC, constant: b) }
  /// Divides every element by a number.
  public static func /= (a: inout Tensor, b: Scalar) { a.map(CK_OP_DIVC, constant: b) }

  private mutating func map(_ operation: ck_operation, constant: Scalar) {
    let count = count
    withUnsafeMutableBufferPointer { out in
      guard let out = out.baseAddress else { return }
      ElementwiseLoop.run(operation, constant: Double(constant), out, into: out, count: count)
    }
  }

  private mutating func combine(_ operation: ck_operation, _ other: Tensor) {
    precondition(
      Self.broadcastShape(shape, other.shape) == shape,
      "a tensor of shape \(other.shape) cannot be broadcast into one of shape \(shape)")
    let (other, count) = (other.broadcast(to: shape), count)
    withUnsafeMutableBufferPointer { out in
      guard let out = out.baseAddress else { return }
      other.withUnsafeBufferPointer {
        ElementwiseLoop.run(operation, out, $0.baseAddress, into: out, count: count)
      }
    }
  }

  // MARK: - Comparison

  /// 1 where an element is less than the other's, 0 elsewhere.
  public static func .< (a: Tensor, b: Tensor) -> Tensor { a.combined(CK_OP_LESS, b) }
  /// 1 where an element is greater than the other's, 0 elsewhere.
  public static func .> (a: Tensor, b: Tensor) -> Tensor { b.combined(CK_OP_LESS, a) }

  /// `a` where the element of this tensor is not 0, `b` elsewhere; all of one shape.
  public func select(_ a: Tensor, else b: Tensor) -> Tensor {
    precondition(
      a.shape == shape && b.shape == shape,
      "a selection by shape \(shape) from the shapes \(a.shape) and \(b.shape)")
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
