import Foundation

/// A point on a canvas in pixels, x to the right and y down; pixel centres lie at half integers.
struct CanvasPoint: Hashable, Sendable {
  var x, y: Double

  init(_ x: Double, _ y: Double) {
    self.x = x
    self.y = y
  }
}

/// A rectangle on a canvas in pixels.
struct CanvasBox: Hashable, Sendable {
  var left, top, width, height: Int
  var right: Int { left + width }
  var bottom: Int { top + height }
}

/// An opaque RGB drawing surface with antialiased lines and text.
struct Canvas {
  let width, height: Int
  private(set) var pixels: [UInt8]

  /// A white surface.
  init(width: Int, height: Int) {
    (self.width, self.height) = (width, height)
    pixels = [UInt8](repeating: 255, count: 3 * width * height)
  }

  var image: PixelImage { PixelImage(width: width, height: height, layout: .rgb, pixels: pixels) }

  /// The whole surface.
  var bounds: CanvasBox { CanvasBox(left: 0, top: 0, width: width, height: height) }

  mutating func setPixel(_ x: Int, _ y: Int, _ color: RGBAColor) {
    let i = 3 * (y * width + x)
    (pixels[i], pixels[i + 1], pixels[i + 2]) = (color.red, color.green, color.blue)
  }

  /// Fills the part of `box` that lies on the surface.
  mutating func fill(_ box: CanvasBox, _ color: RGBAColor) {
    for y in max(box.top, 0)..<max(min(box.bottom, height), max(box.top, 0)) {
      for x in max(box.left, 0)..<max(min(box.right, width), max(box.left, 0)) { setPixel(x, y, color) }
    }
  }

  /// Draws the outline of `box`, one pixel wide, just outside it.
  mutating func frame(_ box: CanvasBox, _ color: RGBAColor) {
    fill(CanvasBox(left: box.left - 1, top: box.top - 1, width: box.width + 2, height: 1), color)
    fill(CanvasBox(left: box.left - 1, top: box.bottom, width: box.width + 2, height: 1), color)
    fill(CanvasBox(left: box.left - 1, top: box.top - 1, width: 1, height: box.height + 2), color)
    fill(CanvasBox(left: box.right, top: box.top - 1, width: 1, height: box.height + 2), color)
  }

