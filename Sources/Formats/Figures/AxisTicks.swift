import Foundation

/// How an axis maps values to lengths.
public enum AxisScale: String, Hashable, Sendable, CaseIterable {
  case linear
  /// By the decimal logarithm; values that are not positive are left out.
  case logarithmic
}

/// The marks of an axis at round values.
struct AxisTicks {
  /// The values with a label.
  let values: [Double]
  let labels: [String]
  /// The values with a short mark and no label.
  let minor: [Double]

  /// Marks inside `range`, about `count` of them.
  init(_ range: ClosedRange<Double>, scale: AxisScale, count: Int) {
    if scale == .logarithmic, range.lowerBound > 0 {
      let (low, high) = (Foundation.log10(range.lowerBound), Foundation.log10(range.upperBound))
      // Within less than a decade the marks of a linear axis serve better.
      if high - low >= 0.9 {
        (values, labels, minor) = Self.decades(low, high, range, count: count)
        return
      }
    }
    let step = Self.step(range.upperBound - range.lowerBound, count: count)
    let first = (range.lowerBound / step - 1e-9).rounded(.up)
    let last = (range.upperBound / step + 1e-9).rounded(.down)
    guard step > 0, step.isFinite, last >= first, last - first < 1000 else {
      (values, labels, minor) = ([], [], [])
      return
    }
    values = stride(from: first, through: last, by: 1).map { $0 == 0 ? 0 : $0 * step }
    labels = Self.labels(values, step: step)
    minor = []
  }

  private static func power(_ exponent: Int) -> Double { Double("1e\(exponent)") ?? 0 }

  /// Marks at powers of ten, with 2 and 5 times those when there are few.
  private static func decades(
    _ low: Double, _ high: Double, _ range: ClosedRange<Double>, count: Int
  ) -> (values: [Double], labels: [String], minor: [Double]) {
    let (first, last) = (Int((low - 1e-9).rounded(.up)), Int((high + 1e-9).rounded(.down)))
    let inside = { (value: Double) in
      value >= range.lowerBound * (1 - 1e-9) && value <= range.upperBound * (1 + 1e-9)
    }
    let nines = (first - 1...max(last, first - 1)).flatMap { decade in
      (2...9).map { Double($0) * power(decade) }
    }
    if last - first < 2 {
      let few = (first - 1...max(last, first - 1)).flatMap { decade in [1, 2, 5].map { $0 * power(decade) } }
      let values = few.filter(inside)
      return (values, values.map { label($0) }, nines.filter { inside($0) && !values.contains($0) })
    }
    let step = max(1, Int((Double(last - first) / Double(max(count, 1))).rounded(.up)))
    let labelled = (first...last).filter { $0 % step == 0 }
    let isPlain = first >= -3 && last <= 4
    let labels = labelled.map { isPlain ? label(power($0)) : "10" + superscript($0) }
    let minor = step > 1 ? (first...last).map { power($0) } : nines
    return (labelled.map { power($0) }, labels, minor.filter(inside))
  }

  /// `exponent` in raised digits.
  private static func superscript(_ exponent: Int) -> String {
    let digits = Array("\u{2070}\u{00B9}\u{00B2}\u{00B3}\u{2074}\u{2075}\u{2076}\u{2077}\u{2078}\u{2079}")
    return (exponent < 0 ? "\u{207B}" : "")
      + String(String(abs(exponent)).compactMap { $0.wholeNumberValue.map { digits[$0] } })
  }

  /// The round number 1, 2 or 5 times a power of ten that cuts `length` into about `count` steps.
  static func step(_ length: Double, count: Int) -> Double {
    guard length > 0, length.isFinite else { return 0 }
    let rough = length / Double(max(count, 1))
    let magnitude = Foundation.pow(10, Foundation.log10(rough).rounded(.down))
    let factor = [1.0, 2, 5].first { $0 * magnitude >= rough * 0.999 } ?? 10
    return factor * magnitude
  }

  /// Labels with the decimals that `step` needs, in powers of ten when the numbers are very large or small.
  private static func labels(_ values: [Double], step: Double) -> [String] {
    let largest = values.map(abs).max() ?? 0
    if largest == 0 { return values.map { _ in "0" } }
    if largest >= 1e5 || largest < 1e-3 {
      let exponent = Int((Foundation.log10(largest) + 1e-9).rounded(.down))
      let unit = Foundation.pow(10, Double(exponent))
      let digits = max(0, exponent - Int((Foundation.log10(step) + 1e-9).rounded(.down)))
      return values.map { value in
        value == 0 ? "0" : withMinus(String(format: "%.\(digits)f", value / unit) + "e\(exponent)")
      }
    }
    let digits = max(0, -Int((Foundation.log10(step) + 1e-9).rounded(.down)))
    return values.map { withMinus(String(format: "%.\(digits)f", $0)) }
  }

  /// A single number in at most three significant digits, as label.
  static func label(_ value: Double) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "\u{2212}inf" : "inf" }
    if value == 0 { return "0" }
    let magnitude = abs(value)
    if magnitude >= 1e5 || magnitude < 1e-3 {
      let text = String(format: "%.2e", value)
      // e+05 and e-05 become e5 and e-5.
      let parts = text.components(separatedBy: "e")
      return withMinus(trimmed(parts[0]) + "e" + String(Int(parts[1]) ?? 0))
    }
    let digits = max(0, 2 - Int(Foundation.log10(magnitude).rounded(.down)))
    return withMinus(trimmed(String(format: "%.\(digits)f", value)))
  }

  /// `text` with the minus sign of typography, which is as wide as a digit.
  private static func withMinus(_ text: String) -> String {
    text.replacingOccurrences(of: "-", with: "\u{2212}")
  }

  /// `text` without the zeros that end its fraction.
  private static func trimmed(_ text: String) -> String {
    guard text.contains(".") else { return text }
    var result = Substring(text)
    while result.hasSuffix("0") { result = result.dropLast() }
    return String(result.hasSuffix(".") ? result.dropLast() : result)
  }
}
