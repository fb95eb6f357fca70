import Equations
import Geometry

/// −ε Δu + ∂u/∂x = 1 on the unit interval or square, u = 0 at x = 0 and 1, no flux through the other sides.
///
/// The solution grows linearly downstream and falls to zero in a layer of width ε at x = 1. Central differences and
/// plain finite elements oscillate where a cell is longer than 2 ε; streamline-upwind finite elements do not.
///
/// **Good values**: u = x − (e^((x−1)/ε) − e^(−1/ε)) / (1 − e^(−1/ε)).
///
/// Source: A. N. Brooks and T. J. R. Hughes, Comput. Methods Appl. Mech. Eng. 32 (1982).
public struct ConvectionDiffusion: DimensionedProblem {
  public static var dimensions: ClosedRange<Int> { 1...2 }
  /// ε.
  public var diffusivity: ScalarField
  /// 1 or 2.
  public let dimension: Int
  /// The unknown.
  public let u = ScalarField.unknown("u")

  /// The parameter at its default.
  public static let defaultDiffusivity = ScalarField.parameter("diffusivity", 0.02, in: 1e-3...1e3)

  /// The problem in a dimension, at its default parameters.
  public init(dimension: Int) {
    self.init(diffusivity: ConvectionDiffusion.defaultDiffusivity, dimension: dimension)
  }

  /// The problem with the given parameters.
  ///
  /// - Precondition: `dimension` is 1 or 2.
  public init(diffusivity: ScalarField = ConvectionDiffusion.defaultDiffusivity, dimension: Int = 2) {
    precondition((1...2).contains(dimension), "the problem is posed in 1 or 2 dimensions, not \(dimension)")
    (self.diffusivity, self.dimension) = (diffusivity, dimension)
  }

  public var summary: String { "Transport with a boundary layer of the width of the diffusivity." }
  public var domain: Domain { .cube(0, 1, dimension: dimension) }
  public var equations: [Equation] { [-diffusivity * laplacian(u) + dx(u) == 1] }
  public var conditions: [Condition] {
    let ends = [Condition.dirichlet(u == 0, on: .x)]
    return dimension == 1 ? ends : ends + [.neumann(dn(u) == 0, on: .y)]
  }
  public var exact: [Equation] {
    let outflow = exp(-1 / diffusivity)
    return [u == x - (exp((x - 1) / diffusivity) - outflow) / (1 - outflow)]
  }
  public var suggested: SuggestedRun {
    SuggestedRun(points: Array(repeating: [257, 129][dimension - 1], count: dimension))
  }
}
