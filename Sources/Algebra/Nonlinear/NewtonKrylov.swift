import Tensors

/// Inexact Newton for f(x) = 0 without a matrix: steps by flexible GMRES, products with the Jacobian given or by
/// differences, and the accuracy of each step after Eisenstat and Walker.
///
/// Sources: Dembo, Eisenstat & Steihaug, SIAM J. Numer. Anal. 19 (1982), 400; Eisenstat & Walker, SIAM J. Sci. Comput. 17
/// (1996), 16, choice 2; differences: Knoll & Keyes, J. Comput. Phys. 193 (2004), 357.
public struct NewtonKrylov: Sendable {
  /// When to stop.
  public var stopping: NonlinearStopping
  /// The line search; nil for full steps.
  public var lineSearch: LineSearch?
  /// How accurate the first step is: the residual of its linear system relative to ‖f‖.
  public var firstForcing: Double
  /// The least accuracy of any step.
  public var largestForcing: Double
  /// Vectors before GMRES starts again.
  public var restart: Int
  /// The largest number of linear iterations of a step.
  public var linearIterationLimit: Int

  /// Newton-Krylov with the given settings.
  public init(
    stopping: NonlinearStopping = NonlinearStopping(), lineSearch: LineSearch? = LineSearch(),
    firstForcing: Double = 0.5, largestForcing: Double = 0.9, restart: Int = 30,
    linearIterationLimit: Int = 1000
  ) {
    precondition(
      firstForcing > 0 && firstForcing < 1 && largestForcing > 0 && largestForcing < 1,
      "forcing terms \(firstForcing) and \(largestForcing), which must be in (0, 1)")
    precondition(
      restart > 0 && linearIterationLimit > 0, "\(restart) vectors, \(linearIterationLimit) linear iterations"
    )
    (self.stopping, self.lineSearch) = (stopping, lineSearch)
    (self.firstForcing, self.largestForcing) = (firstForcing, largestForcing)
    (self.restart, self.linearIterationLimit) = (restart, linearIterationLimit)
  }

  /// Solves f(x) = 0.
  /// - Parameters:
  ///   - start: The first point.
  ///   - residual: Writes f(x).
  ///   - jacobianAction: Writes f'(x) v; nil for the difference (f(x + h v) - f(x)) / h.
  ///   - preconditioner: An approximate inverse of f'(x), asked for before each step.
  /// - Returns: The point that was reached, how the iteration ended, and what it took.
  /// - Throws: What the closures throw.
  public func solve(
    from start: [Double], residual: @escaping (_ x: [Double], _ f: inout [Double]) throws -> Void,
    jacobianAction: ((_ x: [Double], _ v: [Double], _ out: inout [Double]) throws -> Void)? = nil,
    preconditioner: ((_ x: [Double]) throws -> LinearAction<Double>)? = nil
  ) throws -> NonlinearSolution {
    let n = start.count
    let iteration = try NewtonIteration(
      method: "Newton-Krylov", from: start, stopping: stopping, residual: residual)
    var gmres = InnerGMRES(count: n, restart: max(min(restart, n), 1))
    var step = [Double](repeating: 0, count: n)
    var (right, shifted) = (step, step)
    var (forcing, previousNorm) = (min(firstForcing, largestForcing), iteration.norm)
    var weak = 0
    while true {
      if let ending = iteration.ending { return iteration.solution(ending) }
      let inverse = try preconditioner?(iteration.x)
      if jacobianAction != nil { iteration.statistics.jacobianEvaluations += 1 }
      for i in 0..<n { right[i] = -iteration.f[i] }
      let scale = Double.ulpOfOne.squareRoot() * (1 + euclideanNorm(iteration.x))
      let solved = try gmres.solve(
        right, into: &step, tolerance: forcing * iteration.norm, iterationLimit: linearIterationLimit,
        preconditioner: inverse
      ) { v, out in
        if let jacobianAction {
          try jacobianAction(iteration.x, v, &out)
          return
        }
        let length = euclideanNorm(v)
        guard length > 0 else {
          for i in 0..<n { out[i] = 0 }
          return
        }
        let h = scale / length
        for i in 0..<n { shifted[i] = iteration.x[i] + h * v[i] }
        try iteration.evaluate(shifted, into: &out)
        for i in 0..<n { out[i] = (out[i] - iteration.f[i]) / h }
      }
      iteration.statistics.linearIterations += solved.iterations
      guard solved.residual.isFinite else { return iteration.solution(.notFinite) }
      let achieved = solved.residual / iteration.norm
      guard achieved < 1 else {
        return iteration.solution(
          .linearSolveFailed("GMRES did not reduce the residual in \(solved.iterations) iterations"))
      }
      if iteration.isRounding(step) { return iteration.solution(.convergedToRounding) }
      previousNorm = iteration.norm
      // φ'(0) = fᵀ J d = -‖f‖² + fᵀ r ≤ -(1 - η) ‖f‖².
      if let failure = try iteration.search(step, lineSearch, damping: 1, slope: 1 - achieved) {
        return iteration.solution(failure)
      }
      weak = iteration.norm > 0.999 * previousNorm ? weak + 1 : 0
      if weak >= 20 { return iteration.solution(.stagnated) }
      forcing = nextForcing(forcing, ratio: iteration.norm / previousNorm)
      // The last step needs no more accuracy than the tolerance.
      if iteration.norm > 0 {
        forcing = max(forcing, min(0.5 * iteration.target / iteration.norm, largestForcing))
      }
    }
  }

  /// Choice 2 of Eisenstat and Walker, with γ = 0.9 and α = (1 + √5)/2, and their safeguard.
  private func nextForcing(_ forcing: Double, ratio: Double) -> Double {
    let (gamma, alpha) = (0.9, (1 + 5.0.squareRoot()) / 2)
    var next = gamma * Double.pow(ratio, alpha)
    let kept = gamma * Double.pow(forcing, alpha)
    if kept > 0.1 { next = max(next, kept) }
    return min(max(next, 1e-12), largestForcing)
  }
}
