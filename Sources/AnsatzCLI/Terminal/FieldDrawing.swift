import Ansatz
import Foundation

/// A scalar field drawn with characters.
struct FieldDrawing {
  let terminal: Terminal

  /// Lines of text that show the field: a curve on one axis, else the (middle) plane of the first two.
  func lines(_ values: [Double], on grid: RectilinearGrid) -> [String] {
    guard grid.shape.allSatisfy({ $0 > 1 }) else { return [] }
    if grid.dimension == 1 { return curve(values, grid.coordinates[0]) }
    return plane(values, grid)
  }

  // MARK: - Planes

  private func plane(_ values: [Double], _ grid: RectilinearGrid) -> [String] {
    let (x, y) = (grid.coordinates[0], grid.coordinates[1])
    let depth = grid.dimension == 3 ? grid.shape[2] : 1
    let (map, range) = ColorMap.suited(to: [values])
    // Characters are twice as high as wide; a half block is about a square.
    let aspect = (x[x.count - 1] - x[0]) / (y[y.count - 1] - y[0])
    let tallest = max(16, min(terminal.rows - 16, 28))
    let columns = max(8, min(terminal.columns - 4, 76, Int(Double(2 * tallest) * aspect)))
    let rows = max(4, min(tallest, Int((Double(columns) / aspect / 2).rounded())))

    func value(_ column: Int, _ row: Int, _ rowCount: Int) -> Double {
      let i = min(x.count - 1, (2 * column + 1) * x.count / (2 * columns))
      let j = min(y.count - 1, (2 * (rowCount - 1 - row) + 1) * y.count / (2 * rowCount))
      return values[(i * y.count + j) * depth + depth / 2]
    }
    if terminal.colors == .none {
      let shades = Array(" .:-=+*#%@")
      return (0..<rows).map { row in
        "  "
          + String(
            (0..<columns).map { column in
              let v = value(column, row, rows)
              guard v.isFinite else { return " " }
              let length = range.upperBound - range.lowerBound
              let t = length > 0 ? (v - range.lowerBound) / length : 0.5
              return shades[min(shades.count - 1, max(0, Int(t * Double(shades.count))))]
            })
      }
    }
    return (0..<rows).map { row in
      var line = "  "
      var previous: [String] = []
      for column in 0..<columns {
        let upper = map.color(of: value(column, 2 * row, 2 * rows), in: range)
        let lower = map.color(of: value(column, 2 * row + 1, 2 * rows), in: range)
        // Without half blocks both halves have the upper colour.
        let codes = [
          code(upper, isBackground: false), code(terminal.showsUnicode ? lower : upper, isBackground: true),
        ]
        if codes != previous { line += "\u{1B}[\(codes.joined(separator: ";"))m" }
        previous = codes
        line += terminal.showsUnicode ? "▀" : " "
      }
      return line + "\u{1B}[0m"
    }
  }

  /// The parameters of the escape sequence that selects a colour.
  private func code(_ color: RGBAColor, isBackground: Bool) -> String {
    let kind = isBackground ? 48 : 38
    if terminal.colors == .full { return "\(kind);2;\(color.red);\(color.green);\(color.blue)" }
    // xterm's cube of 6 × 6 × 6 colours.
    func level(_ byte: UInt8) -> Int { byte < 48 ? 0 : byte < 115 ? 1 : (Int(byte) - 35) / 40 }
    return "\(kind);5;\(16 + 36 * level(color.red) + 6 * level(color.green) + level(color.blue))"
  }

  // MARK: - Curves

  private func curve(_ values: [Double], _ x: [Double]) -> [String] {
    let range = ColorMap.range(of: [values])
    var (low, high) = (range.lowerBound, range.upperBound)
    if high - low <= 1e-12 * max(abs(low), abs(high)) { (low, high) = (low - 1, high + 1) }
    let columns = max(16, min(terminal.columns - 14, 72))
    let rows = max(10, min(14, terminal.rows - 14))
    // Braille characters have 2 × 4 dots, others count as one.
    let (wide, tall) = terminal.showsUnicode ? (2, 4) : (1, 1)
    let (width, height) = (columns * wide, rows * tall)
    var dots = Array(repeating: Array(repeating: false, count: width), count: height)
    func row(_ value: Double) -> Int { Int(((high - value) / (high - low) * Double(height - 1)).rounded()) }
    var before: Int?
    for column in 0..<width {
      // The range of the points within the column, so that peaks show.
      let place = x[0] + (Double(column) + 0.5) / Double(width) * (x[x.count - 1] - x[0])
      let upper = min(max(x.firstIndex { $0 >= place } ?? x.count - 1, 1), x.count - 1)
      let weight = (place - x[upper - 1]) / (x[upper] - x[upper - 1])
      let value = values[upper - 1] * (1 - weight) + values[upper] * weight
      guard value.isFinite else {
        before = nil
        continue
      }
      let here = min(max(row(value), 0), height - 1)
      // Steep parts are drawn as vertical lines from halfway.
      let middle = before.map { ($0 + here) / 2 } ?? here
      for r in min(here, middle)...max(here, middle) { dots[r][column] = true }
      if let before, column > 0, abs(here - before) > 1 {
        for r in min(before, middle)...max(before, middle) { dots[r][column - 1] = true }
      }
      before = here
    }
    let labels = [0: format(high), rows - 1: format(low)]
    let margin = labels.values.map(\.count).max() ?? 0
    var lines = (0..<rows).map { r in
      let label = (labels[r] ?? "").leftPadded(margin)
      let bar = terminal.showsUnicode ? "┤" : "|"
      return "  \(label) \(bar)" + String((0..<columns).map { character(dots, r, $0) })
    }
    let left = format(x[0])
    let right = format(x[x.count - 1])
    let axis =
      terminal.showsUnicode
      ? "└" + String(repeating: "─", count: columns) : "+" + String(repeating: "-", count: columns)
    lines.append("  " + String(repeating: " ", count: margin + 1) + axis)
    lines.append(
      "  " + String(repeating: " ", count: margin + 2) + left
        + right.leftPadded(max(1, columns - left.count)))
    return lines
  }

  private func character(_ dots: [[Bool]], _ row: Int, _ column: Int) -> Character {
    guard terminal.showsUnicode else { return dots[row][column] ? "*" : " " }
    let bits: [[UInt32]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]
    var code: UInt32 = 0x2800
    for r in 0..<4 {
      for c in 0..<2 where dots[4 * row + r][2 * column + c] { code |= bits[r][c] }
    }
    return code == 0x2800 ? " " : Character(Unicode.Scalar(code)!)
  }
}

/// A number in at most four digits.
func format(_ value: Double, digits: Int = 4) -> String { String(format: "%.\(digits)g", value) }
