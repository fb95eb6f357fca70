import Algebra
import Foundation
import Tensors

/// Variable projection (Golub and Pereyra, SIAM J. Numer. Anal. 10, 1973): parameters in which the model is linear, w, are
/// solved for by least squares, and the others, ν, take Levenberg-Marquardt steps on what is left,
///
///     φ(ν) = min over w of ½ ‖r(w, ν)‖².
///
/// The Jacobian of the reduced residual is Kaufman's (BIT 15, 1975), P B with B = ∂r/∂ν and the projection P onto the
/// complement of the range of A = ∂r/∂w, by one QR of [A B] that reveals the rank of A. Where the residuals are not linear in
/// w, solving for w is a few Gauss-Newton steps, halved until the loss falls, and P belongs to the last of them: where w is
/// a minimum, the step is that of Gauss-Newton over w and ν together, with damping on ν alone.
///
/// On a loss whose model is not known to be separable (no ``SeparableLeastSquaresObjective``) it makes Levenberg-Marquardt
/// steps on all parameters.
public struct VariableProjection: LeastSquaresOptimizer {
  public typealias Scalar = Double

  /// The first λ, as a part of the largest squared length of a column of P B in units of step scales.
  public var initialDamping: Double
  /// Columns of A that are shorter than this, against the longest, once earlier ones are taken out, count as dependent.
  public var threshold: Double
  /// How many λ are tried in a step.
  public var trialLimit: Int
  /// Gauss-Newton steps of w, at most, for residuals that are not linear in w.
  public var linearSteps: Int

  public var name: String { "variable projection" }
  public private(set) var layout: ParameterLayout?
  /// λ; nil before the first step.
  private var damping: Double?
  private var growth = 2.0
  /// Whether w is that of the minimum for the current ν and loss.
  private var isProjected = false
  private var stepCount = 0
  private var joint: LevenbergMarquardt<Double>
  private var scratch = Scratch<Memory>()

  private final class Memory {
    let full: ProjectedLeastSquares<Double>
    let linear: ProjectedLeastSquares<Double>
    var start, candidate: Tensor<Double>
    var residuals: Tensor<Double>
    var scale: Tensor<Double>

    init(rows: Int, columns: Int, linear count: Int, moving: Int) {
      linear = ProjectedLeastSquares(rows: rows, linear: count, nonlinear: 0)
      full =
        moving > count ? ProjectedLeastSquares(rows: rows, linear: count, nonlinear: moving - count) : linear
      (start, candidate) = (.zeros([columns]), .zeros([columns]))
      residuals = .zeros([rows])
      scale = .zeros([columns - count])
    }

    /// candidate = x − d
    func setCandidate(from x: Tensor<Double>, minus d: UnsafePointer<Double>) {
      x.withUnsafeBufferPointer { x in
        candidate.withUnsafeMutableBufferPointer { out in
          for i in out.indices { out[i] = x[i] - d[i] }
        }
      }
    }

    /// candidate = start + part · w in its linear parameters
    func moveLinear(_ part: Double) {
      let (d, count) = (linear.solution.pointer, linear.linear)
      start.withUnsafeBufferPointer { start in
        candidate.withUnsafeMutableBufferPointer { out in
          for i in 0..<count { out[i] = start[i] + part * d[i] }
        }
      }
    }
  }

  /// A first λ of 10⁻³ of the largest squared column, a threshold of 10⁻¹², 20 trials and up to 3 steps of w, unless given.
  public init(
    initialDamping: Double = 1e-3, threshold: Double = 1e-12, trialLimit: Int = 20, linearSteps: Int = 3
  ) {
    precondition(
      initialDamping > 0 && threshold > 0 && trialLimit > 0 && linearSteps > 0,
      "variable projection needs a positive damping, threshold, number of trials and of steps, not \(initialDamping), "
        + "\(threshold), \(trialLimit) and \(linearSteps)")
    (self.initialDamping, self.threshold) = (initialDamping, threshold)
    (self.trialLimit, self.linearSteps) = (trialLimit, linearSteps)
    joint = LevenbergMarquardt(initialDamping: initialDamping, trialLimit: trialLimit)
  }

  public mutating func prepare(for layout: ParameterLayout) {
    self.layout = layout
    (damping, growth, isProjected, stepCount) = (nil, 2, false, 0)
    joint.prepare(for: layout)
    scratch.drop()
  }

  public mutating func objectiveChanged() { isProjected = false }

  public mutating func leastSquaresStep<Loss: LeastSquaresObjective>(
    _ objective: Loss, at x: inout Tensor<Double>
  ) throws -> StepReport where Loss.Scalar == Double {
    try begin(objective.layout, x)
    // The type first, and without its argument: to ask a value that is no class copies it.
    guard Loss.self is any SeparableLeastSquaresObjective.Type,
      let separable = objective as? any SeparableLeastSquaresObjective<Double>
    else {
      let report = try joint.leastSquaresStep(objective, at: &x)
      stepCount += 1
      return report
    }
    return try separableStep(separable, at: &x)
  }

