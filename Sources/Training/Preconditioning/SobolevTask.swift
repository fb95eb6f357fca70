import NeuralNetworks
import Optimizers
import Tensors

/// The training of a layer on pairs of inputs and fields, with the loss in a Sobolev metric. Measures of error stay those
/// of the task that it is made of.
public final class SobolevTask<Model: Layer>: TrainingTask where Model.Scalar: OptimizerScalar {
  public typealias Scalar = Model.Scalar

  /// The same training in the plain metric.
  public let base: SupervisedTask<Model>
  public let objective: SobolevObjective<Scalar>
  private var isBound = false

  /// A task in a metric of its targets, whose last axes are those of the metric's grid.
  /// - Throws: ``TrainingError`` where they are not.
  public init(_ base: SupervisedTask<Model>, metric: SobolevMetric) throws {
    self.base = base
    objective = try SobolevObjective(
      base.model, metric: metric, inputShape: base.objective.inputShape,
      targetShape: base.objective.targetShape)
  }

  public var terms: [(name: String, loss: Double)] { [("sobolev", objective.lastLoss)] }
  public var initialParameters: Tensor<Scalar> { base.initialParameters }
  public var numbers: [(name: String, value: Double)] { base.numbers }
  public var state: [String: Tensor<Scalar>] { base.state }

  public func prepare(step: Int, at x: Tensor<Scalar>) throws -> ObjectiveChange {
    let change = try base.prepare(step: step, at: x)
    // A batch of all samples is whitened once.
    if isBound && base.loader.isWhole { return change }
    let batch = base.loader.batch(step)
    objective.bind(input: batch[0], target: batch[1])
    isBound = true
    return change
  }

  public func validate(at x: Tensor<Scalar>) throws -> [(name: String, value: Double)] {
    try base.validate(at: x)
  }

  public func restore(_ state: [String: Tensor<Scalar>]) { base.restore(state) }

  public func apply(_ x: Tensor<Scalar>) { base.apply(x) }

  public func modelTensors(at x: Tensor<Scalar>) -> [(name: String, tensor: Tensor<Scalar>)] {
    base.modelTensors(at: x)
  }
}
