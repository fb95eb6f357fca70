import Equations
import Geometry

/// −∇·(k ∇u) = 1 on the unit interval, square or cube, u = 0 on its boundary, with k = `contrast` in the middle box
/// [1/4, 3/4]ᵈ and 1 outside.
///
/// The condition number of a discretisation grows with the contrast; preconditioners and multigrid methods are compared
/// on how far their iteration counts do.
///
/// **Good values**: for a large contrast u is nearly constant in the inclusion.
///
/// Source: C. Vuik, A. Segal and J. A. Meijerink, J. Comput. Phys. 152 (1999).
public struct JumpDiffusion: DimensionedProblem {
  public static var dimensions: ClosedRange<Int> { 1...3 }
  /// k in the inclusion.
  public var contrast: ScalarField
  /// 1, 2 or 3.
  public let dimension: Int
  /// The unknown.
  public let u = ScalarField.unknown("u")

  /// The parameter at its default.
  public static let defaultContrast = ScalarField.parameter("contrast", 1e4, in: 1e-5...1e5)

  /// The problem in a dimension, at its default parameters.
  public init(dimension: Int) { self.init(contrast: JumpDiffusion.defaultContrast, dimension: dimension) }

  /// The problem with the given parameters.
  ///
  /// - Precondition: `dimension` is 1, 2 or 3.
  public init(contrast: ScalarField = JumpDiffusion.defaultContrast, dimension: Int = 2) {
    precondition((1...3).contains(dimension), "a box has 1 to 3 axes, not \(dimension)")
    (self.contrast, self.dimension) = (contrast, dimension)
  }

  private var coefficient: ScalarField {
    let inside = [ScalarField.x, .y, .z].prefix(dimension)
      .map { step(0.25 - abs($0 - 0.5)) }
      .reduce(ScalarField(1)) { $0 * $1 }
    return 1 + (contrast - 1) * inside
  }

  public var summary: String { "Diffusion with an inclusion of another conductivity." }
  public var domain: Domain { .cube(0, 1, dimension: dimension) }
  public var equations: [Equation] { [-div(coefficient * grad(u)) == 1] }
  public var conditions: [Condition] { [.dirichlet(u == 0)] }
  public var derived: [Derived] { [.integral("integral", u)] }
  public var suggested: SuggestedRun {
    SuggestedRun(points: Array(repeating: [513, 129, 33][dimension - 1], count: dimension))
  }
}
