import Equations
import Geometry

/// u_t + (u·∇)u = −∇p + ν Δu, ∇·u = 0, on the periodic box [0, 2π)³.
///
/// From u = (sin x cos y cos z, −cos x sin y cos z, 0) vortex sheets form, roll up and break into small scales: the
/// simplest flow that becomes turbulent. The energy starts at 1/8, the enstrophy at 3/8.
///
/// **Good values**: ν = 1/1600. The dissipation 2ν · enstrophy peaks near t = 9 and needs about 256³ points; coarse
/// grids are right up to t ≈ 3 (32³) or 5 (64³).
///
/// Source: G. I. Taylor and A. E. Green, Proc. R. Soc. A 158 (1937); M. E. Brachet et al., J. Fluid Mech. 130 (1983).
public struct TaylorGreenVortex3D: Problem {
  /// ν.
  public var viscosity: ScalarField
  /// The velocity.
  public let u = VectorField.unknown("u")
  /// The pressure, by the density.
  public let p = ScalarField.unknown("p")

  /// The problem with the given parameters.
  public init(viscosity: ScalarField = .parameter("viscosity", 0.000625, in: 1e-5...10)) {
    self.viscosity = viscosity
  }

  public var summary: String { "The Taylor-Green vortex in three dimensions, on its way to turbulence." }
  public var domain: Domain { .torus(0, 2 * .pi, dimension: 3) }
  public var equations: [Equation] {
    [dt(u) + convect(u, u) == -grad(p) + viscosity * laplacian(u), div(u) == 0]
  }
  public var conditions: [Condition] {
    [.initial(u == [sin(x) * cos(y) * cos(z), -cos(x) * sin(y) * cos(z), 0])]
  }
  public var derived: [Derived] {
    let vorticity = curl(u)
    return [
      .field("vorticity", vorticity), .mean("energy", 0.5 * dot(u, u)),
      .mean("enstrophy", 0.5 * dot(vorticity, vorticity)),
    ]
  }
  public var suggested: SuggestedRun {
    SuggestedRun(points: [32, 32, 32], step: 0.02, until: 2, frames: 21, stepper: "ETDRK4")
  }
}
