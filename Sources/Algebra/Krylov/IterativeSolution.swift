/// What an iterative solver returns: the value, how the iteration ended, and what it took.
public struct IterativeSolution<Scalar: SparseScalar>: Sendable {
  /// The approximate solution, the last one if the iteration failed.
  public let value: [Scalar]
  /// How the iteration ended.
  public let status: IterationStatus
  /// What it took.
  public let statistics: IterationStatistics

  /// The value, if it is what was asked for.
  /// - Throws: ``IterativeSolverError/notConverged(method:status:iterations:residual:)``.
  public func converged() throws(IterativeSolverError) -> [Scalar] {
    guard status.isSuccess else {
      throw .notConverged(
        method: statistics.method, status: status, iterations: statistics.iterations,
        residual: statistics.relativeResidual)
    }
    return value
  }
}

/// What an iteration took, and where it got.
public struct IterationStatistics: Sendable, Equatable, Codable {
  /// The name of the method.
  public var method = ""
  /// The number of iterations.
  public var iterations = 0
  /// ‖r‖ as the method carries it along: before the first iteration, and after each.
  public var residualHistory: [Double] = []
  /// ‖b − A x‖, computed at the end.
  public var residual = 0.0
  /// ‖b − A x‖ / ‖b‖, computed at the end; 0 for b = 0.
  public var relativeResidual = 0.0
  /// How often the method was started again because the residual that it carried along was not that of x.
  public var restarts = 0
  /// Seconds of the whole solve, without the set-up of the preconditioner.
  public var seconds = 0.0

  public init() {}
}

/// Why a system cannot be solved iteratively as asked.
public enum IterativeSolverError: Error, Equatable, CustomStringConvertible {
  /// A right-hand side with an infinite or NaN element.
  case rightHandSideNotFinite(index: Int)
  /// A start with an infinite or NaN element.
  case initialGuessNotFinite(index: Int)
  /// A right-hand side with a part in the null space of a singular operator: the part's norm relative to ‖b‖.
  case incompatibleRightHandSide(part: Double)
  /// A null space one of whose vectors is zero, not finite, or depends on those before it.
  case nullSpaceDependent(vector: Int)
  /// A vector that is called a null vector but is not: ‖A v‖ relative to the operator.
  case notANullSpace(vector: Int)
  /// An operator that is known by its action only and is not symmetric, with what needs it to be.
  case operatorNotSymmetric(method: String, remedy: String)
  /// An operator or preconditioner that makes infinite or NaN elements of finite ones.
  case actionNotFinite(what: String)
  /// A preconditioner that is not symmetric where it must be.
  case preconditionerNotSymmetric(method: String)
  /// A preconditioner where the method takes none.
  case preconditionerNotTaken(method: String)
  /// An operator that cannot be transposed where the method needs it.
  case transposeMissing(method: String)
  /// An operator that is known by its action only where the method goes from row to row.
  case matrixNeeded(method: String)
  /// An iteration that ended without what was asked for.
  case notConverged(method: String, status: IterationStatus, iterations: Int, residual: Double)

  /// What is wrong, and what to try.
  public var description: String {
    switch self {
    case .rightHandSideNotFinite(let index):
      return
        "Element \(index) of the right-hand side is infinite or NaN; check the source and the boundary values."
    case .initialGuessNotFinite(let index):
      return "Element \(index) of the initial guess is infinite or NaN; start from zero instead."
    case .incompatibleRightHandSide(let part):
      return
        "The system has no solution: a part \(part) of the right-hand side lies in the null space of the operator. "
        + "Make sources and fluxes balance, or solve for nullSpace.projected(b) to get the nearest solution."
    case .nullSpaceDependent(let vector):
      return
        "Null vector \(vector) is zero, not finite, or a combination of those before it; give independent vectors."
    case .notANullSpace(let vector):
      return
        "The operator does not map null vector \(vector) to zero; give the null space of this operator, or none."
    case .operatorNotSymmetric(let method, let remedy):
      return "\(method) needs a symmetric operator, and this one is not; \(remedy)."
    case .actionNotFinite(let what):
      return "The \(what) makes infinite or NaN elements of finite ones; check its coefficients."
    case .preconditionerNotSymmetric(let method):
      return
        "\(method) needs a symmetric preconditioner, and this one is not; use a symmetric one, flexible CG, or GMRES."
    case .preconditionerNotTaken(let method):
      return "\(method) takes no preconditioner; scale the columns of the matrix instead."
    case .transposeMissing(let method):
      return "\(method) needs products with the transpose, which this operator does not offer; use a matrix."
    case .matrixNeeded(let method):
      return "\(method) goes from row to row of a matrix, and this operator has none; use Chebyshev or CG."
    case .notConverged(let method, let status, let iterations, let residual):
      return
        "\(method) stopped after \(iterations) iterations at the relative residual \(residual): \(status)."
    }
  }
}
