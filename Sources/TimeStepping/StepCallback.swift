/// What a callback is told after a step.
public struct StepContext: Hashable, Sendable {
  /// How many steps have been completed; 0 before the first.
  public let index: Int
  /// The time reached.
  public let time: Double
  /// The length of the step just made; that of the first step to come when `index` is 0.
  public let step: Double

  public init(index: Int, time: Double, step: Double) {
    self.index = index
    self.time = time
    self.step = step
  }
}

/// What a callback asks for.
public enum StepDecision: Hashable, Sendable {
  case proceed
  /// End here; the state reached is the result.
  case stop(reason: String)
  /// Proceed with steps of this length. Multistep methods start anew.
  case setStep(Double)
}

/// Called after each step with the state reached, for output, statistics, stopping and step control.
public typealias StepCallback<State> = (StepContext, State) throws -> StepDecision
