/// The weights of the three parabolas of WENO5.
public enum WENOWeights: String, Sendable, Codable, CaseIterable {
  /// Jiang & Shu (1996); third order at smooth extrema.
  case jiangShu
  /// WENO-Z (Borges, Carmona, Costa & Don 2008), which keep the order at most extrema.
  case z

  /// The value at the upper face of the cell c from the averages of five cells.
  @inlinable
  @inline(__always)
  public func value(
    _ a: CellState, _ b: CellState, _ c: CellState, _ d: CellState, _ e: CellState
  ) -> CellState {
    let p0 = (2 * a - 7 * b + 11 * c) / 6
    let p1 = (5 * c - b + 2 * d) / 6
    let p2 = (2 * c + 5 * d - e) / 6
    let (s0, t0) = (a - 2 * b + c, a - 4 * b + 3 * c)
    let (s1, t1) = (b - 2 * c + d, b - d)
    let (s2, t2) = (c - 2 * d + e, 3 * c - 4 * d + e)
    let beta0 = (13.0 / 12) * s0 * s0 + 0.25 * t0 * t0
    let beta1 = (13.0 / 12) * s1 * s1 + 0.25 * t1 * t1
    let beta2 = (13.0 / 12) * s2 * s2 + 0.25 * t2 * t2
    let w0: CellState
    let w1: CellState
    let w2: CellState
    switch self {
    case .jiangShu:
      let (q0, q1, q2) = (beta0 + 1e-6, beta1 + 1e-6, beta2 + 1e-6)
      w0 = 0.1 / (q0 * q0)
      w1 = 0.6 / (q1 * q1)
      w2 = 0.3 / (q2 * q2)
    case .z:
      let difference = beta0 - beta2
      let tau = difference.replacing(with: -difference, where: difference .< 0)
      let (r0, r1, r2) = (tau / (beta0 + 1e-40), tau / (beta1 + 1e-40), tau / (beta2 + 1e-40))
      w0 = 0.1 * (1 + r0 * r0)
      w1 = 0.6 * (1 + r1 * r1)
      w2 = 0.3 * (1 + r2 * r2)
    }
    return (w0 * p0 + w1 * p1 + w2 * p2) / (w0 + w1 + w2)
  }
}
