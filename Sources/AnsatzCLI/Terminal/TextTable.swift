/// Text in columns.
enum TextTable {
  /// Two columns, the first as wide as it must be, the second wrapped to the width of a page.
  static func columns(_ rows: [(String, String)], indent: Int = 2, width: Int = 100) -> String {
    let first = min(rows.map { $0.0.count }.max() ?? 0, 34)
    var text = ""
    for (left, right) in rows {
      let lines = wrapped(right, width: width - indent - first - 2)
      var start = String(repeating: " ", count: indent) + left
      if left.count > first {
        text += start + "\n"
        start = String(repeating: " ", count: indent)
      }
      for (i, line) in lines.enumerated() {
        let head = i == 0 ? start : ""
        let padding = String(repeating: " ", count: max(0, indent + first + 2 - head.count))
        text += (line.isEmpty ? head : head + padding + line) + "\n"
      }
    }
    return text
  }

  /// The words of `text` in lines of at most `width` characters.
  static func wrapped(_ text: String, width: Int) -> [String] {
    var lines = [""]
    for word in text.split(separator: " ") {
      let line = lines[lines.count - 1]
      if line.isEmpty {
        lines[lines.count - 1] = String(word)
      } else if line.count + 1 + word.count <= width {
        lines[lines.count - 1] += " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}

extension String {
  /// Followed by spaces up to a width.
  func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
  /// Preceded by spaces up to a width.
  func leftPadded(_ width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
