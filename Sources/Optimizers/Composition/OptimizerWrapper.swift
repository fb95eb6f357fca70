import Tensors

/// An optimizer around another one, which it lets make the steps. What it does not define itself is the other's.
public protocol OptimizerWrapper<Scalar>: Optimizer where Scalar == Base.Scalar {
  /// The optimizer inside.
  associatedtype Base: Optimizer
  /// The optimizer inside.
  var base: Base { get set }
}

extension OptimizerWrapper {
  public var layout: ParameterLayout? { base.layout }

  public mutating func prepare(for layout: ParameterLayout) throws(OptimizerError) {
    try base.prepare(for: layout)
  }

  public mutating func objectiveChanged() { base.objectiveChanged() }

  public mutating func samplesChanged() { base.samplesChanged() }

  public func copyEvaluationPoint(of x: Tensor<Scalar>, into point: inout Tensor<Scalar>) {
    base.copyEvaluationPoint(of: x, into: &point)
  }
}
