import Equations
import Geometry

/// w_t + (u·∇)w = ν Δw − μw − χk cos(ky), Δψ = −w, u = (ψ_y, −ψ_x), on the periodic square [0, 2π)².
///
/// The curl of the force χ sin(ky) e_x drives a shear flow that is unstable and becomes turbulent; the linear drag μ
/// takes up the energy that gathers at large scales, so that a statistically steady state exists.
///
/// **Good values**: k = 4, χ = 1, μ = 0.1, ν = 10⁻³: Reynolds number about 1000. The transient lasts until t ≈ 15.
///
/// Source: L. D. Meshalkin and Ya. G. Sinai, J. Appl. Math. Mech. 25 (1961); G. J. Chandler and R. R. Kerswell, J. Fluid
/// Mech. 722 (2013); D. Kochkov et al., PNAS 118 (2021).
public struct KolmogorovFlow: Problem {
  /// ν.
  public var viscosity: ScalarField
  /// μ.
  public var drag: ScalarField
  /// χ.
  public var forcing: ScalarField
  /// k, a whole number.
  public let wavenumber: Int
  /// The vorticity.
  public let w = ScalarField.unknown("w")
  /// The stream function.
  public let psi = ScalarField.unknown("psi")

  /// The problem with the given parameters.
  ///
  /// - Precondition: `wavenumber` is positive.
  public init(
    viscosity: ScalarField = .parameter("viscosity", 1e-3, in: 1e-5...1),
    drag: ScalarField = .parameter("drag", 0.1, in: 0...10),
    forcing: ScalarField = .parameter("forcing", 1, in: 0...10), wavenumber: Int = 4
  ) {
    precondition(wavenumber > 0, "the forcing has a positive wavenumber, not \(wavenumber)")
    self.viscosity = viscosity
    self.drag = drag
    self.forcing = forcing
    self.wavenumber = wavenumber
  }

  public var summary: String { "Plane turbulence driven by a sinusoidal force, with linear drag." }
  public var domain: Domain { .torus(0, 2 * .pi, dimension: 2) }
  public var equations: [Equation] {
    let source = -forcing * wavenumber * cos(wavenumber * y)
    return [
      dt(w) + convect(perp(psi), w) == viscosity * laplacian(w) - drag * w + source,
      laplacian(psi) == -w,
    ]
  }
  public var conditions: [Condition] {
    [.initial(w == .random(.spectrum(peak: 4, slope: 4, rootMeanSquare: 2)))]
  }
  public var derived: [Derived] { planeFlowQuantities(vorticity: w, streamFunction: psi) }
  public var suggested: SuggestedRun {
    SuggestedRun(points: [192, 192], step: 7.5e-3, until: 15, frames: 41, stepper: "ETDRK4")
  }
}
