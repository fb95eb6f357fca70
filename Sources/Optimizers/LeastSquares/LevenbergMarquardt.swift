import Algebra
import Foundation
import Tensors

/// The Levenberg-Marquardt method: Gauss-Newton steps that are damped until they lower the loss.
///
///     d = argmin ‖J d + r‖² + λ ‖D d‖²
///
/// by QR of J, and of its triangle and √λ D together for each λ that is tried. λ follows the ratio of the decrease to the
/// predicted one (Nielsen 1999). D is the identity (Levenberg 1944), or the lengths of the columns of J (Marquardt 1963),
/// or the largest of these so far (Moré 1978), which makes steps independent of the units of the parameters.
///
/// With geodesic acceleration (Transtrum, Machta and Sethna, Phys. Rev. E 83, 2011) steps follow the curvature of the
/// residuals along d to second order, for one more evaluation:
///
///     a = −½ (Jᵀ J + λ D²)⁻¹ Jᵀ r″,   r″ = 2/h ((r(x + h d) − r)/h − J d),   x ← x + d + a
///
/// where 2 ‖D a‖ ≤ α ‖D d‖; other steps are refused, and λ grows.
public struct LevenbergMarquardt<Scalar: OptimizerScalar>: LeastSquaresOptimizer {
  /// What damping is measured in.
  public enum Scaling: String, Sendable, Codable, CaseIterable {
    /// D = I.
    case identity
    /// D holds the largest lengths of the columns of J so far.
    case columns
    /// D holds the lengths of the columns of J.
    case diagonal
  }

  /// The first λ, as a part of the largest squared length of a column of J (identity), or by itself (columns).
  public var initialDamping: Double
  /// D.
  public var scaling: Scaling
  /// How many λ are tried in a step.
  public var trialLimit: Int
  /// α, up to which steps are accelerated; nil for no acceleration.
  public var acceleration: Double?

  /// h.
  private static var difference: Double { 0.1 }

  public var name: String { "Levenberg-Marquardt" }
  public private(set) var layout: ParameterLayout?
  /// λ; nil before the first step.
  private var damping: Double?
  /// The factor of the next rejection.
  private var growth = 2.0
  private var scale = Tensor<Double>.zeros([0])
  private var stepCount = 0
  private var scratch = Scratch<Memory>()

  private final class Memory {
    let problem: LinearLeastSquares<Scalar>
    var trial: Tensor<Scalar>
    var residuals: Tensor<Scalar>
    init(rows: Int, columns: Int) {
      problem = LinearLeastSquares(rows: rows, columns: columns)
      trial = .zeros([columns])
      residuals = .zeros([rows])
    }
  }

  /// D = I, a first λ of 10⁻³ of the largest squared length of a column, 40 trials and no acceleration, unless given. The
  /// α of the authors is 0.75.
  public init(
    initialDamping: Double = 1e-3, scaling: Scaling = .identity, trialLimit: Int = 40,
    acceleration: Double? = nil
  ) {
    precondition(
      acceleration.map { $0 > 0 } ?? true, "an acceleration up to \(acceleration ?? 0) of the step")
    precondition(
      initialDamping > 0 && trialLimit > 0,
      "Levenberg-Marquardt needs a positive damping and number of trials, not \(initialDamping) and \(trialLimit)"
    )
    (self.initialDamping, self.scaling, self.trialLimit) = (initialDamping, scaling, trialLimit)
    self.acceleration = acceleration
  }

  public mutating func prepare(for layout: ParameterLayout) {
    self.layout = layout
    (damping, growth, stepCount) = (nil, 2, 0)
    scale = .zeros([scaling == .identity ? 0 : layout.count])
    scratch.drop()
  }

