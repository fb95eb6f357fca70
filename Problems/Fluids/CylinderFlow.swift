import Equations
import Geometry

/// (u·∇)u − ν Δu + ∇p = 0, ∇·u = 0 in a channel with a cylinder, off the centre line, at Reynolds number 20; or the same
/// with ∂u/∂t at 100, where vortices are shed.
///
/// The channel is 2.2 × 0.41, the circle of radius 0.05 lies around (0.2, 0.2), and ν = 10⁻³. The inflow is a parabola of
/// the given peak; nothing pulls at the outflow. Drag and lift coefficients are 2 F / (ρ Ū² D) with Ū = 2/3 of the peak
/// and D = 0.1.
///
/// **Good values**: at the peak 0.3, drag coefficient 5.57953523384, lift coefficient 0.010618948146 and a pressure
/// difference between (0.15, 0.2) and (0.25, 0.2) of 0.11752016697. At the peak 1.5, vortices are shed with a Strouhal
/// number D f/Ū of 0.2950 to 0.3050, with a largest drag coefficient of 3.22 to 3.24 and a largest lift coefficient of
/// 0.99 to 1.01.
///
/// Source: M. Schäfer and S. Turek, Notes Numer. Fluid Mech. 52 (1996), cases 2D-1 and 2D-2; values of the former by
/// G. Nabh (1998).
public struct CylinderFlow: Problem {
  /// The peak of the inflow.
  public var peak: ScalarField
  /// ν.
  public var viscosity: ScalarField
  /// The velocity.
  public let u = VectorField.unknown("u")
  /// The pressure.
  public let p = ScalarField.unknown("p")
  /// Whether the flow is stepped in time from rest, as case 2D-2 is at the peak 1.5.
  public let isUnsteady: Bool
  private let cells: Int

  /// The problem with the given parameters.
  ///
  /// - Parameters:
  ///   - peak: The peak of the inflow; by default 0.3, and 1.5 for the unsteady flow.
  ///   - isUnsteady: Whether to state the time-dependent equations.
  ///   - cells: The cells along the height of the channel, and along a quarter of the circle.
  public init(
    peak: ScalarField? = nil,
    viscosity: ScalarField = .parameter("viscosity", 1e-3, in: 1e-4...1),
    isUnsteady: Bool = false, cells: Int = 12
  ) {
    self.peak = peak ?? .parameter("peak", isUnsteady ? 1.5 : 0.3, in: 0...3)
    (self.viscosity, self.isUnsteady, self.cells) = (viscosity, isUnsteady, cells)
  }

  public var name: String { isUnsteady ? "cylinder-wake" : "cylinder-flow" }
  public var summary: String {
    isUnsteady
      ? "The wake of a cylinder in a channel, from rest." : "Steady flow around a cylinder in a channel."
  }
  public var domain: Domain { .mesh(.cylinderChannel(cells: cells, order: 2)) }
  public var equations: [Equation] {
    let forces = convect(u, u) - viscosity * laplacian(u) + grad(p)
    return [isUnsteady ? dt(u) + forces == VectorField(0, 0) : forces == VectorField(0, 0), div(u) == 0]
  }
  public var conditions: [Condition] {
    let rest: [Condition] = isUnsteady ? [.initial(u == VectorField(0, 0))] : []
    return rest + [
      .dirichlet(u == VectorField(4 * peak * y * (0.41 - y) / (0.41 * 0.41), 0), on: "inflow"),
      .dirichlet(u == VectorField(0, 0), on: "walls", "cylinder"),
    ]
  }
  public var derived: [Derived] { [.field("vorticity", rot(u))] }
  // Vortices are shed in equal periods of 0.33 from t = 5 on.
  public var suggested: SuggestedRun { SuggestedRun(step: 0.005, until: 5.5, frames: 56) }
}
