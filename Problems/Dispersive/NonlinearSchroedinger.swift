import Equations
import Geometry

/// i ψ_t + ½ ψ_xx + |ψ|²ψ = 0 for a complex ψ on the circle [−10π, 10π).
///
/// The focusing equation. Its bright soliton ψ = A sech(A(x − vt)) exp(i(vx + ½(A² − v²)t)) keeps its envelope; mass
/// ∫|ψ|² = 2A, momentum and energy are conserved.
///
/// **Good values**: A = 1, v = 1. The phase exp(ivx) is periodic for v a multiple of 0.1; the envelope's tail at half a
/// period is 5·10⁻¹⁴ for A = 1.
///
/// Source: V. E. Zakharov and A. B. Shabat, Sov. Phys. JETP 34 (1972).
public struct NonlinearSchroedinger: Problem {
  /// A.
  public var amplitude: ScalarField
  /// v, a multiple of 0.1; it is no parameter, because a value between would break the periodicity.
  public var velocity: ScalarField
  /// The complex wave function.
  public let psi = ScalarField.complexUnknown("psi")

  /// The problem with the given parameters.
  public init(
    amplitude: ScalarField = .parameter("amplitude", 1, in: 0.8...4), velocity: ScalarField = 1
  ) {
    self.amplitude = amplitude
    self.velocity = velocity
  }

  public var summary: String { "The focusing nonlinear Schrödinger equation: one bright soliton." }
  public var domain: Domain { .interval(-10 * .pi, 10 * .pi, periodic: true) }
  public var equations: [Equation] { [.i * dt(psi) + 0.5 * dx(dx(psi)) + abs2(psi) * psi == 0] }
  public var conditions: [Condition] { [.initial(psi == soliton(at: 0))] }
  public var derived: [Derived] {
    [
      .integral("mass", abs2(psi)),
      .integral("momentum", im(conjugate(psi) * dx(psi))),
      .integral("energy", 0.5 * abs2(dx(psi)) - 0.5 * pow(abs2(psi), 2)),
      .field("density", abs2(psi)),
    ]
  }
  public var exact: [Equation] { [psi == soliton(at: t)] }
  public var suggested: SuggestedRun {
    SuggestedRun(points: [512], step: 5e-3, until: 20, frames: 81, stepper: "ETDRK4")
  }

  private func soliton(at time: ScalarField) -> ScalarField {
    let distance = periodicDistance(x - velocity * time, length: 20 * .pi)
    let phase = velocity * x + 0.5 * (amplitude * amplitude - velocity * velocity) * time
    return amplitude * sech(amplitude * distance) * exp(.i * phase)
  }
}
