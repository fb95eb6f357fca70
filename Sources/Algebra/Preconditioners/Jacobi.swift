import Tensors

/// The diagonal of the matrix as preconditioner: free, and as good as the diagonal varies.
public struct JacobiPreconditioner: Preconditioner {
  public var name: String { "Jacobi" }
  public init() {}

  /// - Throws: ``SparseMatrixError/zeroDiagonal(row:purpose:)``, ``SparseMatrixError/notSquare(rows:columns:purpose:)``.
  public func prepare<Scalar: SparseScalar>(_ matrix: SparseMatrix<Scalar>, pool: WorkerPool = .shared) throws
    -> any PreparedPreconditioner<Scalar>
  {
    try DiagonalInverse(matrix, purpose: "The Jacobi preconditioner", pool: pool)
  }
}
