import Formats
import NeuralNetworks
import Optimizers
import Tensors

/// The training of a layer on pairs of inputs and targets, batch by batch.
///
/// A step's batch is a function of the seed and the step, so that the step is all that a resumed training needs to know.
public final class SupervisedTask<Model: Layer>: TrainingTask where Model.Scalar: OptimizerScalar {
  public typealias Scalar = Model.Scalar

  public let model: Model
  public let objective: SupervisedObjective<Scalar>
  /// The parts of the data.
  public let split: DataSplit
  public let loader: BatchLoader<Scalar>
  private let inputs, targets: MappedArray
  private let inputBuffer, targetBuffer: Buffer<Scalar>

  /// The training of a model on two arrays of a dataset.
  ///
  /// - Parameters:
  ///   - model: A layer from [samples, …] of the input to [samples, …] of the target.
  ///   - data: The data.
  ///   - input: The name of the array of inputs.
  ///   - target: The name of the array of targets.
  ///   - loss: How outputs are compared with targets.
  ///   - batchSize: Samples in a step; all where there are fewer.
  ///   - validation: The part of all samples that the best parameters are chosen by.
  ///   - test: The part of all samples that the training never looks at.
  ///   - seed: What parts and batches are drawn by.
  /// - Throws: `FormatError` and ``TrainingError`` for data that do not fit, or hold numbers that are not finite.
  public init(
    _ model: Model, data: Dataset, input: String, target: String, loss: SupervisedLoss = .meanSquare,
    batchSize: Int = 32, validation: Double = 0.1, test: Double = 0, seed: UInt64 = 0
  ) throws {
    precondition(batchSize > 0, "batches of \(batchSize) samples")
    self.model = model
    let count = try data.sampleCount(of: [input, target])
    for name in [input, target] { try data.requireFinite(name) }
    (inputs, targets) = (try data.array(input), try data.array(target))
    split = try DataSplit(count: count, validation: validation, test: test, seed: seed)
    loader = BatchLoader([inputs, targets], samples: split.training, batchSize: batchSize, seed: seed)
    objective = SupervisedObjective(
      model, loss: loss, inputShape: [loader.batchSize] + inputs.sampleShape,
      targetShape: [loader.batchSize] + targets.sampleShape)
    let rows = loader.batchSize
    inputBuffer = Buffer(count: rows * inputs.sampleShape.reduce(1, *))
    targetBuffer = Buffer(count: rows * targets.sampleShape.reduce(1, *))
    if loss == .relativeL2 { try requireTargets(data.source) }
  }

  /// A target without a norm has no relative error.
  private func requireTargets(_ source: String) throws {
    let size = targets.sampleShape.reduce(1, *)
    let sample = Buffer<Scalar>(count: size)
    for number in 0..<targets.shape[0] {
      targets.copy(from: number * size, count: size, to: sample.pointer)
      if (0..<size).allSatisfy({ sample.pointer[$0] == 0 }) {
        throw TrainingError(
          "sample \(number) of '\(targets.name)' in \(source) is zero everywhere and has no relative error: take the loss "
            + "'mean-square', or leave such samples out")
      }
    }
  }

  public var terms: [(name: String, loss: Double)] { [(objective.loss.rawValue, objective.lastLoss)] }

  public var initialParameters: Tensor<Scalar> {
    Parameter.vector(of: objective.parameters)
  }

  public func prepare(step: Int, at x: Tensor<Scalar>) throws -> ObjectiveChange {
    let batch = loader.batch(step)
    objective.bind(input: batch[0], target: batch[1])
    return step == 0 || loader.isWhole ? .none : .samples
  }

  /// The error on a part of the data: with the relative loss its mean, else ‖output − target‖₂/‖target‖₂ of all samples
  /// together.
  ///
  /// - Precondition: The part is not empty.
  public func error(on part: SampleSet, at x: Tensor<Scalar>) throws -> Double {
    precondition(part.count > 0, "an error on no samples")
    let (inputSize, targetSize) = (inputs.sampleShape.reduce(1, *), targets.sampleShape.reduce(1, *))
    var (differences, sizes, ratios) = (0.0, 0.0, 0.0)
    var first = 0
    while first < part.count {
      let rows = min(loader.batchSize, part.count - first)
      for row in 0..<rows {
        let number = part[first + row]
        inputs.copy(from: number * inputSize, count: inputSize, to: inputBuffer.pointer + row * inputSize)
        targets.copy(
          from: number * targetSize, count: targetSize, to: targetBuffer.pointer + row * targetSize)
      }
      let errors = try objective.errors(
        of: x, input: inputBuffer.pointer, target: targetBuffer.pointer, samples: rows)
      for (difference, size) in errors {
        differences += difference
        sizes += size
        ratios += (size > 0 ? difference / size : difference).squareRoot()
      }
      first += rows
    }
    if objective.loss == .relativeL2 { return ratios / Double(part.count) }
    return (sizes > 0 ? differences / sizes : differences).squareRoot()
  }

  public func validate(at x: Tensor<Scalar>) throws -> [(name: String, value: Double)] {
    guard split.validation.count > 0 else { return [] }
    return [("error(\(targets.name))", try error(on: split.validation, at: x))]
  }

  // MARK: - Checkpoints

  public func apply(_ x: Tensor<Scalar>) {
    objective.layout.assign(x, to: objective.parameters)
  }

  public func modelTensors(at x: Tensor<Scalar>) -> [(name: String, tensor: Tensor<Scalar>)] {
    objective.layout.tensors(of: x, in: model)
  }
}
