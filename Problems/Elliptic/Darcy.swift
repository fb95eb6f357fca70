import Equations
import Geometry

/// −∇·(a ∇u) = 1 on the unit square, u = 0 on its boundary: the pressure of a flow through a random medium.
///
/// The permeability a is `high` where a Gaussian field of the law N(0, (−Δ + 9)⁻²) with reflecting boundary is positive,
/// and `low` elsewhere. With 12 and 4 this is the law of the data set on which operator-learning methods are compared.
/// The field u is continuous with kinks at the interfaces, so that stencils converge at first order near them.
///
/// **Good values**: the mean of u lies near 0.006 to 0.009, and its maximum near 0.015.
///
/// Source: Z. Li et al., Fourier Neural Operator for Parametric Partial Differential Equations, ICLR (2021).
public struct Darcy: Problem {
  /// The permeability where the random field is positive.
  public var high: ScalarField
  /// The permeability elsewhere.
  public var low: ScalarField
  /// The unknown.
  public let u = ScalarField.unknown("u")

  /// The problem with the given parameters.
  public init(
    high: ScalarField = .parameter("high", 12, in: 1e-4...1e4),
    low: ScalarField = .parameter("low", 4, in: 1e-4...1e4)
  ) {
    (self.high, self.low) = (high, low)
  }

  /// a.
  public var permeability: ScalarField {
    let field = ScalarField.random(.gaussian(smoothness: 2, inverseLength: 3, scale: 1))
    return low + (high - low) * step(field)
  }

  public var summary: String { "Pressure of a flow through a random medium of two permeabilities." }
  public var domain: Domain { .cube(0, 1, dimension: 2) }
  public var equations: [Equation] { [-div(permeability * grad(u)) == 1] }
  public var conditions: [Condition] { [.dirichlet(u == 0)] }
  public var derived: [Derived] { [.field("permeability", permeability), .mean("mean", u)] }
  public var suggested: SuggestedRun { SuggestedRun(points: [257, 257]) }
}
