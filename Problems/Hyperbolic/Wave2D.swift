import Equations
import Geometry

/// u_tt = c² Δu on the periodic square [0, 2π)².
///
/// A standing wave with the frequency √5 c of the mode (1, 2): cos(√5 ct) sin x sin 2y.
///
/// **Good values**: c = 1; the period is 2π/(√5 c) ≈ 2.81/c.
///
/// Source: R. Courant and D. Hilbert, Methods of Mathematical Physics I (1953), chapter V.
public struct Wave2D: Problem {
  /// c.
  public var speed: ScalarField
  /// The unknown.
  public let u = ScalarField.unknown("u")

  /// The problem with the given parameters.
  public init(speed: ScalarField = .parameter("speed", 1, in: 0.01...100)) { self.speed = speed }

  public var summary: String { "The wave equation on a periodic square: one standing wave." }
  public var domain: Domain { .torus(0, 2 * .pi, dimension: 2) }
  public var equations: [Equation] { [dt(dt(u)) == pow(speed, 2) * laplacian(u)] }
  public var conditions: [Condition] { [.initial(u == standing(at: 0)), .initial(dt(u) == 0)] }
  public var derived: [Derived] {
    [.integral("energy", 0.5 * dt(u) * dt(u) + 0.5 * pow(speed, 2) * dot(grad(u), grad(u)))]
  }
  public var exact: [Equation] { [u == standing(at: t)] }
  public var suggested: SuggestedRun {
    SuggestedRun(points: [64, 64], step: 0.01, until: 3, frames: 31, stepper: "ETDRK4")
  }

  private func standing(at time: ScalarField) -> ScalarField {
    cos(sqrt(5) * speed * time) * sin(x) * sin(2 * y)
  }
}
