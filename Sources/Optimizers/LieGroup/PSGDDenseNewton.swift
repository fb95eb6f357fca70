import Tensors

/// PSGD with a dense preconditioner of Newton's kind: P → |H|⁻¹ from products of the Hessian with random vectors, without a
/// line search, also where H is indefinite (Li, 2015; Pooladzandi and Li, 2024). For up to some thousands of parameters.
///
///     v normal, h = H v,   Q follows (v, h) as of ``LieGroupFitting`` so that P H² P = I,   P = QᵀQ
///     m ← β m + (1 − β) g,   x ← x − rate · P m,   shortened where ‖P m‖ exceeds a limit
///
/// Products are those of a ``CurvatureObjective``, or differences of gradients of any other. Of β, the mean of the first
/// steps is the plain mean. Where a product is zero or not finite, Q stays; before the first other one nothing moves. Q
/// takes 8 n² bytes, and a step of the fit two products of matrices of order n.
public struct PSGDDenseNewton<Scalar: OptimizerScalar>: GradientOptimizer {
  private var core: CurvatureFitting<Scalar, DenseFactor>

  public var name: String { "PSGD dense Newton" }
  public var layout: ParameterLayout? { core.layout }
  /// The rate.
  public var rate: Schedule {
    get { core.rate }
    set { core.rate = newValue }
  }
  /// P = QᵀQ is made of this Q, [n, n].
  public var preconditionerFactor: Tensor<Double> { core.factor.matrix }

  /// A rate of 10⁻², no momentum β and no limit unless given.
  public init(
    rate: Schedule = 1e-2, momentum: Double = 0, fitting: LieGroupFitting = LieGroupFitting(),
    normLimit: Double = .infinity
  ) {
    core = CurvatureFitting(
      rate: rate, momentum: momentum, fitting: fitting, normLimit: normLimit, DenseFactor(order: 0, scale: 1))
  }

  public mutating func prepare(for layout: ParameterLayout) throws(OptimizerError) {
    try OptimizerError.checkMemory(for: layout, method: name, matrices: 2)
    core.prepare(for: layout)
  }

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
