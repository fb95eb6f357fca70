import Equations
import Geometry

/// (u·∇)u − Δu/Re + ∇p = 0, ∇·u = 0 in the unit square whose lid moves with velocity one.
///
/// A primary vortex fills the cavity, and smaller ones its corners. The velocity jumps at the upper corners, so the
/// pressure is infinite there.
///
/// **Good values**: the smallest u on the vertical centre line is −0.2106 at Re = 100, −0.3273 at 400 and −0.3829 at 1000.
///
/// Source: U. Ghia, K. N. Ghia and C. T. Shin, J. Comput. Phys. 48 (1982), tables I and II.
public struct LidDrivenCavity: Problem {
  /// Re.
  public var reynolds: ScalarField
  /// The velocity.
  public let u = VectorField.unknown("u")
  /// The pressure, up to a constant.
  public let p = ScalarField.unknown("p")

  /// The problem at a Reynolds number.
  public init(reynolds: ScalarField = .parameter("reynolds", 100, in: 0.01...5000)) {
    self.reynolds = reynolds
  }

  public var summary: String { "Steady flow in a square cavity that a moving lid drives." }
  public var domain: Domain { .cube(0, 1, dimension: 2) }
  public var equations: [Equation] {
    [convect(u, u) - laplacian(u) / reynolds + grad(p) == VectorField(0, 0), div(u) == 0]
  }
  public var conditions: [Condition] {
    [
      .dirichlet(u == VectorField(1, 0), on: .top),
      .dirichlet(u == VectorField(0, 0), on: [.left, .right, .bottom]),
    ]
  }
  public var derived: [Derived] { [.field("vorticity", rot(u)), .integral("energy", 0.5 * dot(u, u))] }
  public var suggested: SuggestedRun { SuggestedRun(points: [49, 49]) }
}
