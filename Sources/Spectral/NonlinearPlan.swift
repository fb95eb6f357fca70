import Equations
import Geometry

/// How the terms of a system that are not linear are evaluated: which linear forms of the unknowns go to the grid,
/// which products are formed there, and which derivatives of the products enter which equations.
///
/// Products that enter all equations in the same proportions share one transform. Where products are free of aliases,
/// a term may also be rewritten by an identity of the continuous equation when that saves transforms:
/// uⁿ ∂u = ∂(uⁿ⁺¹)/(n+1); (u·∇)u = ω×u + ∇|u|²/2; J(ψ, Δψ) = (∂xx − ∂yy)(∂xψ ∂yψ) + ∂xy((∂yψ)² − (∂xψ)²).
public struct NonlinearPlan: Sendable {
  /// Where a product goes: coefficient · ∂ᵅ of it is added to an equation.
  public struct Contribution: Hashable, Sendable {
    public var row: Int
    public var coefficient: Double
    public var outer: MultiIndex
  }

  /// A sum of jets with constant coefficients.
  public struct LinearForm: Hashable, Sendable {
    public struct Part: Hashable, Sendable {
      public var coefficient: Double
      public var jet: Jet
    }
    public var parts: [Part]
  }

  /// A pointwise formula over inputs and coordinates.
  public struct Product: Sendable {
    public var formula: Node
    public var contributions: [Contribution]
  }

  public var products: [Product]
  /// The forms that the formulas name as jets of unknown −1, −2, ….
  public var forms: [LinearForm]

  /// The jets that the formulas contain: those of unknowns, and forms.
  public var inputs: [Jet] {
    var found: [Jet] = []
    for product in products {
      product.formula.visit { if case .jet(let jet) = $0, !found.contains(jet) { found.append(jet) } }
    }
    return found.sorted { ($0.unknown, $0.orders) < ($1.unknown, $1.orders) }
  }

  /// An input as a linear form.
  public func form(_ jet: Jet) -> LinearForm {
    jet.unknown >= 0 ? LinearForm(parts: [.init(coefficient: 1, jet: jet)]) : forms[-1 - jet.unknown]
  }

  /// Transforms per evaluation.
  public var cost: Int { inputs.count + products.count }
}

/// What a planner asks about the system's linear part.
public struct PlanningContext: Sendable {
  /// Whether products may be rewritten by identities that hold only without aliases.
  public var mayRewrite: Bool
  /// Whether contributions vanish after constraints are enforced, as gradients do under a divergence constraint.
  public var vanishes: @Sendable ([NonlinearPlan.Contribution]) -> Bool
  /// λ with w = λ Δψ for all modes, if there is such a number.
  public var laplacianFactor: @Sendable (_ psi: Int, _ w: Int) -> Double?
}

extension NonlinearPlan {
  /// The cheapest plan for the terms of `system` that depend on unknowns or on space and time together.
  public init(_ system: PDESystem, terms: [(row: Int, term: ExpandedTerm)], _ context: PlanningContext) {
    let plain = Monomials(terms)
    var candidates = [plain]
    if context.mayRewrite {
      let rotational = plain.rotational(unknowns: system.unknowns.count, dimension: system.dimension)
      candidates += [
        plain.jacobian(context.laplacianFactor), rotational, plain.conservative(), rotational.conservative(),
      ]
    }
    let plans = candidates.map { $0.plan(context) }
    // Fewest transforms; the form that the user wrote wins ties.
    self = plans.dropFirst().reduce(plans[0]) { $1.cost < $0.cost ? $1 : $0 }
  }
}

/// Products of powers of jets with the equations they enter.
private struct Monomials {
  typealias Factors = [ExpandedTerm.Factor]
  typealias Contribution = NonlinearPlan.Contribution

  private(set) var keys: [Factors] = []
  private(set) var contributions: [Factors: [Contribution]] = [:]
  var forms: [NonlinearPlan.LinearForm] = []

  init(_ terms: [(row: Int, term: ExpandedTerm)]) {
    for (row, term) in terms {
      add(term.factors, Contribution(row: row, coefficient: term.coefficient, outer: term.outer))
    }
  }

