/// Sobol's sequence (1967) with the direction numbers of Joe and Kuo (2008): points of [0, 1)ᵈ of which any 2ᵏ in
/// succession from a multiple of 2ᵏ on fill all elementary boxes evenly.
///
/// Points come in the order of the Gray code (Antonov and Saleev 1979), each by itself from its number.
public struct SobolSequence: Sendable {
  /// The largest dimension.
  public static var maximumDimension: Int { SobolDirections.table.count + 1 }

  /// d.
  public let dimension: Int
  /// 32 direction numbers per dimension, as fractions of 2³².
  private let directions: [UInt32]

  /// The sequence in 1 to ``maximumDimension`` dimensions.
  public init(dimension: Int) {
    precondition(
      (1...Self.maximumDimension).contains(dimension),
      "Sobol's sequence is known in 1 to \(Self.maximumDimension) dimensions here, not in \(dimension)")
    self.dimension = dimension
    var directions = (0..<32).map { UInt32(1) << (31 - UInt32($0)) }
    for (polynomial, initial) in SobolDirections.table.prefix(dimension - 1) {
      let degree = initial.count
      var v = initial.enumerated().map { $1 << (31 - UInt32($0)) }
      for i in degree..<32 {
        var next = v[i - degree] ^ (v[i - degree] >> UInt32(degree))
        for k in 1..<degree where (polynomial >> UInt32(degree - k)) & 1 == 1 { next ^= v[i - k] }
        v.append(next)
      }
      directions += v
    }
    self.directions = directions
  }

  /// One coordinate of a point, as a fraction of 2³².
  public func bits(_ index: UInt32, axis: Int) -> UInt32 {
    var (gray, result, place) = (index ^ (index >> 1), UInt32(0), 32 * axis)
    while gray != 0 {
      if gray & 1 == 1 { result ^= directions[place] }
      gray >>= 1
      place += 1
    }
    return result
  }

  /// A point.
  public func point(_ index: UInt32) -> [Double] {
    (0..<dimension).map { Double(bits(index, axis: $0)) * 0x1p-32 }
  }
}

/// Owen's nested scrambling of base-2 fractions (1995): every bit is flipped or not by a random choice that depends on the
/// bits before it. Nets stay nets, and each point is uniform by itself.
struct OwenScrambling {
  /// The choices of one coordinate.
  let key: UInt64

  /// The scrambled fraction of 2³².
  func callAsFunction(_ bits: UInt32) -> UInt32 {
    var result: UInt32 = 0
    for place in 0..<32 {
      let shift = UInt32(31 - place)
      // A one in front tells prefixes of different lengths apart.
      let prefix = place == 0 ? 1 : UInt64(1) << UInt64(place) | UInt64(bits >> (shift + 1))
      let flip = UInt32(truncatingIfNeeded: Self.mixed(key ^ (prefix &* 0x9E37_79B9_7F4A_7C15)) >> 63)
      result |= ((bits >> shift & 1) ^ flip) << shift
    }
    return result
  }

  /// The finaliser of SplitMix64 (Steele, Lea and Flood 2014).
  static func mixed(_ x: UInt64) -> UInt64 {
    var x = (x ^ (x >> 30)) &* 0xBF58_476D_1CE4_E5B9
    x = (x ^ (x >> 27)) &* 0x94D0_49BB_1331_11EB
    return x ^ (x >> 31)
  }
}
