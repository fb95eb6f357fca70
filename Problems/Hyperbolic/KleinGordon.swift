import Equations
import Geometry

/// φ_tt = φ_xx − m²φ − λφ³ on the circle [−20, 20).
///
/// The φ⁴ model without symmetry breaking. A Gaussian pulse at rest splits and radiates: long waves lag behind the light
/// cone, the core oscillates near the frequency m, raised by λ. The energy ∫ ½φ_t² + ½φ_x² + ½m²φ² + ¼λφ⁴ is conserved.
/// For this pulse no closed form is known.
///
/// **Good values**: m = 1, λ = 1, amplitude 2. The fronts reach the far side at t = 20.
///
/// Source: W. Strauss and L. Vázquez, J. Comput. Phys. 28 (1978).
public struct KleinGordon: Problem {
  /// m.
  public var mass: ScalarField
  /// λ.
  public var coupling: ScalarField
  /// The unknown.
  public let phi = ScalarField.unknown("phi")

  /// The problem with the given parameters.
  public init(
    mass: ScalarField = .parameter("mass", 1, in: 0...10),
    coupling: ScalarField = .parameter("coupling", 1, in: 0...10)
  ) {
    self.mass = mass
    self.coupling = coupling
  }

  public var summary: String { "The cubic Klein-Gordon equation: a pulse that splits and disperses." }
  public var domain: Domain { .interval(-20, 20, periodic: true) }
  public var equations: [Equation] {
    [dt(dt(phi)) == dx(dx(phi)) - pow(mass, 2) * phi - coupling * pow(phi, 3)]
  }
  public var conditions: [Condition] { [.initial(phi == 2 * exp(-x * x)), .initial(dt(phi) == 0)] }
  public var derived: [Derived] {
    let kinetic = 0.5 * dt(phi) * dt(phi) + 0.5 * dx(phi) * dx(phi)
    let potential = 0.5 * pow(mass, 2) * pow(phi, 2) + 0.25 * coupling * pow(phi, 4)
    return [.integral("energy", kinetic + potential)]
  }
  public var suggested: SuggestedRun {
    SuggestedRun(points: [512], step: 0.01, until: 20, frames: 81, stepper: "ETDRK4")
  }
}
