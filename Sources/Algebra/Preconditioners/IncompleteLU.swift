import Tensors

/// Incomplete LU factorisation without fill, for matrices that are not symmetric: A ≈ L U with entries where A has some;
/// ILU(0) (Meijerink & van der Vorst 1977; Saad, Iterative Methods for Sparse Linear Systems, 2003, §10.3).
///
/// With a `modification` ω > 0 the fill that is dropped goes, times ω, to the diagonal, which keeps row sums at ω = 1.
/// A vanishing pivot is handled by a shift, as in ``IncompleteCholesky``.
public struct IncompleteLU: Preconditioner, Equatable, Codable {
  /// How much of the dropped fill is taken to the diagonal: 0 for ILU(0), up to 1.
  public var modification: Double
  /// The precision of the factors.
  public var precision: FactorPrecision

  /// ILU(0), or MILU(0) with a modification above zero.
  public init(modification: Double = 0, precision: FactorPrecision = .automatic) {
    precondition(
      (0...1).contains(modification), "a modification of \(modification), which has to be from 0 to 1")
    (self.modification, self.precision) = (modification, precision)
  }

  public var name: String { modification == 0 ? "ILU(0)" : "MILU(0)" }

  /// The factors of a square matrix.
  /// - Throws: ``SparseMatrixError`` when the matrix is not square or not finite, or has a zero on the diagonal;
  ///   ``FactorizationError/singular(pivot:count:)`` when no shift is enough.
  public func prepare<Scalar: SparseScalar>(_ matrix: SparseMatrix<Scalar>, pool: WorkerPool) throws
    -> any PreparedPreconditioner<Scalar>
  {
    try PatternFactorization(
      .lu, matrix, name: name, modification: modification, precision: precision, pool: pool)
  }
}
