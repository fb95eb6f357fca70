import Foundation

/// Why a solve ended without reaching its goal. What was computed until then stays valid.
public enum SolveError: Error, Equatable, CustomStringConvertible, Sendable {
  /// The state grew beyond all bounds or stopped being finite.
  case diverged(time: Double, norm: Double, step: Double, advice: String)
  /// Step control asked for steps shorter than time resolves.
  case stepTooSmall(time: Double, step: Double)
  /// A step whose equations could not be solved.
  case stepFailed(time: Double, step: Double, reason: String)

  public var description: String {
    switch self {
    case .diverged(let time, let norm, let step, let advice):
      "the solution blew up at t = \(number(time)) with steps of \(number(step)) "
        + "(root mean square \(norm.isFinite ? number(norm) : "not finite")): \(advice)"
    case .stepTooSmall(let time, let step):
      "step control asks for a step of \(number(step)) at t = \(number(time)): the solution is becoming singular there, "
        + "or the tolerance is below what rounding allows, so loosen it or stop earlier"
    case .stepFailed(let time, let step, let reason):
      "the step of \(number(step)) to t = \(number(time)) failed: \(reason)"
    }
  }
}

/// A number in at most six digits, for messages.
func number(_ value: Double) -> String { String(format: "%.6g", value) }
