import Equations
import Geometry

/// −Δu + ∇p = 0, ∇·u = 0 on [−1, 1]²: Stokes flow of four colliding streams, with its velocity on the boundary.
///
/// **Good values**: u = (20 x y³, 5 x⁴ − 5 y⁴), p = 60 x² y − 20 y³, whose mean is zero.
///
/// Source: H. Elman, D. Silvester and A. Wathen, Finite Elements and Fast Iterative Solvers (2014), section 3.1.
public struct CollidingStokes: Problem {
  /// The velocity.
  public let u = VectorField.unknown("u")
  /// The pressure, up to a constant.
  public let p = ScalarField.unknown("p")

  public init() {}

  /// The exact velocity.
  public var velocity: VectorField { VectorField(20 * x * pow(y, 3), 5 * pow(x, 4) - 5 * pow(y, 4)) }

  public var summary: String { "Stokes flow of colliding streams, whose velocity is a polynomial." }
  public var domain: Domain { .cube(-1, 1, dimension: 2) }
  public var equations: [Equation] { [-laplacian(u) + grad(p) == VectorField(0, 0), div(u) == 0] }
  public var conditions: [Condition] { [.dirichlet(u == velocity)] }
  public var exact: [Equation] { [u == velocity, p == 60 * x * x * y - 20 * pow(y, 3)] }
  public var suggested: SuggestedRun { SuggestedRun(points: [33, 33]) }
}
