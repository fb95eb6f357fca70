/// Orders of differentiation per direction: [2, 0, 1] is ∂₁²∂₃.
public struct DerivativeIndex: Hashable, Sendable, Codable, CustomStringConvertible {
  /// The order along each direction.
  public var orders: [Int]

  /// The derivative of these orders.
  public init(_ orders: [Int]) {
    precondition(orders.allSatisfy { $0 >= 0 }, "a derivative cannot have the orders \(orders)")
    self.orders = orders
  }

  /// The sum of the orders.
  public var total: Int { orders.reduce(0, +) }

  public var description: String { "∂\(orders)" }

  /// All indices up to this one in every direction, itself and the value included.
  var lower: [DerivativeIndex] {
    orders.reduce([[]]) { lists, order in lists.flatMap { list in (0...order).map { list + [$0] } } }
      .map(DerivativeIndex.init)
  }

  static func - (a: DerivativeIndex, b: DerivativeIndex) -> DerivativeIndex {
    DerivativeIndex(zip(a.orders, b.orders).map(-))
  }

  /// The product of the binomial coefficients of all directions.
  func binomial(_ part: DerivativeIndex) -> Double {
    zip(orders, part.orders).reduce(1) { product, pair in
      let (n, k) = pair
      return product * (0..<k).reduce(1.0) { $0 * Double(n - $1) / Double($1 + 1) }
    }
  }

  /// The directions as a list in which each stands as often as it is differentiated along.
  private var labels: [Int] {
    orders.enumerated().flatMap { Array(repeating: $0.offset, count: $0.element) }
  }

  /// All ways to divide the derivative among the factors of a product: each is a list of blocks, with how often it
  /// occurs. This is the formula of Faà di Bruno for several variables (Hardy 2006): ∂ᵅ f(u) = Σ n f⁽ᵐ⁾(u) Π ∂ᵝu over
  /// lists of m blocks β.
  var partitions: [(blocks: [DerivativeIndex], count: Double)] {
    var found: [[DerivativeIndex]: Double] = [:]
    func divide(_ rest: ArraySlice<Int>, _ blocks: [[Int]]) {
      guard let first = rest.first else {
        let key = blocks.map { block in
          DerivativeIndex(orders.indices.map { direction in block.count { $0 == direction } })
        }.sorted { $0.orders.lexicographicallyPrecedes($1.orders) }
        found[key, default: 0] += 1
        return
      }
      let rest = rest.dropFirst()
      for i in blocks.indices {
        var next = blocks
        next[i].append(first)
        divide(rest, next)
      }
      divide(rest, blocks + [[first]])
    }
    divide(labels[...], [])
    let order = { (a: [DerivativeIndex], b: [DerivativeIndex]) in
      a.count != b.count
        ? a.count < b.count
        : a.flatMap(\.orders).lexicographicallyPrecedes(b.flatMap(\.orders))
    }
    return found.keys.sorted(by: order).map { ($0, found[$0]!) }
  }
}

/// A linear combination of derivatives with numbers as coefficients: what an equation needs of an unknown.
public struct DerivativeCombination: Hashable, Sendable {
  /// The coefficient of each derivative.
  public var terms: [DerivativeIndex: Double]

  /// Σ coefficient · derivative.
  public init(_ terms: [DerivativeIndex: Double]) { self.terms = terms.filter { $0.value != 0 } }

  /// One derivative by itself.
  public init(_ index: DerivativeIndex) { terms = [index: 1] }

  /// The derivatives in a fixed order.
  var sorted: [(index: DerivativeIndex, coefficient: Double)] {
    terms.sorted { $0.key.orders.lexicographicallyPrecedes($1.key.orders) }.map { ($0.key, $0.value) }
  }
}
