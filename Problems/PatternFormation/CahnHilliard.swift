import Equations
import Geometry

/// u_t = Δ(u³ − u) − ε²Δ²u on the periodic square [0, 2π)².
///
/// A binary mixture: the uniform state is unstable to waves longer than 2πε, fastest at wavenumber 1/(ε√2), and the
/// domains that form coarsen like t^⅓. The mean is conserved, the free energy ∫ ½ε²|∇u|² + ¼(1 − u²)² falls.
///
/// **Good values**: ε = 0.1 on 128² points. The term Δu³ is stiff and stays explicit, which bounds the step by about
/// ε²/2.
///
/// Source: J. W. Cahn and J. E. Hilliard, J. Chem. Phys. 28 (1958).
public struct CahnHilliard: Problem {
  /// ε, the width of interfaces.
  public var epsilon: ScalarField
  /// The difference of the concentrations, −1 or 1 in the pure phases.
  public let u = ScalarField.unknown("u")

  /// The problem with the given parameters.
  public init(epsilon: ScalarField = .parameter("epsilon", 0.1, in: 0.01...1)) { self.epsilon = epsilon }

  public var summary: String { "The Cahn-Hilliard equation: a mixture that separates and coarsens." }
  public var domain: Domain { .torus(0, 2 * .pi, dimension: 2) }
  public var equations: [Equation] {
    [dt(u) == laplacian(pow(u, 3) - u) - pow(epsilon, 2) * biharmonic(u)]
  }
  public var conditions: [Condition] {
    [.initial(u == .random(.spectrum(peak: 7, slope: 4, rootMeanSquare: 0.05)))]
  }
  public var derived: [Derived] {
    let gradient = 0.5 * pow(epsilon, 2) * dot(grad(u), grad(u))
    return [.mean("mean", u), .integral("free-energy", gradient + 0.25 * pow(1 - pow(u, 2), 2))]
  }
  public var suggested: SuggestedRun {
    SuggestedRun(points: [128, 128], step: 4e-3, until: 4, frames: 41, stepper: "ETDRK4")
  }
}
