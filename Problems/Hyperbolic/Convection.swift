import Equations
import Geometry

/// u_t + β u_x = 0 on the circle [0, 2π), from sin x.
///
/// The solution is sin(x − βt). For a classical method it is ``Advection`` at another speed; for a network that learns from
/// the equation alone, a speed of 30 is where plain training fails.
///
/// **Good values**: β = 30 and t ≤ 1.
///
/// Source: A. Krishnapriyan et al., NeurIPS 2021.
public struct Convection: Problem {
  /// β.
  public var speed: ScalarField
  /// The unknown.
  public let u = ScalarField.unknown("u")

  /// The problem with the given parameters.
  public init(speed: ScalarField = .parameter("speed", 30, in: -100...100)) { self.speed = speed }

  public var summary: String { "Fast convection of a sine wave on a circle, where plain training fails." }
  public var domain: Domain { .torus(0, 2 * .pi, dimension: 1) }
  public var equations: [Equation] { [dt(u) + speed * dx(u) == 0] }
  public var conditions: [Condition] { [.initial(u == sin(x))] }
  public var derived: [Derived] { [.integral("mass", u), .integral("energy", 0.5 * u * u)] }
  public var exact: [Equation] { [u == sin(x - speed * t)] }
  public var suggested: SuggestedRun {
    SuggestedRun(points: [64], step: 1e-3, until: 1, frames: 41, stepper: "ETDRK4")
  }
}
