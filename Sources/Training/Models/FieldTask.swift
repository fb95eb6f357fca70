import Equations
import Simulation

/// A training whose result is the fields of a problem.
public protocol FieldTask<Scalar>: TrainingTask {
  /// The fields of a problem at the parameters that were applied last.
  ///
  /// - Parameters:
  ///   - problem: The problem that the task was made from, with the same parameters.
  ///   - points: Grid points per axis on which fields are sampled.
  ///   - frames: How many times, the first and the last included.
  ///   - steps: What the training made, for the statistics.
  ///   - seconds: What the training took, for the statistics.
  func solution(
    of problem: some Problem, parameters: ParameterValues, points: [Int], frames: Int, steps: Int,
    seconds: Double
  ) throws -> Solution

  /// What a reader of the fields has to know, in sentences, at the parameters that were measured last.
  var remarks: [String] { get }
}

extension FieldTask {
  public var remarks: [String] { [] }
}
