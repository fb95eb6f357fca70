/// Keeps the step at a given fraction of the Courant-Friedrichs-Lewy limit (Courant, Friedrichs & Lewy 1928).
///
/// The limit is 1/f with the advective frequency f = max over the grid of Σ_i |u_i| / Δx_i. Steps change along
/// `StepLadder`, so that tables of coefficients are reused, and grow by at most `largestGrowth` at a time.
public struct CFLControl: Hashable, Codable, Sendable {
  /// The Courant number aimed at.
  public var number: Double
  /// The longest step, used when nothing moves.
  public var maximumStep: Double
  /// The largest factor between consecutive steps; reductions are never delayed.
  public var largestGrowth: Double

  public init(number: Double = 0.5, maximumStep: Double, largestGrowth: Double = 2) {
    precondition(
      number > 0 && maximumStep > 0 && maximumStep.isFinite && largestGrowth >= 1,
      "the Courant number (\(number)) and the longest step (\(maximumStep)) are positive, growth (\(largestGrowth)) is"
        + " at least 1")
    self.number = number
    self.maximumStep = maximumStep
    self.largestGrowth = largestGrowth
  }

  /// Whether to change the step.
  ///
  /// - Parameters:
  ///   - frequency: the advective frequency f, in inverse time.
  ///   - step: the step in use.
  public func decision(frequency: Double, step: Double) -> StepDecision {
    guard frequency.isFinite else {
      return .stop(reason: "the velocity is no longer finite; a smaller Courant number may help")
    }
    let wanted = min(number / frequency, maximumStep)
    let limit = StepLadder.floor(wanted)
    let next = StepLadder.floor(min(limit, largestGrowth * step))
    return next == step ? .proceed : .setStep(next)
  }
}
