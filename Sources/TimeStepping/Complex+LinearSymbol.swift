import Tensors

extension Complex: LinearSymbol where Scalar == Double {
  public var identity: Complex { .one }

  public var inverse: Complex { .one / self }

  /// φ_0 … φ_highest to a few units in the last place, for every complex z.
  ///
  /// Near the origin the defining differences cancel. There the Taylor series of the highest function is summed and the
  /// others follow from φ_k = z·φ_{k+1} + 1/k!; elsewhere φ_{k+1} = (φ_k − 1/k!)/z is stable. The values agree with the
  /// contour means of Kassam and Trefethen (2005) over a full circle. They are complex: taking the real part, which is
  /// right for real z on a half circle, would reduce dispersive problems to first order.
  public func phis(_ highest: Int) -> [Complex] {
    precondition(highest >= 0, "phi functions are numbered from 0, not \(highest)")
    var values = [Complex](repeating: Complex.exp(self), count: highest + 1)
    guard highest > 0 else { return values }
    if squaredMagnitude <= Self.squaredSeriesRadius(highest) {
      var factorial = 1.0
      for k in stride(from: 2, through: highest, by: 1) { factorial *= Double(k) }
      values[highest] = seriesOfPhi(highest, factorial: factorial)
      for k in stride(from: highest - 1, through: 1, by: -1) {
        factorial /= Double(k + 1)
        values[k] = self * values[k + 1] + Complex(1 / factorial)
      }
    } else {
      let reciprocal = inverse
      var factorial = 1.0
      for k in 0..<highest {
        if k > 1 { factorial *= Double(k) }
        values[k + 1] = (values[k] - Complex(1 / factorial)) * reciprocal
      }
    }
    return values
  }

  /// The forward recurrence for φ_k loses about k/|z| in relative accuracy per step, the series about exp(2|z|/k).
  private static func squaredSeriesRadius(_ highest: Int) -> Double {
    let radius = 1 + 0.5 * Double(highest)
    return radius * radius
  }

  private func seriesOfPhi(_ k: Int, factorial: Double) -> Complex {
    var term = Complex(1 / factorial)
    var sum = term
    for j in 1...200 {
      term = (1 / Double(j + k)) * (self * term)
      sum += term
      if term.squaredMagnitude < 1e-36 * sum.squaredMagnitude { break }
    }
    return sum
  }
}
