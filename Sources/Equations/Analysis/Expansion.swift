import Geometry

/// One term of an expanded equation: coefficient · ∂ᵅ( Π factorᵢ^powerᵢ ).
///
/// The factors are jets, functions of the coordinates and time, and functions of jets that are not polynomials.
public struct ExpandedTerm: Hashable, Sendable {
  /// A factor and its positive power.
  public struct Factor: Hashable, Sendable {
    public var node: Node
    public var power: Int

    public init(node: Node, power: Int) { (self.node, self.power) = (node, power) }
  }

  public var coefficient: Double
  /// Derivatives that act on the whole product.
  public var outer: MultiIndex
  /// Factors in a canonical order.
  public var factors: [Factor]

  /// The product of the factors without coefficient and outer derivative.
  public var product: Node {
    .product(of: factors.map { .raise($0.node, .constant(Double($0.power))) })
  }

  /// The single jet this term is linear in, if its coefficient is a number.
  public var linearJet: Jet? {
    guard factors.count == 1, factors[0].power == 1, case .jet(let jet) = factors[0].node else { return nil }
    return jet
  }

  public var dependsOnUnknowns: Bool { factors.contains { $0.node.dependsOnUnknowns } }

  /// The polynomial degree in the unknowns, or nil when a factor is no polynomial.
  public var degree: Int? {
    var degree = 0
    for factor in factors {
      if case .jet = factor.node {
        degree += factor.power
      } else if factor.node.dependsOnUnknowns {
        return nil
      }
    }
    return degree
  }

  init(_ coefficient: Double, outer: MultiIndex = .zero, factors: [Factor] = []) {
    self.coefficient = coefficient
    self.outer = outer
    self.factors = factors
  }

  /// The product of two terms without outer derivatives.
  static func * (a: ExpandedTerm, b: ExpandedTerm) -> ExpandedTerm {
    var factors = a.factors
    for factor in b.factors {
      if let i = factors.firstIndex(where: { $0.node == factor.node }) {
        factors[i].power += factor.power
      } else {
        factors.append(factor)
      }
    }
    // The order of factors must not depend on how the user wrote them, or equal terms would not merge.
    factors.sort { $0.node.sortKey < $1.node.sortKey }
    return ExpandedTerm(a.coefficient * b.coefficient, factors: factors)
  }
}

extension Node {
  var sortKey: String {
    switch self {
    case .jet(let j):
      return "~jet\(j.unknown) \(j.timeOrder) \(j.orders.total) \(j.orders.z) \(j.orders.y) \(j.orders.x)"
    default: return written(.text)
    }
  }

  /// The lowered node as a sum of terms, with equal terms merged.
  public func expandedTerms() throws -> [ExpandedTerm] { merged(try expanded(self)) }

  /// The node with every remaining ∂(product) carried out.
  package func pushedDown() throws -> Node {
    switch self {
    case .derivative(let a, let axis): return try a.pushedDown().differentiated(.axis(axis))
    default: return try mapChildren({ try $0.pushedDown() }, { $0 })
    }
  }
}

private func expanded(_ node: Node) throws -> [ExpandedTerm] {
  switch node {
  case .constant(let c): return c == 0 ? [] : [ExpandedTerm(c)]
  case .sum(let terms): return try terms.flatMap(expanded)
  case .product(let factors):
    return try factors.map(expanded).reduce([ExpandedTerm(1)]) { try multiplied($0, $1) }
  case .power(let base, .constant(let n)) where n == n.rounded() && (2...8).contains(n):
    guard base.dependsOnUnknowns else { return [factor(node)] }
    let terms = try expanded(base)
    // Large powers of long sums stay closed: their expansion would cost more than it shows.
    if terms.count > 3 && n > 3 { return [factor(try node.pushedDown())] }
    return try (1..<Int(n)).reduce(terms) { result, _ in try multiplied(result, terms) }
  case .derivative(let a, let axis):
    return try expanded(a).flatMap { term -> [ExpandedTerm] in
      if !term.dependsOnUnknowns {
        let derivative = try (Node.constant(term.coefficient) * term.product).differentiated(.axis(axis))
        return try expanded(derivative)
      }
      var result = term
      if var jet = term.linearJet {
        jet.orders[axis] += 1
        result.factors[0].node = .jet(jet)
      } else {
        result.outer[axis] += 1
      }
      return [result]
    }
  case .function, .binary, .power: return [factor(try node.pushedDown())]
  default: return [factor(node)]
  }
}

private func factor(_ node: Node) -> ExpandedTerm {
  if case .constant(let c) = node { return ExpandedTerm(c) }
  return ExpandedTerm(1, factors: [.init(node: node, power: 1)])
}

private func multiplied(_ a: [ExpandedTerm], _ b: [ExpandedTerm]) throws -> [ExpandedTerm] {
  if a.count == 1, a[0].factors.isEmpty, a[0].outer == .zero { return b.map { scaled($0, a[0].coefficient) } }
  if b.count == 1, b[0].factors.isEmpty, b[0].outer == .zero { return a.map { scaled($0, b[0].coefficient) } }
  let (left, right) = (try a.flatMap(withoutOuter), try b.flatMap(withoutOuter))
  return merged(left.flatMap { l in right.map { l * $0 } })
}

private func scaled(_ term: ExpandedTerm, _ factor: Double) -> ExpandedTerm {
  var result = term
  result.coefficient *= factor
  return result
}

/// A term as terms without outer derivatives, by the product rule.
private func withoutOuter(_ term: ExpandedTerm) throws -> [ExpandedTerm] {
  if term.outer == .zero { return [term] }
  var node = Node.constant(term.coefficient) * term.product
  for axis in Axis.allCases {
    for _ in 0..<term.outer[axis] { node = try node.differentiated(.axis(axis)) }
  }
  return try expanded(node)
}

private func merged(_ terms: [ExpandedTerm]) -> [ExpandedTerm] {
  var result: [ExpandedTerm] = []
  var sizes: [Double] = []
  var position: [ExpandedTerm: Int] = [:]
  for term in terms {
    var key = term
    key.coefficient = 1
    if let i = position[key] {
      result[i].coefficient += term.coefficient
      sizes[i] += abs(term.coefficient)
    } else {
      position[key] = result.count
      result.append(term)
      sizes.append(abs(term.coefficient))
    }
  }
  // Sums that cancel up to rounding vanish. A coefficient that is small beside others stays (that of a hyperviscosity
  // may be 1e-20), and so does one that is not a number, which the caller must see.
  return zip(result, sizes).filter { !(abs($0.coefficient) <= 1e-15 * $1) || $1 == .infinity }.map(\.0)
}
