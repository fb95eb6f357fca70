// What `solver: .cholesky` and its like stand for; `LinearSolverCatalogue` has many more by name.

extension LinearSolver where Self == AutomaticLinearSolver {
  /// The solver that suits the matrix.
  public static var automatic: Self { AutomaticLinearSolver() }
}

extension LinearSolver where Self == DirectLinearSolver {
  /// LLᵀ, for positive definite matrices (CHOLMOD).
  public static var cholesky: Self { DirectLinearSolver(CHOLMOD()) }
  /// LDLᵀ, for symmetric matrices (CHOLMOD).
  public static var ldl: Self { DirectLinearSolver(CHOLMOD(.ldl)) }
  /// LU, for any square matrix (UMFPACK).
  public static var lu: Self { DirectLinearSolver(UMFPACK()) }
  /// A factorisation.
  public static func direct(_ method: any DirectSolver) -> Self { DirectLinearSolver(method) }
}

extension LinearSolver where Self == IterativeLinearSolver {
  /// Conjugate gradients with smoothed aggregation, for positive definite matrices.
  public static var amg: Self { .iterative(ConjugateGradient(.tight), SmoothedAggregation()) }
  /// Conjugate gradients with a modified incomplete Cholesky factorisation, for positive definite matrices.
  public static var pcg: Self { .iterative(ConjugateGradient(.tight), IncompleteCholesky.modified) }
  /// Restarted GMRES with an incomplete LU factorisation, for any square matrix.
  public static var gmres: Self { .iterative(GMRES(.tight), IncompleteLU()) }
  /// Successive over-relaxation with a factor, by default Young's optimal one.
  public static func sor(factor: Double? = nil) -> Self { .iterative(SOR(.tight, relaxation: factor)) }
  /// An iteration, with a preconditioner or without.
  public static func iterative(_ method: any IterativeSolver, _ preconditioner: (any Preconditioner)? = nil)
    -> Self
  { IterativeLinearSolver(method, preconditioner: preconditioner) }
}

extension StoppingCriterion {
  /// What the errors of discretisations stay far above.
  public static let tight = StoppingCriterion.relative(1e-10, iterationLimit: 100_000)
}

extension IterativeSolution {
  /// Whether the iteration met its tolerance, or came so near to it that rounding stopped it.
  public var isAtRounding: Bool {
    status.isSuccess || status == .stagnated && statistics.relativeResidual <= 1e-7
  }
}
