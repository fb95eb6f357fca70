import Tensors

/// A pseudorandom permutation of 0 ..< n as a pure function of a seed and a stream: entries are computed one by one, and
/// nothing of the length n is kept.
///
/// A Feistel network of eight rounds permutes the smallest square of a power of two that holds n (Luby and Rackoff 1988);
/// what falls outside of 0 ..< n is permuted again until it does not (Black and Rogaway 2002), four times at most on the
/// average.
public struct IndexPermutation: Hashable, Sendable {
  /// n.
  public let count: Int
  private let halfBits: UInt64
  private let keys: SIMD8<UInt64>

  /// The permutation of `count` indices that belongs to a seed and a stream.
  public init(count: Int, seed: UInt64, stream: UInt64 = 0) {
    precondition(count >= 0, "\(count) indices cannot be permuted")
    self.count = count
    let bits = Int.bitWidth - max(count - 1, 1).leadingZeroBitCount
    halfBits = UInt64((max(bits, 2) + 1) / 2)
    let stream = RandomStream(seed: seed, stream: stream)
    var keys = SIMD8<UInt64>.zero
    for round in 0..<8 { keys[round] = stream.bits(at: UInt64(round)) }
    self.keys = keys
  }

  /// Entry `index` of the permutation.
  public subscript(index: Int) -> Int {
    precondition((0..<count).contains(index), "entry \(index) of a permutation of \(count)")
    var value = UInt64(index)
    repeat { value = permuted(value) } while value >= UInt64(count)
    return Int(value)
  }

  /// One pass through the network.
  private func permuted(_ value: UInt64) -> UInt64 {
    let mask = (1 as UInt64) << halfBits - 1
    var (left, right) = (value >> halfBits, value & mask)
    for round in 0..<8 {
      // Multiplications by odd numbers spread every bit upwards, shifts bring them down again.
      var mixed = (right ^ keys[round]) &* 0x9E37_79B9_7F4A_7C15
      mixed = (mixed ^ mixed >> 32) &* 0xD6E8_FEB8_6659_FD93
      mixed ^= mixed >> 32
      (left, right) = (right, left ^ (mixed & mask))
    }
    return left << halfBits | right
  }
}
