import Ansatz
import Foundation

/// A solver of the suite.
struct SolverEntry: Sendable {
  var name: String
  /// Whether it can be expected to take the system in reasonable time and memory.
  var suits: @Sendable (SolverCase) -> Bool
  var run: @Sendable (SolverCase) throws -> SolverOutcome
}

/// What one solve took.
struct SolverOutcome: Sendable {
  var iterations: Int
  var setup: Double
  var solve: Double
  /// Bytes of the set-up.
  var bytes: Int
  /// ‖b − A x‖ / ‖b‖, computed from the solution.
  var residual: Double
  /// The residuals of an iteration relative to ‖b‖.
  var history: [Double]
  /// How an iteration ended.
  var status = IterationStatus.converged

  var total: Double { setup + solve }
}

extension SolverEntry {
  static let tolerance = 1e-8

  /// Every solver of the suite, weakest first.
  static let all: [SolverEntry] = [
    // Without a preconditioner, jumps and anisotropy take more iterations than anybody waits for.
    stationary("SOR") { $0.matrix.rows <= 70_000 && $0.family.hasPrefix("poisson") },
    iterative("CG", krylov, nil) {
      $0.family.hasPrefix("poisson") || $0.isFromFile && $0.kind == .positive
    },
    iterative("CG, Jacobi", krylov, JacobiPreconditioner()) { $0.kind == .positive },
    iterative("CG, Chebyshev", krylov, PolynomialPreconditioner()) { $0.kind == .positive },
    iterative("CG, SSOR", krylov, SSORPreconditioner()) { $0.kind == .positive },
    iterative("CG, FSAI", krylov, FactorizedApproximateInverse()) { $0.kind == .positive },
    iterative("CG, IC(0)", krylov, IncompleteCholesky()) { $0.kind == .positive },
    iterative("CG, MIC(0)", krylov, IncompleteCholesky.modified) { $0.kind == .positive },
    iterative("CG, ICT", krylov, ThresholdIncompleteCholesky()) { $0.kind == .positive },
    iterative("CG, classical AMG", krylov, ClassicalMultigrid()) { $0.kind == .positive },
    iterative("CG, AMG", krylov, SmoothedAggregation()) { $0.kind == .positive },
    SolverEntry(name: "CG, multigrid") {
      $0.grid != nil
    } run: { item in
      // The operator needs no matrix here.
      try outcome(item, item.grid!, krylov, preconditioner: { try GeometricMultigrid().prepare(item.grid!) })
    },
    iterative("MINRES", MINRES(stopping), nil) { $0.kind == .symmetric },
    iterative("GMRES, ILU(0)", GMRES(stopping), IncompleteLU()) { $0.kind != .positive },
    iterative("BiCGStab, ILU(0)", BiCGStab(stopping), IncompleteLU()) { $0.kind != .positive },
    iterative("GMRES, ILUT", GMRES(stopping), ThresholdIncompleteLU()) { $0.kind != .positive },
    // Fill grows like n log n in two dimensions and n^(4/3) in three.
    direct("Cholesky", CHOLMOD()) {
      $0.kind == .positive && $0.matrix.rows <= ($0.dimension == 2 ? 1_100_000 : 140_000)
    },
    direct("LDLᵀ", CHOLMOD(.ldl)) {
      $0.kind == .symmetric && $0.matrix.rows <= ($0.dimension == 2 ? 270_000 : 40_000)
    },
    direct("LU", UMFPACK()) { $0.matrix.rows <= ($0.dimension == 2 ? 270_000 : 40_000) },
    direct("KLU", KLU()) { $0.kind != .positive && $0.matrix.rows <= ($0.dimension == 2 ? 70_000 : 10_000) },
  ]

  private static let stopping = StoppingCriterion.relative(tolerance, iterationLimit: 30_000)
  private static let krylov = ConjugateGradient(stopping)

  private static func iterative(
    _ name: String, _ method: some IterativeSolver, _ preconditioner: (any Preconditioner)?,
    suits: @escaping @Sendable (SolverCase) -> Bool
  ) -> SolverEntry {
    SolverEntry(name: name, suits: suits) { item in
      try outcome(
        item, item.matrix, method,
        preconditioner: { try preconditioner?.prepare(item.matrix, pool: .shared) })
    }
  }

  private static func outcome(
    _ item: SolverCase, _ operation: some LinearOperator<Double>, _ method: some IterativeSolver,
    preconditioner: () throws -> (any PreparedPreconditioner<Double>)?
  ) throws -> SolverOutcome {
    let start = Date()
    let prepared = try preconditioner()
    let setup = Date().timeIntervalSince(start)
    let result = try method.solve(operation, item.rightHandSide, preconditioner: prepared)
    let size = norm(item.rightHandSide)
    return SolverOutcome(
      iterations: result.statistics.iterations, setup: setup, solve: result.statistics.seconds,
      bytes: prepared?.statistics.bytes ?? 0, residual: residual(item, result.value),
      history: result.statistics.residualHistory.map { $0 / size }, status: result.status)
  }

  private static func stationary(_ name: String, suits: @escaping @Sendable (SolverCase) -> Bool)
    -> SolverEntry
  {
    SolverEntry(name: name, suits: suits) { item in
      let result = try SOR(.relative(tolerance, iterationLimit: 100_000)).solve(
        item.matrix, item.rightHandSide)
      let size = norm(item.rightHandSide)
      return SolverOutcome(
        iterations: result.statistics.iterations, setup: 0, solve: result.statistics.seconds, bytes: 0,
        residual: residual(item, result.value), history: result.statistics.residualHistory.map { $0 / size },
        status: result.status)
    }
  }

  private static func direct(
    _ name: String, _ method: some DirectSolver, suits: @escaping @Sendable (SolverCase) -> Bool
  ) -> SolverEntry {
    SolverEntry(name: name, suits: suits) { item in
      let start = Date()
      let factors = try method.prepare(item.matrix)
      let ready = Date()
      let x = factors.solve(item.rightHandSide)
      return SolverOutcome(
        iterations: 1, setup: ready.timeIntervalSince(start), solve: Date().timeIntervalSince(ready),
        bytes: factors.statistics.bytes, residual: residual(item, x), history: [])
    }
  }

  private static func residual(_ item: SolverCase, _ x: [Double]) -> Double {
    let ax = item.matrix.multiply(x)
    return norm(zip(item.rightHandSide, ax).map { $0 - $1 }) / norm(item.rightHandSide)
  }

  private static func norm(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }
}
