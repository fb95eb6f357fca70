import Equations
import Geometry

/// u_t = D u_xx + 5u − 5u³ on the circle [−1, 1), from x² cos πx.
///
/// Two phases part at x = ±½; the interface is √(D/10) wide. The initial state has a kink where the circle closes, at
/// x = ±1, which diffusion rounds off. It is the standard hard test of physics-informed networks.
///
/// **Good values**: D = 10⁻⁴ and t ≤ 1, on 1024 points.
///
/// Source: M. Raissi, P. Perdikaris, G. E. Karniadakis, J. Comput. Phys. 378 (2019).
public struct AllenCahn1D: Problem {
  /// D.
  public var diffusivity: ScalarField
  /// The order parameter, −1 or 1 in the two phases.
  public let u = ScalarField.unknown("u")

  public var name: String { "allen-cahn-1d" }

  /// The problem with the given parameters.
  public init(diffusivity: ScalarField = .parameter("diffusivity", 1e-4, in: 1e-5...1)) {
    self.diffusivity = diffusivity
  }

  public var summary: String { "The Allen-Cahn equation on a circle: two phases part within a unit of time." }
  public var domain: Domain { .interval(-1, 1, periodic: true) }
  public var equations: [Equation] { [dt(u) == diffusivity * dx(dx(u)) + 5 * u - 5 * pow(u, 3)] }
  public var conditions: [Condition] { [.initial(u == pow(x, 2) * cos(.pi * x))] }
  public var derived: [Derived] {
    [.mean("mean", u), .integral("energy", 0.5 * diffusivity * pow(dx(u), 2) + 1.25 * pow(1 - pow(u, 2), 2))]
  }
  public var suggested: SuggestedRun {
    SuggestedRun(points: [1024], step: 2e-3, until: 1, frames: 51, stepper: "ETDRK4")
  }
}
