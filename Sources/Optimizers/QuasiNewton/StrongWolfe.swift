import Foundation

/// A search along a descent direction for a step that satisfies the strong Wolfe conditions (Nocedal and Wright 2006,
/// algorithms 3.5 and 3.6, with cubic interpolation):
///
///     φ(α) ≤ φ(0) + c₁ α φ'(0)    and    |φ'(α)| ≤ c₂ |φ'(0)|
///
/// Where the loss changes by no more than its rounding, the first condition is judged by slopes instead (Hager and Zhang
/// 2005). A loss that is infinite or NaN bounds the step like one that is too large.
public struct StrongWolfe: Sendable, Hashable, Codable {
  /// c₁: the part of the decrease that the slope promises.
  public var sufficientDecrease = 1e-4
  /// c₂: how much of the slope may be left.
  public var curvature = 0.9
  /// Evaluations after which the search gives up.
  public var evaluationLimit = 25

  /// c₁ = 10⁻⁴ and c₂ = 0.9, which suit quasi-Newton methods, unless given.
  public init(sufficientDecrease: Double = 1e-4, curvature: Double = 0.9, evaluationLimit: Int = 25) {
    precondition(
      sufficientDecrease > 0 && curvature > sufficientDecrease && curvature < 1 && evaluationLimit > 0,
      "a strong Wolfe search needs 0 < c₁ < c₂ < 1, not \(sufficientDecrease) and \(curvature)")
    self.sufficientDecrease = sufficientDecrease
    self.curvature = curvature
    self.evaluationLimit = evaluationLimit
  }

  /// A point on the line: the step, the loss there and its slope.
  struct Point {
    var step: Double
    var value: Double
    var slope: Double
  }

  /// How a search ended.
  enum Outcome: Equatable {
    /// Both conditions hold.
    case wolfe
    /// The loss falls enough, but the slope does not; evaluations are used up.
    case decrease
    /// No step was found that lowers the loss.
    case failed
  }

  /// Searches from `start` (step 0) with the first trial `first`. The last evaluation is at the returned point.
  /// - Parameter noise: the rounding of the loss.
  func search(
    from start: Point, first: Double, noise: Double,
    evaluate: (_ step: Double) throws -> (value: Double, slope: Double)
  ) rethrows -> (point: Point, outcome: Outcome, evaluations: Int) {
    var evaluations = 0
    func point(_ step: Double) throws -> Point {
      let (value, slope) = try evaluate(step)
      evaluations += 1
      return Point(step: step, value: value, slope: slope)
    }
    func isFinite(_ p: Point) -> Bool { p.value.isFinite && p.slope.isFinite }
    func isLower(_ p: Point) -> Bool {
      if p.value <= start.value + sufficientDecrease * p.step * start.slope { return true }
      // The derivative of the parabola through both slopes says the same without a difference of losses.
      return p.value <= start.value + noise && p.slope <= (2 * sufficientDecrease - 1) * start.slope
        && p.value >= start.value - noise
    }
    func isFlat(_ p: Point) -> Bool { abs(p.slope) <= curvature * abs(start.slope) }

    var low = start
    var high: Point?
    var trial = try point(first)
    // Lengths of the bracket, to see whether interpolation shrinks it.
    var (width, widthBefore) = (Double.infinity, Double.infinity)
    while true {
      if isFinite(trial), isLower(trial), isFlat(trial) { return (trial, .wolfe, evaluations) }
      // Nocedal and Wright's zoom: `low` is the lowest point so far, and a minimum lies between it and `high`.
      if !isFinite(trial) || !isLower(trial) || (low.step > 0 && trial.value >= low.value + noise) {
        high = trial
      } else {
        if let far = high {
          if trial.slope * (far.step - low.step) >= 0 { high = low }
        } else if trial.slope >= 0 {
          high = low
        }
        low = trial
      }
      guard evaluations < evaluationLimit else { break }
      let next: Double
      if let high {
        (widthBefore, width) = (width, abs(high.step - low.step))
        if width <= abs(low.step) * 1e-15 || width < 1e-300 { break }
        next = Self.inside(low, high, bisecting: width > 0.66 * widthBefore, noise: noise)
      } else {
        next = Self.beyond(low)
      }
      trial = try point(next)
    }
    guard low.step > 0 else { return (start, .failed, evaluations) }
    // The state of the caller is that of the last evaluation.
    if trial.step != low.step { trial = try point(low.step) }
    return (trial, .decrease, evaluations)
  }

  /// A step between two points: the minimum of the cubic through values and slopes, away from the ends.
  private static func inside(_ low: Point, _ high: Point, bisecting: Bool, noise: Double) -> Double {
    let middle = 0.5 * (low.step + high.step)
    guard high.value.isFinite, high.slope.isFinite else { return low.step + 0.1 * (high.step - low.step) }
    guard !bisecting, let step = minimum(low, high, noise: noise) else { return middle }
    let margin = 0.1 * abs(high.step - low.step)
    let (a, b) = (min(low.step, high.step), max(low.step, high.step))
    return min(max(step, a + margin), b - margin)
  }

  /// A longer step where the loss still falls.
  private static func beyond(_ low: Point) -> Double { 4 * low.step }

  /// Where the cubic through two points has its minimum; where the parabola with both slopes has it, if rounding spoils
  /// the difference of the values.
  private static func minimum(_ a: Point, _ b: Point, noise: Double) -> Double? {
    let d = b.step - a.step
    if a.slope * b.slope < 0, 3 * noise > 1e-3 * abs(d) * max(abs(a.slope), abs(b.slope)) {
      return a.step - a.slope * d / (b.slope - a.slope)
    }
    let d1 = a.slope + b.slope - 3 * (b.value - a.value) / d
    let discriminant = d1 * d1 - a.slope * b.slope
    guard discriminant >= 0 else { return nil }
    let d2 = (d < 0 ? -1 : 1) * discriminant.squareRoot()
    let step = b.step - d * (b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2)
    return step.isFinite ? step : nil
  }
}
