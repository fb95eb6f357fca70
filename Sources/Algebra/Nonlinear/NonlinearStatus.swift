/// How an iteration for f(x) = 0 ended.
public enum NonlinearStatus: Sendable, Equatable, CustomStringConvertible {
  /// ‖f(x)‖ meets the tolerance.
  case converged
  /// The next step is at the rounding of x: no number near x has a smaller residual that can be told from this one.
  case convergedToRounding
  /// The number of iterations is used up.
  case iterationLimit
  /// The residual no longer falls.
  case stagnated
  /// No step along the search direction makes the residual smaller.
  case lineSearchFailed
  /// The residual or the step is infinite or NaN, even close to the last point.
  case notFinite
  /// The linear system for the step could not be solved; the reason in words.
  case linearSolveFailed(String)

  /// Whether the value is a solution.
  public var isSuccess: Bool { self == .converged || self == .convergedToRounding }

  /// What happened, and what to try.
  public var description: String {
    switch self {
    case .converged: return "converged"
    case .convergedToRounding: return "converged to the rounding of x"
    case .iterationLimit:
      return "the iteration limit is reached; raise it, start closer, or use pseudo-transient continuation"
    case .stagnated:
      return
        "the residual no longer falls; check the Jacobian, scale the unknowns to similar size, or start closer"
    case .lineSearchFailed:
      return
        "no step along the Newton direction lowers the residual, which happens at a local minimum of its norm, or with "
        + "a wrong Jacobian; compare the Jacobian with differences, or use pseudo-transient continuation"
    case .notFinite:
      return
        "the residual is infinite or NaN; start inside the domain of the equations, or limit the step (damping below "
        + "1, or pseudo-transient continuation with a small first step)"
    case .linearSolveFailed(let reason):
      return
        "the linear system of a step could not be solved (\(reason)); start closer, or use pseudo-transient "
        + "continuation, which adds a multiple of the identity to the Jacobian"
    }
  }
}

/// What an iteration for f(x) = 0 took.
public struct NonlinearStatistics: Sendable, Equatable, Codable {
  /// The name of the method.
  public var method = ""
  /// The number of accepted steps.
  public var iterations = 0
  /// ‖f‖₂ at the start and after each step.
  public var residualHistory: [Double] = []
  /// The part of the full step that each line search took, or the pseudo-time step.
  public var stepSizes: [Double] = []
  /// How often f was evaluated, differences included.
  public var residualEvaluations = 0
  /// How often a Jacobian was made.
  public var jacobianEvaluations = 0
  /// Iterations of the linear solver, all steps together.
  public var linearIterations = 0
  /// Seconds of the whole solve.
  public var seconds = 0.0

  public init() {}
  /// ‖f‖₂ at the end.
  public var residual: Double { residualHistory.last ?? .nan }
}

/// What a nonlinear solver returns: the value, how the iteration ended, and what it took.
public struct NonlinearSolution: Sendable {
  /// The solution; the best point that was reached, if the iteration failed.
  public let value: [Double]
  /// How the iteration ended.
  public let status: NonlinearStatus
  /// What it took.
  public let statistics: NonlinearStatistics

  /// The value, if it is a solution.
  /// - Throws: ``NonlinearError``.
  public func converged() throws(NonlinearError) -> [Double] {
    guard status.isSuccess else {
      throw NonlinearError(
        method: statistics.method, status: status, iterations: statistics.iterations,
        residual: statistics.residual)
    }
    return value
  }
}

/// An iteration for f(x) = 0 that ended without a solution.
public struct NonlinearError: Error, Equatable, CustomStringConvertible {
  public let method: String
  public let status: NonlinearStatus
  public let iterations: Int
  /// ‖f‖₂ at the end.
  public let residual: Double

  public var description: String {
    "\(method) stopped after \(iterations) steps at a residual of \(residual): \(status)."
  }
}

/// When an iteration for f(x) = 0 stops: at ‖f(x)‖₂ ≤ max(relative ‖f(x₀)‖₂, absolute), or at a number of steps.
public struct NonlinearStopping: Sendable, Equatable, Codable {
  /// The tolerance relative to ‖f(x₀)‖₂.
  public var relativeTolerance: Double
  /// The tolerance in the units of f.
  public var absoluteTolerance: Double
  /// The largest number of steps.
  public var iterationLimit: Int

  /// Tolerances 1e-10 relative and 0 absolute, and 100 steps, unless given.
  public init(relativeTolerance: Double = 1e-10, absoluteTolerance: Double = 0, iterationLimit: Int = 100) {
    precondition(
      relativeTolerance >= 0 && absoluteTolerance >= 0 && iterationLimit >= 0,
      "tolerances \(relativeTolerance) and \(absoluteTolerance), \(iterationLimit) steps")
    self.relativeTolerance = relativeTolerance
    self.absoluteTolerance = absoluteTolerance
    self.iterationLimit = iterationLimit
  }

  func target(_ first: Double) -> Double { max(relativeTolerance * first, absoluteTolerance) }
}
