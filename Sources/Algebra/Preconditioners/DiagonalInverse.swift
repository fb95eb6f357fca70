import CKernels
import Tensors

/// z = D⁻¹ r for a diagonal matrix D, as a set-up: what Jacobi's preconditioner prepares.
public struct DiagonalInverse<Scalar: SparseScalar>: PreparedPreconditioner {
  /// The elements of D⁻¹.
  let inverse: Buffer<Scalar>
  public let isSymmetric: Bool
  /// Whether all elements are the same.
  let isUniform: Bool
  public let statistics: PreconditionerStatistics
  public var rows: Int { inverse.count }
  public var columns: Int { inverse.count }

  /// The inverse of the diagonal of a square matrix.
  /// - Throws: ``SparseMatrixError/zeroDiagonal(row:purpose:)``, ``SparseMatrixError/notSquare(rows:columns:purpose:)``.
  init(_ matrix: SparseMatrix<Scalar>, purpose: String, pool: WorkerPool) throws(SparseMatrixError) {
    let start = ck_nanoseconds()
    try matrix.requireSquare(for: purpose)
    let diagonal = matrix.diagonalBuffer(pool: pool)
    var isPositive: Int32 = 0
    let broken = Scalar.invert(diagonal.pointer, &isPositive, count: diagonal.count)
    guard broken < 0 else {
      guard matrix[broken, broken] == 0 else { throw .notFinite(row: broken, column: broken) }
      throw .zeroDiagonal(row: broken, purpose: purpose)
    }
    inverse = diagonal
    isSymmetric = isPositive != 0
    isUniform =
      Scalar.minimum(diagonal.pointer, count: diagonal.count)
      == Scalar.maximum(diagonal.pointer, count: diagonal.count)
    var statistics = PreconditionerStatistics()
    statistics.bytes = diagonal.count * MemoryLayout<Scalar>.stride
    statistics.seconds = Double(ck_nanoseconds() - start) * 1e-9
    self.statistics = statistics
  }

  public func makeAction(pool: WorkerPool) -> LinearAction<Scalar> {
    let (passes, inverse) = (VectorPasses<Scalar>(count: rows, pool: pool), inverse)
    return LinearAction(rows: rows, columns: columns) { r, z in passes.multiply(inverse.pointer, r, to: z) }
  }

  public func updated(_ matrix: SparseMatrix<Scalar>, pool: WorkerPool) throws
    -> any PreparedPreconditioner<Scalar>
  {
    try DiagonalInverse(matrix, purpose: "The Jacobi preconditioner", pool: pool)
  }
}
