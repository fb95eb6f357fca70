import Equations
import Geometry

/// A problem put together inside a test.
public struct ProblemSketch: Problem {
  public var name = "sketch"
  public var domain: Domain
  public var equations: [Equation]
  public var conditions: [Condition]
  public var derived: [Derived]
  public var exact: [Equation]

  /// The problem of the given parts; by default on the circle [0, 1).
  public init(
    _ equations: Equation..., on domain: Domain = .torus(0, 1, dimension: 1), conditions: [Condition] = [],
    derived: [Derived] = [], exact: [Equation] = []
  ) {
    self.equations = equations
    self.domain = domain
    self.conditions = conditions
    self.derived = derived
    self.exact = exact
  }
}

/// The sentence of the error that `body` throws; nil when it throws none.
public func sentence(of body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    return "\(error)"
  }
}

extension PDESystem {
  /// A row as sorted texts: "dt -1 u" for the mass, "0.5 v[xx]" for linear terms, "-2 (u^2 v[x])[y]" for the rest, where
  /// letters in brackets are derivatives.
  public func texts(ofRow i: Int) -> [String] {
    let row = rows[i]
    let mass = row.mass.map { "dt " + text($0) }
    let terms = row.terms.map { term in
      let factors = term.factors.map { factor in
        let power = factor.power == 1 ? "" : "^\(factor.power)"
        guard case .jet(let jet) = factor.node else { return "\(ScalarField(factor.node))" + power }
        return unknowns[jet.unknown].name + letters(jet.orders) + power
      }
      let product = factors.joined(separator: " ")
      let outer = letters(term.outer)
      return number(term.coefficient)
        + (product.isEmpty ? "" : outer.isEmpty ? " " + product : " (\(product))\(outer)")
    }
    return (mass + row.linear.map(text) + terms).sorted()
  }

  private func text(_ term: LinearTerm) -> String {
    number(term.coefficient) + " " + unknowns[term.unknown].name + letters(term.orders)
  }

  private func letters(_ orders: MultiIndex) -> String {
    let all = Axis.allCases.map { String(repeating: $0.name, count: orders[$0]) }.joined()
    return all.isEmpty ? "" : "[\(all)]"
  }

  private func number(_ value: Double) -> String {
    value == value.rounded() ? String(Int(value)) : String(value)
  }

  /// A lowered quantity with the exact solution in place of the unknowns.
  public func exactNode(_ node: Node) -> Node {
    node.replacingTerminals { node in
      guard case .jet(let jet) = node, var result = exact[jet.unknown] else { return nil }
      for axis in Axis.allCases { for _ in 0..<jet.orders[axis] { result = .derivative(result, axis) } }
      for _ in 0..<jet.timeOrder { result = .timeDerivative(result) }
      return result
    }
  }

  /// Deterministic points inside the box, spread by the fractional parts of multiples of irrational numbers.
  public func scatteredPoints(_ count: Int) -> [[Double]] {
    (1...count).map { i in
      zip(box.intervals, [0.754_877_666, 0.569_840_291, 0.438_579_021]).map { interval, step in
        let fraction = (0.5 + Double(i) * step).truncatingRemainder(dividingBy: 1)
        return interval.lower + fraction * interval.length
      }
    }
  }
}
