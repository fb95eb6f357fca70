import Tensors

/// Energy natural gradient descent by the identity of Woodbury, ENGD-W (Müller and Zeinhofer, ICML 2023; Guzmán-Cordero,
/// Dangel, Goldshlager and Zeinhofer, 2025):
///
///     d = −Jᵀ (J Jᵀ + λ I)⁻¹ r = −(Jᵀ J + λ I)⁻¹ Jᵀ r,   x ← x + step · d
///
/// by Cholesky's factorisation of a matrix of the order of the residuals, in doubles: for more parameters than residuals,
/// where ``GaussNewton`` factorises the Jacobian at a higher cost. J Jᵀ has the square of the condition of J; a λ that
/// is too small for rounding is raised in the step. Work is residuals² · parameters, memory residuals · parameters.
public struct EnergyNaturalGradient<Scalar: OptimizerScalar>: LeastSquaresOptimizer {
  private var core: NaturalGradientCore<Scalar>

  /// λ.
  public var damping: Double {
    get { core.damping }
    set { core.damping = newValue }
  }

  public var name: String { core.name }
  public var layout: ParameterLayout? { core.layout }

  /// λ = 10⁻⁸ and a search on the grid 2⁻ᵏ unless given.
  public init(damping: Double = 1e-8, step: NaturalGradientStep = .search) {
    core = NaturalGradientCore(
      name: "energy natural gradient", damping: damping, momentum: .fixed(0), step: step)
  }

  public mutating func prepare(for layout: ParameterLayout) { core.prepare(for: layout) }

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
