import Foundation

/// A rate as a pure function of the step, which counts from 0: nothing to be saved, and a resumed run continues it.
///
/// A literal is a constant rate. Beyond their last step, schedules keep their last value.
public indirect enum Schedule: Hashable, Sendable, Codable {
  /// Always the same.
  case constant(Double)
  /// A straight line from one value to another in `steps` steps.
  case linear(from: Double, to: Double, steps: Int)
  /// Half a cosine from one value to another in `steps` steps (Loshchilov and Hutter, ICLR 2017).
  case cosine(from: Double, to: Double = 0, steps: Int)
  /// Up by half a cosine to `peak` in the first part `warmUp` of all steps, and down to nearly nothing in the others
  /// (Smith and Topin 2019): from peak / `start` to peak to peak / (`start` · `end`).
  case oneCycle(peak: Double, steps: Int, warmUp: Double = 0.3, start: Double = 25, end: Double = 1e4)
  /// Times `factor` after every `every` steps.
  case staircase(from: Double, factor: Double, every: Int)
  /// Times `factor` within every `every` steps, continuously.
  case exponential(from: Double, factor: Double, every: Int)
  /// from / (1 + `decay` · step / `every`).
  case inverseTime(from: Double, decay: Double, every: Int)
  /// Half cosines from one value to another in periods of `period`, `period` · `multiplier`, … steps, each beginning at
  /// the first value again: SGDR (Loshchilov and Hutter, ICLR 2017).
  case restarts(from: Double, to: Double = 0, period: Int, multiplier: Int = 2)
  /// A straight line up to the first value of a schedule, which it reaches with the last of `steps` steps; then that
  /// schedule from its beginning.
  case warmUp(steps: Int, then: Schedule)
  /// A schedule for `steps` steps, then another from its beginning.
  case sequence(Schedule, steps: Int, then: Schedule)
  /// The product of two schedules.
  case product(Schedule, Schedule)

  /// The rate of a step.
  public func value(at step: Int) -> Double {
    switch self {
    case .constant(let rate): return rate
    case .linear(let from, let to, let steps):
      return from + (to - from) * Self.fraction(step, of: steps)
    case .cosine(let from, let to, let steps):
      return Self.halfCosine(from, to, Self.fraction(step, of: steps))
    case .oneCycle(let peak, let steps, let warmUp, let start, let end):
      let top = warmUp * Double(steps)
      let t = min(Double(step), Double(steps))
      return t < top
        ? Self.halfCosine(peak / start, peak, t / top)
        : Self.halfCosine(
          peak, peak / (start * end), top < Double(steps) ? (t - top) / (Double(steps) - top) : 1)
    case .staircase(let from, let factor, let every):
      return from * Foundation.pow(factor, Double(step / max(every, 1)))
    case .exponential(let from, let factor, let every):
      return from * Foundation.pow(factor, Double(step) / Double(max(every, 1)))
    case .inverseTime(let from, let decay, let every):
      return from / (1 + decay * Double(step) / Double(max(every, 1)))
    case .restarts(let from, let to, let period, let multiplier):
      var (start, length) = (0, max(period, 1))
      if multiplier <= 1 {
        start = step / length * length
      } else {
        while step - start >= length {
          start += length
          length *= multiplier
        }
      }
      return Self.halfCosine(from, to, Double(step - start) / Double(length))
    case .warmUp(let steps, let then):
      return step < steps
        ? then.value(at: 0) * Double(step + 1) / Double(steps) : then.value(at: step - steps)
    case .sequence(let first, let steps, let then):
      return step < steps ? first.value(at: step) : then.value(at: step - steps)
    case .product(let a, let b): return a.value(at: step) * b.value(at: step)
    }
  }

  private static func fraction(_ step: Int, of steps: Int) -> Double {
    steps > 0 ? min(Double(step) / Double(steps), 1) : 1
  }

  private static func halfCosine(_ from: Double, _ to: Double, _ fraction: Double) -> Double {
    to + 0.5 * (from - to) * (1 + Foundation.cos(.pi * fraction))
  }
}

extension Schedule: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  public init(floatLiteral rate: Double) { self = .constant(rate) }
  public init(integerLiteral rate: Int) { self = .constant(Double(rate)) }
}

extension Schedule {
  /// The schedule after a straight line up to its first value.
  public func warmedUp(over steps: Int) -> Schedule { .warmUp(steps: steps, then: self) }

  /// The schedule for `steps` steps, then another.
  public func then(after steps: Int, _ next: Schedule) -> Schedule {
    .sequence(self, steps: steps, then: next)
  }

  /// The schedule times a number.
  public static func * (factor: Double, schedule: Schedule) -> Schedule {
    .product(.constant(factor), schedule)
  }
}
