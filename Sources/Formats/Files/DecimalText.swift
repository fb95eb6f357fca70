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

  /// The integers in the given ranges of `bytes`, or nil when a word is none, or none of type `Value`.
  static func integers<Value: FixedWidthInteger>(_ bytes: [UInt8], _ ranges: [Range<Int>]) -> [Value]? {
    var result: [Value] = []
    for range in ranges {
      var scanner = DecimalScanner(bytes: bytes, position: range.lowerBound, end: range.upperBound)
      while let word = scanner.nextWord() {
        guard let value: Value = integer(bytes[word]) else { return nil }
        result.append(value)
      }
    }
    return result
  }

  /// The integer that `word` spells, or nil.
  static func integer<Value: FixedWidthInteger>(_ word: ArraySlice<UInt8>) -> Value? {
    let isNegative = word.first == UInt8(ascii: "-")
    let digits = word.dropFirst(isNegative ? 1 : 0)
    guard !digits.isEmpty else { return nil }
    var value: Value = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
      let unit = Value(digit - UInt8(ascii: "0"))
      let (sum, more) =
        isNegative ? tens.subtractingReportingOverflow(unit) : tens.addingReportingOverflow(unit)
      guard !overflow, !more else { return nil }
      value = sum
    }
    return value
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