  /// Draws connected lines with round ends, `thickness` pixels wide, as one layer: where strokes cross, the
  /// colour does not darken.
  ///
  /// - Parameter clip: the box outside which nothing is drawn.
  mutating func stroke(
    _ paths: [[CanvasPoint]], thickness: Double, color: RGBAColor, clip: CanvasBox? = nil
  ) {
    let radius = thickness / 2
    let clip = clip ?? bounds
    // The layer covers the drawn part only.
    var (left, top, right, bottom) = (Double.infinity, Double.infinity, -Double.infinity, -Double.infinity)
    for point in paths.joined() {
      (left, right) = (min(left, point.x), max(right, point.x))
      (top, bottom) = (min(top, point.y), max(bottom, point.y))
    }
    func bound(_ value: Double, _ low: Int, _ high: Int) -> Int {
      Int(min(max(value, Double(low)), Double(high)))
    }
    let columns = (max(clip.left, 0), min(clip.right, width))
    let rows = (max(clip.top, 0), min(clip.bottom, height))
    guard left <= right, columns.0 < columns.1, rows.0 < rows.1 else { return }
    let x0 = bound((left - radius - 1).rounded(.down), columns.0, columns.1)
    let x1 = bound((right + radius + 1).rounded(.up), columns.0, columns.1)
    let y0 = bound((top - radius - 1).rounded(.down), rows.0, rows.1)
    let y1 = bound((bottom + radius + 1).rounded(.up), rows.0, rows.1)
    guard x0 < x1, y0 < y1 else { return }
    let layerWidth = x1 - x0
    var layer = [Float](repeating: 0, count: layerWidth * (y1 - y0))

    for path in paths {
      for (i, a) in path.enumerated() {
        if i == 0, path.count > 1 { continue }
        let b = path[max(i - 1, 0)]
        let (dx, dy) = (b.x - a.x, b.y - a.y)
        let squared = dx * dx + dy * dy
        let firstRow = bound((min(a.y, b.y) - radius - 1).rounded(.down), y0, y1)
        let lastRow = bound((max(a.y, b.y) + radius + 1).rounded(.up), y0, y1)
        let firstColumn = bound((min(a.x, b.x) - radius - 1).rounded(.down), x0, x1)
        let lastColumn = bound((max(a.x, b.x) + radius + 1).rounded(.up), x0, x1)
        guard firstRow < lastRow, firstColumn < lastColumn else { continue }
        for y in firstRow..<lastRow {
          for x in firstColumn..<lastColumn {
            let (px, py) = (Double(x) + 0.5 - a.x, Double(y) + 0.5 - a.y)
            let t = squared > 0 ? min(max((px * dx + py * dy) / squared, 0), 1) : 0
            let (ex, ey) = (px - t * dx, py - t * dy)
            let coverage = Float(min(max(radius + 0.5 - (ex * ex + ey * ey).squareRoot(), 0), 1))
            let place = (y - y0) * layerWidth + x - x0
            if coverage > layer[place] { layer[place] = coverage }
          }
        }
      }
    }
    let opacity = Float(color.alpha) / 255 * Float(min(thickness, 1))
    for y in y0..<y1 {
      for x in x0..<x1 {
        let weight = layer[(y - y0) * layerWidth + x - x0] * opacity
        if weight == 0 { continue }
        let i = 3 * (y * width + x)
        for (c, value) in [color.red, color.green, color.blue].enumerated() {
          let below = Float(pixels[i + c])
          pixels[i + c] = UInt8((below + (Float(value) - below) * weight).rounded())
        }
      }
    }
  }

  /// Where a text stands relative to its point.
  enum Alignment {
    case leading, center, trailing
  }

  /// Draws a line of text with capitals `size` pixels high.
  ///
  /// - Parameters:
  ///   - point: the baseline's start, middle or end by `alignment`.
  ///   - isVertical: whether the text runs upwards.
  mutating func text(
    _ text: String, at point: CanvasPoint, size: Double, color: RGBAColor = .ink,
    alignment: Alignment = .leading,
    isVertical: Bool = false, weight: Double = 1
  ) {
    let length = StrokeFont.width(of: text, size: size)
    let shift = alignment == .leading ? 0 : alignment == .center ? -length / 2 : -length
    let paths = StrokeFont.paths(of: text, size: size).map { path in
      path.map { p in
        isVertical
          ? CanvasPoint(point.x - p.y, point.y - shift - p.x)
          : CanvasPoint(point.x + shift + p.x, point.y - p.y)
      }
    }
    stroke(paths, thickness: weight * max(1, size * 0.125), color: color)
  }
}

extension RGBAColor {
  /// The colour of text.
  static let ink = RGBAColor(0x26, 0x26, 0x26)
  /// The colour of frames and ticks.
  static let frame = RGBAColor(0x4D, 0x4D, 0x4D)
  /// The colour of grid lines.
  static let gridLine = RGBAColor(0xE4, 0xE4, 0xE4)

  /// Colours of curves that colour-blind readers can tell apart (Okabe & Ito 2008), without yellow, which
  /// fades on white.
  static let curves = [
    RGBAColor(0x00, 0x72, 0xB2), RGBAColor(0xD5, 0x5E, 0x00), RGBAColor(0x00, 0x9E, 0x73),
    RGBAColor(0xCC, 0x79, 0xA7), RGBAColor(0xE6, 0x9F, 0x00), RGBAColor(0x56, 0xB4, 0xE9), RGBAColor(0, 0, 0),
  ]
}
