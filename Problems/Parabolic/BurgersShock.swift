import Equations
import Geometry

/// u_t + u u_x = ν u_xx on the interval (−1, 1) between walls, u = 0, from −sin πx.
///
/// The front at x = 0 is that of ``Burgers``: the sine wave is odd, so walls change nothing. Stated with walls, it is the
/// standard test of physics-informed networks.
///
/// **Good values**: ν = 0.01/π and t ≤ 1.
///
/// Source: C. Basdevant et al., Comput. Fluids 14 (1986); M. Raissi, P. Perdikaris, G. E. Karniadakis, J. Comput. Phys. 378
/// (2019).
public struct BurgersShock: Problem {
  /// ν.
  public var viscosity: ScalarField
  /// The velocity.
  public let u = ScalarField.unknown("u")

  /// The problem with the given parameters.
  public init(viscosity: ScalarField = .parameter("viscosity", 0.01 / .pi, in: 1e-3...10)) {
    self.viscosity = viscosity
  }

  public var summary: String { "Viscous Burgers' equation between walls: a sine wave that becomes a front." }
  public var domain: Domain { .interval(-1, 1) }
  public var equations: [Equation] { [dt(u) + u * dx(u) == viscosity * dx(dx(u))] }
  public var conditions: [Condition] { [.initial(u == -sin(.pi * x)), .dirichlet(u == 0)] }
  public var derived: [Derived] { [.mean("energy", 0.5 * u * u)] }
  public var suggested: SuggestedRun {
    SuggestedRun(points: [257], step: 1e-3, until: 1, frames: 51, stepper: "ETDRK4")
  }
}
