import Optimizers
import Tensors

/// What a trainer needs to know of that which is trained: a loss that may change from step to step, and how good the
/// parameters are elsewhere.
public protocol TrainingTask<Scalar>: AnyObject {
  associatedtype Scalar
  associatedtype Loss: LeastSquaresObjective<Scalar>

  /// The loss of the current points or samples.
  var objective: Loss { get }

  /// Names of the parts of the loss, and their values at its last evaluation.
  var terms: [(name: String, loss: Double)] { get }

  /// Parameters to begin with, or to go on with after a change of ``ObjectiveChange/parameters``. After a restore only their
  /// number counts.
  var initialParameters: Tensor<Scalar> { get }

  /// Called before each step: draws points or samples, changes weights, as a function of the step, the parameters and the
  /// task's state alone.
  /// - Returns: How the objective has changed.
  func prepare(step: Int, at x: Tensor<Scalar>) throws -> ObjectiveChange

  /// The first step, from `step` on, before which ``prepare(step:at:)`` changes samples or weights, where there is one that is
  /// known now. An optimizer that can do no more waits for it.
  func nextChange(from step: Int) -> Int?

  /// How many stages follow the present one, such as later windows of time. A trainer shares the steps and the seconds that
  /// there are among them.
  var stagesLeft: Int { get }

  /// When the present stage is at its end, besides.
  var stageRule: StageRule { get }

  /// Ends a stage that others follow: ``objective`` becomes the next one's, and ``initialParameters`` what it begins with.
  ///
  /// - Parameter best: The parameters at which the stage was best.
  func beginNextStage(after best: Tensor<Scalar>) throws

  /// Measures of the parameters on points or samples that are not trained on, by name; the first decides which parameters
  /// are the best, the smallest winning.
  func validate(at x: Tensor<Scalar>) throws -> [(name: String, value: Double)]

  /// Further numbers of the training's state that are of interest beside its losses, such as weights, by name: always the
  /// same names in the same order.
  var numbers: [(name: String, value: Double)] { get }

  /// What the following steps depend on besides parameters and optimizer, by name.
  var state: [String: Tensor<Scalar>] { get }

  /// Takes up a state.
  /// - Throws: `TrainingError` where something is missing or misshapen.
  func restore(_ state: [String: Tensor<Scalar>]) throws

  /// Gives the model the parameters.
  func apply(_ x: Tensor<Scalar>)

  /// The model's tensors for a file, at parameters x.
  func modelTensors(at x: Tensor<Scalar>) -> [(name: String, tensor: Tensor<Scalar>)]
}

// A task that changes nothing from step to step, and keeps nothing.
extension TrainingTask {
  public var numbers: [(name: String, value: Double)] { [] }
  public var terms: [(name: String, loss: Double)] { [] }
  public var state: [String: Tensor<Scalar>] { [:] }
  public func prepare(step: Int, at x: Tensor<Scalar>) -> ObjectiveChange { .none }
  public func nextChange(from step: Int) -> Int? { nil }
  public func restore(_ state: [String: Tensor<Scalar>]) {}
  public var stagesLeft: Int { 0 }
  public var stageRule: StageRule { StageRule() }
  public func beginNextStage(after best: Tensor<Scalar>) {
    preconditionFailure("a task of one stage has no next one")
  }
}

/// When a stage of a training is at its end, besides when its optimizer is: at the first of these. Without any, a stage takes
/// its share of the steps and seconds that are left.
public struct StageRule: Hashable, Sendable, Codable {
  /// The most steps.
  public var steps: Int?
  /// The most seconds. Where they are what ends a stage, two runs may differ.
  public var seconds: Double?
  /// The first measure of the validation that is small enough.
  public var tolerance: Double?
  /// The most rows of metrics in a row that are no better.
  public var patience: Int?

  public init(steps: Int? = nil, seconds: Double? = nil, tolerance: Double? = nil, patience: Int? = nil) {
    precondition(
      steps ?? 1 > 0 && seconds ?? 1 > 0 && tolerance ?? 0 >= 0 && patience ?? 1 > 0,
      "a stage of \(steps ?? 1) steps and \(seconds ?? 1) seconds, down to \(tolerance ?? 0)")
    (self.steps, self.seconds, self.tolerance, self.patience) = (steps, seconds, tolerance, patience)
  }
}

/// How a loss differs from that of the step before.
public enum ObjectiveChange: Sendable, Hashable, Comparable {
  /// Not at all.
  case none
  /// Other samples of the same loss, or slowly drifting weights: losses can still be compared.
  case samples
  /// Another loss, whose values mean something else.
  case objective
  /// Other parameters, in another number perhaps: the task's ``TrainingTask/initialParameters`` are to go on with.
  case parameters
}

/// Why a training cannot go on or be taken up.
public struct TrainingError: Error, Equatable, CustomStringConvertible, Sendable {
  /// One sentence with the cause and the remedy.
  public let description: String

  public init(_ description: String) { self.description = description }
}
