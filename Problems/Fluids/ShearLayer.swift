import Equations
import Geometry

/// w_t + (u·∇)w = ν Δw, Δψ = −w, u = (ψ_y, −ψ_x), on the periodic unit square, from two shear layers.
///
/// u = tanh(ρ(y − ¼)) below the middle and tanh(ρ(¾ − y)) above, with the perturbation v = δ sin(2πx): each layer rolls
/// up into one vortex, joined by braids that thin until viscosity holds them. A scheme that does not resolve the braids
/// shows spurious vortices. The vorticity is written as the sum of both layers, which differs from the piecewise form by
/// 4ρ exp(−ρ/2).
///
/// **Good values**: ρ = 30, δ = 0.05, ν = 10⁻⁴ with 256² points up to t = 1.2; ρ = 80 makes the layers thin.
///
/// Source: J. B. Bell, P. Colella and H. M. Glaz, J. Comput. Phys. 85 (1989); D. L. Brown and M. L. Minion, J. Comput.
/// Phys. 122 (1995).
public struct ShearLayer: Problem {
  /// ν.
  public var viscosity: ScalarField
  /// ρ, the inverse width of a layer.
  public var steepness: ScalarField
  /// δ.
  public var perturbation: ScalarField
  /// The vorticity.
  public let w = ScalarField.unknown("w")
  /// The stream function.
  public let psi = ScalarField.unknown("psi")

  /// The problem with the given parameters.
  public init(
    viscosity: ScalarField = .parameter("viscosity", 1e-4, in: 1e-6...1),
    steepness: ScalarField = .parameter("steepness", 30, in: 20...200),
    perturbation: ScalarField = .parameter("perturbation", 0.05, in: 0...0.5)
  ) {
    self.viscosity = viscosity
    self.steepness = steepness
    self.perturbation = perturbation
  }

  public var summary: String { "Two shear layers on a periodic square that roll up into vortices." }
  public var domain: Domain { .torus(0, 1, dimension: 2) }
  public var equations: [Equation] {
    [dt(w) + convect(perp(psi), w) == viscosity * laplacian(w), laplacian(psi) == -w]
  }
  public var conditions: [Condition] {
    let lower = pow(sech(steepness * (y - 0.25)), 2)
    let upper = pow(sech(steepness * (y - 0.75)), 2)
    let perturbed = 2 * .pi * perturbation * cos(2 * .pi * x)
    return [.initial(w == perturbed - steepness * lower + steepness * upper)]
  }
  public var derived: [Derived] { planeFlowQuantities(vorticity: w, streamFunction: psi) }
  public var suggested: SuggestedRun {
    SuggestedRun(points: [256, 256], step: 2.5e-3, until: 1.2, frames: 49, stepper: "ETDRK4")
  }
}
