import Geometry

/// Which derivatives of the unknowns residuals need, and in which linear combinations.
///
/// Residuals are sums of (formula of values and coordinates) × (combination of derivatives of one unknown, with numbers),
/// apart from what is not linear in derivatives. Carrying a combination through a network costs one channel, where its
/// derivatives one by one cost as many.
package struct JetCombinations {
  /// A derivative in space and time.
  package struct Index: Hashable {
    package var orders: MultiIndex
    package var timeOrder: Int
    package var total: Int { orders.total + timeOrder }

    package init(_ jet: Jet) { (orders, timeOrder) = (jet.orders, jet.timeOrder) }
    package init(_ orders: MultiIndex, timeOrder: Int) { (self.orders, self.timeOrder) = (orders, timeOrder) }

    /// The derivatives of lower order on the way to this one, the value excluded.
    var lower: [Index] {
      (0...orders.x).flatMap { x in
        (0...orders.y).flatMap { y in
          (0...orders.z).flatMap { z in
            (0...timeOrder).map { Index(MultiIndex(x, y, z), timeOrder: $0) }
          }
        }
      }.filter { $0.total > 0 && $0 != self }
    }
  }

  /// cofactor · Σ coefficient ∂ of one unknown.
  package struct Term {
    package var cofactor: Node
    package var unknown: Int
    /// Index into `combinations`.
    package var combination: Int
    package var scale: Double
    /// Derivatives that are carried by themselves anyway.
    package var rest: [(Index, Double)]
  }

  /// One residual: the sum of its terms and of a formula whose jets are carried one by one.
  package struct Row {
    package var terms: [Term] = []
    package var formula: Node
  }

  /// Combinations of derivatives, each with a first coefficient of 1.
  package private(set) var combinations: [[(index: Index, coefficient: Double)]] = []
  /// Derivatives that are needed one by one.
  package private(set) var single: [Index] = []
  package private(set) var rows: [Row] = []

  /// Splits residuals.
  ///
  /// - Parameter unknowns: The number of unknowns; jets of further ones are parameters.
  package init(_ residuals: [Node], unknowns: Int) throws {
    var plain: Set<Index> = []
    var grouped: [[(key: GroupKey, sum: [Index: Double])]] = []
    var formulas: [[Node]] = []
    for residual in residuals {
      var groups: [(key: GroupKey, sum: [Index: Double])] = []
      var others: [Node] = []
      for term in try residual.expandedTerms() {
        let whole = Node.constant(term.coefficient) * term.product
        let derivatives = term.factors.filter { $0.node.derivativeCount(below: unknowns) > 0 }
        guard derivatives.count == 1, derivatives[0].power == 1, case .jet(let jet) = derivatives[0].node
        else {
          others.append(whole)
          whole.visit { node in
            if case .jet(let jet) = node, jet.unknown < unknowns, Index(jet).total > 0 {
              plain.insert(Index(jet))
            }
          }
          continue
        }
        let rest = term.factors.filter { $0.node != derivatives[0].node }
        let key = GroupKey(
          cofactor: .product(of: rest.map { .raise($0.node, .constant(Double($0.power))) }),
          unknown: jet.unknown)
        if let i = groups.firstIndex(where: { $0.key == key }) {
          groups[i].sum[Index(jet), default: 0] += term.coefficient
        } else {
          groups.append((key, [Index(jet): term.coefficient]))
        }
      }
      grouped.append(groups)
      formulas.append(others)
    }
    // What lies on the way to a derivative is carried by itself.
    for index in Set(grouped.flatMap { $0.flatMap(\.sum.keys) }).union(plain) { plain.formUnion(index.lower) }
    var sums: [[(index: Index, coefficient: Double)]] = []
    let leftover = { (sum: [Index: Double]) in
      sum.filter { !plain.contains($0.key) && $0.value != 0 }.sorted { $0.key < $1.key }
        .map { (index: $0.key, coefficient: $0.value) }
    }
    for group in grouped.joined() {
      let sum = leftover(group.sum)
      guard let first = sum.first else { continue }
      let normal = sum.map { (index: $0.index, coefficient: $0.coefficient / first.coefficient) }
      if !sums.contains(where: { Self.isSame($0, normal) }) { sums.append(normal) }
    }
    // Combinations that are more than their derivatives are of no use.
    let parts = Set(sums.flatMap { $0.map(\.index) })
    if sums.count >= parts.count {
      plain.formUnion(parts)
      sums = []
    }
    combinations = sums
    single = plain.sorted()
    let carried = plain
    rows = zip(grouped, formulas).map { groups, others in
      var row = Row(formula: .sum(of: others))
      for group in groups {
        let rest = group.sum.filter { carried.contains($0.key) }.sorted { $0.key < $1.key }
          .map { ($0.key, $0.value) }
        let sum = group.sum.filter { !carried.contains($0.key) && $0.value != 0 }.sorted { $0.key < $1.key }
        let normal = sum.map { (index: $0.key, coefficient: $0.value / sum[0].value) }
        let place = sum.isEmpty ? -1 : sums.firstIndex { Self.isSame($0, normal) }!
        row.terms.append(
          Term(
            cofactor: group.key.cofactor, unknown: group.key.unknown, combination: place,
            scale: sum.first?.value ?? 0, rest: rest))
      }
      return row
    }
  }

  private struct GroupKey: Hashable {
    var cofactor: Node
    var unknown: Int
  }

  private static func isSame(
    _ a: [(index: Index, coefficient: Double)], _ b: [(index: Index, coefficient: Double)]
  ) -> Bool {
    a.count == b.count
      && zip(a, b).allSatisfy {
        $0.index == $1.index && abs($0.coefficient - $1.coefficient) <= 1e-15 * abs($0.coefficient)
      }
  }
}

extension JetCombinations.Index: Comparable {
  package static func < (a: Self, b: Self) -> Bool {
    (a.total, a.timeOrder, a.orders) < (b.total, b.timeOrder, b.orders)
  }
}

extension Node {
  /// How many jets of positive order of the first `count` unknowns the node contains.
  fileprivate func derivativeCount(below count: Int) -> Int {
    var found = 0
    visit { node in
      if case .jet(let jet) = node, jet.unknown < count, jet.orders.total + jet.timeOrder > 0 { found += 1 }
    }
    return found
  }
}
