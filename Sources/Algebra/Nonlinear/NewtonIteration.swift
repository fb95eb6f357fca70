import Tensors

/// f(x) = 0 as it is iterated: the point, its residual and the counts, shared by all of Newton's variants.
final class NewtonIteration {
  typealias Residual = (_ x: [Double], _ f: inout [Double]) throws -> Void

  let stopping: NonlinearStopping
  private(set) var x: [Double]
  private(set) var f: [Double]
  private(set) var norm = 0.0
  private(set) var target = 0.0
  var statistics = NonlinearStatistics()
  private let residual: Residual
  private var trial: [Double]
  private var trialResidual: [Double]
  private let clock = ContinuousClock.now

  init(method: String, from start: [Double], stopping: NonlinearStopping, residual: @escaping Residual) throws
  {
    (self.stopping, self.residual) = (stopping, residual)
    x = start
    f = [Double](repeating: 0, count: start.count)
    (trial, trialResidual) = (f, f)
    statistics.method = method
    try evaluate(x, into: &f)
    norm = euclideanNorm(f)
    target = stopping.target(norm)
    statistics.residualHistory.append(norm)
  }

  /// f at any point.
  func evaluate(_ point: [Double], into out: inout [Double]) throws {
    try residual(point, &out)
    precondition(out.count == x.count, "a residual of \(out.count) elements for \(x.count) unknowns")
    statistics.residualEvaluations += 1
  }

  /// How the iteration has ended, or nil to go on.
  var ending: NonlinearStatus? {
    if !norm.isFinite { return .notFinite }
    if norm <= target { return .converged }
    return statistics.iterations >= stopping.iterationLimit ? .iterationLimit : nil
  }

  /// Whether a step would not change x.
  func isRounding(_ d: [Double]) -> Bool {
    zip(d, x).allSatisfy { abs($0) <= 2 * Double.ulpOfOne * abs($1) }
  }

  /// ‖f(x + λ d)‖, kept for `accept`.
  func probe(_ d: [Double], step: Double) throws -> Double {
    for i in x.indices { trial[i] = x[i] + step * d[i] }
    try evaluate(trial, into: &trialResidual)
    return euclideanNorm(trialResidual)
  }

  /// Moves to the point of the last probe.
  func accept(norm: Double, step: Double) {
    swap(&x, &trial)
    swap(&f, &trialResidual)
    self.norm = norm
    statistics.iterations += 1
    statistics.residualHistory.append(norm)
    statistics.stepSizes.append(step)
  }

  /// Searches along d, with the slope of ‖f‖²/2 in parts of -‖f‖²; nil to go on.
  func search(_ d: [Double], _ search: LineSearch?, damping: Double, slope: Double) throws -> NonlinearStatus?
  {
    guard d.allSatisfy(\.isFinite) else { return .notFinite }
    guard let search else {
      let found = try probe(d, step: damping)
      guard found.isFinite else { return .notFinite }
      accept(norm: found, step: damping)
      return nil
    }
    var found = norm
    var failure: (any Error)?
    // Scaled by ‖f‖², which may over- or underflow.
    let start = norm
    let step = search.search(start: 0.5, slope: -slope, longest: damping) { step in
      do { found = try probe(d, step: step) } catch { failure = error }
      if failure != nil { return -.infinity }
      return 0.5 * (found / start) * (found / start)
    }
    if let failure { throw failure }
    guard let step else {
      // At the rounding of x the residual cannot fall further.
      if isRounding(d) { return .convergedToRounding }
      return found.isFinite ? .lineSearchFailed : .notFinite
    }
    accept(norm: found, step: step)
    return nil
  }

  func solution(_ status: NonlinearStatus) -> NonlinearSolution {
    statistics.seconds = (ContinuousClock.now - clock) / .seconds(1)
    return NonlinearSolution(value: x, status: status, statistics: statistics)
  }
}

/// ‖x‖₂ in the fixed order of the kernels.
func euclideanNorm(_ x: [Double]) -> Double {
  x.withUnsafeBufferPointer { x in
    guard let base = x.baseAddress else { return 0 }
    let square = Double.dot(base, base, count: x.count)
    if square.isFinite, square > 1e-280 { return square.squareRoot() }
    // Elements whose squares leave the range.
    let largest = Double.maximumMagnitude(base, count: x.count)
    guard largest.isFinite, largest > 0 else { return largest }
    return largest * x.reduce(0) { $0 + ($1 / largest) * ($1 / largest) }.squareRoot()
  }
}
