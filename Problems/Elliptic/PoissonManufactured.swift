import Equations
import Geometry

/// −Δu = f on the unit interval, square or cube, u = 0 on its boundary, with f such that u = Π sin(πxᵢ) exp(cos(πxᵢ)).
///
/// The solution is analytic and compatible with the boundary at the corners, so that the order of a discretisation
/// shows undisturbed and a spectral one reaches rounding error.
///
/// **Good values**: 32 points per axis give twelve digits with sines or Chebyshev polynomials.
///
/// Source: the method of manufactured solutions, P. J. Roache, J. Fluids Eng. 124 (2002).
public struct PoissonManufactured: DimensionedProblem {
  public static var dimensions: ClosedRange<Int> { 1...3 }
  /// 1, 2 or 3.
  public let dimension: Int
  /// The unknown.
  public let u = ScalarField.unknown("u")

  /// The problem with the given parameters.
  ///
  /// - Precondition: `dimension` is 1, 2 or 3.
  public init(dimension: Int = 2) {
    precondition((1...3).contains(dimension), "a box has 1 to 3 axes, not \(dimension)")
    self.dimension = dimension
  }

  public var summary: String { "Poisson's equation on a box with a source made for a known solution." }
  public var domain: Domain { .cube(0, 1, dimension: dimension) }
  public var equations: [Equation] { [-laplacian(u) == bump.minusLaplacianOverValue * bump.value] }
  public var conditions: [Condition] { [.dirichlet(u == 0)] }
  public var derived: [Derived] { [.integral("integral", u)] }
  public var exact: [Equation] { [u == bump.value] }
  public var suggested: SuggestedRun {
    SuggestedRun(points: Array(repeating: [64, 48, 32][dimension - 1], count: dimension))
  }

  private var bump: SineBump { SineBump(dimension: dimension) }
}
