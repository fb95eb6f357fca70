import Tensors

/// A potential W of a phase field with two wells, of which c v²/2 − W(v) is convex for the splitting constant c: where
/// fields stay, c is at least the largest W''.
public struct DoubleWell: Sendable {
  /// c.
  public let splitting: Double
  private let form: Form

  private enum Form: Sendable {
    case quartic
    case other(value: @Sendable (Double) -> Double, slope: @Sendable (Double) -> Double)
  }

  /// W(u) = (1 − u²)² / 4, whose W'' is at most 2 between the wells ±1.
  public static let quartic = DoubleWell(splitting: 2, form: .quartic)

  private init(splitting: Double, form: Form) { (self.splitting, self.form) = (splitting, form) }

  /// A potential by its value and slope.
  public init(
    splitting: Double, value: @escaping @Sendable (Double) -> Double,
    slope: @escaping @Sendable (Double) -> Double
  ) {
    precondition(splitting >= 0, "a splitting constant of \(splitting)")
    self.init(splitting: splitting, form: .other(value: value, slope: slope))
  }

  /// The same potential with another splitting constant.
  public func splitting(_ c: Double) -> DoubleWell {
    precondition(c >= 0, "a splitting constant of \(c)")
    return DoubleWell(splitting: c, form: form)
  }

  /// W(u)
  public func value(_ u: Double) -> Double {
    switch form {
    case .quartic: 0.25 * (1 - u * u) * (1 - u * u)
    case .other(let value, _): value(u)
    }
  }

  /// W'(u)
  public func slope(_ u: Double) -> Double {
    switch form {
    case .quartic: u * (u * u - 1)
    case .other(_, let slope): slope(u)
    }
  }

  /// out = W'(u) for `count` numbers.
  func writeSlopes(
    _ u: UnsafePointer<Double>, into out: UnsafeMutablePointer<Double>, count: Int
  ) {
    switch form {
    case .quartic: for i in 0..<count { out[i] = u[i] * (u[i] * u[i] - 1) }
    case .other(_, let slope): for i in 0..<count { out[i] = slope(u[i]) }
    }
  }

  /// Σ wᵢ W(uᵢ), with ones where there are no weights.
  func sum(_ u: UnsafePointer<Double>, weights: UnsafePointer<Double>?, count: Int) -> Double {
    var sum = 0.0
    for i in 0..<count { sum += (weights?[i] ?? 1) * value(u[i]) }
    return sum
  }
}
