import Tensors

/// SPRING: natural gradients that begin with a part of the step before and correct it where the new residuals contradict
/// (Goldshlager, Abrahamsen and Lin, J. Comput. Phys. 516, 2024; Guzmán-Cordero, Dangel, Goldshlager and Zeinhofer, 2025):
///
///     ζ = −r − μ J φ,   φ ← μ φ + Jᵀ (J Jᵀ + λ I)⁻¹ ζ,   x ← x + step · φ
///
/// so that φ solves min ‖J φ + r‖² + λ ‖φ − μ φ′‖² with the φ′ before: what the samples of this step leave open is taken
/// from those before. Cost and damping are as for ``EnergyNaturalGradient``, which this is without momentum. Where a
/// search finds no lower loss along φ, φ is set to zero, and the method stalls if the next search fails too.
public struct SPRING<Scalar: OptimizerScalar>: LeastSquaresOptimizer {
  private var core: NaturalGradientCore<Scalar>

  /// λ.
  public var damping: Double {
    get { core.damping }
    set { core.damping = newValue }
  }

  public var name: String { core.name }
  public var layout: ParameterLayout? { core.layout }

  /// The authors' λ = 10⁻³, μ = 0.99 and steps no longer than √10⁻³, at a rate of 0.1, unless given. For physics-informed
  /// networks, λ between 10⁻¹⁰ and 0.03 and rates of 0.05 to 0.1 have been found best.
  public init(
    damping: Double = 1e-3, momentum: NaturalGradientMomentum = .fixed(0.99),
    step: NaturalGradientStep = .fixed(0.1, normBound: 1e-3)
  ) {
    core = NaturalGradientCore(name: "SPRING", damping: damping, momentum: momentum, step: step)
  }

  public mutating func prepare(for layout: ParameterLayout) { core.prepare(for: layout) }

  public mutating func objectiveChanged() { core.objectiveChanged() }

  /// Residuals of other samples of the same loss stay comparable.
  public mutating func samplesChanged() {}

  public mutating func leastSquaresStep<Loss: LeastSquaresObjective>(
    _ objective: Loss, at x: inout Tensor<Scalar>
  ) throws -> StepReport where Loss.Scalar == Scalar {
    try begin(objective.layout, x)
    return try core.step(objective, at: &x)
  }

  public var state: OptimizerState<Scalar> { core.state }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try core.restore(state)
  }
}
