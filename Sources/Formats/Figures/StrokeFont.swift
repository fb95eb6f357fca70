/// A font of pen strokes, drawn for this project: printable ASCII and the symbols that equations need.
///
/// On a unit square of ten per capital height: baseline 0, small letters 7, capitals 10, descenders to −3.
enum StrokeFont {
  private struct Glyph {
    let width: Double
    let paths: [[CanvasPoint]]
  }

  /// Space between letters.
  private static let gap = 2.0

  /// The length in pixels of `text` with capitals `size` pixels high.
  static func width(of text: String, size: Double) -> Double {
    let sum = text.unicodeScalars.reduce(0) { $0 + glyph($1).width + gap }
    return max(0, sum - gap) * size / 10
  }

  /// The strokes of `text` from the origin, y up.
  static func paths(of text: String, size: Double) -> [[CanvasPoint]] {
    let scale = size / 10
    var x = 0.0
    var result: [[CanvasPoint]] = []
    for scalar in text.unicodeScalars {
      let glyph = glyph(scalar)
      result += glyph.paths.map { $0.map { CanvasPoint((x + $0.x) * scale, $0.y * scale) } }
      x += glyph.width + gap
    }
    return result
  }

  private static func glyph(_ scalar: Unicode.Scalar) -> Glyph { glyphs[scalar] ?? glyphs["?"]! }

  private static let glyphs: [Unicode.Scalar: Glyph] = {
    var result: [Unicode.Scalar: Glyph] = [:]
    for (scalar, width, strokes) in strokeFontGlyphs {
      result[scalar] = Glyph(width: width, paths: strokes.split(separator: "/").map { path($0) })
    }
    // Raised digits and signs are small copies of the ordinary ones.
    for (raised, ordinary) in zip(
      "\u{2070}\u{00B9}\u{00B2}\u{00B3}\u{2074}\u{2075}\u{2076}\u{2077}\u{2078}\u{2079}\u{207A}\u{207B}"
        .unicodeScalars,
      "0123456789+-".unicodeScalars)
    {
      guard let glyph = result[ordinary] else { continue }
      let paths = glyph.paths.map { $0.map { CanvasPoint(0.62 * $0.x, 0.62 * $0.y + 5.6) } }
      result[raised] = Glyph(width: 0.62 * glyph.width, paths: paths)
    }
    return result
  }()

  /// The points of one stroke: `x,y` corners; behind `~` control points of an open quadratic B-spline, behind
  /// `o` those of a closed one.
  private static func path(_ text: Substring) -> [CanvasPoint] {
    let points = text.split(separator: " ").compactMap { word -> CanvasPoint? in
      let numbers = word.drop { $0 == "~" || $0 == "o" }.split(separator: ",").compactMap { Double($0) }
      return numbers.count == 2 ? CanvasPoint(numbers[0], numbers[1]) : nil
    }
    let kind = text.first { $0 != " " }
    guard kind == "~" || kind == "o" else { return points }
    func middle(_ a: CanvasPoint, _ b: CanvasPoint) -> CanvasPoint {
      CanvasPoint((a.x + b.x) / 2, (a.y + b.y) / 2)
    }
    let count = points.count
    var result: [CanvasPoint] = []
    for i in kind == "o" ? 0..<count : 1..<(count - 1) {
      let (before, corner, after) = (points[(i + count - 1) % count], points[i], points[(i + 1) % count])
      let start = kind == "~" && i == 1 ? before : middle(before, corner)
      let end = kind == "~" && i == count - 2 ? after : middle(corner, after)
      for step in 0...8 {
        let t = Double(step) / 8
        let (a, b, c) = ((1 - t) * (1 - t), 2 * t * (1 - t), t * t)
        result.append(
          CanvasPoint(a * start.x + b * corner.x + c * end.x, a * start.y + b * corner.y + c * end.y))
      }
    }
    return result
  }
}
