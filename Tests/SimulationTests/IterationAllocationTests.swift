import AllocationCounter
import Ansatz
import Testing

/// An iteration with its preconditioner, on a system of its own.
private struct Iteration: Sendable, CustomTestStringConvertible {
  var name: String
  /// The limits of two runs, the second longer by what must allocate nothing.
  var limits: (Int, Int)
  var run: @Sendable (_ limit: Int, _ pool: WorkerPool) throws -> Int

  var testDescription: String { name }

  init(
    _ name: String, _ limits: (Int, Int),
    _ method: @escaping @Sendable (StoppingCriterion) -> any IterativeSolver,
    _ preconditioner: (any Preconditioner)?, convection: Double = 0
  ) throws {
    (self.name, self.limits) = (name, limits)
    let matrix = try Self.grid(63).assembled()
    if convection != 0 {
      // Upwind differences along the fastest axis.
      for row in 0..<matrix.rows {
        for p in Int(matrix.pattern.rowStarts.pointer[row])..<Int(matrix.pattern.rowStarts.pointer[row + 1]) {
          let column = Int(matrix.pattern.columnIndices.pointer[p])
          if column == row { matrix.values.pointer[p] += convection }
          if column == row - 1 { matrix.values.pointer[p] -= convection }
        }
      }
    }
    let serial = WorkerPool(threads: 1)
    let (system, prepared) = (matrix, try preconditioner?.prepare(matrix, pool: serial))
    run = { limit, pool in
      try Self.iterations(method(Self.stopping(limit)), system, prepared, pool)
    }
  }

  /// Conjugate gradients with geometric multigrid, which take the operator on the grid.
  private init(multigrid name: String, _ limits: (Int, Int)) throws {
    (self.name, self.limits) = (name, limits)
    let grid = try Self.grid(63)
    let prepared = try GeometricMultigrid().prepare(grid)
    run = { limit, pool in try Self.iterations(ConjugateGradient(Self.stopping(limit)), grid, prepared, pool)
    }
  }

  private static func grid(_ n: Int) throws -> GridOperator<Double> {
    let axis = GridAxis(count: n, spacing: 1 / Double(n + 1))
    return try GridOperator(axes: [axis, axis])
  }

  /// No residual is that small, so that the limit ends the run; a check of the residual falls between the limits.
  private static func stopping(_ limit: Int) -> StoppingCriterion {
    StoppingCriterion(relativeTolerance: 1e-300, iterationLimit: limit, checkInterval: 7)
  }

  private static func iterations(
    _ method: some IterativeSolver, _ matrix: some LinearOperator<Double>,
    _ preconditioner: (any PreparedPreconditioner<Double>)?, _ pool: WorkerPool
  ) throws -> Int {
    let b = (0..<matrix.rows).map { Double(($0 * 7919) % 101) - 50 }
    return try method.solve(matrix, b, preconditioner: preconditioner, pool: pool).statistics.iterations
  }

  static let all: [Iteration] = (try? make()) ?? []

  private static func make() throws -> [Iteration] {
    let cg: @Sendable (StoppingCriterion) -> any IterativeSolver = { ConjugateGradient($0) }
    return [
      try Iteration("CG", (10, 60), cg, nil),
      try Iteration("CG, Jacobi", (10, 60), cg, JacobiPreconditioner()),
      try Iteration("CG, Chebyshev", (4, 16), cg, PolynomialPreconditioner()),
      try Iteration("CG, SSOR", (5, 25), cg, SSORPreconditioner()),
      try Iteration("CG, FSAI", (5, 25), cg, FactorizedApproximateInverse()),
      try Iteration("CG, IC(0)", (5, 25), cg, IncompleteCholesky()),
      try Iteration("CG, MIC(0)", (5, 20), cg, IncompleteCholesky.modified),
      try Iteration("CG, AMG", (3, 10), cg, SmoothedAggregation()),
      try Iteration("CG, classical AMG", (3, 10), cg, ClassicalMultigrid()),
      try Iteration(multigrid: "CG, multigrid", (3, 10)),
      try Iteration("MINRES", (10, 60), { MINRES($0) }, nil),
      // Across several starts.
      try Iteration("GMRES, ILU(0)", (15, 35), { GMRES($0, restart: 10) }, IncompleteLU(), convection: 2000),
      try Iteration("BiCGStab, ILU(0)", (3, 10), { BiCGStab($0) }, IncompleteLU(), convection: 2000),
    ]
  }
}

@Suite("Allocations of iterations", .serialized, .enabled(if: allocation_count_is_available() == 1))
struct IterationAllocationTests {
  @Test("an iteration allocates nothing after the first", arguments: Iteration.all)
  fileprivate func iterations(_ iteration: Iteration) throws {
    // On one thread, so that every allocation is counted and none of the tests beside it.
    let pool = WorkerPool(threads: 1)
    let (short, long) = iteration.limits
    let first = try iteration.run(long, pool)
    #expect(first == long)
    var counts: [Int64] = []
    for limit in [short, long] {
      let before = allocation_count()
      let iterations = try iteration.run(limit, pool)
      counts.append(allocation_count() - before)
      #expect(iterations == limit)
    }
    #expect(counts[1] == counts[0], "\(counts[1] - counts[0]) allocations in \(long - short) iterations")
  }

  @Test("every iteration is there") func all() { #expect(Iteration.all.count == 13) }
}
