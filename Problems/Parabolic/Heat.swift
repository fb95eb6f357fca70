import Equations
import Geometry

/// u_t = κ Δu on the periodic box [0, 2π)ᵈ.
///
/// Every Fourier mode decays by itself, exp(−κ|k|²t); the two modes of the initial value decay at rates dκ and 4dκ.
///
/// **Good values**: κ = 0.1 up to t = 2; exponential steppers are exact for any step.
///
/// Source: J. Fourier, Théorie analytique de la chaleur (1822).
public struct Heat: Problem {
  /// κ.
  public var diffusivity: ScalarField
  /// 1, 2 or 3.
  public let dimension: Int
  /// The temperature.
  public let u = ScalarField.unknown("u")

  /// The problem with the given parameters.
  ///
  /// - Precondition: `dimension` is 1, 2 or 3.
  public init(
    diffusivity: ScalarField = .parameter("diffusivity", 0.1, in: 1e-6...100), dimension: Int = 2
  ) {
    precondition((1...3).contains(dimension), "a box has 1 to 3 axes, not \(dimension)")
    self.diffusivity = diffusivity
    self.dimension = dimension
  }

  public var summary: String { "Heat conduction on a periodic box: two modes that decay at known rates." }
  public var domain: Domain { .torus(0, 2 * .pi, dimension: dimension) }
  public var equations: [Equation] { [dt(u) == diffusivity * laplacian(u)] }
  public var conditions: [Condition] { [.initial(u == modes(at: 0))] }
  public var derived: [Derived] { [.mean("mean", u), .mean("energy", 0.5 * u * u)] }
  public var exact: [Equation] { [u == modes(at: t)] }
  public var suggested: SuggestedRun {
    SuggestedRun(
      points: Array(repeating: [64, 64, 32][dimension - 1], count: dimension), step: 0.01, until: 2,
      frames: 41,
      stepper: "ETDRK4")
  }

  private func modes(at time: ScalarField) -> ScalarField {
    let axes = [x, y, z].prefix(dimension)
    let slow = axes.reduce(ScalarField(1.0)) { $0 * sin($1) }
    let fast = axes.reduce(ScalarField(0.5)) { $0 * cos(2 * $1) }
    let rate = Double(dimension) * diffusivity
    return exp(-rate * time) * slow + exp(-4 * rate * time) * fast
  }
}
