import Equations
import Geometry

/// −Δu = 1 on the unit interval, square or cube, u = 0 on its boundary.
///
/// Torsion of a bar, the height of a loaded membrane, or laminar flow in a duct. The solution is smooth inside; at the
/// corners of the square the source and the boundary values contradict each other, which limits spectral accuracy.
///
/// **Good values**: in one dimension u = x(1 − x)/2. On the square the value at the centre is 0.0736713533 and the
/// integral 0.0351442537; on the cube the value at the centre is 0.0562128298.
///
/// Source: S. P. Timoshenko and J. N. Goodier, Theory of Elasticity (1951).
public struct Poisson: DimensionedProblem {
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

  public var summary: String {
    "Poisson's equation with a unit source on a box whose boundary is held at zero."
  }
  public var domain: Domain { .cube(0, 1, dimension: dimension) }
  public var equations: [Equation] { [-laplacian(u) == 1] }
  public var conditions: [Condition] { [.dirichlet(u == 0)] }
  public var derived: [Derived] { [.integral("integral", u), .mean("energy", 0.5 * dot(grad(u), grad(u)))] }
  public var exact: [Equation] { dimension == 1 ? [u == x * (1 - x) / 2] : [] }
  public var suggested: SuggestedRun {
    SuggestedRun(points: Array(repeating: [512, 128, 32][dimension - 1], count: dimension))
  }
}
