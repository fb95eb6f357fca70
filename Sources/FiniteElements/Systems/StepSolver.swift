import Algebra

/// The linear systems of an implicit evolution: matrices that change little from one to the next.
///
/// The factors of one matrix precondition the iteration (Saad 1993) for those that follow. Each step away from it costs more
/// iterations; new factors are made once what they would have saved since the last ones exceeds their price, which is at
/// most twice the cost of the best times in hindsight (the rent-or-buy rule; Karlin et al. 1988).
final class StepSolver {
  private let system: FiniteElementSystem
  private var factors: (any SparseFactorization)?
  /// Whether the factors are those of the matrix that is solved with, which does not change.
  private var isExact = false
  /// Unknowns that the matrix determines up to a constant.
  private var constants: [Int] = []
  /// Iterations of the present step, of the cheapest one since the factorisation, and what others took beyond that.
  private var current = 0
  private var fewest: Int?
  private var excess = 0
  private var beyondFresh = 0
  private var stepsSinceFactorization: Int?
  /// Whether no system was solved with the factors yet.
  private var isFresh = false
  /// The number of factorisations so far.
  private(set) var factorizations = 0
  /// The number of iterations with factors of other matrices so far.
  private(set) var iterations = 0

  init(_ system: FiniteElementSystem) { self.system = system }

  /// Solves with factors of the matrix itself, which are kept until ``forget()``.
  func solveExactly(_ b: [Double], matrix: () throws -> SparseMatrix<Double>) throws -> [Double] {
    if !isExact { try factorize(matrix()) }
    isExact = true
    return factors!.solve(b)
  }

  /// Forgets that the factors are near the matrix: it is another one from now on.
  func forget() { (isExact, beyondFresh) = (false, 1 << 40) }

  /// Solves to a relative residual, with whatever factors there are, or with new ones.
  func solve(_ matrix: SparseMatrix<Double>, _ b: [Double], tolerance: Double) throws -> [Double] {
    if factors == nil || excess > price || beyondFresh > 3 * price { try factorize(matrix) }
    let held = system.holding(constants, in: matrix)
    let method = FGMRES(.relative(tolerance, iterationLimit: 2 * Self.directions), restart: Self.directions)
    let found = try method.solve(
      held, b, preconditioner: DirectPreconditioner<Double>(factors!), pool: system.pool)
    iterations += found.statistics.iterations
    current += found.statistics.iterations
    // Factors of the matrix itself take one.
    beyondFresh += found.statistics.iterations - 1
    if !found.status.isSuccess, !isFresh { try factorize(matrix) }
    defer { isFresh = false }
    return found.status.isSuccess ? found.value : factors!.solve(b)
  }

  /// Ends a step of the evolution: what its systems took decides about new factors.
  func endStep() {
    defer { current = 0 }
    // The step in which factors were made is no measure of those that follow.
    guard let age = stepsSinceFactorization else { return }
    stepsSinceFactorization = age + 1
    guard age > 0 else { return }
    fewest = min(fewest ?? .max, current)
    excess += current - fewest!
  }

  /// Iterations before FGMRES starts again; where it has to, new factors come cheaper.
  private static let directions = 24

  /// What a factorisation costs, in iterations: it takes about 30 ns for an entry of the factors and 0.05 ns for an
  /// operation, an iteration 1.9 ns for an entry (measured on Taylor–Hood elements in two dimensions). Counted, not timed,
  /// so that runs repeat to the bit.
  private var price: Int {
    guard let statistics = factors?.statistics, statistics.factorEntries > 0 else { return 0 }
    return 16 + Int(statistics.flops / (38 * Double(statistics.factorEntries)))
  }

  private func factorize(_ matrix: SparseMatrix<Double>) throws {
    constants = system.freeConstants(matrix)
    let held = system.holding(constants, in: matrix)
    if factors == nil {
      factors = try system.factorize(held)
    } else {
      try system.refactorize(&factors!, held)
    }
    factorizations += 1
    (fewest, excess, beyondFresh, isFresh, stepsSinceFactorization) = (nil, 0, 0, true, 0)
  }
}

extension FiniteElementSystem {
  /// Factors of a matrix without free constants, for iterations and corrections: without refinement of its own.
  func factorize(_ matrix: SparseMatrix<Double>) throws -> any SparseFactorization {
    if isSymmetric, weak.multipliers.isEmpty, let factors = try? CHOLMOD().prepare(matrix) { return factors }
    return try factorizeLU(matrix, refinementSteps: 0)
  }

  /// Factors of another matrix with the analysis of the first one, where that serves.
  func refactorize(_ factors: inout any SparseFactorization, _ matrix: SparseMatrix<Double>) throws {
    do {
      try factors.refactorize(matrix)
    } catch is DirectSolverError {
      factors = try factorize(matrix)
    }
  }
}
