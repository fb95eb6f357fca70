import Foundation
import Tensors

/// Schedule-free AdamW (Defazio et al., NeurIPS 2024); the average is what is evaluated:
///
///     v ← β₂ v + (1 − β₂) |g|²,   v̂ = v / (1 − β₂ᵗ)
///     y = (1 − β) z + β x,   z ← z − rate · (g / (√v̂ + ε) + λ y),   x ← x + c (z − x),   c = w_t / Σ w,   w_t = t^r · max rate²
public struct ScheduleFreeAdamW<Scalar: OptimizerScalar>: UpdateRule {
  /// The rate; a warm-up is all the schedule that it may need.
  public var rate: Schedule
  /// β: the part of the average in the point where gradients are taken.
  public var beta: Double
  /// β₂: how much of the mean square is kept in a step.
  public var beta2: Double
  /// ε.
  public var epsilon: Double
  /// λ.
  public var decay: Double
  /// r.
  public var power: Double

  public var name: String { "schedule-free AdamW" }
  private var gradientScratch = GradientScratch<Scalar>()
  private var iterates = ScheduleFreeIterates<Scalar>()

  /// A rate of 2.5·10⁻³, β = 0.9, β₂ = 0.999, ε = 10⁻⁸, no decay and r = 0 unless given.
  public init(
    rate: Schedule = 2.5e-3, beta: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    decay: Double = 0,
    power: Double = 0
  ) {
    precondition(
      (0..<1).contains(beta) && (0..<1).contains(beta2) && epsilon >= 0,
      "schedule-free AdamW needs β and β₂ in [0, 1) and ε ≥ 0, not \(beta), \(beta2) and \(epsilon)")
    (self.rate, self.beta, self.beta2) = (rate, beta, beta2)
    (self.epsilon, self.decay, self.power) = (epsilon, decay, power)
  }

  public var layout: ParameterLayout? { iterates.layout }
  public var stepCount: Int { iterates.stepCount }
  public func rate(_ context: UpdateContext) -> Double { rate.value(at: stepCount) * context.rateFactor }

  public mutating func gradientMemory(count: Int) -> GradientMemory<Scalar> {
    gradientScratch.take(count: count)
  }

  public mutating func prepare(for layout: ParameterLayout) {
    iterates.prepare(for: layout, isAdaptive: true)
  }

  public mutating func update(
    _ x: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>, _ context: UpdateContext
  ) {
    let rate = rate(context)
    let correction = 1 - pow(beta2, Double(stepCount + 1))
    iterates.update(
      x, gradient, rate: rate, power: power,
      ScheduleFreeCoefficients(
        rate: rate, beta: beta, beta2: beta2, epsilon: epsilon, rootCorrection: 1 / correction.squareRoot(),
        decay: decay, weight: 0))
  }

  public func copyEvaluationPoint(of x: Tensor<Scalar>, into point: inout Tensor<Scalar>) {
    iterates.copyEvaluationPoint(of: x, into: &point)
  }

  public var state: OptimizerState<Scalar> { iterates.state(method: name) }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try iterates.restore(state, method: name, isAdaptive: true)
  }
}
