import NeuralNetworks
import Optimizers
import Tensors

/// A model whose outputs, fields on a grid, are whitened by a Sobolev metric: differences of its outputs have the metric's
/// norm as their plain one. Its parameters have the model's own names.
public struct WhitenedOutput<Model: Layer>: Layer, CustomReflectable where Model.Scalar: OptimizerScalar {
  public typealias Scalar = Model.Scalar

  /// The model.
  public let model: Model
  /// The metric.
  public let metric: SobolevMetric

  /// The model in a metric of its outputs, whose last axes are those of the grid.
  public init(_ model: Model, metric: SobolevMetric) { (self.model, self.metric) = (model, metric) }

  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> { metric.whitened(model(x)) }

  /// The model's, so that parameters are found under the names that they have without the metric.
  public var customMirror: Mirror { Mirror(reflecting: model) }
}

/// The loss of a model on a batch of fields in a Sobolev metric P: half the mean, over samples and their numbers, of
/// ⟨r, P r⟩ for the difference r of output and target.
///
/// Its gradient with respect to outputs is the smoothed P r, and its residuals are P^{1/2} r, so that gradient, natural
/// gradient and Gauss-Newton methods take it alike (De Ryck, Bonnet, Mishra and de Bézenac, ICLR 2024). With a negative
/// order it is the loss of a Sobolev norm, in which slopes count (Czarnecki et al., Sobolev training, NeurIPS 2017).
public final class SobolevObjective<Scalar: OptimizerScalar>: LeastSquaresObjective {
  /// The metric.
  public let metric: SobolevMetric
  private let base: SupervisedObjective<Scalar>
  private let whitened: Buffer<Scalar>

  /// The loss of a model for batches of given shapes, to be bound before it is evaluated.
  ///
  /// - Throws: ``TrainingError`` where the last axes of targets are not the grid's.
  public init<Model: Layer<Scalar>>(
    _ model: Model, metric: SobolevMetric, inputShape: [Int], targetShape: [Int]
  ) throws {
    let grid = metric.laplacian.shape
    guard targetShape.count > grid.count, targetShape.suffix(grid.count) == grid[...] else {
      throw TrainingError(
        "targets of shape \(targetShape) are no batches of fields on a grid of shape \(grid): let the grid's axes be the "
          + "last ones of the targets, or take the metric of another grid")
    }
    self.metric = metric
    base = SupervisedObjective(
      WhitenedOutput(model, metric: metric), loss: .meanSquare, inputShape: inputShape,
      targetShape: targetShape)
    whitened = Buffer(count: targetShape.reduce(1, *))
  }

  /// Gives the loss a batch. The input must live as long as the loss is evaluated; the target is whitened, and no longer
  /// needed afterwards.
  public func bind(input: UnsafePointer<Scalar>, target: UnsafePointer<Scalar>) {
    metric.whiten(
      target, into: whitened.pointer, fields: whitened.count / metric.laplacian.count)
    base.bind(input: input, target: UnsafePointer(whitened.pointer))
  }

  public var layout: ParameterLayout { base.layout }
  public var residualCount: Int { base.residualCount }
  /// The loss at the last evaluation.
  public var lastLoss: Double { base.lastLoss }

  public func value(at x: Tensor<Scalar>) throws -> Double { try base.value(at: x) }

  public func valueAndGradient(at x: Tensor<Scalar>, gradient: inout Tensor<Scalar>) throws -> Double {
    try base.valueAndGradient(at: x, gradient: &gradient)
  }

  public func residuals(at x: Tensor<Scalar>, into residuals: inout Tensor<Scalar>) throws {
    try base.residuals(at: x, into: &residuals)
  }

  public func jacobian(
    at x: Tensor<Scalar>, residuals: inout Tensor<Scalar>, jacobian: inout Tensor<Scalar>
  ) throws {
    try base.jacobian(at: x, residuals: &residuals, jacobian: &jacobian)
  }
}

extension SobolevObjective: CurvatureObjective {
  public func hessianProduct(at x: Tensor<Scalar>, _ v: Tensor<Scalar>, into product: inout Tensor<Scalar>)
    throws
  {
    try base.hessianProduct(at: x, v, into: &product)
  }

  public func gaussNewtonProduct(
    at x: Tensor<Scalar>, _ v: Tensor<Scalar>, into product: inout Tensor<Scalar>
  ) throws {
    try base.gaussNewtonProduct(at: x, v, into: &product)
  }
}
