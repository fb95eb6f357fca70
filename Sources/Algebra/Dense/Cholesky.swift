import Tensors

/// A = L Lᵀ for symmetric positive definite systems. Only the lower triangle of A is read.
public struct Cholesky<Scalar: LAPACKScalar>: Sendable {
  /// The order of the matrix.
  public let count: Int
  private let factor: Matrix<Scalar>

  /// Factorises a symmetric positive definite matrix, given by its lower triangle.
  /// - Throws: `FactorizationError.notPositiveDefinite`, `.notFinite`.
  public init(_ matrix: Matrix<Scalar>) throws(FactorizationError) {
    precondition(
      matrix.rows == matrix.columns,
      "a Cholesky factorisation of a matrix of shape [\(matrix.rows), \(matrix.columns)]")
    guard matrix.isFinite || matrix.rows == 0 else { throw .notFinite }
    let n = matrix.rows
    count = n
    var factor = matrix
    let info = withDenseThreads(order: n) {
      factor.withUnsafeMutablePointer { a in Scalar.potrf(n, a, max(n, 1)) }
    }
    guard info == 0 else { throw .notPositiveDefinite(row: Int(info) - 1, count: n) }
    self.factor = factor
  }

  /// Replaces `columns` right-hand sides of `count` elements, one after another, by solutions. A is its own transpose.
  public func solve(_ b: UnsafeMutablePointer<Scalar>, columns: Int = 1) {
    _ = BLASThreads.withSingle {
      factor.withUnsafePointer { a in Scalar.potrs(count, columns, a, max(count, 1), b, max(count, 1)) }
    }
  }

  /// The solution of A x = b.
  public func solve(_ b: [Scalar]) -> [Scalar] {
    precondition(b.count == count, "a right-hand side of \(b.count) elements for a matrix of order \(count)")
    var x = b
    x.withUnsafeMutableBufferPointer { if let x = $0.baseAddress { solve(x) } }
    return x
  }

  /// The solution of A X = B.
  public func solve(_ b: Matrix<Scalar>) -> Matrix<Scalar> {
    precondition(b.rows == count, "right-hand sides of \(b.rows) elements for a matrix of order \(count)")
    var x = b
    let columns = b.columns
    x.withUnsafeMutablePointer { solve($0, columns: columns) }
    return x
  }

  /// The lower triangular factor L.
  public var lower: Matrix<Scalar> {
    var lower = factor
    for j in 0..<count { for i in 0..<j { lower[i, j] = 0 } }
    return lower
  }

  /// log det A.
  public var logDeterminant: Scalar { (0..<count).reduce(0) { $0 + 2 * Scalar.log(factor[$1, $1]) } }
}
