/// Fowler, Noll and Vo's hash (FNV-1a, 2012) over 64-bit words, which reveals damage.
struct WordHash {
  private var state: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func add(_ word: UInt64) { state = (state ^ word) &* 0x100_0000_01b3 }
  mutating func add(_ text: String) { text.utf8.forEach { add(UInt64($0)) } }
  mutating func add(_ values: [Double]) { values.forEach { add($0.bitPattern) } }
  mutating func add(_ values: [Int32]) { values.forEach { add(UInt64(UInt32(bitPattern: $0))) } }

  /// The hash in hexadecimal digits.
  var text: String { String(state, radix: 16) }
}
