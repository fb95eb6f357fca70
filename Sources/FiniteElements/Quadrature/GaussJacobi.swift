import Foundation

/// Gauss–Jacobi rules on [0, 1]: the n points that integrate (1 − s)^α p(s) exactly for polynomials p of degree 2n − 1.
enum GaussJacobi {
  /// Points and weights, points ascending; α = 0 is the Gauss–Legendre rule.
  ///
  /// The points are the roots of the Jacobi polynomial, found by Newton's method with deflation (Karniadakis & Sherwin,
  /// Spectral/hp Element Methods, 2005, appendix B).
  static func rule(points n: Int, alpha: Double = 0) -> (points: [Double], weights: [Double]) {
    var roots: [Double] = []
    for k in 0..<n {
      var r = -cos((2 * Double(k) + 1) * .pi / (2 * Double(n)))
      if k > 0 { r = (r + roots[k - 1]) / 2 }
      for _ in 0..<100 {
        let s = roots.reduce(0) { $0 + 1 / (r - $1) }
        let (p, dp) = jacobi(n, alpha, r)
        let step = p / (dp - s * p)
        r -= step
        if abs(step) < 1e-16 { break }
      }
      roots.append(r)
    }
    // (1 − x)^α has the Gauss weights 2^(α+1) / ((1 − x²) P′(x)²) for β = 0; on [0, 1] they shrink by 2^(α+1).
    let weights = roots.map { x in
      let derivative = jacobi(n, alpha, x).derivative
      return 1 / ((1 - x * x) * derivative * derivative)
    }
    return (roots.map { (1 + $0) / 2 }, weights)
  }

  /// The Jacobi polynomial P_n^(α,0) and its derivative at x.
  private static func jacobi(_ n: Int, _ a: Double, _ x: Double) -> (value: Double, derivative: Double) {
    guard n > 0 else { return (1, 0) }
    var (p0, p1) = (1.0, (a + (a + 2) * x) / 2)
    for k in 1..<max(n, 1) {
      let k = Double(k)
      let a1 = 2 * (k + 1) * (k + a + 1) * (2 * k + a)
      let a2 = (2 * k + a + 1) * a * a
      let a3 = (2 * k + a) * (2 * k + a + 1) * (2 * k + a + 2)
      let a4 = 2 * (k + a) * k * (2 * k + a + 2)
      (p0, p1) = (p1, ((a2 + a3 * x) * p1 - a4 * p0) / a1)
    }
    let m = Double(n)
    let b1 = (2 * m + a) * (1 - x * x)
    let derivative = (m * (a - (2 * m + a) * x) * p1 + 2 * (m + a) * m * p0) / b1
    return (p1, derivative)
  }
}
