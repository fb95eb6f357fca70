import Optimizers
import Tensors

/// An optimizer that needs more of a loss than to be a sum of squares, where no more is known of it: whether it offers
/// that too is asked at each step.
protocol CapabilityAdapter<Scalar>: OptimizerWrapper, LeastSquaresOptimizer {}

extension CapabilityAdapter {
  var name: String { base.name }
  var state: OptimizerState<Scalar> { base.state }
  mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) { try base.restore(state) }

  /// That a loss lacks something.
  func refusal(_ what: String, _ type: String) -> TrainingError {
    TrainingError(
      "\(name) needs \(what), which this loss does not offer: choose another optimizer, or let the loss be a \(type)"
    )
  }
}

/// An optimizer that needs products with second derivatives.
struct CurvatureAdapter<Base: CurvatureOptimizer>: CapabilityAdapter {
  typealias Scalar = Base.Scalar
  var base: Base

  /// - Throws: `TrainingError` where the loss offers no such products.
  mutating func leastSquaresStep<Loss: LeastSquaresObjective>(
    _ objective: Loss, at x: inout Tensor<Scalar>
  ) throws -> StepReport where Loss.Scalar == Scalar {
    guard let curved = objective as? any CurvatureObjective<Scalar> else {
      throw refusal("products with second derivatives", "CurvatureObjective")
    }
    func step<Curved: CurvatureObjective>(_ curved: Curved) throws -> StepReport
    where Curved.Scalar == Scalar {
      try base.curvatureStep(curved, at: &x)
    }
    return try step(curved)
  }
}

/// An optimizer that needs statistics of the model's affine maps.
struct LayerwiseAdapter<Base: LayerwiseOptimizer>: CapabilityAdapter {
  typealias Scalar = Base.Scalar
  var base: Base

  /// - Throws: `TrainingError` where the loss offers no such statistics.
  mutating func leastSquaresStep<Loss: LeastSquaresObjective>(
    _ objective: Loss, at x: inout Tensor<Scalar>
  ) throws -> StepReport where Loss.Scalar == Scalar {
    guard let layered = objective as? any LayerwiseObjective<Scalar> else {
      throw refusal("statistics of the model's affine maps", "LayerwiseObjective")
    }
    func step<Layered: LayerwiseObjective>(_ layered: Layered) throws -> StepReport
    where Layered.Scalar == Scalar {
      try base.layerwiseStep(layered, at: &x)
    }
    return try step(layered)
  }
}
