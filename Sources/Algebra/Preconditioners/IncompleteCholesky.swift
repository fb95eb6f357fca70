import Tensors

/// Incomplete Cholesky factorisation without fill: A ≈ L Lᵀ with entries where A has some; IC(0), or MIC(0).
///
/// IC(0) is that of Meijerink & van der Vorst, Math. Comp. 31 (1977), 148. With a `modification` ω > 0 the fill that is
/// dropped goes, times ω, to the diagonal (Gustafsson, BIT 18 (1978), 142): at ω near 1 the iterations of conjugate
/// gradients on a grid of n points per side grow as √n instead of n. The factors are kept as (I + L) D (I + Lᵀ).
///
/// A factorisation that meets a pivot that is not positive is made again for A + α diag(A), α doubling from 10⁻³
/// (Manteuffel, Math. Comp. 34 (1980), 473), and `statistics.shift` says so.
public struct IncompleteCholesky: Preconditioner, Equatable, Codable {
  /// How much of the dropped fill is taken to the diagonal: 0 for IC(0), up to 1.
  public var modification: Double
  /// The precision of the factors.
  public var precision: FactorPrecision

  /// IC(0), or MIC(0) with a modification above zero.
  public init(modification: Double = 0, precision: FactorPrecision = .automatic) {
    precondition(
      (0...1).contains(modification), "a modification of \(modification), which has to be from 0 to 1")
    (self.modification, self.precision) = (modification, precision)
  }

  /// MIC(0) with the usual modification, 0.97.
  public static let modified = IncompleteCholesky(modification: 0.97)

  public var name: String { modification == 0 ? "IC(0)" : "MIC(0)" }

  /// The factors of a symmetric matrix with a positive diagonal.
  /// - Throws: ``SparseMatrixError`` when the matrix is not square, not finite or not symmetric, or lacks a diagonal
  ///   entry; ``FactorizationError/notPositiveDefinite(row:count:)`` when a diagonal entry is not positive, or no shift
  ///   is enough.
  public func prepare<Scalar: SparseScalar>(_ matrix: SparseMatrix<Scalar>, pool: WorkerPool) throws
    -> any PreparedPreconditioner<Scalar>
  {
    try PatternFactorization(
      .cholesky, matrix, name: name, modification: modification, precision: precision, pool: pool)
  }
}
