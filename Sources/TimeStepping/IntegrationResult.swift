/// How an integration ended.
public enum IntegrationStatus: Hashable, Sendable {
  /// The end of the interval was reached.
  case completed
  /// A callback asked to stop, for this reason.
  case stopped(String)
  case failed(IntegrationFailure)
}

/// Why an integration could not go on.
public enum IntegrationFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// No step meets the tolerances.
  case stepTooSmall(time: Double, step: Double)
  /// The state overflowed or became NaN.
  case notFinite(time: Double, step: Double)
  /// The limit on the number of steps was met first.
  case tooManySteps(Int, time: Double)

  public var description: String {
    switch self {
    case .stepTooSmall(let time, let step):
      "No step down to \(step) meets the tolerances at time \(time): the solution may be singular or discontinuous"
        + " there, or the tolerances are below rounding; loosen them or end earlier."
    case .notFinite(let time, let step):
      "The state is no longer finite after a step of \(step) from time \(time): use a smaller step, or an adaptive"
        + " or implicit method if the system is stiff."
    case .tooManySteps(let limit, let time):
      "\(limit) steps were made and only time \(time) is reached: allow more steps, or use an implicit or exponential"
        + " method if the system is stiff."
    }
  }
}

/// What an integration took.
public struct SteppingStatistics: Hashable, Sendable, Codable {
  /// Accepted steps.
  public var steps = 0
  /// Steps that were tried and rejected.
  public var rejectedSteps = 0
  /// Evaluations of the right-hand side, those of rejected steps included.
  public var evaluations = 0
  /// Wall-clock time in seconds.
  public var seconds = 0.0

  public init() {}
}

/// The state an integration reached, how it ended and what it took.
public struct IntegrationResult: Hashable, Sendable {
  /// The state at `time`.
  public let value: [Double]
  /// The time reached: the end of the interval if and only if the status is `.completed`, or a callback stopped there.
  public let time: Double
  public let status: IntegrationStatus
  public let statistics: SteppingStatistics

  /// The state, or the failure thrown as an error.
  public func get() throws(IntegrationFailure) -> [Double] {
    if case .failed(let failure) = status { throw failure }
    return value
  }
}
