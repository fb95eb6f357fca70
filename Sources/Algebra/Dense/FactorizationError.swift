/// Why a matrix could not be factorised. Rows and columns are counted from 0.
public enum FactorizationError: Error, Equatable, CustomStringConvertible {
  /// An LU factorisation met a pivot that is exactly zero.
  case singular(pivot: Int, count: Int)
  /// A Cholesky factorisation met a leading block that is not positive definite.
  case notPositiveDefinite(row: Int, count: Int)
  /// A least-squares matrix whose column depends on the columns before it.
  case rankDeficient(column: Int, columns: Int)
  /// A matrix with an infinite or NaN element.
  case notFinite
  /// An iteration for eigenvalues or singular values that did not converge.
  case noConvergence(unconverged: Int, count: Int)

  /// What is wrong with the matrix, and what to try.
  public var description: String {
    switch self {
    case .singular(let pivot, let count):
      return
        "The matrix of order \(count) is singular: pivot \(pivot) is zero. Look for an equation that depends on "
        + "the others (a pure Neumann problem needs its mean fixed), or use SVD for a least-squares solution."
    case .notPositiveDefinite(let row, let count):
      return
        "The matrix of order \(count) is not positive definite: the factorisation breaks down at row \(row). "
        + "Check its sign and symmetry, or use LUFactorization."
    case .rankDeficient(let column, let columns):
      return
        "Column \(column) of \(columns) depends on the columns before it, so the least-squares solution is not "
        + "unique. Use SVD for the shortest one."
    case .notFinite:
      return "The matrix has an infinite or NaN element; check the coefficients it was assembled from."
    case .noConvergence(let unconverged, let count):
      return
        "\(unconverged) of \(count) values did not converge; scale the rows and columns of the matrix to similar "
        + "size and try again."
    }
  }
}
