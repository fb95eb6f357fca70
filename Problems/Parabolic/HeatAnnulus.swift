import Equations
import Geometry

/// u_t = κ Δu between two circles of radius 1/2 and 1, held at one on the inner circle and at zero on the outer one.
///
/// **Good values**: the steady state is u = ln r / ln(1/2).
///
/// Source: H. S. Carslaw and J. C. Jaeger, Conduction of Heat in Solids (1959), section 7.2.
public struct HeatAnnulus: Problem {
  /// κ.
  public var diffusivity: ScalarField
  /// The unknown.
  public let u = ScalarField.unknown("u")

  /// The problem with the given diffusivity.
  public init(diffusivity: ScalarField = .parameter("diffusivity", 1, in: 1e-4...1e3)) {
    self.diffusivity = diffusivity
  }

  public var summary: String { "Heat that flows from the inner to the outer circle of an annulus." }
  public var domain: Domain { .mesh(.annulus(inner: 0.5, outer: 1, cells: [10, 72])) }
  public var equations: [Equation] { [dt(u) == diffusivity * laplacian(u)] }
  public var conditions: [Condition] {
    [.initial(u == 0), .dirichlet(u == 1, on: "inner"), .dirichlet(u == 0, on: "outer")]
  }
  public var derived: [Derived] { [.mean("mean", u)] }
  public var suggested: SuggestedRun { SuggestedRun(step: 0.002, until: 0.2, frames: 21) }
}
