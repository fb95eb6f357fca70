import Equations
import Geometry

/// w_t + (u·∇)w = ν Δw, Δψ = −w, u = (ψ_y, −ψ_x), on the periodic square [0, 2π)², with w = 2 sin x sin y exp(−2νt).
///
/// Four vortices that decay in place: w is a function of ψ, so advection vanishes identically. A test of viscosity and
/// signs only; for the nonlinear term see ``NavierStokes2D``.
///
/// **Good values**: any ν > 0; the energy is ¼ exp(−4νt), the enstrophy ½ exp(−4νt).
///
/// Source: G. I. Taylor, Phil. Mag. 46 (1923); G. I. Taylor and A. E. Green, Proc. R. Soc. A 158 (1937).
public struct TaylorGreenVortex2D: Problem {
  /// ν.
  public var viscosity: ScalarField
  /// The vorticity.
  public let w = ScalarField.unknown("w")
  /// The stream function.
  public let psi = ScalarField.unknown("psi")

  /// The problem with the given parameters.
  public init(viscosity: ScalarField = .parameter("viscosity", 0.01, in: 1e-6...10)) {
    self.viscosity = viscosity
  }

  public var summary: String { "The plane Taylor-Green vortices, which decay in place." }
  public var domain: Domain { .torus(0, 2 * .pi, dimension: 2) }
  public var equations: [Equation] {
    [dt(w) + convect(perp(psi), w) == viscosity * laplacian(w), laplacian(psi) == -w]
  }
  public var conditions: [Condition] { [.initial(w == 2 * streamFunction(at: 0))] }
  public var derived: [Derived] { planeFlowQuantities(vorticity: w, streamFunction: psi) }
  public var exact: [Equation] { [w == 2 * streamFunction(at: t), psi == streamFunction(at: t)] }
  public var suggested: SuggestedRun {
    SuggestedRun(points: [64, 64], step: 0.01, until: 5, frames: 51, stepper: "ETDRK4")
  }

  private func streamFunction(at time: ScalarField) -> ScalarField {
    exp(-2 * viscosity * time) * sin(x) * sin(y)
  }
}
