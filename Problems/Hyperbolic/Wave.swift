import Equations
import Geometry

/// u_tt = c² u_xx on the circle [0, 2π).
///
/// Two standing waves, cos(ct) sin x and ½ cos(2ct) cos 2x; the energy ∫ ½(u_t² + c²u_x²) is conserved. The equation is
/// of second order in time and is reduced to the pair (u, u_t).
///
/// **Good values**: c = 1; the period is 2π/c.
///
/// Source: J. le R. d'Alembert (1747).
public struct Wave: Problem {
  /// c.
  public var speed: ScalarField
  /// The unknown.
  public let u = ScalarField.unknown("u")

  /// The problem with the given parameters.
  public init(speed: ScalarField = .parameter("speed", 1, in: 0.01...100)) { self.speed = speed }

  public var summary: String { "The wave equation on a circle: two standing waves." }
  public var domain: Domain { .torus(0, 2 * .pi, dimension: 1) }
  public var equations: [Equation] { [dt(dt(u)) == pow(speed, 2) * dx(dx(u))] }
  public var conditions: [Condition] { [.initial(u == standing(at: 0)), .initial(dt(u) == 0)] }
  public var derived: [Derived] {
    let kinetic = 0.5 * dt(u) * dt(u)
    let elastic = 0.5 * pow(speed, 2) * dx(u) * dx(u)
    return [.integral("energy", kinetic + elastic)]
  }
  public var exact: [Equation] { [u == standing(at: t)] }
  public var suggested: SuggestedRun {
    SuggestedRun(points: [64], step: 0.01, until: 6, frames: 41, stepper: "ETDRK4")
  }

  private func standing(at time: ScalarField) -> ScalarField {
    cos(speed * time) * sin(x) + 0.5 * cos(2 * speed * time) * cos(2 * x)
  }
}
