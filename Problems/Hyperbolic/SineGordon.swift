import Equations
import Geometry

/// u_tt = u_xx − sin u on the circle [−40, 40).
///
/// The breather, a kink and an antikink bound to each other: u = 4 arctan(√(1 − ω²) cos(ωt) / (ω cosh(√(1 − ω²) x))).
/// It neither spreads nor radiates. The nonlinearity is no polynomial, so dealiasing is never complete.
///
/// **Good values**: ω = 0.6. For ω near 1 the breather is wide and weak: at ω = 0.85 its tail at the end of the interval
/// is 3·10⁻⁹, below that it is smaller.
///
/// Source: M. J. Ablowitz, D. J. Kaup, A. C. Newell and H. Segur, Phys. Rev. Lett. 30 (1973).
public struct SineGordon: Problem {
  /// ω, the breather's frequency.
  public var frequency: ScalarField
  /// The unknown.
  public let u = ScalarField.unknown("u")

  /// The problem with the given parameters.
  public init(frequency: ScalarField = .parameter("frequency", 0.6, in: 0.1...0.85)) {
    self.frequency = frequency
  }

  public var summary: String { "The sine-Gordon equation: a breather, with its exact solution." }
  public var domain: Domain { .interval(-40, 40, periodic: true) }
  public var equations: [Equation] { [dt(dt(u)) == dx(dx(u)) - sin(u)] }
  public var conditions: [Condition] { [.initial(u == breather(at: 0)), .initial(dt(u) == 0)] }
  public var derived: [Derived] {
    [.integral("energy", 0.5 * dt(u) * dt(u) + 0.5 * dx(u) * dx(u) + 1 - cos(u))]
  }
  public var exact: [Equation] { [u == breather(at: t)] }
  public var suggested: SuggestedRun {
    SuggestedRun(points: [512], step: 0.01, until: 20, frames: 81, stepper: "ETDRK4")
  }

  private func breather(at time: ScalarField) -> ScalarField {
    let decay = sqrt(1 - frequency * frequency)
    return 4 * atan(decay * cos(frequency * time) / (frequency * cosh(decay * x)))
  }
}
