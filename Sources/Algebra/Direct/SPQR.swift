import CSuiteSparse

/// Sparse QR factorisation A E = Q R by SuiteSparseQR: least squares, shortest solutions, and the numerical rank.
///
/// With at least as many rows as columns, `solve` gives the x that minimises ‖A x - b‖; with fewer rows, the shortest x
/// with A x = b. The transposed solve does the other of the two. Where the rank is smaller than both, solutions are
/// basic: columns that depend on others get the value 0.
///
/// Source: Davis, ACM Trans. Math. Softw. 38 (2011), 8.
public struct SPQR: DirectSolver {
  /// The order of elimination.
  public var ordering: FillReducingOrdering
  /// Columns whose remainder is at most this long count as dependent; nil for SuiteSparseQR's
  /// 20 (rows + columns) ε · (the largest 2-norm of a column).
  public var tolerance: Double?

  /// A QR factorisation with the given settings.
  public init(ordering: FillReducingOrdering = .automatic, tolerance: Double? = nil) {
    precondition((tolerance ?? 0) >= 0, "a tolerance of \(tolerance ?? 0)")
    (self.ordering, self.tolerance) = (ordering, tolerance)
  }

  public var name: String { "SPQR" }
  public var needsSymmetricMatrix: Bool { false }

  public func prepare(_ matrix: SparseMatrix<Double>) throws -> SPQRFactorization {
    try SPQRFactorization(matrix, settings: self)
  }

  var libraryOrdering: Int32 {
    switch ordering {
    case .automatic: SPQR_ORDERING_DEFAULT
    case .minimumDegree: SPQR_ORDERING_BESTAMD
    case .nestedDissection: SPQR_ORDERING_METIS
    case .natural: SPQR_ORDERING_NATURAL
    }
  }
}
