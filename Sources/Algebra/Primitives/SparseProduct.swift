import Tensors

/// Products with a sparse matrix on a fixed pattern as primitives of recorded graphs: bilinear in the matrix's values and
/// the vector.
///
/// Values have the shape [entries], in the order of the pattern. Vectors have the shape [vectors, length].
public struct SparseProduct<Scalar: SparseScalar>: CustomPrimitive {
  /// What is computed of the values v of A(v), of x and of y.
  public enum Pass: CaseIterable, Sendable {
    /// A(v) x, of v and x.
    case product
    /// A(v)ᵀ y, of v and y.
    case transposed
    /// The gradient of Σ y·A(v) x with respect to v, of x and y.
    case values
  }

  /// Where the matrix has entries.
  public let pattern: SparsityPattern
  public let pass: Pass

  /// A product with matrices on a pattern.
  public init(_ pattern: SparsityPattern, _ pass: Pass = .product) {
    (self.pattern, self.pass) = (pattern, pass)
  }

  public var name: String { "sparse \(pass), \(pattern.rows) × \(pattern.columns)" }

  public var isBilinear: Bool { true }

  public func shape(of operands: [[Int]]) -> [Int] {
    let (a, b) = (operands[0], operands[1])
    switch pass {
    case .product:
      precondition(
        a == [pattern.entryCount] && b.count == 2 && b[1] == pattern.columns,
        "values of shape \(a) and vectors of shape \(b) for \(pattern.entryCount) entries in \(pattern.columns) columns"
      )
      return [b[0], pattern.rows]
    case .transposed:
      precondition(
        a == [pattern.entryCount] && b.count == 2 && b[1] == pattern.rows,
        "values of shape \(a) and vectors of shape \(b) for \(pattern.entryCount) entries in \(pattern.rows) rows"
      )
      return [b[0], pattern.columns]
    case .values:
      precondition(
        a.count == 2 && b.count == 2 && a[0] == b[0] && a[1] == pattern.columns && b[1] == pattern.rows,
        "vectors of shapes \(a) and \(b) for a matrix of \(pattern.rows) × \(pattern.columns)")
      return [pattern.entryCount]
    }
  }

  public func evaluate(
    _ operands: UnsafeBufferPointer<UnsafePointer<Scalar>>, shapes: [[Int]],
    into result: UnsafeMutablePointer<Scalar>
  ) {
    let (rows, columns) = (pattern.rows, pattern.columns)
    let (starts, indices) = (pattern.rowStarts.pointer, pattern.columnIndices.pointer)
    switch pass {
    case .product:
      for i in 0..<shapes[1][0] {
        Scalar.csrMultiply(
          result + i * rows, starts, indices, operands[0], operands[1] + i * columns, rows: 0..<rows)
      }
    case .transposed:
      addTransposed(operands[0], operands[1], vectors: shapes[1][0], to: result)
    case .values:
      addValues(operands[0], operands[1], vectors: shapes[0][0], to: result)
    }
  }

  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Float)
  private func addTransposed(
    _ v: UnsafePointer<Scalar>, _ y: UnsafePointer<Scalar>, vectors: Int, to x: UnsafeMutablePointer<Scalar>
  ) {
    let indices = pattern.columnIndices.pointer
    x.update(repeating: 0, count: vectors * pattern.columns)
    for i in 0..<vectors {
      let target = x + i * pattern.columns
      for row in 0..<pattern.rows {
        let factor = y[i * pattern.rows + row]
        for p in pattern.entries(ofRow: row) { target[Int(indices[p])] += v[p] * factor }
      }
    }
  }

  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Float)
  private func addValues(
    _ x: UnsafePointer<Scalar>, _ y: UnsafePointer<Scalar>, vectors: Int, to v: UnsafeMutablePointer<Scalar>
  ) {
    let indices = pattern.columnIndices.pointer
    v.update(repeating: 0, count: pattern.entryCount)
    for i in 0..<vectors {
      let source = x + i * pattern.columns
      for row in 0..<pattern.rows {
        let factor = y[i * pattern.rows + row]
        for p in pattern.entries(ofRow: row) { v[p] += source[Int(indices[p])] * factor }
      }
    }
  }

  private func other(_ pass: Pass) -> SparseProduct { SparseProduct(pattern, pass) }

  public func pullback(_ gradient: Tensor<Scalar>, operands: [Tensor<Scalar>], result: Tensor<Scalar>)
    -> [Tensor<Scalar>?]
  {
    let (a, b) = (operands[0], operands[1])
    switch pass {
    case .product: return [other(.values)(b, gradient), other(.transposed)(a, gradient)]
    case .transposed: return [other(.values)(gradient, b), other(.product)(a, gradient)]
    case .values: return [other(.transposed)(gradient, b), other(.product)(gradient, a)]
    }
  }

  public func pushforward(_ tangents: [Tensor<Scalar>?], operands: [Tensor<Scalar>], result: Tensor<Scalar>)
    -> Tensor<Scalar>?
  {
    let first = tangents[0].map { self($0, operands[1]) }
    let second = tangents[1].map { self(operands[0], $0) }
    guard let first, let second else { return first ?? second }
    return first + second
  }
}
