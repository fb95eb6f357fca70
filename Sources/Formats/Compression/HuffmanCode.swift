/// Canonical Huffman codes as deflate uses them (RFC 1951, 1996, section 3.2.2): a code is its lengths per
/// symbol.
struct HuffmanCode {
  /// Bits per symbol, 0 for a symbol without a code.
  let lengths: [UInt8]
  /// The code words, bit-reversed since deflate sends Huffman codes from the most significant bit.
  let words: [UInt16]

  init(lengths: [UInt8]) {
    self.lengths = lengths
    var next = HuffmanCode.firstCodes(lengths: lengths)
    words = lengths.map { length in
      guard length > 0 else { return 0 }
      let word = next[Int(length)]
      next[Int(length)] += 1
      return HuffmanCode.reversed(word, count: Int(length))
    }
  }

  /// The optimal code, up to the length limit, for symbols that occur `frequencies` times.
  ///
  /// At least two symbols get a code, so that the code is always complete.
  init(frequencies: [UInt32], limit: Int) {
    var used = frequencies.indices.filter { frequencies[$0] > 0 }
    if used.count < 2 {
      for symbol in 0..<2 where used.count < 2 && !used.contains(symbol) { used.append(symbol) }
      var lengths = [UInt8](repeating: 0, count: frequencies.count)
      for symbol in used { lengths[symbol] = 1 }
      self.init(lengths: lengths)
      return
    }
    used.sort { (frequencies[$0], $0) < (frequencies[$1], $1) }

    // Huffman's algorithm with two queues: leaves in ascending order, and inner nodes, which arise in that
    // order.
    let leaves = used.count
    var weight = used.map { UInt64(frequencies[$0]) }
    var parent = [Int](repeating: 0, count: 2 * leaves - 1)
    var (leaf, inner) = (0, leaves)
    for node in leaves..<(2 * leaves - 1) {
      var sum: UInt64 = 0
      for _ in 0..<2 {
        if leaf < leaves && (inner >= node || weight[leaf] <= weight[inner]) {
          sum += weight[leaf]
          parent[leaf] = node
          leaf += 1
        } else {
          sum += weight[inner]
          parent[inner] = node
          inner += 1
        }
      }
      weight.append(sum)
    }
    var depth = [Int](repeating: 0, count: 2 * leaves - 1)
    for node in stride(from: 2 * leaves - 3, through: 0, by: -1) { depth[node] = depth[parent[node]] + 1 }

    // Lengths over the limit are cut to it; then Kraft's sum is brought back to 1 by lengthening short codes.
    var count = [Int](repeating: 0, count: limit + 1)
    for node in 0..<leaves { count[min(depth[node], limit)] += 1 }
    var kraft = (1...limit).reduce(0) { $0 + count[$1] << (limit - $1) }
    while kraft > 1 << limit {
      count[limit] -= 1
      let shorter = (1..<limit).last { count[$0] > 0 }!
      count[shorter] -= 1
      count[shorter + 1] += 2
      kraft -= 1
    }
    var lengths = [UInt8](repeating: 0, count: frequencies.count)
    var position = 0
    for length in stride(from: limit, to: 0, by: -1) {
      for _ in 0..<count[length] {
        lengths[used[position]] = UInt8(length)
        position += 1
      }
    }
    self.init(lengths: lengths)
  }

  /// The first code word of each length 0...15.
  static func firstCodes(lengths: [UInt8]) -> [UInt16] {
    var count = [UInt16](repeating: 0, count: 16)
    for length in lengths where length > 0 { count[Int(length)] += 1 }
    var next = [UInt16](repeating: 0, count: 16)
    for length in 1..<16 { next[length] = (next[length - 1] &+ count[length - 1]) << 1 }
    return next
  }

  static func reversed(_ word: UInt16, count: Int) -> UInt16 {
    var (source, result): (UInt16, UInt16) = (word, 0)
    for _ in 0..<count {
      result = result << 1 | source & 1
      source >>= 1
    }
    return result
  }
}

/// The constant tables of deflate (RFC 1951, sections 3.2.5 to 3.2.7).
enum DeflateTables {
  static let lengthBase: [UInt16] = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
    227, 258,
  ]
  static let lengthExtra: [UInt8] = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
  ]
  static let distanceBase: [UInt16] = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073,
    4097, 6145,
    8193, 12289, 16385, 24577,
  ]
  static let distanceExtra: [UInt8] = [
    0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
  ]
  /// The order in which the lengths of the code-length code are sent.
  static let codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

  static let fixedLiteralLengths: [UInt8] = (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }
  static let fixedDistanceLengths = [UInt8](repeating: 5, count: 30)

  /// The length symbol (less 257) of each match length 0...258; those below 3 do not occur.
  static let lengthSymbol: [UInt8] = {
    var table = [UInt8](repeating: 0, count: 259)
    for (symbol, base) in lengthBase.enumerated() {
      for length in Int(base)..<259 { table[length] = UInt8(symbol) }
    }
    return table
  }()
  /// The distance symbol of distances 1...256 at index d − 1, and of larger ones at 256 + (d − 1) / 128.
  static let distanceSymbol: [UInt8] = {
    var table = [UInt8](repeating: 0, count: 512)
    for (symbol, base) in distanceBase.enumerated() {
      let first = Int(base) - 1
      if first < 256 { for i in first..<256 { table[i] = UInt8(symbol) } }
      for i in (first >> 7)..<256 where i << 7 >= first { table[256 + i] = UInt8(symbol) }
    }
    return table
  }()
}
