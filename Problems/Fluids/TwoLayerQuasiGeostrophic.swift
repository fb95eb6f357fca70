import Equations
import Geometry

/// q₁_t + J(ψ₁, q₁) + U q₁_x + (β + 2FU) ψ₁_x = −ν Δ²q₁,
/// q₂_t + J(ψ₂, q₂) − U q₂_x + (β − 2FU) ψ₂_x = −μ Δψ₂ − ν Δ²q₂,
/// q₁ = Δψ₁ + F(ψ₂ − ψ₁), q₂ = Δψ₂ + F(ψ₁ − ψ₂), on the periodic square [0, 2π)².
///
/// Phillips' model of the mid-latitude atmosphere and ocean: two layers of equal depth with the mean flows U and −U in
/// balance with a temperature gradient. J(a, b) = a_x b_y − a_y b_x. For β < 2FU the shear is unstable to waves longer
/// than the deformation radius (2F)^−½, which become eddies and jets; the drag μ acts at the ground, and the
/// hyperviscosity ν takes up the enstrophy.
///
/// **Good values**: F = 25, U = 1. For β = 0 and no friction the growth rate at wavenumber k is kU√((2F − k²)/(2F + k²)),
/// largest near k = 5; for β = 40 only k = 5 and 6 grow, and with μ = 1 the eddies saturate after t ≈ 5. A smaller β or
/// drag lets the energy rise until no step of the suggested size is stable.
///
/// Source: N. A. Phillips, Tellus 6 (1954); G. K. Vallis, Atmospheric and Oceanic Fluid Dynamics (2006), chapter 6.
public struct TwoLayerQuasiGeostrophic: Problem {
  /// F, half the inverse square of the deformation radius.
  public var coupling: ScalarField
  /// U.
  public var shear: ScalarField
  /// β, the gradient of planetary vorticity.
  public var beta: ScalarField
  /// μ.
  public var drag: ScalarField
  /// ν.
  public var hyperviscosity: ScalarField
  /// The potential vorticity of the upper layer.
  public let q1 = ScalarField.unknown("q1")
  /// The potential vorticity of the lower layer.
  public let q2 = ScalarField.unknown("q2")
  /// The stream function of the upper layer.
  public let psi1 = ScalarField.unknown("psi1")
  /// The stream function of the lower layer.
  public let psi2 = ScalarField.unknown("psi2")

  /// The problem with the given parameters.
  public init(
    coupling: ScalarField = .parameter("F", 25, in: 0...1000),
    shear: ScalarField = .parameter("U", 1, in: -10...10),
    beta: ScalarField = .parameter("beta", 40, in: 0...1000),
    drag: ScalarField = .parameter("drag", 1, in: 0...10),
    hyperviscosity: ScalarField = .parameter("hyperviscosity", 1e-5, in: 0...1)
  ) {
    self.coupling = coupling
    self.shear = shear
    self.beta = beta
    self.drag = drag
    self.hyperviscosity = hyperviscosity
  }

  public var summary: String { "Two-layer quasi-geostrophic flow: baroclinic waves that become eddies." }
  public var domain: Domain { .torus(0, 2 * .pi, dimension: 2) }
  public var equations: [Equation] {
    let gradient1 = beta + 2 * coupling * shear
    let gradient2 = beta - 2 * coupling * shear
    let friction1 = hyperviscosity * biharmonic(q1)
    let friction2 = drag * laplacian(psi2) + hyperviscosity * biharmonic(q2)
    return [
      dt(q1) + jacobian(psi1, q1) + shear * dx(q1) + gradient1 * dx(psi1) == -friction1,
      dt(q2) + jacobian(psi2, q2) - shear * dx(q2) + gradient2 * dx(psi2) == -friction2,
      laplacian(psi1) + coupling * (psi2 - psi1) == q1,
      laplacian(psi2) + coupling * (psi1 - psi2) == q2,
    ]
  }
  public var conditions: [Condition] {
    [
      .initial(q1 == .random(.spectrum(peak: 5, slope: 4, rootMeanSquare: 1))),
      .initial(q2 == .random(.spectrum(peak: 6, slope: 4, rootMeanSquare: 1))),
    ]
  }
  public var derived: [Derived] {
    let kinetic = dot(grad(psi1), grad(psi1)) + dot(grad(psi2), grad(psi2))
    let potential = coupling * pow(psi1 - psi2, 2)
    return [
      .mean("energy", 0.5 * kinetic + 0.5 * potential),
      .mean("enstrophy", 0.5 * q1 * q1 + 0.5 * q2 * q2),
    ]
  }
  public var suggested: SuggestedRun {
    SuggestedRun(points: [128, 128], step: 4e-3, until: 10, frames: 51, stepper: "ETDRK4")
  }

  private func jacobian(_ a: ScalarField, _ b: ScalarField) -> ScalarField {
    dx(a) * dy(b) - dy(a) * dx(b)
  }
}