  public mutating func leastSquaresStep<Loss: LeastSquaresObjective>(
    _ objective: Loss, at x: inout Tensor<Scalar>
  ) throws -> StepReport where Loss.Scalar == Scalar {
    try begin(objective.layout, x)
    let count = x.count
    let memory = memory(rows: objective.residualCount, columns: count)
    let problem = memory.problem
    try objective.jacobian(at: x, residuals: &problem.residuals, jacobian: &problem.jacobian)
    let isFinite = problem.factorize()
    let loss = problem.residuals.halfSquare
    let gradient = UnsafePointer(problem.gradient.pointer)
    let norm = Double.inner(gradient, gradient, count: count).squareRoot()
    guard isFinite, loss.isFinite else {
      throw OptimizerError.notFinite(method: name, step: stepCount, loss: loss, gradientNorm: norm)
    }
    var report = StepReport(loss: loss, gradientNorm: norm, stepLength: 0, evaluations: 1)
    guard norm > 0 else {
      report.status = .converged("the gradient is zero")
      return report
    }
    var lambda = takeScale(problem)
    for _ in 0..<trialLimit {
      scale.withUnsafeBufferPointer {
        problem.solve(damping: lambda, scale: $0.isEmpty ? nil : $0.baseAddress)
      }
      let predicted = predictedDecrease(problem, lambda)
      if try !accelerate(objective, x, memory, &report) {
        lambda *= growth
        growth *= 2
        continue
      }
      move(x, memory)
      try objective.residuals(at: memory.trial, into: &memory.residuals)
      report.evaluations += 1
      let trial = memory.residuals.halfSquare
      // For the solution of the damped problem the model decreases by ½ (gᵀd' + λ ‖D d'‖²), where x − d' is the trial.
      let ratio = (loss - trial) / predicted
      if trial.isFinite, ratio > 0 {
        x.setToCopy(of: memory.trial)
        stepCount += 1
        report.loss = trial
        report.stepLength = 1
        report.diagnostics["damping"] = lambda
        report.diagnostics["ratio"] = ratio
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

  /// The trial x + step d, with the d of the problem.
  private func move(_ x: Tensor<Scalar>, _ memory: Memory, step: Double = 1) {
    let solution = memory.problem.solution.pointer
    x.withUnsafeBufferPointer { x in
      memory.trial.withUnsafeMutableBufferPointer {
        Scalar.move($0.baseAddress!, x.baseAddress!, solution, step: -step, count: x.count)
      }
    }
  }

  /// Adds a to d. Whether it is short enough.
  private func accelerate<Loss: LeastSquaresObjective>(
    _ objective: Loss, _ x: Tensor<Scalar>, _ memory: Memory, _ report: inout StepReport
  ) throws -> Bool where Loss.Scalar == Scalar {
    guard let acceleration else { return true }
    let (problem, h) = (memory.problem, Self.difference)
    move(x, memory, step: h)
    try objective.residuals(at: memory.trial, into: &memory.residuals)
    report.evaluations += 1
    let (n, d, bend) = (problem.columns, problem.solution.pointer, problem.secondRight.pointer)
    // d in the precision of J, for the products with its rows.
    memory.trial.withUnsafeMutableBufferPointer { Scalar.convert(d, to: $0.baseAddress!, count: n) }
    problem.jacobian.withUnsafeBufferPointer { j in
      memory.trial.withUnsafeBufferPointer { d in
        problem.residuals.withUnsafeBufferPointer { r in
          memory.residuals.withUnsafeBufferPointer { ahead in
            for i in 0..<problem.rows {
              // What is kept is −d.
              let slope = -Scalar.inner(j.baseAddress! + i * n, d.baseAddress!, count: n)
              bend[i] = 2 / h * ((Double(ahead[i]) - Double(r[i])) / h - slope)
            }
          }
        }
      }
    }
    return scale.withUnsafeBufferPointer { scale in
      problem.solveAgain(scale: scale.isEmpty ? nil : scale.baseAddress)
      let q = problem.secondSolution.pointer
      var (step, correction) = (0.0, 0.0)
      for j in 0..<n {
        let weight = scale.isEmpty ? 1 : scale[j]
        step += weight * weight * d[j] * d[j]
        correction += weight * weight * q[j] * q[j]
      }
      // a = −q/2. Where r″ is not finite, this is not either.
      guard correction.squareRoot() <= acceleration * step.squareRoot() else { return false }
      for j in 0..<n { d[j] += 0.5 * q[j] }
      return true
    }
  }

  /// Updates D; returns λ.
  private mutating func takeScale(_ problem: LinearLeastSquares<Scalar>) -> Double {
    let n = problem.columns
    var largest = 0.0
    for j in 0..<n { largest = max(largest, problem.lengths.pointer[j]) }
    if scaling != .identity {
      let keepsLargest = scaling == .columns
      scale.withUnsafeMutableBufferPointer { scale in
        // A column that has been zero so far counts like a small one.
        for j in 0..<n {
          let before = keepsLargest ? scale[j] : 0
          scale[j] = max(before, problem.lengths.pointer[j], 1e-8 * largest)
        }
      }
      return damping ?? initialDamping
    }
    return damping ?? initialDamping * largest * largest
  }

  private func predictedDecrease(_ problem: LinearLeastSquares<Scalar>, _ lambda: Double) -> Double {
    let (d, g) = (problem.solution.pointer, problem.gradient.pointer)
    return scale.withUnsafeBufferPointer { scale in
      var sum = 0.0
      for j in 0..<problem.columns {
        let scaled = d[j] * (scale.isEmpty ? 1 : scale[j])
        sum += d[j] * g[j] + lambda * scaled * scaled
      }
      return 0.5 * sum
    }
  }

  private mutating func memory(rows: Int, columns: Int) -> Memory {
    let memory = scratch.take { Memory(rows: rows, columns: columns) }
    if memory.problem.rows == rows { return memory }
    scratch.drop()
    return scratch.take { Memory(rows: rows, columns: columns) }
  }

  public var state: OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: name, layout: layout, step: stepCount)
    guard layout != nil else { return state }
    state.numbers["damping"] = damping
    state.numbers["growth"] = growth
    if scaling == .columns { state.doubles["scale"] = scale }
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    guard let layout = state.layout else { return layout = nil }
    let growth = try state.number("growth")
    let scale =
      scaling == .columns
      ? try state.double("scale", [layout.count]) : .zeros([scaling == .identity ? 0 : layout.count])
    (self.layout, self.growth, self.scale) = (layout, growth, scale)
    (damping, stepCount) = (state.numbers["damping"], state.step)
    scratch.drop()
  }
}