  private mutating func separableStep(
    _ objective: some SeparableLeastSquaresObjective<Double>, at x: inout Tensor<Double>
  ) throws -> StepReport {
    let (count, linear) = (x.count, objective.linearCount)
    let isLinear = objective.trainsLinearOnly || count == linear
    let memory = memory(
      rows: objective.residualCount, columns: count, linear: linear, moving: isLinear ? linear : count)
    memory.candidate.setToCopy(of: x)
    if !isProjected || isLinear {
      let loss = try project(objective, memory)
      guard loss.isFinite else {
        throw OptimizerError.notFinite(method: name, step: stepCount, loss: loss, gradientNorm: .nan)
      }
      if isLinear {
        x.setToCopy(of: memory.candidate)
        (isProjected, stepCount) = (true, stepCount + 1)
        return StepReport(loss: loss, gradientNorm: 0, stepLength: 1, evaluations: 2)
      }
    }
    let problem = memory.full
    try objective.jacobian(
      at: memory.candidate, residuals: &problem.residuals, jacobian: &problem.jacobian)
    let isFinite = problem.factorize(threshold: threshold)
    let loss = problem.residuals.halfSquare
    objective.stepScale(at: memory.candidate, into: &memory.scale)
    guard isFinite, loss.isFinite else {
      throw OptimizerError.notFinite(method: name, step: stepCount, loss: loss, gradientNorm: .nan)
    }
    // From here on the current point is that of the projection.
    x.setToCopy(of: memory.candidate)
    isProjected = true
    let scale = memory.scale.withUnsafeBufferPointer { $0.baseAddress! }
    var sum = 0.0
    for j in 0..<problem.nonlinear {
      let slope = problem.gradient.pointer[j] * scale[j]
      sum += slope * slope
    }
    var report = StepReport(loss: loss, gradientNorm: sum.squareRoot(), stepLength: 0, evaluations: 1)
    guard sum > 0 else {
      report.status = .converged("the gradient is zero")
      return report
    }
    let longest = problem.longestColumn(scale: scale)
    var lambda = damping ?? initialDamping * longest * longest
    for _ in 0..<trialLimit {
      problem.solve(damping: lambda, scale: scale)
      let predicted = problem.predictedDecrease(damping: lambda, scale: scale)
      memory.setCandidate(from: x, minus: problem.solution.pointer)
      let trial = try project(objective, memory)
      report.evaluations += 2
      let ratio = (loss - trial) / predicted
      if trial.isFinite, ratio > 0 {
        x.setToCopy(of: memory.candidate)
        stepCount += 1
        report.loss = trial
        report.stepLength = 1
        report.diagnostics["damping"] = lambda
        report.diagnostics["ratio"] = ratio
        report.diagnostics["rank"] = Double(problem.rank)
        let centred = 2 * ratio - 1
        damping = max(lambda * max(1 / 3.0, 1 - centred * centred * centred), 1e-300)
        growth = 2
        return report
      }
      lambda *= growth
      growth *= 2
    }
    damping = lambda
    growth = 2
    report.status = .stalled("no damping gives a step that lowers the loss")
    return report
  }

  /// Replaces w in `memory.candidate` by that of the minimum, or of a few steps towards it. Returns the loss.
  private func project(
    _ objective: some SeparableLeastSquaresObjective<Double>, _ memory: Memory
  ) throws -> Double {
    let problem = memory.linear
    var best = Double.infinity
    for step in 0..<linearSteps {
      try objective.linearJacobian(
        at: memory.candidate, residuals: &problem.residuals, jacobian: &problem.jacobian)
      let loss = problem.residuals.halfSquare
      guard loss.isFinite, problem.factorize(threshold: threshold) else { return .infinity }
      if step == 0 { best = loss }
      // What the step promises to take off; rounding is no promise.
      let promised = problem.linearDecrease
      guard promised > 1e-9 * best else { return best }
      problem.solveLinear()
      var part = 1.0
      var next = Double.infinity
      memory.start.setToCopy(of: memory.candidate)
      for _ in 0..<8 {
        memory.moveLinear(-part)
        try objective.residuals(at: memory.candidate, into: &memory.residuals)
        next = memory.residuals.halfSquare
        if next < best { break }
        part /= 2
      }
      guard next < best else {
        memory.candidate.setToCopy(of: memory.start)
        return best
      }
      let gain = best - next
      best = next
      // Residuals that are linear in w keep the promise: that was the minimum.
      if abs(gain - promised) <= 1e-2 * min(next, promised) || gain < 1e-2 * next { break }
    }
    return best
  }

  private mutating func memory(rows: Int, columns: Int, linear: Int, moving: Int) -> Memory {
    let memory = scratch.take { Memory(rows: rows, columns: columns, linear: linear, moving: moving) }
    if memory.full.rows == rows, memory.full.linear + memory.full.nonlinear == moving { return memory }
    scratch.drop()
    return scratch.take { Memory(rows: rows, columns: columns, linear: linear, moving: moving) }
  }

  public var state: OptimizerState<Double> {
    var state = OptimizerState<Double>(method: name, layout: layout, step: stepCount)
    guard layout != nil else { return state }
    state.numbers["damping"] = damping
    state.numbers["growth"] = growth
    state.numbers["projected"] = isProjected ? 1 : 0
    state.children["joint"] = joint.state
    return state
  }

  public mutating func restore(_ state: OptimizerState<Double>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    guard let layout = state.layout else { return layout = nil }
    let (growth, projected) = (try state.number("growth"), try state.number("projected"))
    try joint.restore(try state.child("joint"))
    (self.layout, self.growth, isProjected) = (layout, growth, projected != 0)
    (damping, stepCount) = (state.numbers["damping"], state.step)
    scratch.drop()
  }
}
