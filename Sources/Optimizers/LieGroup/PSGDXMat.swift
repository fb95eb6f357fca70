import Tensors

/// PSGD with an X-shaped preconditioner, at twice the memory of the parameters: gradients whitened by Q = diag(a) +
/// antidiag(b), a group of matrices that pair element i with element n − 1 − i (Li, 2015; Pooladzandi and Li, 2024).
///
///     m ← β m + (1 − β) g,   x ← (1 − rate · λ) x − rate · QᵀQ m
///     v normal, h = g + (δ + ε |g|) v,   E = the X-shaped part of (Q h)(Q h)ᵀ − (Q⁻ᵀ v)(Q⁻ᵀ v)ᵀ
///     Q ← Q − μ / max((Q h)² + (Q⁻ᵀ v)²) · E Q
///
/// Slightly more than a diagonal preconditioner, which is what is left where b = 0. The vector is that of all parameters,
/// complex ones as pairs. The direction is shortened to a root mean square of 2, and its elements to 10. While all
/// gradients are zero, nothing moves.
public struct PSGDXMat<Scalar: OptimizerScalar>: UpdateRule {
  private var core: FlatWhitening<Scalar, XMatFactor>
  private var gradientScratch = GradientScratch<Scalar>()

  public var name: String { "PSGD-XMat" }
  public var layout: ParameterLayout? { core.layout }
  public var stepCount: Int { core.stepCount }
  /// The settings.
  public var settings: WhiteningSettings { core.settings }

  /// With the settings that are given, or their defaults.
  public init(_ settings: WhiteningSettings = WhiteningSettings()) {
    core = FlatWhitening(settings, XMatFactor())
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
