import Equations
import Geometry

/// The test function of an unknown, to write weak forms with: v in ∫ k ∇u·∇v.
public func test(_ unknown: ScalarField) -> ScalarField {
  guard case .unknown(let u) = unknown.node else {
    preconditionFailure("'\(unknown)' is no unknown: only unknowns have test functions")
  }
  return ScalarField(.unknown(u.test))
}

/// The test function of a vector unknown.
public func test(_ unknown: VectorField) -> VectorField {
  guard case .unknown(let u) = unknown.node else {
    preconditionFailure("'\(unknown)' is no unknown: only unknowns have test functions")
  }
  return VectorField(.unknown(u.test))
}

/// An integral of a weak form; sums of them are set to zero in ``WeakForm/init(_:_:)``.
///
/// ```swift
/// let v = test(u)
/// let form = try WeakForm(system, integral(dot(k * grad(u), grad(v)) - f * v) - integral(g * v, on: "outlet"))
/// ```
public struct FormIntegral: Sendable {
  var parts: [(integrand: ScalarField, place: WeakForm.Place)]

  public static func + (a: FormIntegral, b: FormIntegral) -> FormIntegral {
    FormIntegral(parts: a.parts + b.parts)
  }
  public static func - (a: FormIntegral, b: FormIntegral) -> FormIntegral { a + -b }
  public static prefix func - (a: FormIntegral) -> FormIntegral {
    FormIntegral(parts: a.parts.map { (-$0.integrand, $0.place) })
  }
}

/// ∫ integrand dx over all cells; multiply by `.region(…)` for some of them.
public func integral(_ integrand: ScalarField) -> FormIntegral {
  FormIntegral(parts: [(integrand, .cells)])
}

/// ∫ integrand ds over boundaries with the given names, the whole boundary without any; it may contain the normal.
public func integral(_ integrand: ScalarField, on names: String...) -> FormIntegral {
  FormIntegral(parts: [(integrand, .boundary(.init(names)))])
}

extension WeakForm {
  /// The form with which integrals over test functions vanish: every term contains one test function, as it is or under a
  /// first derivative.
  ///
  /// - Throws: ``EquationError`` that names the term that does not.
  public init(_ system: PDESystem, _ integrals: FormIntegral) throws {
    let count = system.unknowns.count
    var terms: [Term] = []
    for part in integrals.parts {
      let node = try system.loweredWithTests(part.integrand, onBoundary: part.place != .cells)
      for term in try node.expandedTerms() {
        let tests = term.factors.filter { factor in
          factor.node.contains { if case .jet(let jet) = $0 { jet.unknown >= count } else { false } }
        }
        guard tests.count == 1, tests[0].power == 1, case .jet(let jet) = tests[0].node,
          jet.orders.total <= 1,
          jet.timeOrder == 0, term.outer == .zero
        else {
          throw EquationError(
            "the integrand '\(part.integrand)' is not linear in test functions and their first derivatives: every term takes exactly one, as in dot(grad(u), grad(v)) or f * v"
          )
        }
        let rest = term.factors.filter { $0 != tests[0] }
        let integrand =
          Node.constant(term.coefficient)
          * .product(of: rest.map { .raise($0.node, .constant(Double($0.power))) })
        terms.append(
          Term(
            integrand, test: jet.unknown - count, derivative: Axis.allCases.first { jet.orders[$0] == 1 },
            over: part.place))
      }
    }
    self.init(terms: terms)
  }
}
