import Foundation

/// Line plots as Scalable Vector Graphics (W3C, SVG 1.1, 2011): lines as paths, text as text.
public enum SVGPlot {
  /// The SVG document of `plot`.
  ///
  /// - Parameters:
  ///   - width: the width in pixels at which it is shown by default.
  ///   - height: its height, by default five eighths of the width.
  public static func encode(_ plot: LinePlot, width: Int = 720, height: Int? = nil) -> [UInt8] {
    let height = height ?? width * 5 / 8
    precondition(width >= 160 && height >= 120, "SVGPlot: \(width) × \(height) pixels are too few for axes")
    var drawing = Drawing(plot, width: Double(width), height: Double(height))
    return Array(drawing.document().utf8)
  }

  /// Writes the SVG document of `plot` to `url`.
  ///
  /// - Throws: ``FormatError/system(path:action:code:)``.
  public static func write(
    _ plot: LinePlot, to url: URL, width: Int = 720, height: Int? = nil
  ) throws(FormatError) {
    try AtomicFile.write(encode(plot, width: width, height: height), to: url)
  }

  private struct Drawing {
    let plot: LinePlot
    let width, height: Double
    let layout: LinePlot.Layout
    let xTicks, yTicks: AxisTicks
    let left, right, top, bottom: Double
    /// Where the legend is, if any curve has a name: in a corner without curves, or else right of the axes.
    let legend: (x: Double, y: Double, width: Double, height: Double)?
    var lines: [String] = []

    private static let fontSize = 13.0
    /// The mean width of a letter as a part of the font size, to leave room for text that the viewer sets.
    private static let letterWidth = 0.58

    init(_ plot: LinePlot, width: Double, height: Double) {
      (self.plot, self.width, self.height) = (plot, width, height)
      layout = LinePlot.Layout(plot)
      xTicks = AxisTicks(layout.x, scale: plot.xScale, count: max(2, Int(width / 110)))
      yTicks = AxisTicks(layout.y, scale: plot.yScale, count: max(2, Int(height / 80)))
      let size = Self.fontSize
      let labels = Double(yTicks.labels.map(\.count).max() ?? 0) * Self.letterWidth * size
      left = 18 + labels + (plot.yLabel.isEmpty ? 0 : 1.8 * size)
      top = plot.title.isEmpty ? 14 : 38
      bottom = height - 14 - 1.7 * size - (plot.xLabel.isEmpty ? 0 : 1.6 * size)
      let names = plot.curves.map(\.name).filter { !$0.isEmpty }
      let edge = width - 22
      guard !names.isEmpty else {
        (right, legend) = (edge, nil)
        return
      }
      let box = (
        width: 48 + Double(names.map(\.count).max() ?? 0) * Self.letterWidth * size,
        height: Double(names.count) * 1.5 * size + 10
      )
      let corner = layout.emptiestCorner(
        plot.curves, width: (box.width + 20) / (edge - left), height: (box.height + 20) / (bottom - top))
      // Axes of a width that shows something matter more than curves under the legend.
      if corner.points > 0, edge - box.width - 12 - left >= 0.5 * width {
        right = edge - box.width - 12
        legend = (edge - box.width, top, box.width, box.height)
      } else {
        right = edge
        legend = (
          corner.x > 0 ? edge - box.width - 10 : left + 10,
          corner.y > 0 ? top + 10 : bottom - box.height - 10, box.width, box.height
        )
      }
    }

    mutating func document() -> String {
      let size = Self.number(Self.fontSize)
      lines = [
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(Self.number(width))\" height=\"\(Self.number(height))\" "
          + "viewBox=\"0 0 \(Self.number(width)) \(Self.number(height))\" "
          + "font-family=\"Helvetica, Arial, sans-serif\" font-size=\"\(size)\" fill=\"\(RGBAColor.ink.hexadecimal)\">",
        "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
        "<clipPath id=\"axes\"><rect \(box(left, top, right - left, bottom - top))/></clipPath>",
      ]
      drawTicks()
      for (index, curve) in plot.curves.enumerated() {
        draw(curve, index)
      }
      lines.append(
        "<rect \(box(left, top, right - left, bottom - top)) fill=\"none\" stroke=\"\(RGBAColor.frame.hexadecimal)\"/>"
      )
      drawNames()
      drawLegend()
      lines.append("</svg>\n")
      return lines.joined(separator: "\n")
    }

    // MARK: - Parts

    /// Coordinates to a hundredth of a pixel, which keeps files small and figures sharp.
    private static func number(_ value: Double) -> String {
      let text = String(format: "%.2f", value)
      return text.hasSuffix(".00") ? String(text.dropLast(3)) : text
    }

    private func box(_ x: Double, _ y: Double, _ width: Double, _ height: Double) -> String {
      "x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" width=\"\(Self.number(width))\" height=\"\(Self.number(height))\""
    }

    private func x(_ place: Double) -> Double { left + place * (right - left) }
    private func y(_ place: Double) -> Double { bottom - place * (bottom - top) }