  private mutating func add(_ factors: Factors, _ contribution: Contribution) {
    let key = factors.sorted { Self.order($0.node) < Self.order($1.node) }
    if contributions[key] == nil { keys.append(key) }
    if let i = contributions[key]?.firstIndex(where: {
      $0.row == contribution.row && $0.outer == contribution.outer
    }) {
      contributions[key]![i].coefficient += contribution.coefficient
    } else {
      contributions[key, default: []].append(contribution)
    }
  }

  private mutating func remove(_ key: Factors) {
    contributions[key] = nil
    keys.removeAll { $0 == key }
  }

  private static func order(_ node: Node) -> String {
    if case .jet(let j) = node {
      return "~\(j.unknown + 1000) \(j.orders.total) \(j.orders.z) \(j.orders.y) \(j.orders.x)"
    }
    return "\(ScalarField(node))"
  }

  private static func factor(_ jet: Jet, _ power: Int = 1) -> ExpandedTerm.Factor {
    ExpandedTerm.Factor(node: .jet(jet), power: power)
  }

  // MARK: Identities

  /// u ∂v + v ∂u = ∂(u v), and uⁿ ∂u = ∂(uⁿ⁺¹)/(n + 1).
  func conservative() -> Monomials {
    var result = self
    for key in keys { result.mergeProductRule(key) }
    for key in keys where key.count == 2 {
      for (i, j) in [(0, 1), (1, 0)] {
        guard case .jet(let u) = key[i].node, case .jet(let du) = key[j].node, key[j].power == 1,
          u.unknown == du.unknown,
          let axis = Axis.allCases.first(where: { du.orders == u.orders + MultiIndex($0) }),
          let old = result.contributions[key]
        else { continue }
        result.remove(key)
        let n = key[i].power + 1
        for c in old {
          result.add(
            [Self.factor(u, n)],
            Contribution(
              row: c.row, coefficient: c.coefficient / Double(n), outer: c.outer + MultiIndex(axis)))
        }
      }
    }
    return result
  }

  /// Turns u ∂v, given by its factors, and v ∂u into ∂(u v) where they enter the same equations with the same factor.
  private mutating func mergeProductRule(_ key: Factors) {
    guard key.count == 2, key.allSatisfy({ $0.power == 1 }), let mine = contributions[key] else { return }
    for (i, j) in [(0, 1), (1, 0)] {
      guard case .jet(let u) = key[i].node, case .jet(let dv) = key[j].node else { continue }
      for axis in Axis.allCases where dv.orders[axis] > 0 {
        var (v, du) = (dv, u)
        v.orders[axis] -= 1
        du.orders[axis] += 1
        if u == v { continue }
        let other = [Self.factor(v), Self.factor(du)].sorted { Self.order($0.node) < Self.order($1.node) }
        guard other != key, let theirs = contributions[other], Set(theirs) == Set(mine) else { continue }
        remove(key)
        remove(other)
        for c in mine {
          add(
            [Self.factor(u), Self.factor(v)],
            Contribution(row: c.row, coefficient: c.coefficient, outer: c.outer + MultiIndex(axis)))
        }
        return
      }
    }
  }

  /// (u·∇)u = ω×u + ∇|u|²/2 for every tuple of unknowns that advects itself.
  func rotational(unknowns: Int, dimension: Int) -> Monomials {
    guard dimension > 1 else { return self }
    var result = self
    for tuple in Self.tuples(of: Array(0..<unknowns), length: dimension) {
      result.rewriteAdvection(of: tuple)
    }
    return result
  }

  private static func tuples(of items: [Int], length: Int) -> [[Int]] {
    if length == 0 { return [[]] }
    return items.flatMap { item in
      tuples(of: items.filter { $0 != item }, length: length - 1).map { [item] + $0 }
    }
  }

