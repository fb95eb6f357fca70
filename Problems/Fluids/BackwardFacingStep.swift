import Equations
import Geometry

/// (u·∇)u − Δu/Re + ∇p = 0, ∇·u = 0 in a channel that widens to twice its height at x = 0, with a parabolic inflow.
///
/// The flow separates at the step and comes back to the lower wall some step heights downstream; Re is that of the mean
/// inflow velocity, 1, and the height of the wide channel, 1.
///
/// **Good values**: the flow stays steady up to Re = 800, where it reattaches at about 6.1 channel heights.
///
/// Source: D. K. Gartling, Int. J. Numer. Methods Fluids 11 (1990).
public struct BackwardFacingStep: Problem {
  /// Re.
  public var reynolds: ScalarField
  /// The velocity.
  public let u = VectorField.unknown("u")
  /// The pressure.
  public let p = ScalarField.unknown("p")

  /// The problem at a Reynolds number.
  public init(reynolds: ScalarField = .parameter("reynolds", 100, in: 0.01...800)) {
    self.reynolds = reynolds
  }

  public var summary: String { "Steady flow over a backward-facing step." }
  public var domain: Domain { .mesh(.backwardFacingStep(cells: 8)) }
  public var equations: [Equation] {
    [convect(u, u) - laplacian(u) / reynolds + grad(p) == VectorField(0, 0), div(u) == 0]
  }
  public var conditions: [Condition] {
    [
      .dirichlet(u == VectorField(24 * (1 - y) * (y - 0.5), 0), on: "inflow"),
      .dirichlet(u == VectorField(0, 0), on: "walls"),
    ]
  }
  public var derived: [Derived] { [.field("vorticity", rot(u))] }
}
