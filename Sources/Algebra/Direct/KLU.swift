import CSuiteSparse

/// Sparse LU factorisation of square matrices by KLU: block triangular form, then columns by Gilbert and Peierls'
/// method. For matrices whose factors stay very sparse, such as circuits, networks and one-dimensional problems, and for
/// sequences of matrices on one pattern: a refactorisation keeps the pivots as long as they stay good.
///
/// Source: Davis & Palamadai Natarajan, ACM Trans. Math. Softw. 37 (2010), 36.
public struct KLU: DirectSolver {
  /// An LU factorisation by KLU.
  public init() {}

  public var name: String { "KLU" }
  public var needsSymmetricMatrix: Bool { false }

  public func prepare(_ matrix: SparseMatrix<Double>) throws -> KLUFactorization {
    try KLUFactorization(matrix)
  }
}
