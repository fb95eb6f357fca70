import Tensors

/// The thin singular value decomposition A = U diag(s) Vᵀ, by divide and conquer.
public struct SVD<Scalar: LAPACKScalar>: Sendable {
  /// Left singular vectors as columns: rows × k, k the smaller of rows and columns.
  public let u: Matrix<Scalar>
  /// The singular values, descending.
  public let values: [Scalar]
  /// Right singular vectors as rows: k × columns.
  public let vTransposed: Matrix<Scalar>

  /// Decomposes any matrix with at least one row and one column.
  /// - Throws: `FactorizationError.noConvergence`, `.notFinite`.
  public init(_ matrix: Matrix<Scalar>) throws(FactorizationError) {
    let (m, n, k) = (matrix.rows, matrix.columns, min(matrix.rows, matrix.columns))
    precondition(k > 0, "a singular value decomposition of a matrix of shape [\(m), \(n)]")
    guard matrix.isFinite else { throw .notFinite }
    var a = matrix
    var (u, v) = (Matrix<Scalar>(rows: m, columns: k), Matrix<Scalar>(rows: k, columns: n))
    var values = [Scalar](repeating: 0, count: k)
    let iwork = Buffer<Int32>(uninitialized: 8 * k)
    let info = withDenseThreads(order: k) {
      a.withUnsafeMutablePointer { a in
        u.withUnsafeMutablePointer { u in
          v.withUnsafeMutablePointer { v in
            withWork { work, length in
              Scalar.gesdd(m, n, a, m, &values, u, m, v, k, work, length, iwork.pointer)
            }
          }
        }
      }
    }
    guard info == 0 else { throw .noConvergence(unconverged: Int(info), count: k) }
    (self.u, self.values, vTransposed) = (u, values, v)
  }

  /// The number of singular values above a fraction of the largest, by default rounding times the larger dimension.
  public func rank(tolerance: Scalar? = nil) -> Int {
    let tolerance = tolerance ?? Scalar.ulpOfOne * Scalar(max(u.rows, vTransposed.columns))
    return values.count { $0 > tolerance * values[0] }
  }

  /// The shortest x that minimises ‖A x - b‖, leaving out singular values as `rank` does.
  public func solve(_ b: [Scalar], tolerance: Scalar? = nil) -> [Scalar] {
    precondition(b.count == u.rows, "a right-hand side of \(b.count) elements for a matrix of \(u.rows) rows")
    let (rank, projected) = (rank(tolerance: tolerance), u.transposed * b)
    let scaled = projected.indices.map { $0 < rank ? projected[$0] / values[$0] : 0 }
    return vTransposed.transposed * scaled
  }
}
