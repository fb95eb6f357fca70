import Tensors

/// Any method on other parameters: θ = P θ̂ with a diagonal P > 0, of which the method sees θ̂ alone.
///
/// A step of gradient descent becomes θ ← θ − η P² ∇L. With the inverse root of the Hermitian square of a differential
/// operator as P, a physics-informed loss is as well conditioned as a regression (De Ryck, Bonnet, Mishra & de Bézenac, ICLR
/// 2024). Gradients, Jacobians and second derivatives are all carried over, so that it composes with every method.
public struct Reparametrized<Base: Optimizer>: OptimizerWrapper {
  public typealias Scalar = Base.Scalar

  /// The method that works on θ̂.
  public var base: Base
  /// The diagonal of P, one number per parameter.
  public let scale: Tensor<Scalar>
  private let inverse: Tensor<Scalar>
  private var scratch = Scratch<ScalingMemory<Scalar>>()

  fileprivate init(base: Base, scale: Tensor<Scalar>) {
    precondition(
      scale.rank == 1 && scale.elements.allSatisfy { $0 > 0 && $0.isFinite },
      "a scale of shape \(scale.shape) needs one positive number per parameter")
    (self.base, self.scale) = (base, scale)
    inverse = 1 / scale
  }

  public var name: String { "reparametrised" }

  public mutating func prepare(for layout: ParameterLayout) throws(OptimizerError) {
    guard layout.count == scale.count else {
      throw .shape(method: name, entry: "scale", expected: [layout.count], found: scale.shape)
    }
    try base.prepare(for: layout)
    scratch.drop()
  }

  public func copyEvaluationPoint(of x: Tensor<Scalar>, into point: inout Tensor<Scalar>) {
    var hat = Tensor<Scalar>.zeros(x.shape)
    base.copyEvaluationPoint(of: x * inverse, into: &hat)
    point.setToProduct(of: hat, and: scale)
  }

  public var state: OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: name, layout: layout)
    state.tensors["scale"] = scale
    state.children["base"] = base.state
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    let own = try state.tensor("scale", scale.shape)
    guard own == scale else {
      throw .otherLayout(method: name, difference: "the scale of the parameters is another one there")
    }
    try base.restore(try state.child("base"))
  }

  /// Makes a step on θ̂.
  private mutating func stepped<Loss: Objective>(
    _ objective: Loss, _ x: inout Tensor<Scalar>,
    _ body: (inout Base, ScaledObjective<Loss>, inout Tensor<Scalar>) throws -> StepReport
  ) throws -> StepReport where Loss.Scalar == Scalar {
    try begin(objective.layout, x)
    let count = scale.count
    let vectors = scratch.take { ScalingMemory(count: count) }
    vectors.hat.setToProduct(of: x, and: inverse)
    let scaled = ScaledObjective(base: objective, scale: scale, memory: vectors)
    let report = try body(&base, scaled, &vectors.hat)
    x.setToProduct(of: vectors.hat, and: scale)
    return report
  }
}

extension Reparametrized: LeastSquaresOptimizer where Base: LeastSquaresOptimizer {
  public mutating func leastSquaresStep<Loss: LeastSquaresObjective>(
    _ objective: Loss, at x: inout Tensor<Scalar>
  ) throws -> StepReport where Loss.Scalar == Scalar {
    try stepped(objective, &x) { try $0.leastSquaresStep($1, at: &$2) }
  }
}

extension Reparametrized: CurvatureOptimizer where Base: CurvatureOptimizer {
  public mutating func curvatureStep<Loss: CurvatureObjective>(_ objective: Loss, at x: inout Tensor<Scalar>)
    throws -> StepReport where Loss.Scalar == Scalar
  {
    try stepped(objective, &x) { try $0.curvatureStep($1, at: &$2) }
  }
}

extension Reparametrized: GradientOptimizer where Base: GradientOptimizer {
  public mutating func step<Loss: Objective>(_ objective: Loss, at x: inout Tensor<Scalar>) throws
    -> StepReport where Loss.Scalar == Scalar
  {
    try stepped(objective, &x) { try $0.step($1, at: &$2) }
  }
}

extension Optimizer {
  /// This method on θ̂, where θ = scale · θ̂.
  public func reparametrized(by scale: Tensor<Scalar>) -> Reparametrized<Self> {
    Reparametrized(base: self, scale: scale)
  }
}
