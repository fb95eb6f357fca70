import Equations
import Geometry

/// u_t + u u_x + u_xx + u_xxxx = 0 on the circle [0, 32π).
///
/// Long waves grow, short ones are damped, and the nonlinearity carries energy from the first to the second: after
/// t ≈ 50 the solution is chaotic in space and time, with cells of length about 2π√2. The mean is conserved.
///
/// **Good values**: length 32π with 128 points and a step of 1/4 is right to three digits up to t = 50; point values
/// after t ≈ 60 depend on every rounding.
///
/// Source: A.-K. Kassam and L. N. Trefethen, SIAM J. Sci. Comput. 26 (2005); Y. Kuramoto (1976), G. Sivashinsky (1977).
public struct KuramotoSivashinsky: Problem {
  /// The unknown.
  public let u = ScalarField.unknown("u")

  /// The problem, which has no parameters.
  public init() {}

  public var summary: String { "The Kuramoto-Sivashinsky equation: chaos in space and time." }
  public var domain: Domain { .interval(0, 32 * .pi, periodic: true) }
  public var equations: [Equation] {
    [dt(u) + u * dx(u) + dx(dx(u)) + dx(dx(dx(dx(u)))) == 0]
  }
  public var conditions: [Condition] { [.initial(u == cos(x / 16) * (1 + sin(x / 16)))] }
  public var derived: [Derived] { [.mean("mean", u), .mean("energy", 0.5 * u * u)] }
  public var suggested: SuggestedRun {
    SuggestedRun(points: [256], step: 0.125, until: 150, frames: 151, stepper: "ETDRK4")
  }
}
