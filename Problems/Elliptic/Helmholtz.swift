import Equations
import Geometry

/// Δu + k²u = f on the unit interval, square or cube, u = 0 on its boundary, with f such that
/// u = Π sin(πxᵢ) exp(cos(πxᵢ)).
///
/// For k² above the lowest eigenvalue π²d the operator is indefinite: conjugate gradients and classical multigrid fail,
/// direct and transform solvers do not.
///
/// **Good values**: k = 8 lies between the eigenvalues 5π² and 8π² of the square. Where k² = π²(m² + n²) the problem has
/// no unique solution; near such k the condition number grows like the inverse of the distance.
///
/// Source: O. G. Ernst and M. J. Gander, Why it is difficult to solve Helmholtz problems with classical iterative
/// methods (2012); manufactured solution as in Roache (2002).
public struct Helmholtz: DimensionedProblem {
  public static var dimensions: ClosedRange<Int> { 1...3 }
  /// k.
  public var wavenumber: ScalarField
  /// 1, 2 or 3.
  public let dimension: Int
  /// The unknown.
  public let u = ScalarField.unknown("u")

  /// The parameter at its default.
  public static let defaultWavenumber = ScalarField.parameter("wavenumber", 8, in: 0...100)

  /// The problem in a dimension, at its default parameters.
  public init(dimension: Int) { self.init(wavenumber: Helmholtz.defaultWavenumber, dimension: dimension) }

  /// The problem with the given parameters.
  ///
  /// - Precondition: `dimension` is 1, 2 or 3.
  public init(
    wavenumber: ScalarField = Helmholtz.defaultWavenumber, dimension: Int = 2
  ) {
    precondition((1...3).contains(dimension), "a box has 1 to 3 axes, not \(dimension)")
    self.wavenumber = wavenumber
    self.dimension = dimension
  }

  public var summary: String { "The Helmholtz equation on a box with a source made for a known solution." }
  public var domain: Domain { .cube(0, 1, dimension: dimension) }
  public var equations: [Equation] {
    let k2 = pow(wavenumber, 2)
    return [laplacian(u) + k2 * u == (k2 - bump.minusLaplacianOverValue) * bump.value]
  }
  public var conditions: [Condition] { [.dirichlet(u == 0)] }
  public var exact: [Equation] { [u == bump.value] }
  public var suggested: SuggestedRun {
    SuggestedRun(points: Array(repeating: [64, 48, 32][dimension - 1], count: dimension))
  }

  private var bump: SineBump { SineBump(dimension: dimension) }
}
