import Algebra
import Foundation
import Tensors

/// What energy natural gradients by Woodbury and SPRING share, of which the first are the second without momentum.
struct NaturalGradientCore<Scalar: OptimizerScalar>: Sendable {
  let name: String
  var damping: Double
  var stepControl: NaturalGradientStep
  private var momentum: MomentumEstimate
  private(set) var layout: ParameterLayout?
  private(set) var stepCount = 0
  /// φ, the last direction.
  private var direction = Tensor<Double>.zeros([0])
  private var scratch = Scratch<Memory>()

  private final class Memory {
    let system: WoodburySystem<Scalar>
    var trial, rounded: Tensor<Scalar>

    init(rows: Int, columns: Int) {
      system = WoodburySystem(rows: rows, columns: columns)
      trial = .zeros([columns])
      rounded = .zeros([columns])
    }
  }

  init(
    name: String, damping: Double, momentum: NaturalGradientMomentum, step: NaturalGradientStep
  ) {
    precondition(damping > 0, "\(name) needs a damping > 0, not \(damping)")
    if case .fixed(_, let bound?) = step {
      precondition(bound > 0, "\(name) needs a bound of the norm > 0, not \(bound)")
    }
    (self.name, self.damping, stepControl) = (name, damping, step)
    self.momentum = MomentumEstimate(momentum)
  }

  mutating func prepare(for layout: ParameterLayout) {
    self.layout = layout
    stepCount = 0
    momentum.reset()
    direction = .zeros([layout.count])
    scratch.drop()
  }

  mutating func objectiveChanged() { momentum.forgetResiduals() }

  mutating func step<Loss: LeastSquaresObjective>(
    _ objective: Loss, at x: inout Tensor<Scalar>
  ) throws -> StepReport where Loss.Scalar == Scalar {
    let count = x.count
    let memory = memory(rows: objective.residualCount, columns: count)
    let system = memory.system
    try objective.jacobian(at: x, residuals: &system.residuals, jacobian: &system.jacobian)
    let isFinite = system.takeUp()
    let loss = system.residuals.halfSquare
    let gradient = UnsafePointer(system.gradient.pointer)
    let norm = Double.inner(gradient, gradient, count: count).squareRoot()
    guard isFinite, loss.isFinite, norm.isFinite else {
      throw OptimizerError.notFinite(method: name, step: stepCount, loss: loss, gradientNorm: norm)
    }
    var report = StepReport(loss: loss, gradientNorm: norm, stepLength: 0, evaluations: 1)
    let mu = momentum.value
    let hadMomentum = mu > 0 && direction.squaredNorm > 0
    guard norm > 0 || hadMomentum else {
      report.status = .converged("the gradient is zero")
      return report
    }
    let lambda = renewDirection(system, momentum: mu)
    report.diagnostics["damping"] = lambda
    report.diagnostics["momentum"] = mu
    momentum.record(square: 2 * loss)
    switch stepControl {
    case .fixed(let rate, let bound):
      report.stepLength = rate.value(at: stepCount)
      let length = direction.squaredNorm.squareRoot()
      if let bound, length > 0 { report.stepLength = min(report.stepLength, bound.squareRoot() / length) }
      move(&x, memory, step: report.stepLength)
    case .search:
      try search(objective, &x, memory, &report, hadMomentum)
    }
    if report.stepLength > 0 { stepCount += 1 }
    return report
  }

  /// φ ← μ φ + Jᵀ (J Jᵀ + λ I)⁻¹ ζ with ζ = −r − μ J φ. Returns λ.
  private mutating func renewDirection(_ system: WoodburySystem<Scalar>, momentum mu: Double) -> Double {
    direction.withUnsafeMutableBufferPointer {
      guard let phi = $0.baseAddress else { return damping }
      let target = system.target.pointer
      if mu > 0 {
        system.multiply(phi, into: target)
        for row in 0..<system.rows { target[row] = -system.right.pointer[row] - mu * target[row] }
        Double.scale(phi, by: mu, count: system.columns)
      } else {
        for row in 0..<system.rows { target[row] = -system.right.pointer[row] }
        phi.update(repeating: 0, count: system.columns)
      }
      let lambda = system.solve(damping: damping)
      system.addTransposed(to: phi)
      return lambda
    }
  }

  private func move(_ x: inout Tensor<Scalar>, _ memory: Memory, step: Double) {
    x.withUnsafeBufferPointer { x in
      direction.withUnsafeBufferPointer { phi in
        memory.trial.withUnsafeMutableBufferPointer {
          guard let out = $0.baseAddress else { return }
          Scalar.move(out, x.baseAddress!, phi.baseAddress!, step: step, count: x.count)
        }
      }
    }
    x.setToCopy(of: memory.trial)
  }

  /// Goes to the lowest loss on the grid; where none is lower, momentum is lost, or there is an end.
  private mutating func search<Loss: LeastSquaresObjective>(
    _ objective: Loss, _ x: inout Tensor<Scalar>, _ memory: Memory, _ report: inout StepReport,
    _ hadMomentum: Bool
  ) throws where Loss.Scalar == Scalar {
    direction.withUnsafeBufferPointer { phi in
      memory.rounded.withUnsafeMutableBufferPointer {
        if let out = $0.baseAddress { Scalar.convert(phi.baseAddress!, to: out, count: phi.count) }
      }
    }
    var (best, lowest) = (0.0, report.loss)
    for k in 0...30 {
      let step = exp2(-Double(k))
      // Two in a row that are not lower than the best one end the search.
      if best >= 8 * step { break }
      memory.trial.setToSum(of: x, and: memory.rounded, times: Scalar(step))
      let value = try objective.value(at: memory.trial)
      report.evaluations += 1
      if value < lowest { (best, lowest) = (step, value) }
    }
    guard best > 0 else {
      if hadMomentum {
        direction.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
      } else {
        report.status = .stalled("no step 2⁻ᵏ along the natural gradient lowers the loss")
      }
      return
    }
    memory.trial.setToSum(of: x, and: memory.rounded, times: Scalar(best))
    x.setToCopy(of: memory.trial)
    (report.loss, report.stepLength) = (lowest, best)
  }

  private mutating func memory(rows: Int, columns: Int) -> Memory {
    let memory = scratch.take { Memory(rows: rows, columns: columns) }
    if memory.system.rows == rows { return memory }
    scratch.drop()
    return scratch.take { Memory(rows: rows, columns: columns) }
  }

  var state: OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: name, layout: layout, step: stepCount)
    guard layout != nil else { return state }
    state.doubles["direction"] = direction
    state.numbers = momentum.numbers
    return state
  }

  mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    guard let layout = state.layout else { return self.layout = nil }
    let direction = try state.double("direction", [layout.count])
    try momentum.restore(state)
    (self.direction, self.layout, stepCount) = (direction, layout, state.step)
    scratch.drop()
  }
}

extension Tensor<Double> {
  /// ‖x‖²
  fileprivate var squaredNorm: Double {
    withUnsafeBufferPointer { x in x.baseAddress.map { Double.inner($0, $0, count: count) } ?? 0 }
  }
}
