import Tensors

/// A = V diag(λ) Vᵀ for symmetric matrices, by divide and conquer. Only the lower triangle of A is read.
public struct SymmetricEigen<Scalar: LAPACKScalar>: Sendable {
  /// The eigenvalues, ascending.
  public let values: [Scalar]
  /// The orthonormal eigenvectors, as columns in the order of the values.
  public let vectors: Matrix<Scalar>

  /// Decomposes a symmetric matrix, given by its lower triangle.
  /// - Throws: `FactorizationError.noConvergence`, `.notFinite`.
  public init(_ matrix: Matrix<Scalar>) throws(FactorizationError) {
    precondition(
      matrix.rows == matrix.columns && matrix.rows > 0,
      "a symmetric eigenproblem of a matrix of shape [\(matrix.rows), \(matrix.columns)]")
    guard matrix.isFinite else { throw .notFinite }
    let n = matrix.rows
    var (vectors, values) = (matrix, [Scalar](repeating: 0, count: n))
    // The lengths LAPACK documents for eigenvectors.
    let iwork = Buffer<Int32>(uninitialized: 3 + 5 * n)
    let info = withDenseThreads(order: n) {
      vectors.withUnsafeMutablePointer { a in
        withWork { work, length in Scalar.syevd(n, a, n, &values, work, length, iwork.pointer, iwork.count) }
      }
    }
    guard info == 0 else { throw .noConvergence(unconverged: Int(info), count: n) }
    self.values = values
    self.vectors = vectors
  }
}
