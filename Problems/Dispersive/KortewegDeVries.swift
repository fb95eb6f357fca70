import Equations
import Geometry

/// u_t + 6 u u_x + u_xxx = 0 on the circle [−20, 20).
///
/// Steepening and dispersion balance in the soliton u = ½c sech²(½√c (x − ct)), which travels without change of shape.
/// Mass, momentum ∫u² and energy ∫(½u_x² − u³) are conserved. The linear part is purely dispersive: its Fourier symbol
/// ik³ is imaginary, a sharp test of exponential integrators.
///
/// **Good values**: c = 4, which returns to its place after t = 10. Its tail at half a period is 3·10⁻¹⁷; slower
/// solitons are wider, with a tail of 2·10⁻¹² for c = 2.
///
/// Source: D. J. Korteweg and G. de Vries, Phil. Mag. 39 (1895); N. J. Zabusky and M. D. Kruskal, Phys. Rev. Lett. 15
/// (1965).
public struct KortewegDeVries: Problem {
  /// c, twice the soliton's height.
  public var speed: ScalarField
  /// The unknown.
  public let u = ScalarField.unknown("u")

  /// The problem with the given parameters.
  public init(speed: ScalarField = .parameter("speed", 4, in: 2...16)) { self.speed = speed }

  public var summary: String { "The Korteweg-de Vries equation: one soliton, with its exact solution." }
  public var domain: Domain { .interval(-20, 20, periodic: true) }
  public var equations: [Equation] { [dt(u) + 6 * u * dx(u) + dx(dx(dx(u))) == 0] }
  public var conditions: [Condition] { [.initial(u == soliton(at: 0))] }
  public var derived: [Derived] {
    [
      .integral("mass", u), .integral("momentum", u * u),
      .integral("energy", 0.5 * dx(u) * dx(u) - pow(u, 3)),
    ]
  }
  public var exact: [Equation] { [u == soliton(at: t)] }
  public var suggested: SuggestedRun {
    SuggestedRun(points: [512], step: 1e-3, until: 10, frames: 101, stepper: "ETDRK4")
  }

  private func soliton(at time: ScalarField) -> ScalarField {
    let distance = periodicDistance(x - speed * time, length: 40)
    return 0.5 * speed * pow(sech(0.5 * sqrt(speed) * distance), 2)
  }
}
