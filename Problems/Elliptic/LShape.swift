import Equations
import Geometry

/// Δu = 0 in the L-shaped domain (−1, 1)² without its lower right quarter, with the values of u = r^(2/3) sin(2θ/3) on the
/// boundary.
///
/// The gradient is infinite at the re-entrant corner: on uniform meshes the error in the energy norm falls like h^(2/3)
/// whatever the order of the elements. Meshes that are refined where an estimator asks for it restore the optimal rate in
/// the number of unknowns.
///
/// **Good values**: u(−1, 1) = 2^(1/3) = 1.259921.
///
/// Source: W. F. Mitchell, Appl. Math. Comput. 220 (2013), section 2.
public struct LShape: Problem {
  /// The unknown.
  public let u = ScalarField.unknown("u")

  public init() {}

  /// r^(2/3) sin(2θ/3) with θ from 0 on the lower edge of the upper right square to 3π/2.
  public var solution: ScalarField {
    // The angle from the bisector of the corner lies in (−3π/4, 3π/4), where the half-angle formula holds.
    let c = -(0.5).squareRoot()
    let (along, across) = (c * (x - y), c * (x + y))
    let r = sqrt(x * x + y * y + 1e-300)
    let angle = 2 * atan(across / (r + along)) + 0.75 * Double.pi
    return pow(r, 2.0 / 3) * sin(2.0 / 3 * angle)
  }

  public var summary: String {
    "Laplace's equation around a re-entrant corner, where the gradient is infinite."
  }
  public var domain: Domain { .mesh(.lShape(cells: 16)) }
  public var equations: [Equation] { [-laplacian(u) == 0] }
  public var conditions: [Condition] { [.dirichlet(u == solution)] }
  public var exact: [Equation] { [u == solution] }
}
