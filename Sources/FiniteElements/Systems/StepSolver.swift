import Algebra

/// The linear systems of an implicit evolution: matrices that change little from one to the next.
///
/// The factors of one matrix precondition the iteration (Saad 1993) for those that follow. Each step away from it costs more
/// iterations; new factors are made once what they would have saved since the last ones exceeds their price, which is at
/// most twice the cost of the best times in hindsight (the rent-or-buy rule; Karlin et al. 1988).
final class StepSolver {
  private let system: FiniteElementSystem
  private var factors: (any SparseFactorization)?
  private(set) var account = FiniteElementEvolution.FactorAccount()
  /// Where the matrix of the factors was taken; nil where there are none.
  private(set) var linearization: FiniteElementEvolution.Linearization?
  /// Unknowns that the matrix determines up to a constant.
  private var constants: [Int] = []
  /// Iterations of the present step.
  private var current = 0
  /// Whether no system was solved with the factors yet.
  private var isFresh = false
  /// The number of factorisations so far.
  private(set) var factorizations = 0
  /// The number of iterations with factors of other matrices so far.
  private(set) var iterations = 0

  init(_ system: FiniteElementSystem) { self.system = system }

  /// Goes on where another one stood.
  func restore(
    _ place: FiniteElementEvolution.Linearization?, _ account: FiniteElementEvolution.FactorAccount
  )
    throws
  {
    if let place { try factorize(matrix(place), at: place) }
    (self.account, isFresh) = (account, false)
  }

  /// Solves with factors of the matrix itself, which are kept until ``forget()``.
  func solveExactly(_ b: [Double], at place: FiniteElementEvolution.Linearization) throws -> [Double] {
    if !account.isExact { try factorize(matrix(place), at: place) }
    account.isExact = true
    return factors!.solve(b)
  }

  /// Forgets that the factors are near the matrix: it is another one from now on.
  func forget() { (account.isExact, account.beyondFresh) = (false, 1 << 40) }

  /// Solves to a relative residual, with whatever factors there are, or with new ones.
  func solve(_ b: [Double], at place: FiniteElementEvolution.Linearization, tolerance: Double) throws
    -> [Double]
  {
    let matrix = try matrix(place)
    if factors == nil || account.excess > price || account.beyondFresh > 3 * price {
      try factorize(matrix, at: place)
    }
    let held = system.holding(constants, in: matrix)
    let method = FGMRES(.relative(tolerance, iterationLimit: 2 * Self.directions), restart: Self.directions)
    let found = try method.solve(
      held, b, preconditioner: DirectPreconditioner<Double>(factors!), pool: system.pool)
    iterations += found.statistics.iterations
    current += found.statistics.iterations
    // Factors of the matrix itself take one.
    account.beyondFresh += found.statistics.iterations - 1
    if !found.status.isSuccess, !isFresh { try factorize(matrix, at: place) }
    defer { isFresh = false }
    return found.status.isSuccess ? found.value : factors!.solve(b)
  }

  /// Ends a step of the evolution: what its systems took decides about new factors.
  func endStep() {
    defer { current = 0 }
    // The step in which factors were made is no measure of those that follow.
    guard let age = account.age else { return }
    account.age = age + 1
    guard age > 0 else { return }
    let fewest = min(account.fewest ?? .max, current)
    account.fewest = fewest
    account.excess += current - fewest
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

  private func matrix(_ place: FiniteElementEvolution.Linearization) throws -> SparseMatrix<Double> {
    try system.jacobian(place.state, rate: place.rate, shift: place.shift, time: place.time)
  }

  private func factorize(_ matrix: SparseMatrix<Double>, at place: FiniteElementEvolution.Linearization)
    throws
  {
    constants = system.freeConstants(matrix)
    let held = system.holding(constants, in: matrix)
    if factors == nil {
      factors = try system.factorize(held)
    } else {
      try system.refactorize(&factors!, held)
    }
    factorizations += 1
    (linearization, isFresh) = (place, true)
    account = .init()
    account.age = 0
  }
}

extension FiniteElementSystem {
  /// Factors of a matrix without free constants, for iterations and corrections: without refinement of its own.
  func factorize(_ matrix: SparseMatrix<Double>) throws -> any SparseFactorization {
    if isSymmetric, weak.multipliers.isEmpty, let factors = try? CHOLMOD().prepare(matrix) { return factors }
    return try factorizeLU(matrix, refinementSteps: 0)
  }

  /// Factors of another matrix on the same pattern, with the bits that `factorize` would give: Cholesky's analysis goes by
  /// the pattern alone and is kept; that of LU looks at values and is made anew.
  func refactorize(_ factors: inout any SparseFactorization, _ matrix: SparseMatrix<Double>) throws {
    do {
      guard factors is CHOLMODFactorization else {
        factors = try factorize(matrix)
        return
      }
      try factors.refactorize(matrix)
    } catch is DirectSolverError {
      factors = try factorize(matrix)
    }
  }
}
