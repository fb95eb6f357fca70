import Equations
import Geometry

/// u_t + (u·∇)u = ν Δu for the velocity u = (u_x, u_y) on the periodic square [0, 2π)².
///
/// The pressure-free momentum equation: compression is not resisted, so the flow forms oblique fronts of width about
/// 4ν/|jump|, which meet and merge while the energy falls.
///
/// **Good values**: ν = 0.05 on 128² points up to t = 4; ν = 0.02 asks for 256².
///
/// Source: J. M. Burgers, Adv. Appl. Mech. 1 (1948); C. A. J. Fletcher, Int. J. Numer. Methods Fluids 3 (1983).
public struct Burgers2D: Problem {
  /// ν.
  public var viscosity: ScalarField
  /// The velocity.
  public let u = VectorField.unknown("u")

  /// The problem with the given parameters.
  public init(viscosity: ScalarField = .parameter("viscosity", 0.05, in: 1e-4...10)) {
    self.viscosity = viscosity
  }

  public var summary: String { "Burgers' equation for a plane velocity: oblique fronts that meet and merge." }
  public var domain: Domain { .torus(0, 2 * .pi, dimension: 2) }
  public var equations: [Equation] { [dt(u) + convect(u, u) == viscosity * laplacian(u)] }
  public var conditions: [Condition] {
    [.initial(u == [sin(x) * cos(y) + 0.5 * cos(x + y), cos(x) * sin(y) - 0.5 * sin(2 * x)])]
  }
  public var derived: [Derived] {
    [.mean("energy", 0.5 * dot(u, u)), .field("vorticity", rot(u)), .field("divergence", div(u))]
  }
  public var suggested: SuggestedRun {
    SuggestedRun(points: [128, 128], step: 5e-3, until: 4, frames: 41, stepper: "ETDRK4")
  }
}
