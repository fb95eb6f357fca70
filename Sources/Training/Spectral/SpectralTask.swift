import Foundation
import NeuralNetworks
import Optimizers
import Tensors

/// The training of a solution operator without data: every step has fresh inputs, drawn by the seed and the step's number.
public final class SpectralTask<Scalar: OptimizerScalar>: TrainingTask {
  public let model: SpectralOperator<Scalar>
  public let objective: SpectralObjective<Scalar>
  /// What inputs are drawn by.
  public let seed: UInt64
  private let buffer: Buffer<Scalar>
  private let drawn: Buffer<Double>
  private let memories: [PreparedSampler.Memory]
  private let heldOut: Tensor<Scalar>
  private let reference: SpectralReference?
  private let referenceInputs: Tensor<Scalar>?
  private let validationObjective: SpectralObjective<Scalar>

  /// The training of an operator.
  ///
  /// - Parameters:
  ///   - batch: Inputs in a step.
  ///   - seed: What inputs are drawn by.
  ///   - reference: Solutions to compare with.
  public init(
    _ model: SpectralOperator<Scalar>, batch: Int = 16, seed: UInt64 = 0, reference: SpectralReference? = nil
  ) {
    (self.model, self.seed, self.reference) = (model, seed, reference)
    objective = SpectralObjective(model, batch: batch)
    buffer = Buffer(count: batch * model.grid.modes.reduce(1, *) * model.inputs.count)
    validationObjective = SpectralObjective(model, batch: 16)
    heldOut = Tensor<Scalar>(model.samples(16, seed: seed ^ 0x7e57_ed))
    drawn = Buffer(count: buffer.count)
    memories = model.samplers.map { $0.makeMemory() }
    referenceInputs = reference.map { Tensor<Scalar>($0.inputs) }
    objective.bind(input: buffer.pointer)
    draw(step: 0)
  }

  private func draw(step: Int) {
    model.draw(objective.batch, seed: seed, first: step * objective.batch, into: drawn.pointer, memories)
    Scalar.convert(drawn.pointer, to: buffer.pointer, count: drawn.count)
  }

  public var terms: [(name: String, loss: Double)] { [("residual", objective.lastLoss)] }

  public var initialParameters: Tensor<Scalar> {
    Parameter.vector(of: objective.parameters)
  }

  public func prepare(step: Int, at x: Tensor<Scalar>) throws -> ObjectiveChange {
    draw(step: step)
    return step == 0 ? .none : .samples
  }

  /// The loss on inputs that are not trained on, and the mean relative errors against the reference.
  public func validate(at x: Tensor<Scalar>) throws -> [(name: String, value: Double)] {
    let loss = try heldOut.withUnsafeBufferPointer { input in
      validationObjective.bind(input: input.baseAddress!)
      return try validationObjective.value(at: x)
    }
    var result = [("validation", loss)]
    if let reference, let referenceInputs {
      apply(x)
      for (name, errors) in reference.errors(of: model, inputs: referenceInputs) {
        result.append(("error(\(name))", errors.reduce(0, +) / Double(errors.count)))
      }
    }
    return result
  }

  // MARK: - Checkpoints

  public func apply(_ x: Tensor<Scalar>) {
    objective.layout.assign(x, to: objective.parameters)
  }

  public func modelTensors(at x: Tensor<Scalar>) -> [(name: String, tensor: Tensor<Scalar>)] {
    objective.layout.tensors(of: x, in: model)
  }
}
