import Tensors

/// PSGD with a preconditioner of low rank plus a diagonal, of Newton's kind: of ``PSGDLRA``'s form and at the cost of one
/// product of the Hessian with a random vector per step (Li, 2015; Pooladzandi and Li, 2024).
///
///     v normal, h = H v,   Q follows (v, h) as of ``PSGDLRA`` so that P H² P = I,   P = QᵀQ
///     m ← β m + (1 − β) g,   x ← x − rate · P m,   shortened where ‖P m‖ exceeds a limit
///
/// Products are those of a ``CurvatureObjective``, or differences of gradients of any other. Of β, the mean of the first
/// steps is the plain mean. Where a product is zero or not finite, Q stays; before the first other one nothing moves.
public struct PSGDLRANewton<Scalar: OptimizerScalar>: GradientOptimizer {
  private var core: CurvatureFitting<Scalar, LowRankFactor>

  public var name: String { "PSGD-LRA Newton" }
  public var layout: ParameterLayout? { core.layout }
  /// The rate.
  public var rate: Schedule {
    get { core.rate }
    set { core.rate = newValue }
  }

  /// A rank of 10, a rate of 10⁻², no momentum β and no limit unless given.
  public init(
    rank: Int = 10, rate: Schedule = 1e-2, momentum: Double = 0, fitting: LieGroupFitting = LieGroupFitting(),
    normLimit: Double = .infinity
  ) {
    precondition((0...128).contains(rank), "PSGD-LRA needs a rank of 0 to 128, not \(rank)")
    core = CurvatureFitting(
      rate: rate, momentum: momentum, fitting: fitting, normLimit: normLimit, LowRankFactor(rank: rank))
  }

  public mutating func prepare(for layout: ParameterLayout) { core.prepare(for: layout) }

  public mutating func step<Loss: Objective>(_ objective: Loss, at x: inout Tensor<Scalar>) throws
    -> StepReport
  where Loss.Scalar == Scalar {
    try begin(objective.layout, x)
    return try core.differenceStep(objective, at: &x, method: name)
  }

  public mutating func curvatureStep<Loss: CurvatureObjective>(
    _ objective: Loss, at x: inout Tensor<Scalar>
  ) throws -> StepReport where Loss.Scalar == Scalar {
    try begin(objective.layout, x)
    return try core.curvatureStep(objective, at: &x, method: name)
  }

  public var state: OptimizerState<Scalar> { core.state(method: name) }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try core.restore(state, method: name)
  }
}
