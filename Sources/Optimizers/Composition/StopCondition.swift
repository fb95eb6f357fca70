/// When a stage of training ends. It depends on steps and losses alone, never on the clock, so that runs repeat.
///
/// What a method itself reports as its end (converged, stalled) ends a stage in any case.
public indirect enum StopCondition: Hashable, Sendable, Codable {
  /// Only the method itself ends.
  case never
  /// After a number of steps.
  case steps(Int)
  /// When the best loss of `over` steps is not lower than the best before by the part `decrease` of that.
  case stalled(decrease: Double, over: Int)
  /// When the loss is below a bound.
  case loss(below: Double)
  /// When the norm of the gradient is below a bound.
  case gradientNorm(below: Double)
  /// When one of several conditions is met.
  case any([StopCondition])

  /// When the best loss of 500 steps is not lower than the best before by a thousandth of that.
  public static var stalled: StopCondition { .stalled(decrease: 1e-3, over: 500) }

  /// The windows of ``stalled(decrease:over:)`` in the condition.
  var windows: Int {
    switch self {
    case .stalled: 1
    case .any(let parts): parts.reduce(0) { $0 + $1.windows }
    default: 0
    }
  }
}

/// The state of a condition.
struct StopMonitor: Sendable, Equatable {
  /// The best losses of one window.
  struct Window: Sendable, Equatable {
    var before = Double.infinity
    var now = Double.infinity
    var start = 0
  }

  var step = 0
  var windows: [Window]

  init(_ condition: StopCondition) { windows = Array(repeating: Window(), count: condition.windows) }

  /// Takes note of a step; returns why the stage ends, if it does.
  mutating func observe(_ report: StepReport, _ condition: StopCondition) -> String? {
    step += 1
    var window = 0
    return check(report, condition, &window)
  }

  private mutating func check(_ report: StepReport, _ condition: StopCondition, _ window: inout Int)
    -> String?
  {
    switch condition {
    case .never: return nil
    case .steps(let steps): return step >= steps ? "\(steps) steps are made" : nil
    case .loss(let bound): return report.loss < bound ? "the loss is below \(bound)" : nil
    case .gradientNorm(let bound):
      return report.gradientNorm < bound ? "the norm of the gradient is below \(bound)" : nil
    case .any(let parts):
      // Every part takes note, also after one is met.
      var reason: String?
      for part in parts {
        let own = check(report, part, &window)
        reason = reason ?? own
      }
      return reason
    case .stalled(let decrease, let over):
      defer { window += 1 }
      windows[window].now = min(windows[window].now, report.loss)
      guard step - windows[window].start >= over else { return nil }
      let (before, now) = (windows[window].before, windows[window].now)
      if before.isFinite, now >= before - decrease * abs(before) {
        return "the loss has not become lower by \(decrease) of itself in \(over) steps"
      }
      windows[window] = Window(before: min(before, now), now: .infinity, start: step)
      return nil
    }
  }

  /// A changed objective has other losses: windows begin anew.
  mutating func objectiveChanged() {
    for i in windows.indices { windows[i] = Window(start: step) }
  }
}
