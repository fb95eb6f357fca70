import Tensors

/// Pseudo-transient continuation for f(x) = 0: implicit Euler steps of dx/dt = -f(x) with one Newton iteration each, whose
/// steps grow as the residual falls, until they are Newton's.
///
/// It follows the flow from the start to a steady state that it is stable at, where Newton's method alone may end at a
/// local minimum of the residual. f must have the sign for which the flow decays: an elliptic operator such as -Δu, not
/// Δu.
///
/// Source: Kelley & Keyes, SIAM J. Numer. Anal. 35 (1998), 508, with switched evolution relaxation (Mulder & van Leer
/// 1985).
public struct PseudoTransient: Sendable {
  /// When to stop.
  public var stopping: NonlinearStopping
  /// The first step in time.
  public var firstStep: Double
  /// The longest step in time.
  public var largestStep: Double

  /// Continuation with the given settings.
  public init(
    stopping: NonlinearStopping = NonlinearStopping(iterationLimit: 500), firstStep: Double = 0.1,
    largestStep: Double = 1e12
  ) {
    precondition(firstStep > 0 && largestStep >= firstStep, "steps from \(firstStep) to \(largestStep)")
    (self.stopping, self.firstStep, self.largestStep) = (stopping, firstStep, largestStep)
  }

  /// Solves f(x) = 0 with a sparse Jacobian.
  /// - Parameters:
  ///   - start: The first point.
  ///   - mass: The diagonal of M in M dx/dt = -f(x); ones where nil. Zeros make equations algebraic.
  ///   - solver: The direct solver of the steps.
  ///   - residual: Writes f(x).
  ///   - jacobian: The matrix of ∂f_i/∂x_j.
  /// - Returns: The point that was reached, how the iteration ended, and what it took.
  /// - Throws: What `residual` and `jacobian` throw.
  public func solve(
    from start: [Double], mass: [Double]? = nil, solver: some DirectSolver = UMFPACK(),
    residual: @escaping (_ x: [Double], _ f: inout [Double]) throws -> Void,
    jacobian: (_ x: [Double]) throws -> SparseMatrix<Double>
  ) throws -> NonlinearSolution {
    let n = start.count
    precondition(mass == nil || mass!.count == n, "a mass of \(mass?.count ?? 0) elements for \(n) unknowns")
    let weights = SparseMatrix.diagonal(mass ?? [Double](repeating: 1, count: n))
    let iteration = try NewtonIteration(
      method: "pseudo-transient continuation", from: start, stopping: stopping, residual: residual)
    var factors: (any SparseFactorization)?
    var step = [Double](repeating: 0, count: n)
    var right = step
    var time = firstStep
    var failure = NonlinearStatus.stagnated
    while true {
      if let ending = iteration.ending { return iteration.solution(ending) }
      let matrix = try jacobian(iteration.x)
      iteration.statistics.jacobianEvaluations += 1
      for i in 0..<n { right[i] = -iteration.f[i] }
      let before = iteration.norm
      var isAccepted = false
      while !isAccepted {
        // Steps that shrink this far do not move.
        guard time > 1e-14 * firstStep else { return iteration.solution(failure) }
        do {
          let shifted = try SparseMatrix.sum(1, matrix, 1 / time, weights)
          if factors == nil {
            factors = try solver.prepare(shifted)
          } else {
            try factors!.refactorize(shifted)
          }
        } catch {
          failure = .linearSolveFailed("\(error)")
          time *= 0.1
          continue
        }
        factors!.makeSolve().apply(right, to: &step)
        if iteration.isRounding(step), time >= largestStep { return iteration.solution(.convergedToRounding) }
        let found = try iteration.probe(step, step: 1)
        // A transient may raise the residual; what explodes is taken again with a shorter step.
        guard found.isFinite, found <= 100 * max(before, iteration.target) else {
          failure = found.isFinite ? .stagnated : .notFinite
          time *= 0.1
          continue
        }
        iteration.accept(norm: found, step: time)
        isAccepted = true
      }
      let growth = iteration.norm > 0 ? before / iteration.norm : 10
      time = min(time * min(max(growth, 0.1), 10), largestStep)
    }
  }
}
