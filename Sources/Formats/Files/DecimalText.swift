import Foundation

/// Whitespace-separated decimal numbers.
enum DecimalText {
  /// The numbers in the given ranges of `bytes`.
  static func values(_ bytes: [UInt8], _ ranges: [Range<Int>]) throws(MarkupError) -> [Double] {
    var result: [Double] = []
    for range in ranges {
      var scanner = DecimalScanner(bytes: bytes, position: range.lowerBound, end: range.upperBound)
      while let word = scanner.nextWord() {
        guard let value = parse(bytes[word]) else {
          throw MarkupError(reason: "\"\(excerpt(bytes[word]))\" is not a number")
        }
        result.append(value)
      }
    }
    return result
  }

  /// The number that `word` spells, or nil; "nan" and "inf" in any case count.
  static func parse(_ word: ArraySlice<UInt8>) -> Double? {
    // 800 digits are more than any exact decimal expansion of a Double needs.
    guard word.count <= 800, word.first.map({ $0 > 32 }) ?? false else { return nil }
    return Double(String(decoding: word, as: UTF8.self))
  }

  /// At most 24 characters of `word`, for messages.
  static func excerpt(_ word: ArraySlice<UInt8>) -> String {
    String(decoding: word.prefix(24), as: UTF8.self) + (word.count > 24 ? "…" : "")
  }
}

/// Splits bytes at whitespace.
struct DecimalScanner {
  let bytes: [UInt8]
  var position: Int
  let end: Int

  /// The next word's range, or nil at the end.
  mutating func nextWord() -> Range<Int>? {
    while position < end, bytes[position] <= 32 { position += 1 }
    guard position < end else { return nil }
    let start = position
    while position < end, bytes[position] > 32 { position += 1 }
    return start..<position
  }
}
