import Equations
import Geometry

/// −∇·(e^{log_a} ∇p) = 10 on the unit square, p = 0 on its boundary: the pressure in an aquifer that is fed from above, whose
/// permeability a = e^{log_a} is a smooth function of space.
///
/// The logarithm of the permeability is a coefficient, so that it can be given as a formula or found from pressures. As it is
/// stated, zero, the pressure is ten times the function of torsion of the square.
///
/// **Good values** at log_a = 0: the largest p is 0.7367135, its mean 0.3514425.
///
/// Source: G. Chavent, Nonlinear Least Squares for Inverse Problems, Springer (2009), chapter 1, for the inverse problem; S. P.
/// Timoshenko and J. N. Goodier, Theory of Elasticity, McGraw-Hill (1951), section 94, for the good values.
public struct Groundwater: Problem {
  /// The logarithm of the permeability.
  public var logPermeability: ScalarField
  /// The pressure.
  public let p = ScalarField.unknown("p")

  /// The problem with the given logarithm of the permeability, a formula of x and y.
  public init(logPermeability: ScalarField = 0) {
    self.logPermeability = .coefficient("log_a", logPermeability)
  }

  public var summary: String {
    "Pressure in an aquifer of smooth permeability; that is to be found, perhaps."
  }
  public var domain: Domain { .cube(0, 1, dimension: 2) }
  public var equations: [Equation] { [-div(exp(logPermeability) * grad(p)) == 10] }
  public var conditions: [Condition] { [.dirichlet(p == 0)] }
  public var derived: [Derived] { [.field("permeability", exp(logPermeability)), .mean("mean", p)] }
  public var suggested: SuggestedRun { SuggestedRun(points: [65, 65]) }
}
