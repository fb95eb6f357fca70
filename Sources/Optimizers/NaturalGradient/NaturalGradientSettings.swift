import Foundation

/// How long a step along a natural gradient is.
public enum NaturalGradientStep: Sendable, Hashable {
  /// The best of 1, 1/2, 1/4, …, 2⁻³⁰, where two in a row that are no better than one before end the search.
  case search
  /// A rate, or less, so that the step is no longer than √C where a bound C is given.
  case fixed(Schedule, normBound: Double? = nil)
}

/// How much of the step before a step of SPRING begins with.
public enum NaturalGradientMomentum: Sendable, Hashable {
  /// μ.
  case fixed(Double)
  /// A first μ, and from then on (1 − ρ) / (1 + ρ) with the rate ρ at which residuals have become smaller over windows of
  /// that many steps (Dereziński, Needell, Rebrova and Yang, Kaczmarz++, 2025).
  case adaptive(initial: Double = 0.9, window: Int = 30)
}

/// μ, and what it is adapted by.
struct MomentumEstimate: Sendable {
  let setting: NaturalGradientMomentum
  /// μ of the next step.
  private(set) var value: Double
  /// The mean ratio of squared residuals of two windows, and the windows that it is a mean of.
  private var ratio = 1.0
  private var windows = 1
  /// Squared residuals of the window so far and of the one before, and steps in the window.
  private var sum = 0.0
  private var sumBefore = 0.0
  private var steps = 0

  /// No more than this is kept of a step: with all of it, steps would not forget.
  private static var largest: Double { 0.999 }

  init(_ setting: NaturalGradientMomentum) {
    self.setting = setting
    switch setting {
    case .fixed(let momentum), .adaptive(let momentum, _):
      precondition((0..<1).contains(momentum), "a momentum is in [0, 1), not \(momentum)")
      value = momentum
    }
    if case .adaptive(_, let window) = setting {
      precondition(window > 0, "a momentum cannot be adapted every \(window) steps")
    }
  }

  /// Begins anew.
  mutating func reset() { self = MomentumEstimate(setting) }

  /// Drops squared residuals that new ones cannot be compared with.
  mutating func forgetResiduals() { (sum, sumBefore, steps) = (0, 0, 0) }

  /// Takes up the squared residuals of a step.
  mutating func record(square: Double) {
    guard case .adaptive(_, let window) = setting else { return }
    sum += square
    steps += 1
    guard steps == window else { return }
    if sumBefore > 0 {
      // Weights n^log n forget early windows, more slowly than any power does.
      let (n, next) = (Double(windows), Double(windows + 1))
      let kept = pow(n, log(n)) / pow(next, log(next))
      ratio = kept * ratio + (1 - kept) * min(1, sum / sumBefore)
      let rho = max(0, 1 - pow(ratio, 1 / Double(window)))
      value = min((1 - rho) / (1 + rho), Self.largest)
      windows += 1
    }
    (sumBefore, sum, steps) = (sum, 0, 0)
  }

  /// The numbers that the following steps depend on.
  var numbers: [String: Double] {
    guard case .adaptive = setting else { return [:] }
    return [
      "momentum": value, "ratio": ratio, "windows": Double(windows), "sum": sum, "sum before": sumBefore,
      "steps in window": Double(steps),
    ]
  }

  /// Takes up the numbers of a state.
  mutating func restore<Scalar>(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    guard case .adaptive = setting else { return }
    let (value, ratio) = (try state.number("momentum"), try state.number("ratio"))
    let (sum, before) = (try state.number("sum"), try state.number("sum before"))
    windows = try state.whole("windows")
    steps = try state.whole("steps in window")
    (self.value, self.ratio, self.sum, sumBefore) = (value, ratio, sum, before)
  }
}
