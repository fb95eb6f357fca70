/// A few eigenpairs of A x = λ B x with symmetric A and B, as an iteration has found them.
public struct EigenSolution: Sendable {
  /// The eigenvalues, in the order that was asked for.
  public let values: [Double]
  /// The eigenvectors, with xᵀ B x = 1.
  public let vectors: [[Double]]
  /// ‖A x - λ B x‖₂ of each pair, computed at the end.
  public let residuals: [Double]
  /// How the iteration ended.
  public let status: EigenStatus
  /// What it took.
  public let statistics: EigenStatistics

  /// The pairs, if all of them meet the tolerance.
  /// - Throws: ``EigenError/notConverged(method:found:wanted:iterations:remedy:)``.
  public func converged() throws(EigenError) -> EigenSolution {
    guard status == .converged else {
      throw .notConverged(
        method: statistics.method, found: statistics.converged, wanted: values.count,
        iterations: statistics.iterations, remedy: status.description)
    }
    return self
  }
}

/// How an iteration for eigenpairs ended.
public enum EigenStatus: Sendable, Equatable, CustomStringConvertible {
  /// All pairs meet the tolerance.
  case converged
  /// The number of iterations is used up.
  case iterationLimit
  /// The residuals no longer fall.
  case stagnated

  /// What happened, and what to try.
  public var description: String {
    switch self {
    case .converged: "converged"
    case .iterationLimit:
      "the iteration limit is reached; raise it, use a shift near the wanted values or a stronger preconditioner"
    case .stagnated: "rounding keeps the residuals above the tolerance; loosen it"
    }
  }
}

/// What an iteration for eigenpairs took.
public struct EigenStatistics: Sendable, Equatable, Codable {
  /// The name of the method.
  public var method = ""
  /// The number of restarts, or of block iterations.
  public var iterations = 0
  /// How often the operator, or its shifted inverse, was applied to a vector.
  public var products = 0
  /// How many of the pairs meet the tolerance.
  public var converged = 0
  /// Seconds of the whole solve, factorisations included.
  public var seconds = 0.0

  public init() {}
}

/// Why eigenpairs cannot be found as asked.
public enum EigenError: Error, Equatable, CustomStringConvertible {
  /// More pairs than the method can find in a space of this dimension.
  case tooManyPairs(wanted: Int, order: Int, largest: Int)
  /// A mass matrix B with xᵀ B x ≤ 0.
  case indefiniteMass
  /// An operator that makes infinite or NaN elements of finite ones.
  case notFinite
  /// An operator for which (A x)ᵀ y and xᵀ (A y) differ.
  case notSymmetric
  /// An iteration that ended without all pairs.
  case notConverged(method: String, found: Int, wanted: Int, iterations: Int, remedy: String)

  /// What is wrong, and what to try.
  public var description: String {
    switch self {
    case .tooManyPairs(let wanted, let order, let largest):
      return
        "\(wanted) pairs of a matrix of order \(order) are too many for an iteration, which finds up to \(largest); use "
        + "SymmetricEigen on the dense matrix."
    case .indefiniteMass:
      return "The matrix B is not positive definite; exchange A and B, or check the mass matrix."
    case .notFinite:
      return "The operator makes infinite or NaN elements of finite ones; check its coefficients."
    case .notSymmetric:
      return "The operator is not symmetric; use GeneralEigen on the dense matrix."
    case .notConverged(let method, let found, let wanted, let iterations, let remedy):
      return "\(method) found \(found) of \(wanted) pairs in \(iterations) iterations: \(remedy)."
    }
  }
}
