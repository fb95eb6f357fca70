import Equations
import Geometry

/// u_t = ε²Δu + u − u³ on the periodic square [0, 2π)².
///
/// Two phases, u = ±1, separate within a few time units; their interfaces, of width about ε√2, then move by curvature, so
/// that a disc of radius R vanishes after R²/(2ε²). The free energy ∫ ½ε²|∇u|² + ¼(1 − u²)² falls; the mean is not
/// conserved.
///
/// **Good values**: ε = 0.1 on 128² points, which put six points across an interface.
///
/// Source: S. M. Allen and J. W. Cahn, Acta Metall. 27 (1979).
public struct AllenCahn: Problem {
  /// ε, the width of interfaces.
  public var epsilon: ScalarField
  /// The order parameter, −1 or 1 in the two phases.
  public let u = ScalarField.unknown("u")

  /// The problem with the given parameters.
  public init(epsilon: ScalarField = .parameter("epsilon", 0.1, in: 0.01...1)) { self.epsilon = epsilon }

  public var summary: String { "The Allen-Cahn equation: two phases whose interfaces move by curvature." }
  public var domain: Domain { .torus(0, 2 * .pi, dimension: 2) }
  public var equations: [Equation] { [dt(u) == pow(epsilon, 2) * laplacian(u) + u - pow(u, 3)] }
  public var conditions: [Condition] {
    [.initial(u == .random(.spectrum(peak: 6, slope: 4, rootMeanSquare: 0.2)))]
  }
  public var derived: [Derived] {
    let gradient = 0.5 * pow(epsilon, 2) * dot(grad(u), grad(u))
    return [.mean("mean", u), .integral("free-energy", gradient + 0.25 * pow(1 - pow(u, 2), 2))]
  }
  public var suggested: SuggestedRun {
    SuggestedRun(points: [128, 128], step: 0.05, until: 40, frames: 41, stepper: "ETDRK4")
  }
}
