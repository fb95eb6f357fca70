import Optimizers
import Tensors

/// An optimizer that needs products with second derivatives, where a loss is only known to be a sum of squares: whether
/// it offers such products too is asked at each step.
struct CurvatureAdapter<Base: CurvatureOptimizer>: LeastSquaresOptimizer {
  typealias Scalar = Base.Scalar

  var base: Base

  var name: String { base.name }
  var layout: ParameterLayout? { base.layout }
  var state: OptimizerState<Scalar> { base.state }

  mutating func prepare(for layout: ParameterLayout) throws(OptimizerError) { try base.prepare(for: layout) }
  mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) { try base.restore(state) }
  mutating func objectiveChanged() { base.objectiveChanged() }
  mutating func samplesChanged() { base.samplesChanged() }

  func copyEvaluationPoint(of x: Tensor<Scalar>, into point: inout Tensor<Scalar>) {
    base.copyEvaluationPoint(of: x, into: &point)
  }

  /// - Throws: `TrainingError` where the loss offers no such products.
  mutating func leastSquaresStep<Loss: LeastSquaresObjective>(
    _ objective: Loss, at x: inout Tensor<Scalar>
  ) throws -> StepReport where Loss.Scalar == Scalar {
    guard let curved = objective as? any CurvatureObjective<Scalar> else {
      throw TrainingError(
        "\(name) needs products with second derivatives, which this loss does not offer: choose another optimizer, or "
          + "let the loss be a CurvatureObjective")
    }
    return try step(curved, at: &x)
  }

  private mutating func step<Loss: CurvatureObjective>(
    _ objective: Loss, at x: inout Tensor<Scalar>
  ) throws -> StepReport where Loss.Scalar == Scalar {
    try base.curvatureStep(objective, at: &x)
  }
}
