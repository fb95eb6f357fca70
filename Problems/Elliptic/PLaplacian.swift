import Equations
import Geometry

/// −∇·((ε² + |∇u|²)^((p−2)/2) ∇u) = 1 in the unit disc, u = 0 on its boundary.
///
/// For p = 2 this is Poisson's equation; for larger p it degenerates where the gradient vanishes, in the centre. The small
/// ε keeps Newton's matrix regular there.
///
/// **Good values**: for ε = 0, u = (p − 1)/p · 2^(−1/(p−1)) · (1 − r^(p/(p−1))).
///
/// Source: J. W. Barrett and W. B. Liu, Math. Comp. 61 (1993).
public struct PLaplacian: Problem {
  /// p.
  public var exponent: ScalarField
  /// ε.
  public var regularization: ScalarField
  /// The unknown.
  public let u = ScalarField.unknown("u")

  /// The problem with the given parameters.
  public init(
    exponent: ScalarField = .parameter("exponent", 3, in: 1.2...10),
    regularization: ScalarField = .parameter("regularization", 1e-5, in: 1e-10...1)
  ) {
    (self.exponent, self.regularization) = (exponent, regularization)
  }

  public var summary: String { "A nonlinear diffusion that degenerates where the gradient vanishes." }
  public var domain: Domain { .mesh(.disc(rings: 24)) }
  public var equations: [Equation] {
    let slope = regularization * regularization + dot(grad(u), grad(u))
    return [-div(pow(slope, (exponent - 2) / 2) * grad(u)) == 1]
  }
  public var conditions: [Condition] { [.dirichlet(u == 0)] }
  public var derived: [Derived] { [.integral("integral", u)] }
}
