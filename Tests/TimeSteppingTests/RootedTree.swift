/// A rooted tree, given by the subtrees at its root (Butcher 2016, chapter 3).
struct RootedTree: Hashable, Comparable {
  let branches: [RootedTree]

  var order: Int { branches.reduce(1) { $0 + $1.order } }
  /// γ(t): the product of the orders of all subtrees.
  var density: Double { branches.reduce(Double(order)) { $0 * $1.density } }

  static func < (a: RootedTree, b: RootedTree) -> Bool {
    a.order != b.order ? a.order < b.order : a.branches.lexicographicallyPrecedes(b.branches)
  }

  /// All trees with the given number of vertices: 1, 1, 2, 4, 9, 20, …
  static func all(order: Int) -> [RootedTree] {
    func forests(_ vertices: Int, _ largest: RootedTree?) -> [[RootedTree]] {
      if vertices == 0 { return [[]] }
      return (1...vertices).flatMap { size in
        all(order: size).filter { largest == nil || $0 <= largest! }
          .flatMap { tree in forests(vertices - size, tree).map { [tree] + $0 } }
      }
    }
    return order == 0 ? [] : forests(order - 1, nil).map(RootedTree.init)
  }

  /// Σ_j w_j Φ_j(t): the elementary weight; the condition for the tree is that it equals 1/γ(t).
  ///
  /// Each edge may belong to any of the given matrices: for a partitioned method every choice is a condition. All the
  /// choices are returned.
  func elementaryWeights(_ weights: [[Double]], _ matrices: [[[Double]]]) -> [Double] {
    weights.flatMap { w in
      stageWeights(matrices).map { stage in zip(w, stage).reduce(0) { $0 + $1.0 * $1.1 } }
    }
  }

  private func stageWeights(_ matrices: [[[Double]]]) -> [[Double]] {
    let stages = matrices[0].count
    var products = [[Double](repeating: 1, count: stages)]
    for branch in branches {
      let factors = matrices.flatMap { matrix in
        branch.stageWeights(matrices).map { inner in
          matrix.map { row in zip(row, inner).reduce(0) { $0 + $1.0 * $1.1 } }
        }
      }
      products = products.flatMap { p in factors.map { f in zip(p, f).map { $0 * $1 } } }
    }
    return products
  }
}
