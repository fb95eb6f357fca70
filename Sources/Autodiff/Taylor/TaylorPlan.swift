/// Which derivatives are carried through a graph so that certain combinations of them come out.
///
/// A combination is carried as one value: every primitive maps it linearly, apart from products of lower derivatives,
/// which are carried by themselves. So the Laplacian costs one channel, not one per axis (the forward Laplacian of Li et
/// al., arXiv 2307.08214, 2023, here for any combination), and u_t − ν u_xx costs one channel besides u_x.
public struct TaylorPlan: Sendable {
  /// What one channel carries.
  enum Channel: Hashable, Sendable {
    case derivative(DerivativeIndex)
    case combination(DerivativeCombination)
  }

  /// A product of lower channels in the derivative of f(u): coefficient · f⁽ᵒʳᵈᵉʳ⁾(u) · Π channels.
  struct Term: Sendable {
    let order: Int
    let coefficient: Double
    let factors: [Int]
  }

  /// A product of channels of two factors in the derivative of a product.
  struct Product: Sendable {
    let coefficient: Double
    let first: Int
    let second: Int
  }

  /// The number of directions.
  public let directions: Int
  /// The number of channels beside the value.
  public var channelCount: Int { channels.count }
  /// The highest order of differentiation.
  public let order: Int

  /// What is carried beside the value, lower derivatives first.
  let channels: [Channel]
  /// For each channel, the products of lower channels in the derivative of f(u), without f′(u) · channel.
  let terms: [[Term]]
  /// For each channel, the products in the derivative of a b, without channel(a) b and a channel(b).
  let products: [[Product]]
  /// For each combination asked for, its channel; nil for the value itself.
  let requests: [Int?]
  /// For each direction, the channels with its first derivative, and their coefficients.
  let seeds: [[(channel: Int, coefficient: Double)]]

  /// The plan that gives certain combinations.
  ///
  /// - Parameters:
  ///   - combinations: What is asked for, in the order in which it comes out; the derivative of order 0 is the value.
  ///   - directions: The number of directions of all derivatives.
  public init(_ combinations: [DerivativeCombination], directions: Int) {
    for combination in combinations {
      precondition(
        !combination.terms.isEmpty && combination.terms.keys.allSatisfy { $0.orders.count == directions },
        "a combination of derivatives \(combination.terms) in \(directions) directions")
      precondition(
        combination.terms.count == 1 || combination.terms.keys.allSatisfy { $0.total > 0 },
        "the value cannot be combined with derivatives: ask for it by itself")
    }
    self.directions = directions
    var plain: Set<DerivativeIndex> = []
    for combination in combinations {
      for index in combination.terms.keys {
        plain.formUnion(index.lower.filter { $0.total > 0 && $0 != index })
      }
      if combination.terms.count == 1 { plain.formUnion(combination.terms.keys.filter { $0.total > 0 }) }
    }
    let indices = plain.sorted {
      $0.total != $1.total ? $0.total < $1.total : $1.orders.lexicographicallyPrecedes($0.orders)
    }
    var channels = indices.map(Channel.derivative)
    for combination in combinations where combination.terms.count > 1 {
      if !channels.contains(.combination(combination)) { channels.append(.combination(combination)) }
    }
    let place = Dictionary(uniqueKeysWithValues: channels.enumerated().map { ($1, $0) })
    self.channels = channels
    order = combinations.flatMap(\.terms.keys).map(\.total).max() ?? 0
    requests = combinations.map { combination in
      guard combination.terms.count == 1, let (index, coefficient) = combination.terms.first else {
        return place[.combination(combination)]!
      }
      precondition(coefficient == 1, "a single derivative is asked for without a coefficient")
      return index.total == 0 ? nil : place[.derivative(index)]!
    }
    let sums = channels.map { channel in
      switch channel {
      case .derivative(let index): [(index: index, coefficient: 1.0)]
      case .combination(let combination): combination.sorted
      }
    }
    terms = sums.map { sum in
      var merged: [(factors: [Int], coefficient: Double)] = []
      for (index, coefficient) in sum {
        for (blocks, count) in index.partitions where blocks.count > 1 {
          let factors = blocks.map { place[.derivative($0)]! }.sorted()
          if let i = merged.firstIndex(where: { $0.factors == factors }) {
            merged[i].coefficient += coefficient * count
          } else {
            merged.append((factors, coefficient * count))
          }
        }
      }
      return merged.filter { $0.coefficient != 0 }.map {
        Term(order: $0.factors.count, coefficient: $0.coefficient, factors: $0.factors)
      }
    }
    products = sums.map { sum in
      var merged: [(first: Int, second: Int, coefficient: Double)] = []
      for (index, coefficient) in sum {
        for part in index.lower where part.total > 0 && part != index {
          let (first, second) = (place[.derivative(part)]!, place[.derivative(index - part)]!)
          let factor = coefficient * index.binomial(part)
          if let i = merged.firstIndex(where: { $0.first == first && $0.second == second }) {
            merged[i].coefficient += factor
          } else {
            merged.append((first, second, factor))
          }
        }
      }
      return merged.filter { $0.coefficient != 0 }.map {
        Product(coefficient: $0.coefficient, first: $0.first, second: $0.second)
      }
    }
    seeds = (0..<directions).map { direction in
      var unit = [Int](repeating: 0, count: directions)
      unit[direction] = 1
      return sums.enumerated().compactMap { channel, sum in
        sum.first { $0.index.orders == unit }.map { (channel, $0.coefficient) }
      }
    }
  }
}
