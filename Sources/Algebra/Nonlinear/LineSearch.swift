/// Backtracking along a direction until φ(λ) = ‖f(x + λ d)‖² / 2 has fallen enough, with λ from the cubic through the
/// last two trials.
///
/// Source: Dennis & Schnabel, Numerical Methods for Unconstrained Optimization and Nonlinear Equations (1983), A6.3.1.
public struct LineSearch: Sendable, Equatable, Codable {
  /// The part of the linear decrease that is asked for (Armijo's α).
  public var sufficientDecrease: Double
  /// The shortest step before giving up.
  public var shortestStep: Double

  /// A line search that asks for 1e-4 of the linear decrease, and gives up below 1e-10, unless given.
  public init(sufficientDecrease: Double = 1e-4, shortestStep: Double = 1e-10) {
    precondition(
      sufficientDecrease > 0 && sufficientDecrease < 0.5 && shortestStep > 0 && shortestStep < 1,
      "a sufficient decrease of \(sufficientDecrease), a shortest step of \(shortestStep)")
    (self.sufficientDecrease, self.shortestStep) = (sufficientDecrease, shortestStep)
  }

  /// The step λ ≤ `longest` that decreases φ enough.
  /// - Parameters:
  ///   - start: φ(0).
  ///   - slope: φ'(0), negative.
  ///   - longest: The first trial.
  ///   - evaluate: φ(λ); what is not finite counts as too large.
  /// - Returns: nil when no step above the shortest one decreases φ enough.
  func search(
    start: Double, slope: Double, longest: Double = 1, _ evaluate: (Double) -> Double
  ) -> Double? {
    var step = longest
    var (previousStep, previous) = (0.0, 0.0)
    while step >= shortestStep {
      let value = evaluate(step)
      if value <= start + sufficientDecrease * step * slope { return step }
      let next: Double
      if !value.isFinite || (previousStep > 0 && !previous.isFinite) {
        next = value.isFinite ? Self.quadratic(start, slope, step, value) : 0.5 * step
      } else if previousStep == 0 {
        next = Self.quadratic(start, slope, step, value)
      } else {
        next = Self.cubic(start, slope, step, value, previousStep, previous)
      }
      (previousStep, previous) = (step, value)
      step = min(max(next.isFinite ? next : 0.1 * step, 0.1 * step), 0.5 * step)
    }
    return nil
  }

  /// The minimum of the parabola with φ(0), φ'(0), φ(λ).
  private static func quadratic(_ start: Double, _ slope: Double, _ step: Double, _ value: Double) -> Double {
    -slope * step * step / (2 * (value - start - slope * step))
  }

  /// The minimum of the cubic with φ(0), φ'(0), φ(λ₁), φ(λ₂).
  private static func cubic(
    _ start: Double, _ slope: Double, _ s1: Double, _ v1: Double, _ s2: Double, _ v2: Double
  ) -> Double {
    let (r1, r2) = ((v1 - start - slope * s1) / (s1 * s1), (v2 - start - slope * s2) / (s2 * s2))
    let a = (r1 - r2) / (s1 - s2)
    let b = (s1 * r2 - s2 * r1) / (s1 - s2)
    if a == 0 { return -slope / (2 * b) }
    let discriminant = b * b - 3 * a * slope
    return discriminant < 0 ? 0.5 * s1 : (-b + discriminant.squareRoot()) / (3 * a)
  }
}
