import Tensors

/// A = Q R with orthonormal columns of Q, for matrices with at least as many rows as columns: least squares.
public struct QRFactorization<Scalar: LAPACKScalar>: Sendable {
  /// The number of rows of A.
  public let rows: Int
  /// The number of columns of A.
  public let columns: Int
  private let factors: Matrix<Scalar>
  private let tau: [Scalar]

  /// Factorises a matrix with `rows` ≥ `columns` by Householder reflections.
  /// - Throws: `FactorizationError.notFinite`.
  public init(_ matrix: Matrix<Scalar>) throws(FactorizationError) {
    precondition(
      matrix.rows >= matrix.columns && matrix.columns > 0,
      "a QR factorisation of a matrix of shape [\(matrix.rows), \(matrix.columns)], which needs as many rows as columns"
    )
    guard matrix.isFinite else { throw .notFinite }
    let (m, n) = (matrix.rows, matrix.columns)
    (rows, columns) = (m, n)
    var (factors, tau) = (matrix, [Scalar](repeating: 0, count: n))
    _ = withDenseThreads(order: n) {
      factors.withUnsafeMutablePointer { a in
        withWork { work, length in Scalar.geqrf(m, n, a, m, &tau, work, length) }
      }
    }
    self.factors = factors
    self.tau = tau
  }

  /// The first `columns` columns of Q.
  public var q: Matrix<Scalar> {
    var q = factors
    _ = withDenseThreads(order: columns) {
      q.withUnsafeMutablePointer { a in
        withWork { work, length in Scalar.orgqr(rows, columns, columns, a, rows, tau, work, length) }
      }
    }
    return q
  }

  /// The upper triangular factor, `columns` by `columns`.
  public var r: Matrix<Scalar> {
    var r = Matrix<Scalar>(rows: columns, columns: columns)
    for j in 0..<columns { for i in 0...j { r[i, j] = factors[i, j] } }
    return r
  }

  /// The x that minimises ‖A x - b‖.
  /// - Throws: `FactorizationError.rankDeficient` if a diagonal element of R vanishes to rounding.
  public func solve(_ b: [Scalar]) throws(FactorizationError) -> [Scalar] {
    precondition(b.count == rows, "a right-hand side of \(b.count) elements for a matrix of \(rows) rows")
    let largest = (0..<columns).reduce(Scalar(0)) { max($0, abs(factors[$1, $1])) }
    let threshold = largest * Scalar.ulpOfOne * Scalar(rows)
    if let column = (0..<columns).first(where: { abs(factors[$0, $0]) <= threshold }) {
      throw .rankDeficient(column: column, columns: columns)
    }
    var x = b
    BLASThreads.withSingle {
      factors.withUnsafePointer { a in
        withWork { work, length in
          Scalar.ormqr(transposed: true, rows, 1, columns, a, rows, tau, &x, rows, work, length)
        }
        _ = Scalar.trtrs(transposed: false, columns, 1, a, rows, &x, rows)
      }
    }
    return Array(x.prefix(columns))
  }
}