  private mutating func rewriteAdvection(of u: [Int]) {
    let axes = Array(Axis.allCases.prefix(u.count))
    func key(_ j: Int, _ i: Int) -> Factors {
      [Self.factor(Jet(u[j])), Self.factor(Jet(u[i], MultiIndex(axes[j])))]
        .sorted { Self.order($0.node) < Self.order($1.node) }
    }
    // Each component i must be advected by all of u, with the same factor in the same equations.
    var advected: [[Contribution]] = []
    for i in u.indices {
      guard let first = contributions[key(0, i)],
        u.indices.allSatisfy({ contributions[key($0, i)].map(Set.init) == Set(first) })
      else { return }
      advected.append(first)
    }
    var rotation: [[Int]: Int] = [:]
    for i in u.indices {
      for j in u.indices where i < j {
        // ∂ᵢuⱼ − ∂ⱼuᵢ
        forms.append(
          .init(parts: [
            .init(coefficient: 1, jet: Jet(u[j], MultiIndex(axes[i]))),
            .init(coefficient: -1, jet: Jet(u[i], MultiIndex(axes[j]))),
          ]))
        rotation[[i, j]] = -forms.count
      }
    }
    for i in u.indices {
      for j in u.indices { remove(key(j, i)) }
    }
    for (i, list) in advected.enumerated() {
      for c in list {
        for j in u.indices where j != i {
          // uⱼ (∂ⱼuᵢ − ∂ᵢuⱼ)
          let sign = i < j ? -1.0 : 1.0
          let form = rotation[[Swift.min(i, j), Swift.max(i, j)]]!
          add(
            [Self.factor(Jet(u[j])), Self.factor(Jet(form))],
            Contribution(row: c.row, coefficient: sign * c.coefficient, outer: c.outer))
        }
        for j in u.indices {
          add(
            [Self.factor(Jet(u[j]), 2)],
            Contribution(row: c.row, coefficient: c.coefficient / 2, outer: c.outer + MultiIndex(axes[i])))
        }
      }
    }
  }

  /// J(ψ, w) = ∂yψ ∂xw − ∂xψ ∂yw with w = λ Δψ, in stress form.
  func jacobian(_ laplacianFactor: (Int, Int) -> Double?) -> Monomials {
    var result = self
    for key in keys where key.count == 2 && key.allSatisfy({ $0.power == 1 }) {
      guard case .jet(let a) = key[0].node, case .jet(let b) = key[1].node else { continue }
      for (psi, w) in [(a, b), (b, a)]
      where psi.unknown != w.unknown && psi.orders == MultiIndex(.y) && w.orders == MultiIndex(.x) {
        let other = [
          Self.factor(Jet(psi.unknown, MultiIndex(.x))), Self.factor(Jet(w.unknown, MultiIndex(.y))),
        ].sorted { Self.order($0.node) < Self.order($1.node) }
        guard let positive = result.contributions[key], let negative = result.contributions[other],
          Set(positive)
            == Set(negative.map { Contribution(row: $0.row, coefficient: -$0.coefficient, outer: $0.outer) }),
          let factor = laplacianFactor(psi.unknown, w.unknown)
        else { continue }
        result.remove(key)
        result.remove(other)
        let (x, y) = (Jet(psi.unknown, MultiIndex(.x)), Jet(psi.unknown, MultiIndex(.y)))
        for c in positive {
          let add = { (factors: Factors, sign: Double, outer: MultiIndex) in
            result.add(
              factors,
              Contribution(row: c.row, coefficient: sign * factor * c.coefficient, outer: c.outer + outer))
          }
          add([Self.factor(x), Self.factor(y)], 1, MultiIndex(2, 0))
          add([Self.factor(x), Self.factor(y)], -1, MultiIndex(0, 2))
          add([Self.factor(y, 2)], 1, MultiIndex(1, 1))
          add([Self.factor(x, 2)], -1, MultiIndex(1, 1))
        }
      }
    }
    return result
  }

  // MARK: Grouping

  func plan(_ context: PlanningContext) -> NonlinearPlan {
    var signatures: [[Contribution]] = []
    var formulas: [[Node]] = []
    for key in keys {
      let list = contributions[key]!.filter { $0.coefficient != 0 }
        .sorted { ($0.row, $0.outer) < ($1.row, $1.outer) }
      guard let first = list.first, !context.vanishes(list) else { continue }
      let signature = list.map {
        Contribution(row: $0.row, coefficient: $0.coefficient / first.coefficient, outer: $0.outer)
      }
      let formula =
        Node.constant(first.coefficient)
        * .product(of: key.map { .raise($0.node, .constant(Double($0.power))) })
      if let i = signatures.firstIndex(of: signature) {
        formulas[i].append(formula)
      } else {
        signatures.append(signature)
        formulas.append([formula])
      }
    }
    return NonlinearPlan(
      products: zip(signatures, formulas).map { .init(formula: .sum(of: $1), contributions: $0) },
      forms: forms)
  }
}
