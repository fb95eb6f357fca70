/// The times of a run with a fixed step: origin + k·h, without the drift of repeated addition.
public struct StepClock: Hashable, Codable, Sendable {
  /// The time at which the run ends.
  public let end: Double
  /// The time reached.
  public private(set) var time: Double
  private var origin: Double
  private var step: Double
  private var count: Int

  /// - Parameter end: after or, for a negative step, before the start.
  public init(start: Double, end: Double, step: Double) {
    self.end = end
    time = start
    origin = start
    self.step = step
    count = 0
  }

  /// Whether the end is reached.
  public var isFinished: Bool { time == end }

  /// The length of the next step: the step set, or what is left of the run if that is less or hardly more.
  public var nextStep: Double {
    let left = end - time
    return abs(left) <= abs(step) * (1 + 1e-9) ? left : step
  }

  /// Moves the time on by `nextStep`.
  public mutating func advance() {
    if nextStep == end - time {
      time = end
    } else {
      count += 1
      time = origin + Double(count) * step
    }
  }

  /// Sets the length of the steps from here on.
  public mutating func setStep(_ newStep: Double) {
    if newStep == step { return }
    origin = time
    count = 0
    step = newStep
  }
}
