import Equations
import Geometry

/// w_t + (u·∇)w = ν Δw, Δψ = −w, u = (ψ_y, −ψ_x), on the periodic square [0, 2π)², from a random field.
///
/// Vortices of one sign merge, energy moves to large scales, enstrophy cascades to small ones and is lost there: the
/// field ends as a few isolated vortices. Energy decays far more slowly than enstrophy.
///
/// **Good values**: vorticity of root mean square 4 around wavenumber 6 with ν = 10⁻³ on 256² points.
///
/// Source: J. C. McWilliams, J. Fluid Mech. 146 (1984).
public struct DecayingTurbulence2D: Problem {
  /// ν.
  public var viscosity: ScalarField
  /// The vorticity.
  public let w = ScalarField.unknown("w")
  /// The stream function.
  public let psi = ScalarField.unknown("psi")

  /// The problem with the given parameters.
  public init(viscosity: ScalarField = .parameter("viscosity", 1e-3, in: 1e-5...1)) {
    self.viscosity = viscosity
  }

  public var summary: String { "Decaying plane turbulence: vortices that merge, from a random start." }
  public var domain: Domain { .torus(0, 2 * .pi, dimension: 2) }
  public var equations: [Equation] {
    [dt(w) + convect(perp(psi), w) == viscosity * laplacian(w), laplacian(psi) == -w]
  }
  public var conditions: [Condition] {
    [.initial(w == .random(.spectrum(peak: 6, slope: 4, rootMeanSquare: 4)))]
  }
  public var derived: [Derived] { planeFlowQuantities(vorticity: w, streamFunction: psi) }
  public var suggested: SuggestedRun {
    SuggestedRun(points: [256, 256], step: 0.01, until: 10, frames: 51, stepper: "ETDRK4")
  }
}
