import Equations
import Geometry

/// u_t + u u_x = ν u_xx on the circle [0, 2π), with the exact solution of one heat mode under the Cole–Hopf transform.
///
/// φ = 1 + a exp(−νt) cos x solves the heat equation, so u = −2ν φ_x/φ = 2νa exp(−νt) sin x / φ solves Burgers'. For a
/// near 1 the wave is steep at x = π; it fades as the mode decays.
///
/// **Good values**: ν = 0.5 and a = 0.9 give a wave of height 2 that 128 points resolve.
///
/// Source: E. Hopf, Comm. Pure Appl. Math. 3 (1950); J. D. Cole, Quart. Appl. Math. 9 (1951); W. L. Wood, Comm. Numer.
/// Methods Eng. 22 (2006).
public struct BurgersColeHopf: Problem {
  /// ν.
  public var viscosity: ScalarField
  /// a, below 1 in magnitude.
  public var amplitude: ScalarField
  /// The velocity.
  public let u = ScalarField.unknown("u")

  /// The problem with the given parameters.
  public init(
    viscosity: ScalarField = .parameter("viscosity", 0.5, in: 1e-3...10),
    amplitude: ScalarField = .parameter("amplitude", 0.9, in: 0.01...0.99)
  ) {
    self.viscosity = viscosity
    self.amplitude = amplitude
  }

  public var summary: String { "Burgers' equation with the exact periodic wave of the Cole-Hopf transform." }
  public var domain: Domain { .torus(0, 2 * .pi, dimension: 1) }
  public var equations: [Equation] { [dt(u) + u * dx(u) == viscosity * dx(dx(u))] }
  public var conditions: [Condition] { [.initial(u == wave(at: 0))] }
  public var derived: [Derived] { [.integral("mass", u), .mean("energy", 0.5 * u * u)] }
  public var exact: [Equation] { [u == wave(at: t)] }
  public var suggested: SuggestedRun {
    SuggestedRun(points: [128], step: 5e-3, until: 2, frames: 41, stepper: "ETDRK4")
  }

  private func wave(at time: ScalarField) -> ScalarField {
    let mode = amplitude * exp(-viscosity * time)
    return 2 * viscosity * mode * sin(x) / (1 + mode * cos(x))
  }
}
