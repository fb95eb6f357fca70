import Tensors

/// Schedule-free gradient descent (Defazio et al., NeurIPS 2024); rates are some ten times those of SGD, and the average
/// is what is evaluated:
///
///     y = (1 − β) z + β x,   z ← z − rate · (g + λ y),   x ← x + c (z − x),   c = w_t / Σ w,   w_t = t^r · max rate²
public struct ScheduleFreeSGD<Scalar: OptimizerScalar>: UpdateRule {
  /// The rate; a warm-up is all the schedule that it may need.
  public var rate: Schedule
  /// β: the part of the average in the point where gradients are taken.
  public var beta: Double
  /// λ.
  public var decay: Double
  /// r.
  public var power: Double

  public var name: String { "schedule-free SGD" }
  private var gradientScratch = GradientScratch<Scalar>()
  private var iterates = ScheduleFreeIterates<Scalar>()

  /// A rate of 1, β = 0.9, no decay and r = 0 unless given.
  public init(rate: Schedule = 1, beta: Double = 0.9, decay: Double = 0, power: Double = 0) {
    precondition((0..<1).contains(beta), "schedule-free SGD needs β in [0, 1), not \(beta)")
    (self.rate, self.beta, self.decay, self.power) = (rate, beta, decay, power)
  }

  public var layout: ParameterLayout? { iterates.layout }
  public var stepCount: Int { iterates.stepCount }
  public func rate(_ context: UpdateContext) -> Double { rate.value(at: stepCount) * context.rateFactor }

  public mutating func gradientMemory(count: Int) -> GradientMemory<Scalar> {
    gradientScratch.take(count: count)
  }

  public mutating func prepare(for layout: ParameterLayout) {
    iterates.prepare(for: layout, isAdaptive: false)
  }

  public mutating func update(
    _ x: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>, _ context: UpdateContext
  ) {
    let rate = rate(context)
    iterates.update(
      x, gradient, rate: rate, power: power,
      ScheduleFreeCoefficients(
        rate: rate, beta: beta, beta2: 0, epsilon: 0, rootCorrection: 1, decay: decay, weight: 0))
  }

  public func copyEvaluationPoint(of x: Tensor<Scalar>, into point: inout Tensor<Scalar>) {
    iterates.copyEvaluationPoint(of: x, into: &point)
  }

  public var state: OptimizerState<Scalar> { iterates.state(method: name) }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try iterates.restore(state, method: name, isAdaptive: false)
  }
}
