import Foundation
import Tensors

/// MARS: moments of a gradient that is corrected by its change, which takes noise out of it (Yuan, Liu, Wu, Zhou and Gu,
/// 2024).
///
///     c = g + γ β₁ / (1 − β₁) · (g − g′),    shortened to ‖c‖₂ ≤ 1 in each array of parameters
///     m ← β₁ m + (1 − β₁) c
///     AdamW:  v ← β₂ v + (1 − β₂) |c|²,   x ← x − rate · (m̂ / (√v̂ + ε) + λ x)
///     Lion:   x ← x − rate · (sign m + λ x)
///
/// g′ is the gradient of the step before, on its own samples: the approximate form. With the gradient at the parameters
/// before on the samples of this step, see ``ExactMARS``. The first step has no change. v is made of the corrected
/// gradients, as in the authors' program. The authors give arrays of one dimension to AdamW with β₂ = 0.95, which is
/// ``ParameterGroups``.
public struct MARS<Scalar: OptimizerScalar>: UpdateRule {
  /// What is done with the corrected gradient.
  public enum Form: String, Sendable, Codable, CaseIterable {
    /// Steps of AdamW.
    case adamW
    /// Steps along signs of the mean (Chen et al., NeurIPS 2023); of complex numbers, along their phases.
    case lion
  }

  /// The rate.
  public var rate: Schedule
  /// The method that all is left to but g′.
  private var core: MARSCore<Scalar>
  private var last = Tensor<Scalar>.zeros([0])
  private var gradientScratch = GradientScratch<Scalar>()

  public var name: String { core.form == .adamW ? "MARS-AdamW" : "MARS-Lion" }
  public var layout: ParameterLayout? { core.layout }
  public var stepCount: Int { core.stepCount }

  /// MARS with a rate of 3·10⁻³, β₁ = 0.95, β₂ = 0.99, γ = 0.025, ε = 10⁻⁸, no decay λ and gradients no longer than 1,
  /// unless given; infinity does not shorten any.
  public init(
    form: Form = .adamW, rate: Schedule = 3e-3, beta1: Double = 0.95, beta2: Double = 0.99,
    gamma: Double = 0.025, epsilon: Double = 1e-8, decay: Double = 0, bound: Double = 1
  ) {
    self.rate = rate
    core = MARSCore(
      form: form, beta1: beta1, beta2: beta2, gamma: gamma, epsilon: epsilon, decay: decay, bound: bound)
  }

  public mutating func gradientMemory(count: Int) -> GradientMemory<Scalar> {
    gradientScratch.take(count: count)
  }

  public mutating func prepare(for layout: ParameterLayout) {
    core.prepare(for: layout)
    last = .zeros([layout.count])
  }

  public func rate(_ context: UpdateContext) -> Double { rate.value(at: stepCount) * context.rateFactor }

  public func diagnose(_ diagnostics: inout StepDiagnostics) {
    diagnostics["shortened arrays"] = Double(core.shortened)
  }

  public mutating func update(
    _ x: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>, _ context: UpdateContext
  ) {
    let rate = rate(context)
    last.withUnsafeMutableBufferPointer {
      guard let last = $0.baseAddress else { return }
      core.update(x, gradient: gradient, other: last, rate: rate, keepsGradient: true)
    }
  }

  public var state: OptimizerState<Scalar> {
    var state = core.state(method: name)
    if layout != nil { state.tensors["last gradient"] = last }
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    guard let layout = state.layout else { return core.layout = nil }
    let last = try state.tensor("last gradient", [layout.count])
    try core.restore(state)
    self.last = last
  }
}
