import Algebra
import Tensors

/// MARS with the exact change of the gradient: g′ is the gradient at the parameters before, on the samples of this step
/// (Yuan, Liu, Wu, Zhou and Gu, 2024), at the cost of a second gradient per step. Otherwise as ``MARS``; with γ = 1 and
/// nothing shortened, the mean is that of STORM (Cutkosky and Orabona, NeurIPS 2019), m = g + β₁ (m − g′).
public struct ExactMARS<Scalar: OptimizerScalar>: GradientOptimizer {
  /// The rate.
  public var rate: Schedule
  private var core: MARSCore<Scalar>
  /// The parameters before the last step.
  private var before = Tensor<Scalar>.zeros([0])
  private var scratch = Scratch<Memory>()

  public var name: String { core.form == .adamW ? "exact MARS-AdamW" : "exact MARS-Lion" }
  public var layout: ParameterLayout? { core.layout }
  /// Steps made.
  public var stepCount: Int { core.stepCount }

  private final class Memory {
    var gradient, other: Tensor<Scalar>
    let passes: VectorPasses<Scalar>

    init(count: Int) {
      gradient = .zeros([count])
      other = .zeros([count])
      passes = VectorPasses(count: count, pool: .shared)
    }
  }

  /// MARS with a rate of 3·10⁻³, β₁ = 0.95, β₂ = 0.99, γ = 0.025, ε = 10⁻⁸, no decay λ and gradients no longer than 1,
  /// unless given; infinity does not shorten any.
  public init(
    form: MARS<Scalar>.Form = .adamW, rate: Schedule = 3e-3, beta1: Double = 0.95, beta2: Double = 0.99,
    gamma: Double = 0.025, epsilon: Double = 1e-8, decay: Double = 0, bound: Double = 1
  ) {
    self.rate = rate
    core = MARSCore(
      form: form, beta1: beta1, beta2: beta2, gamma: gamma, epsilon: epsilon, decay: decay, bound: bound)
  }

  public mutating func prepare(for layout: ParameterLayout) {
    core.prepare(for: layout)
    before = .zeros([layout.count])
    scratch.drop()
  }

  public mutating func step<Loss: Objective>(_ objective: Loss, at x: inout Tensor<Scalar>) throws
    -> StepReport
  where Loss.Scalar == Scalar {
    try begin(objective.layout, x)
    let count = x.count
    let memory = scratch.take { Memory(count: count) }
    let loss = try objective.valueAndGradient(at: x, gradient: &memory.gradient)
    let norm = try checkedNorm(loss, memory.gradient, memory.passes)
    var report = StepReport(loss: loss, gradientNorm: norm, stepLength: 0, evaluations: 1)
    if stepCount > 0 {
      let old = try objective.valueAndGradient(at: before, gradient: &memory.other)
      _ = try checkedNorm(old, memory.other, memory.passes)
      report.evaluations = 2
    }
    report.stepLength = rate.value(at: stepCount)
    before.setToCopy(of: x)
    x.withUnsafeMutableBufferPointer { x in
      memory.gradient.withUnsafeMutableBufferPointer { g in
        memory.other.withUnsafeMutableBufferPointer { other in
          guard let x = x.baseAddress, let g = g.baseAddress, let other = other.baseAddress else { return }
          core.update(x, gradient: g, other: other, rate: report.stepLength, keepsGradient: false)
        }
      }
    }
    report.diagnostics["shortened arrays"] = Double(core.shortened)
    return report
  }

  /// The norm of a gradient that is finite, as its loss is.
  private func checkedNorm(_ loss: Double, _ gradient: Tensor<Scalar>, _ passes: VectorPasses<Scalar>) throws
    -> Double
  {
    let norm = gradient.withUnsafeBufferPointer { g in g.baseAddress.map { passes.norm($0) } ?? 0 }
    guard loss.isFinite, norm.isFinite else {
      throw OptimizerError.notFinite(method: name, step: stepCount, loss: loss, gradientNorm: norm)
    }
    return norm
  }

  public var state: OptimizerState<Scalar> {
    var state = core.state(method: name)
    if layout != nil { state.tensors["parameters before"] = before }
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    guard let layout = state.layout else { return core.layout = nil }
    let before = try state.tensor("parameters before", [layout.count])
    try core.restore(state)
    self.before = before
    scratch.drop()
  }
}
