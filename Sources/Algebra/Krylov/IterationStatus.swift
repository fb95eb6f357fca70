/// How an iteration ended.
public enum IterationStatus: Sendable, Equatable, CustomStringConvertible {
  /// The computed residual b − A x meets the tolerance.
  case converged
  /// A least-squares residual that is not zero, but orthogonal to the range of A to the tolerance.
  case leastSquares
  /// The number of iterations is used up.
  case iterationLimit
  /// The computed residual stays above the tolerance while the one that the method carries along falls: rounding.
  case stagnated
  /// The residual grew beyond any use.
  case diverged
  /// A direction p with pᵀ A p ≤ 0: the matrix is not positive definite.
  case indefiniteMatrix
  /// A residual r with rᵀ M⁻¹ r ≤ 0: the preconditioner is not positive definite.
  case indefinitePreconditioner
  /// A division by zero that the method cannot get around.
  case breakdown

  /// Whether the value is what was asked for.
  public var isSuccess: Bool { self == .converged || self == .leastSquares }

  /// What happened, and what to try.
  public var description: String {
    switch self {
    case .converged: return "converged"
    case .leastSquares: return "converged to the least-squares solution; the residual cannot be zero"
    case .iterationLimit:
      return "the iteration limit is reached; raise it, or use a stronger preconditioner"
    case .stagnated:
      return
        "rounding, or a method too weak, keeps b - A x above the tolerance; loosen the tolerance, scale the system, use "
        + "double precision, or a longer restart"
    case .diverged: return "the residual grows without bound; use another method or preconditioner"
    case .indefiniteMatrix:
      return
        "the matrix is not positive definite; use MINRES for a symmetric matrix, GMRES for any, or change its sign"
    case .indefinitePreconditioner:
      return
        "the preconditioner is not positive definite; use another one, or GMRES, which does not need it to be"
    case .breakdown:
      return
        "the method divides by zero; start from another guess, use GMRES, or give the null space if A is singular"
    }
  }
}