    private mutating func line(
      _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, color: String, style: String = ""
    ) {
      lines.append(
        "<line x1=\"\(Self.number(x1))\" y1=\"\(Self.number(y1))\" x2=\"\(Self.number(x2))\" y2=\"\(Self.number(y2))\" "
          + "stroke=\"\(color)\"\(style)/>")
    }

    private mutating func text(
      _ text: String, _ x: Double, _ y: Double, anchor: String, style: String = ""
    ) {
      guard !text.isEmpty else { return }
      lines.append(
        "<text x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" text-anchor=\"\(anchor)\"\(style)>\(Markup.escaped(text))</text>"
      )
    }

    private mutating func drawTicks() {
      let (grid, frame) = (RGBAColor.gridLine.hexadecimal, RGBAColor.frame.hexadecimal)
      func places(_ values: [Double], _ range: ClosedRange<Double>, _ scale: AxisScale) -> [Double?] {
        values.map { value in
          LinePlot.Layout.place(value, range, scale).flatMap { $0 >= -1e-6 && $0 <= 1 + 1e-6 ? $0 : nil }
        }
      }
      for case let place? in places(xTicks.minor, layout.x, plot.xScale) {
        line(x(place), bottom, x(place), bottom + 3, color: frame)
      }
      for case let place? in places(yTicks.minor, layout.y, plot.yScale) {
        line(left - 3, y(place), left, y(place), color: frame)
      }
      for (place, label) in zip(places(xTicks.values, layout.x, plot.xScale), xTicks.labels) {
        guard let place else { continue }
        line(x(place), top, x(place), bottom, color: grid)
        line(x(place), bottom, x(place), bottom + 5, color: frame)
        text(label, x(place), bottom + 8 + Self.fontSize, anchor: "middle")
      }
      for (place, label) in zip(places(yTicks.values, layout.y, plot.yScale), yTicks.labels) {
        guard let place else { continue }
        line(left, y(place), right, y(place), color: grid)
        line(left - 5, y(place), left, y(place), color: frame)
        text(label, left - 9, y(place) + 0.35 * Self.fontSize, anchor: "end")
      }
    }

    /// The colour of a curve by its number.
    private static func color(_ index: Int) -> String {
      RGBAColor.curves[index % RGBAColor.curves.count].hexadecimal
    }

    /// The dashes of a curve: those that it asks for, and others once the colours begin again.
    private static func dashes(_ curve: LinePlot.Curve, _ index: Int) -> String {
      let round = index / RGBAColor.curves.count
      let pattern = curve.isDashed ? "7 4" : ["", "5 2.5", "1.8 2.2"][min(round, 2)]
      return pattern.isEmpty ? "" : " stroke-dasharray=\"\(pattern)\""
    }

    private mutating func draw(_ curve: LinePlot.Curve, _ index: Int) {
      let color = Self.color(index)
      let pieces = layout.pieces(curve)
      let path = pieces.map { piece in
        "M" + piece.map { "\(Self.number(x($0.x))) \(Self.number(y($0.y)))" }.joined(separator: "L")
      }.joined()
      let dashes = Self.dashes(curve, index)
      if !path.isEmpty {
        lines.append(
          "<path d=\"\(path)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"1.8\" stroke-linejoin=\"round\"\(dashes) "
            + "clip-path=\"url(#axes)\"/>")
      }
      guard curve.hasMarkers else { return }
      for point in pieces.joined() where (0...1).contains(point.x) && (0...1).contains(point.y) {
        lines.append(
          "<circle cx=\"\(Self.number(x(point.x)))\" cy=\"\(Self.number(y(point.y)))\" r=\"3.2\" fill=\"\(color)\"/>"
        )
      }
    }

    private mutating func drawNames() {
      let middle = (left + right) / 2
      text(plot.title, middle, 24, anchor: "middle", style: " font-size=\"16\" font-weight=\"bold\"")
      text(plot.xLabel, middle, height - 14, anchor: "middle")
      let center = (top + bottom) / 2
      text(
        plot.yLabel, 16, center, anchor: "middle",
        style: " transform=\"rotate(-90 16 \(Self.number(center)))\"")
    }

    private mutating func drawLegend() {
      guard let (x0, y0, legendWidth, legendHeight) = legend else { return }
      let named = plot.curves.enumerated().filter { !$0.element.name.isEmpty }
      let size = Self.fontSize
      lines.append(
        "<rect \(box(x0, y0, legendWidth, legendHeight)) fill=\"white\" fill-opacity=\"0.9\" stroke=\"#c8c8c8\"/>"
      )
      for (row, (index, curve)) in named.enumerated() {
        let color = Self.color(index)
        let y = y0 + 5 + (Double(row) + 0.5) * 1.5 * size
        line(
          x0 + 8, y, x0 + 34, y, color: color,
          style: " stroke-width=\"1.8\"" + Self.dashes(curve, index))
        if curve.hasMarkers {
          lines.append(
            "<circle cx=\"\(Self.number(x0 + 21))\" cy=\"\(Self.number(y))\" r=\"3.2\" fill=\"\(color)\"/>")
        }
        text(curve.name, x0 + 41, y + 0.35 * size, anchor: "start")
      }
    }
  }
}
