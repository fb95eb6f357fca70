import Equations
import Geometry

/// u_t + u u_x = ν u_xx on the circle [−1, 1).
///
/// The sine wave steepens into a front of width 4ν/|jump| at x = 0, which then decays like 1/t. It is the standard
/// test of nonlinear advection against diffusion.
///
/// **Good values**: ν = 0.01/π; the steepest slope at the origin is 152.005, at t = 1.6037/π, and needs 1024 Fourier
/// points or more. Halving ν asks for twice as many.
///
/// Source: C. Basdevant et al., Comput. Fluids 14 (1986); J. M. Burgers, Adv. Appl. Mech. 1 (1948).
public struct Burgers: Problem {
  /// ν.
  public var viscosity: ScalarField
  /// The velocity.
  public let u = ScalarField.unknown("u")

  /// The problem with the given parameters.
  public init(viscosity: ScalarField = .parameter("viscosity", 0.01 / .pi, in: 1e-5...10)) {
    self.viscosity = viscosity
  }

  public var summary: String { "Viscous Burgers' equation: a sine wave that steepens into a front." }
  public var domain: Domain { .interval(-1, 1, periodic: true) }
  public var equations: [Equation] { [dt(u) + u * dx(u) == viscosity * dx(dx(u))] }
  public var conditions: [Condition] { [.initial(u == -sin(.pi * x))] }
  public var derived: [Derived] { [.integral("mass", u), .mean("energy", 0.5 * u * u)] }
  public var suggested: SuggestedRun {
    SuggestedRun(points: [1024], step: 5e-4, until: 1, frames: 51, stepper: "ETDRK4")
  }
}
