extension Tensor {
  /// The product in a graph: all rows of a stack in one product with a shared matrix.
  static func recordedProduct(_ a: Tensor, _ b: Tensor, _ recorder: Recorder<Scalar>) -> Tensor {
    let rows = a.shape.dropLast()
    let matrix = b.rank == 2 ? b : b.reshaped([b.shape[0], 1])
    let stack = a.rank == 2 ? a : a.reshaped([rows.reduce(1, *), a.shape[a.rank - 1]])
    let product = recorder.record(
      .matmul(transposeA: false, transposeB: false), [stack, matrix], [stack.shape[0], matrix.shape[1]])
    return product.reshaped(Array(rows) + (b.rank == 2 ? [b.shape[1]] : []))
  }
}

/// The products of two stacks of matrices: `a` is `[…, m, k]` (or `[…, k, m]` where transposed), `b` is `[…, k, n]` (or
/// `[…, n, k]`), and both have the same leading axes, which may be none; the result is `[…, m, n]`.
public func batchedMatmul<Scalar>(
  _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, transposeA: Bool = false, transposeB: Bool = false
) -> Tensor<Scalar> {
  precondition(
    a.rank >= 2 && a.rank == b.rank && a.shape.dropLast(2) == b.shape.dropLast(2),
    "stacks of matrices of shapes \(a.shape) and \(b.shape) do not agree")
  let (p, q) = (Array(a.shape.suffix(2)), Array(b.shape.suffix(2)))
  let (m, k) = transposeA ? (p[1], p[0]) : (p[0], p[1])
  let (inner, n) = transposeB ? (q[1], q[0]) : (q[0], q[1])
  precondition(
    k == inner,
    "matrices of shapes \(p)\(transposeA ? "ᵀ" : "") and \(q)\(transposeB ? "ᵀ" : "") cannot be multiplied")
  let shape = Array(a.shape.dropLast(2)) + [m, n]
  if let recorder = a.place?.recorder ?? b.place?.recorder {
    return recorder.record(.matmul(transposeA: transposeA, transposeB: transposeB), [a, b], shape)
  }
  let count = shape.dropLast(2).reduce(1, *)
  return Tensor(shape: shape) { out in
    guard let out = out.baseAddress, !shape.contains(0) else { return }
    a.withUnsafeBufferPointer { x in
      b.withUnsafeBufferPointer { y in
        guard k > 0, let x = x.baseAddress, let y = y.baseAddress else {
          return out.clear(count: count * m * n)
        }
        WorkerPool.shared.forEach(tiles: count) { i, _ in
          Scalar.multiplyMatrices(
            rows: m, columns: n, inner: k, alpha: 1, x + i * m * k, leading: p[1], transposed: transposeA,
            y + i * k * n, leading: q[1], transposed: transposeB, beta: 0, out + i * m * n, leading: n)
        }
      }
    }
  }
}

extension CustomPrimitive {
  /// The operation on tensors: carried out, or recorded where an operand is.
  public func callAsFunction(_ operands: Tensor<Scalar>...) -> Tensor<Scalar> { apply(operands) }

  /// The operation on tensors: carried out, or recorded where an operand is.
  public func apply(_ operands: [Tensor<Scalar>]) -> Tensor<Scalar> {
    let shapes = operands.map(\.shape)
    let result = shape(of: shapes)
    if let recorder = operands.lazy.compactMap(\.place).first?.recorder {
      return recorder.record(.custom(self), operands, result)
    }
    return Tensor(shape: result) { out in
      guard let out = out.baseAddress else { return }
      func call(_ rest: ArraySlice<Tensor<Scalar>>, _ pointers: [UnsafePointer<Scalar>]) {
        guard let first = rest.first else {
          return pointers.withUnsafeBufferPointer { evaluate($0, shapes: shapes, into: out) }
        }
        first.withUnsafeBufferPointer { call(rest.dropFirst(), pointers + [$0.baseAddress!]) }
      }
      call(operands[...], [])
    }
  }
}
