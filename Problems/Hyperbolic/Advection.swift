import Equations
import Geometry

/// u_t + c u_x = 0 on the circle [0, 2π).
///
/// The profile exp(sin x) travels at speed c without change of shape; what a scheme adds is its own damping and
/// dispersion.
///
/// **Good values**: c = 1; one revolution takes 2π/c. 64 points carry the profile to rounding error.
///
/// Source: L. N. Trefethen, Spectral Methods in MATLAB (2000).
public struct Advection: Problem {
  /// c.
  public var speed: ScalarField
  /// The unknown.
  public let u = ScalarField.unknown("u")

  /// The problem with the given parameters.
  public init(speed: ScalarField = .parameter("speed", 1, in: -100...100)) { self.speed = speed }

  public var summary: String { "Linear advection on a circle: a smooth profile that travels unchanged." }
  public var domain: Domain { .torus(0, 2 * .pi, dimension: 1) }
  public var equations: [Equation] { [dt(u) + speed * dx(u) == 0] }
  public var conditions: [Condition] { [.initial(u == profile(x))] }
  public var derived: [Derived] { [.integral("mass", u), .integral("energy", 0.5 * u * u)] }
  public var exact: [Equation] { [u == profile(x - speed * t)] }
  public var suggested: SuggestedRun {
    SuggestedRun(points: [64], step: 0.01, until: 6, frames: 41, stepper: "ETDRK4")
  }

  private func profile(_ s: ScalarField) -> ScalarField { exp(sin(s)) }
}
