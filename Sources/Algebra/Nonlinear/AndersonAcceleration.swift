import Tensors

/// The fixed point x = g(x) by iteration, accelerated by Anderson's mixing: the combination of the last points whose
/// residuals g(x) - x cancel best, from a least-squares problem whose QR factors are updated.
///
/// Sources: Anderson, J. ACM 12 (1965), 547; Walker & Ni, SIAM J. Numer. Anal. 49 (2011), 1715.
public struct AndersonAcceleration: Sendable {
  /// When to stop; the residual is g(x) - x.
  public var stopping: NonlinearStopping
  /// How many differences of earlier points are used; 0 for the plain iteration.
  public var depth: Int
  /// The part of the residual that is added, 1 for g's own step.
  public var damping: Double
  /// The largest condition number of the least-squares problem; older points are dropped beyond it.
  public var largestCondition: Double
  /// The growth of the residual in one step at which all earlier points are dropped.
  public var restartGrowth: Double

  /// An accelerated iteration with the given settings.
  public init(
    stopping: NonlinearStopping = NonlinearStopping(iterationLimit: 500), depth: Int = 5, damping: Double = 1,
    largestCondition: Double = 1e10, restartGrowth: Double = 10
  ) {
    precondition(depth >= 0 && damping > 0 && damping <= 1, "a depth of \(depth), a damping of \(damping)")
    precondition(
      largestCondition > 1 && restartGrowth > 1,
      "a condition number of \(largestCondition), a growth of \(restartGrowth)")
    (self.stopping, self.depth, self.damping) = (stopping, depth, damping)
    (self.largestCondition, self.restartGrowth) = (largestCondition, restartGrowth)
  }

  /// Solves x = g(x).
  /// - Parameters:
  ///   - start: The first point.
  ///   - map: Writes g(x).
  /// - Returns: The point that was reached, how the iteration ended, and what it took.
  /// - Throws: What `map` throws.
  public func solve(
    from start: [Double], map: @escaping (_ x: [Double], _ out: inout [Double]) throws -> Void
  ) throws -> NonlinearSolution {
    let n = start.count
    let iteration = try NewtonIteration(
      method: depth == 0 ? "fixed-point iteration" : "Anderson(\(depth))", from: start, stopping: stopping
    ) { x, f in
      try map(x, &f)
      precondition(f.count == x.count, "a map of \(x.count) unknowns that gives \(f.count) elements")
      for i in x.indices { f[i] -= x[i] }
    }
    var history = DifferenceHistory(count: n, depth: min(depth, n))
    var step = [Double](repeating: 0, count: n)
    var (previousX, previousF) = (iteration.x, iteration.f)
    var best = iteration.norm
    var sinceBest = 0
    while true {
      if let ending = iteration.ending { return iteration.solution(ending) }
      history.step(from: iteration.f, damping: damping, into: &step)
      if iteration.isRounding(step) { return iteration.solution(.convergedToRounding) }
      previousX = iteration.x
      previousF = iteration.f
      let before = iteration.norm
      var found = try iteration.probe(step, step: 1)
      if !found.isFinite || found > restartGrowth * before, history.count > 0 {
        // The combination has led astray: g's own step, without the points that led there.
        history.clear()
        history.step(from: iteration.f, damping: damping, into: &step)
        found = try iteration.probe(step, step: 1)
      }
      guard found.isFinite else { return iteration.solution(.notFinite) }
      iteration.accept(norm: found, step: damping)
      history.append(
        from: (previousX, previousF), to: (iteration.x, iteration.f), largestCondition: largestCondition)
      if iteration.norm < 0.999 * best {
        (best, sinceBest) = (iteration.norm, 0)
      } else {
        sinceBest += 1
        if sinceBest >= 200 { return iteration.solution(.stagnated) }
      }
    }
  }
}
