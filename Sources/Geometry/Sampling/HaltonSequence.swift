import Tensors

/// Halton's sequence (1960): the digits of a point's number, in a prime base per axis, behind the point in reverse.
public struct HaltonSequence: Sendable {
  /// The bases: the first primes.
  public let bases: [Int]

  /// The sequence in any number of dimensions; beyond ten or so, points fill the cube badly.
  public init(dimension: Int) {
    precondition(dimension > 0, "Halton's sequence has a positive dimension, not \(dimension)")
    var primes: [Int] = []
    var candidate = 2
    while primes.count < dimension {
      if !primes.contains(where: { candidate % $0 == 0 }) { primes.append(candidate) }
      candidate += 1
    }
    bases = primes
  }

  /// One coordinate of a point.
  public func coordinate(_ index: Int, axis: Int) -> Double {
    let base = bases[axis]
    var (rest, weight, sum) = (index, 1 / Double(base), 0.0)
    while rest > 0 {
      sum += Double(rest % base) * weight
      rest /= base
      weight /= Double(base)
    }
    return sum
  }

  /// A point.
  public func point(_ index: Int) -> [Double] { bases.indices.map { coordinate(index, axis: $0) } }

  /// How many digits of a base a double holds.
  static func places(base: Int) -> Int { Int((54 / Double.log(Double(base)) * Double.log(2)).rounded(.up)) }

  /// One coordinate with a permutation of the digits in each place, zeros beyond the number's own digits included.
  static func coordinate(_ index: Int, base: Int, permutations: [[Int]]) -> Double {
    var (rest, weight, sum) = (index, 1 / Double(base), 0.0)
    for permutation in permutations {
      sum += Double(permutation[rest % base]) * weight
      rest /= base
      weight /= Double(base)
    }
    return min(sum, 1.0.nextDown)
  }
}
