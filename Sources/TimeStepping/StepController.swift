import Foundation

/// Chooses steps from error estimates (Hairer, Nørsett & Wanner, Solving Ordinary Differential Equations I, 1993,
/// section II.4).
///
/// With e the error norm and q the order of the embedded solution, the step is multiplied by
/// 0.9·e^{−1/(q+1)}, clipped to 0.2 … 10; a step with e > 1 is rejected and tried again. The controller is a value
/// without memory of its own: what it remembers is the caller's `AdaptiveState`.
public struct StepController: Sendable {
  /// What became of a tried step.
  public enum Verdict: Hashable, Sendable {
    case accepted
    case rejected
    /// Rejected, and the next step would be shorter than time can resolve or than the control admits.
    case tooSmall
  }

  public let control: StepControl
  /// The order q of the embedded solution.
  public let embeddedOrder: Int
  /// Whether steps are rungs of `StepLadder`.
  public let quantised: Bool

  private static let safety = 0.9
  private static let smallestFactor = 0.2
  private static let largestFactor = 10.0
  private static let smallestError = 1e-4

  /// - Parameter quantised: whether all steps are rungs of `StepLadder`, for methods whose coefficients depend on h.
  public init(control: StepControl, embeddedOrder: Int, quantised: Bool = true) {
    self.control = control
    self.embeddedOrder = embeddedOrder
    self.quantised = quantised
  }

  /// Judges a step and sets the next one in `state`.
  ///
  /// - Parameters:
  ///   - error: the error norm; not finite when the step diverged, which counts as rejected.
  ///   - taken: the length tried, which may be shorter than `state.step` to end at a given time.
  ///   - time: the time at the start of the step.
  public func judge(error: Double, taken: Double, time: Double, state: inout AdaptiveState) -> Verdict {
    let accepted = error <= 1
    var factor = error.isFinite ? self.factor(error, previous: state.previousError) : Self.smallestFactor
    if !accepted || state.followsRejection { factor = min(factor, 1) }
    var next = taken * factor
    if accepted {
      // A step shortened from outside says nothing against the one that was planned.
      if taken < state.step { next = max(next, state.step) }
      state.previousError = max(error, Self.smallestError)
      state.acceptedSteps += 1
    } else {
      state.rejectedSteps += 1
    }
    state.followsRejection = !accepted
    let smallest = smallestStep(at: time)
    state.step = admissible(max(next, 0x1p-1000))
    return !accepted && state.step < smallest ? .tooSmall : accepted ? .accepted : .rejected
  }

  /// The nearest step below that the bounds and the ladder admit.
  public func admissible(_ step: Double) -> Double {
    let bounded = min(step, control.maximumStep ?? step)
    return quantised ? StepLadder.floor(bounded) : bounded
  }

  /// The step below which the integration fails.
  public func smallestStep(at time: Double) -> Double { max(control.minimumStep ?? 0, 16 * time.ulp) }

  private func factor(_ error: Double, previous: Double) -> Double {
    let exponent = 1 / Double(embeddedOrder + 1)
    let scaled: Double
    switch control.rule {
    case .integral:
      scaled = pow(error, -exponent)
    case .proportionalIntegral:
      // The exponents of DOPRI5: β = 0.2/(q + 1), that is 0.04 for q = 4, and α = 1/(q + 1) − 0.75 β.
      let beta = 0.2 * exponent
      scaled = pow(error, 0.75 * beta - exponent) * pow(previous, beta)
    }
    return min(max(Self.safety * scaled, Self.smallestFactor), Self.largestFactor)
  }

  // MARK: - The first step

  /// A first guess h_0 of the step, from weighted norms of the state and of its time derivative f_0.
  ///
  /// The weights are those of the error norm, with the initial state. An explicit Euler step of length h_0 then gives
  /// f_1 and the second derivative that `initialStep` asks for.
  public func firstGuess(stateNorm: Double, slopeNorm: Double) -> Double {
    let guess = stateNorm < 1e-5 || slopeNorm < 1e-5 ? 1e-6 : 0.01 * stateNorm / slopeNorm
    return guess.isFinite && guess > 0 ? min(guess, control.maximumStep ?? guess) : 1e-6
  }

  /// The first step, from the weighted norms of f_0 and of (f_1 − f_0)/h_0.
  ///
  /// - Parameter order: the order p of the method; the step satisfies h^{p+1} · max(|f_0|, |f′|) = 0.01.
  public func initialStep(guess: Double, slopeNorm: Double, curvatureNorm: Double, order: Int) -> Double {
    let largest = max(slopeNorm, curvatureNorm)
    let step = largest <= 1e-15 ? max(1e-6, guess * 1e-3) : pow(0.01 / largest, 1 / Double(order + 1))
    let bounded = min(100 * guess, step)
    return admissible(bounded.isFinite && bounded > 0 ? bounded : guess)
  }
}
