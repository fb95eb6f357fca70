import Tensors

/// Incomplete Cholesky factorisation by magnitude, ICT: entries of a row of Lᵀ below `dropTolerance` times the mean
/// magnitude of the row of A are dropped, and of the rest the largest are kept, `fill` more than A has there.
///
/// The factor is computed row by row from rows before it (Lin & Moré, SIAM J. Sci. Comput. 21 (1999), 24; Li, Saad &
/// Chow, SIAM J. Sci. Comput. 25 (2003), 716), on one thread; the solves run in parallel. Breakdown is handled by a
/// shift, as in ``IncompleteCholesky``. Where the entries are depends on the values: an update starts anew.
public struct ThresholdIncompleteCholesky: Preconditioner, Equatable, Codable {
  /// What is dropped, relative to the mean magnitude of a row of A.
  public var dropTolerance: Double
  /// Entries per row of the factor beyond those of A.
  public var fill: Int
  /// The precision of the factors.
  public var precision: FactorPrecision

  /// ICT with the given tolerance and fill.
  public init(dropTolerance: Double = 1e-3, fill: Int = 10, precision: FactorPrecision = .automatic) {
    precondition(
      dropTolerance >= 0 && fill >= 0, "a drop tolerance of \(dropTolerance) and a fill of \(fill)")
    (self.dropTolerance, self.fill, self.precision) = (dropTolerance, fill, precision)
  }

  public var name: String { "ICT" }

  /// The factors of a symmetric matrix with a positive diagonal.
  /// - Throws: as ``IncompleteCholesky/prepare(_:pool:)``, and ``SparseMatrixError/tooManyEntries(_:)``.
  public func prepare<Scalar: SparseScalar>(_ matrix: SparseMatrix<Scalar>, pool: WorkerPool) throws
    -> any PreparedPreconditioner<Scalar>
  {
    try ThresholdFactorization(
      matrix, name: name, isSymmetric: true, tolerance: dropTolerance, fill: fill, precision: precision,
      pool: pool)
  }
}
