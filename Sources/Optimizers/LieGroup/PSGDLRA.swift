import Tensors

/// PSGD with a preconditioner of low rank plus a diagonal: gradients whitened by Q = (I + U Vᵀ) diag(d), where U and V have
/// a few columns (Li, 2015; Pooladzandi and Li, 2024).
///
///     m ← β m + (1 − β) g,   x ← (1 − rate · λ) x − rate · QᵀQ m
///     v normal, h = g + (δ + ε |g|) v,   a = Q h,   b = Q⁻ᵀ v
///     d ← d − μ/L_d (P h ∘ h − v ∘ P⁻¹ v) ∘ d,   and, each in half of the steps,
///     U ← U − μ/L_u (a (aᵀV) − b (bᵀV)) (I + VᵀU),   V ← V − μ/L_v ((a + V Uᵀa)(aᵀU) − (b + V Uᵀb)(bᵀU))
///
/// with L ← max(β_L L + (1 − β_L) ℓ, ℓ) of norms ℓ of the changes, after U and V have been brought near UᵀU = VᵀV. All
/// systems to solve are of the order of the rank. The vector is that of all parameters, complex ones as pairs; memory is
/// 2 rank + 1 doubles for each. The direction is shortened to a root mean square of 2, and its elements to 10. While all
/// gradients are zero, nothing moves.
public struct PSGDLRA<Scalar: OptimizerScalar>: UpdateRule {
  private var core: FlatWhitening<Scalar, LowRankFactor>
  private var gradientScratch = GradientScratch<Scalar>()

  public var name: String { "PSGD-LRA" }
  public var layout: ParameterLayout? { core.layout }
  public var stepCount: Int { core.stepCount }
  /// The settings.
  public var settings: WhiteningSettings { core.settings }

  /// A rank of 10, and default settings, unless given. A rank of zero is a diagonal preconditioner.
  public init(rank: Int = 10, _ settings: WhiteningSettings = WhiteningSettings()) {
    precondition((0...128).contains(rank), "PSGD-LRA needs a rank of 0 to 128, not \(rank)")
    core = FlatWhitening(settings, LowRankFactor(rank: rank))
  }

  public mutating func gradientMemory(count: Int) -> GradientMemory<Scalar> {
    gradientScratch.take(count: count)
  }

  public mutating func prepare(for layout: ParameterLayout) { core.prepare(for: layout) }

  public func rate(_ context: UpdateContext) -> Double {
    settings.rate.value(at: stepCount) * context.rateFactor
  }

  public mutating func update(
    _ x: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>, _ context: UpdateContext
  ) {
    core.update(x, gradient: gradient, rate: rate(context))
  }

  public var state: OptimizerState<Scalar> { core.state(method: name) }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try core.restore(state, method: name)
  }
}
