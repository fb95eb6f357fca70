import CKernels
import Tensors

/// An iterative method for A x = b, as its name and settings.
///
/// Methods that conform describe one solve in `iterate`; what all have in common (checks, tolerances, null spaces,
/// measured residuals) is in ``IterativeSystem``.
public protocol IterativeSolver: Sendable {
  /// The name in tables and on the command line.
  var name: String { get }
  /// When to stop.
  var stopping: StoppingCriterion { get set }
  /// What the method asks of the operator and the preconditioner.
  var requirements: IterativeRequirements { get }
  /// Improves the solution of a system until it, or the method, is at the end.
  func iterate<Scalar: SparseScalar>(_ system: IterativeSystem<Scalar>) throws -> IterationStatus
}

/// What an iterative method asks of the operator and the preconditioner.
public struct IterativeRequirements: Sendable, Equatable {
  /// Whether A must be symmetric.
  public var symmetricOperator = false
  /// Whether M must be symmetric and positive definite.
  public var symmetricPreconditioner = false
  /// Whether A may have more rows than columns, or fewer.
  public var takesRectangular = false
  /// Whether the method takes a preconditioner at all.
  public var takesPreconditioner = true
  /// What to use when A is not symmetric.
  public var remedy = "use GMRES or BiCGStab"

  public init() {}
}

/// When an iteration stops: at ‖b − A x‖ ≤ max(relative ‖b‖, absolute) in the 2-norm, or at a number of iterations.
public struct StoppingCriterion: Sendable, Equatable, Codable {
  /// The tolerance relative to ‖b‖.
  public var relativeTolerance: Double
  /// The tolerance in the units of b.
  public var absoluteTolerance: Double
  /// The largest number of iterations.
  public var iterationLimit: Int
  /// After how many iterations b − A x is computed and compared with the residual that the method carries along.
  public var checkInterval: Int

  /// Tolerances 1e-8 relative and 0 absolute, 10 000 iterations, and a check every 50 of them, unless given.
  public init(
    relativeTolerance: Double = 1e-8, absoluteTolerance: Double = 0, iterationLimit: Int = 10_000,
    checkInterval: Int = 50
  ) {
    precondition(
      relativeTolerance >= 0 && absoluteTolerance >= 0 && iterationLimit >= 0 && checkInterval > 0,
      "tolerances \(relativeTolerance) and \(absoluteTolerance), \(iterationLimit) iterations, "
        + "checks every \(checkInterval)")
    self.relativeTolerance = relativeTolerance
    self.absoluteTolerance = absoluteTolerance
    self.iterationLimit = iterationLimit
    self.checkInterval = checkInterval
  }

  /// A relative tolerance, with the other settings as they are by default.
  public static func relative(_ tolerance: Double, iterationLimit: Int = 10_000) -> Self {
    Self(relativeTolerance: tolerance, iterationLimit: iterationLimit)
  }
}

extension IterativeSolver {
  public var requirements: IterativeRequirements { IterativeRequirements() }

  /// Solves A x = b.
  /// - Parameters:
  ///   - matrix: A, known by its action.
  ///   - b: The right-hand side, of as many elements as A has rows.
  ///   - preconditioner: M⁻¹, an approximation to A⁻¹; a prepared preconditioner or any other operator.
  ///   - initialGuess: Where to start; zero where nil.
  ///   - nullSpace: The null space of a singular symmetric A; that of the operator where nil.
  ///   - pool: The threads; they do not change the result.
  /// - Returns: The solution, how the iteration ended, and what it took.
  /// - Throws: ``SparseMatrixError``, ``IterativeSolverError`` for what the method cannot take.
  public func solve<Scalar: SparseScalar>(
    _ matrix: some LinearOperator<Scalar>, _ b: [Scalar],
    preconditioner: (any LinearOperator<Scalar>)? = nil, initialGuess: [Scalar]? = nil,
    nullSpace: NullSpace<Scalar>? = nil, pool: WorkerPool = .shared
  ) throws -> IterativeSolution<Scalar> {
    let start = ck_nanoseconds()
    let system = try IterativeSystem(
      matrix, b, preconditioner: preconditioner, initialGuess: initialGuess, nullSpace: nullSpace,
      method: name, stopping: stopping, requirements: requirements, pool: pool)
    if let status = try system.begin() { return system.solution(status, since: start) }
    let status = try iterate(system)
    return system.solution(status, since: start)
  }
}
