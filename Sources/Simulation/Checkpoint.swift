import Spectral
import TimeStepping

/// All that a run needs to go on bit by bit where it stood.
public struct Checkpoint: Sendable, Codable {
  /// The clock of the run.
  public struct Clock: Sendable, Codable, Equatable {
    /// Steps of equal length are counted from here, so that times do not drift by rounding.
    public var originTime = 0.0
    public var originIndex = 0
    /// Steps made.
    public var index = 0
    /// The current step.
    public var step: Double
    /// Whether all steps were and will be of this length, so that frames fall on whole steps.
    public var isUniform: Bool

    /// The time reached by whole steps.
    public var time: Double { originTime + Double(index - originIndex) * step }
  }

  public var time: Double
  public var clock: Clock
  /// How many of the frames after the initial one have been kept.
  public var framesKept: Int
  public var adaptive: AdaptiveState?
  /// Steps of the stepper itself, which differ from the run's while a multistep method starts.
  public var stepperIndex: Int
  /// The history collected so far while a multistep method starts; nil once it runs.
  public var starting: [StepHistory]?
  /// The coefficients of each variable.
  public var state: [[Double]]
  /// Earlier steps of a multistep method, newest first.
  public var history: [StepHistory]
  /// The root mean square of the initial state, by which growth is judged.
  public var initialNorm: Double
}
