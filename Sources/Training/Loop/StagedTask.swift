import Tensors

/// A training in stages, each of which is a training of its own and follows the one before: windows of time, or problems that
/// become harder.
public protocol StagedTask<Scalar>: FieldTask {
  associatedtype Stage: FieldTask where Stage.Scalar == Scalar, Stage.Loss == Loss

  /// What a stage is called in metrics and checkpoints.
  static var stageName: String { get }

  /// How many stages there are.
  var stageCount: Int { get }

  /// The number of the present stage, from 0.
  var stage: Int { get }

  /// The training of the present stage.
  var current: Stage { get }
}

extension StagedTask {
  public var stagesLeft: Int { stageCount - 1 - stage }
  public var objective: Loss { current.objective }
  public var terms: [(name: String, loss: Double)] { current.terms }
  public var initialParameters: Tensor<Scalar> { current.initialParameters }
  public var numbers: [(name: String, value: Double)] {
    current.numbers + [(Self.stageName, Double(stage + 1))]
  }
  public func prepare(step: Int, at x: Tensor<Scalar>) throws -> ObjectiveChange {
    try current.prepare(step: step, at: x)
  }
  public func nextChange(from step: Int) -> Int? { current.nextChange(from: step) }
  public func validate(at x: Tensor<Scalar>) throws -> [(name: String, value: Double)] {
    try current.validate(at: x)
  }
  public func apply(_ x: Tensor<Scalar>) { current.apply(x) }
  public func modelTensors(at x: Tensor<Scalar>) -> [(name: String, tensor: Tensor<Scalar>)] {
    current.modelTensors(at: x)
  }
}

extension StagedTask where Scalar: Real {
  /// The stage that a checkpoint was made in, and what else stands beside its number.
  ///
  /// - Throws: `TrainingError` where it does not say, or where there is no such stage.
  func stage(of state: [String: Tensor<Scalar>]) throws -> (number: Int, others: [Double]) {
    guard let numbers = state[Self.stageName]?.elements.map({ Double($0) }), let number = numbers.first,
      number >= 0, number < Double(stageCount), number == number.rounded()
    else {
      throw TrainingError(
        "the checkpoint does not say in which of the \(stageCount) \(Self.stageName)s it is: give the settings of the training "
          + "that was begun")
    }
    precondition(stage == 0, "a checkpoint is taken up before the first step")
    return (Int(number), Array(numbers.dropFirst()))
  }
}
