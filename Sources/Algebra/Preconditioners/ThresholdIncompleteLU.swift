import Tensors

/// Incomplete LU factorisation by magnitude, ILUT (Saad, Numer. Linear Algebra Appl. 1 (1994), 387): entries of a row
/// below `dropTolerance` times the mean magnitude of the row of A are dropped, and of the rest the largest are kept,
/// `fill` more than A has on each side of the diagonal.
///
/// The factors are computed on one thread; the solves run in parallel. An update starts anew.
public struct ThresholdIncompleteLU: Preconditioner, Equatable, Codable {
  /// What is dropped, relative to the mean magnitude of a row of A.
  public var dropTolerance: Double
  /// Entries per row of each factor beyond those of A.
  public var fill: Int
  /// The precision of the factors.
  public var precision: FactorPrecision

  /// ILUT with the given tolerance and fill.
  public init(dropTolerance: Double = 1e-3, fill: Int = 10, precision: FactorPrecision = .automatic) {
    precondition(
      dropTolerance >= 0 && fill >= 0, "a drop tolerance of \(dropTolerance) and a fill of \(fill)")
    (self.dropTolerance, self.fill, self.precision) = (dropTolerance, fill, precision)
  }

  public var name: String { "ILUT" }

  /// The factors of a square matrix.
  /// - Throws: as ``IncompleteLU/prepare(_:pool:)``, and ``SparseMatrixError/tooManyEntries(_:)``.
  public func prepare<Scalar: SparseScalar>(_ matrix: SparseMatrix<Scalar>, pool: WorkerPool) throws
    -> any PreparedPreconditioner<Scalar>
  {
    try ThresholdFactorization(
      matrix, name: name, isSymmetric: false, tolerance: dropTolerance, fill: fill, precision: precision,
      pool: pool)
  }
}
