/// Where an adaptive integration stands: all that `StepController` remembers between steps.
///
/// Saved with the state of the system, it makes a resumed run take the same steps bit for bit.
public struct AdaptiveState: Hashable, Codable, Sendable {
  /// The step to try next.
  public var step: Double
  /// The error norm of the last accepted step, not below 1e-4.
  public var previousError: Double
  /// Whether the last try was rejected; the step then does not grow at once.
  public var followsRejection: Bool
  public var acceptedSteps: Int
  public var rejectedSteps: Int

  public init(step: Double) {
    self.step = step
    previousError = 1e-4
    followsRejection = false
    acceptedSteps = 0
    rejectedSteps = 0
  }
}
