import Formats
import Foundation
import Geometry
import TestSupport
import Testing

@Suite("Colour maps")
struct ColorMapTests {
  @Test("cool to warm is Moreland's")
  func coolWarm() {
    // By VTK 9.1's vtkColorTransferFunction in its diverging colour space, times 255.
    let expected: [[Double]] = [
      [59, 76, 192], [97.89, 129.78, 233.82], [141.1, 175.6, 253.77], [184.19, 207.53, 249.02],
      [220.68, 220.68, 220.68], [244.58, 196.33, 172.92], [244.4, 153.79, 122.83], [221.74, 96.54, 76.42],
      [180, 4.03, 38],
    ]
    for (i, wanted) in expected.enumerated() {
      let color = ColorMap.coolWarm.color(at: Double(i) / 8)
      for (found, value) in zip([color.red, color.green, color.blue], wanted) {
        #expect(abs(Double(found) - value) <= 1, "\(i)/8: \(color)")
      }
    }
  }

  @Test("viridis ascends in lightness from its dark end to its bright one")
  func viridis() {
    let map = ColorMap.viridis
    #expect(map.colors.count == 256)
    #expect(map.color(at: 0) == RGBAColor(68, 1, 84))
    #expect(map.color(at: 1) == RGBAColor(253, 231, 37))
    let luminance = map.colors.map {
      0.2126 * Double($0.red) + 0.7152 * Double($0.green) + 0.0722 * Double($0.blue)
    }
    // Single steps are rounded to bytes.
    #expect(zip(luminance, luminance.dropFirst(4)).allSatisfy { $0 < $1 })
  }

  @Test("values outside the range, constants and NaN have colours")
  func edges() {
    let map = ColorMap.viridis
    #expect(map.color(of: -5, in: 0...1) == map.color(at: 0))
    #expect(map.color(of: .infinity, in: 0...1) == map.color(at: 1))
    #expect(map.color(of: .nan, in: 0...1) == map.nanColor)
    #expect(map.color(of: 3, in: 3...3) == map.color(at: 0.5))
    let huge = Double.greatestFiniteMagnitude
    #expect(map.color(of: 0, in: -huge...huge) == map.color(at: 0.5))
    #expect(ColorMap.range(of: [[1, .nan], [-2, .infinity]]) == -2...1)
    #expect(ColorMap.range(of: [[1, 0.5]], isSymmetric: true) == -1...1)
    #expect(ColorMap.range(of: [[.nan]]) == 0...0)
  }

  @Test("colours span the range but for few values far outside")
  func drawnRange() {
    // Evenly from −1 to 1, and one value in a thousand a hundred times as large.
    var values = (0..<10_000).map { Double($0) / 5000 - 1 }
    #expect(ColorMap.drawnRange(of: [values, values]) == ColorMap.range(of: [values]))
    for i in stride(from: 0, to: 10_000, by: 1000) { values[i] = i % 2000 == 0 ? 100 : -100 }
    let range = ColorMap.drawnRange(of: [values, [.nan, .infinity], values])
    #expect(range.lowerBound > -1.01 && range.lowerBound < -0.98)
    #expect(range.upperBound < 1.01 && range.upperBound > 0.98)
    // A peak over a fiftieth of the points is the field itself.
    for i in 0..<200 { values[i] = 50 }
    #expect(ColorMap.drawnRange(of: [values]).upperBound >= 50)
    #expect(ColorMap.drawnRange(of: [[3, 1000, .nan]]) == 3...1000)
    #expect(ColorMap.drawnRange(of: []) == 0...0)
  }

  @Test("planes at several times: side by side, wide ones one above the other")
  func sequences() {
    func image(_ width: Double) -> PixelImage {
      let grid = RectilinearGrid(coordinates: [
        (0...20).map { width * Double($0) / 20 }, (0...10).map { Double($0) / 10 },
      ])
      let values = (0..<grid.pointCount).map { Double($0) }
      var style = FieldStyle(valueName: "v")
      (style.title, style.width) = ("field", 900)
      return FieldImage.sequence(
        [values, values, values], titles: ["a", "b", "c"], on: grid, style: style)
    }
    let (square, wide) = (image(1), image(4))
    #expect(square.width == 900 && square.height < 450)
    #expect(wide.width >= 880 && wide.width <= 920 && wide.height > 550)
  }
}

@Suite("Figures")
struct FigureTests {
  static let square = RectilinearGrid(origin: [0, 0], spacing: [0.25, 0.25], shape: [5, 5])

  /// The mean column and row, as parts of width and height, of the pixels of exactly this colour; nil without
  /// any.
  private func center(of color: RGBAColor, in image: PixelImage) -> (x: Double, y: Double)? {
    let pixels = image.rgba.pixels
    let found = (0..<(image.width * image.height)).filter {
      pixels[4 * $0] == color.red && pixels[4 * $0 + 1] == color.green && pixels[4 * $0 + 2] == color.blue
    }
    guard !found.isEmpty else { return nil }
    let x = found.reduce(0) { $0 + $1 % image.width }
    let y = found.reduce(0) { $0 + $1 / image.width }
    let count = Double(found.count)
    return (Double(x) / count / Double(image.width), Double(y) / count / Double(image.height))
  }

  @Test("x runs to the right and y upwards")
  func orientation() throws {
    // Marks at one corner: first axis at its end, second at its start, is the lower right.
    var values = [Double](repeating: 0, count: 25)
    values[4 * 5 + 0] = .nan
    var style = FieldStyle(colorMap: .viridis, range: 0...1, isSmooth: false, width: 400)
    style.colorMap.nanColor = RGBAColor(255, 0, 255)
    let corner = try #require(
      center(of: RGBAColor(255, 0, 255), in: FieldImage.image(of: values, on: Self.square, style: style)))
    #expect(corner.x > 0.6 && corner.y > 0.6)
    values[20] = 0
    values[4] = .nan
    let opposite = try #require(
      center(of: RGBAColor(255, 0, 255), in: FieldImage.image(of: values, on: Self.square, style: style)))
    #expect(opposite.x < 0.4 && opposite.y < 0.4)
    // In a space-time image time runs upwards.
    var frames = [[Double]](repeating: [0, 0, 0], count: 4)
    frames[3][0] = .nan
    let late = try #require(
      center(
        of: RGBAColor(255, 0, 255),
        in: FieldImage.spaceTime(frames, x: [0, 1, 2], times: [0, 1, 2, 3], style: style)))
    #expect(late.x < 0.4 && late.y < 0.4)
  }

  @Test("smooth fields pass through the values between points, others do not")
  func smoothness() {
    let values = (0..<25).map { Double($0 / 5) }
    func colors(_ isSmooth: Bool) -> Int {
      let image = FieldImage.image(
        of: values, on: Self.square, style: FieldStyle(range: 0...4, isSmooth: isSmooth, width: 500))
      // The colours of one row through the field, left of the colour bar.
      let row = image.height / 2
      return Set((100..<250).map { image.rgba.pixels[(4 * (row * 500 + $0))..<(4 * (row * 500 + $0) + 3)] })
        .count
    }
    #expect(colors(true) > 50)
    #expect(colors(false) <= 5)
  }

  @Test("proportions are kept, and a shared range gives shared colours")
  func proportions() throws {
    let wide = RectilinearGrid(origin: [0, 0], spacing: [0.5, 0.25], shape: [9, 5])
    func image(_ value: Double) -> PixelImage {
      var values = [Double](repeating: value, count: 45)
      values[0] = .nan
      return FieldImage.image(of: values, on: wide, style: FieldStyle(range: 0...2, width: 600))
    }
    // A constant plane of 4 × 1, left of the colour bar: its colour fills columns and rows in that
    // proportion.
    let color = ColorMap.viridis.color(at: 0.75)
    let pixels = image(1.5).rgba
    let matches = (0..<(pixels.width * pixels.height)).filter {
      Array(pixels.pixels[(4 * $0)..<(4 * $0 + 3)]) == [color.red, color.green, color.blue]
    }
    let plane = matches.filter { $0 % pixels.width < 550 }
    let columns = Set(plane.map { $0 % pixels.width }).count
    let rows = Set(plane.map { $0 / pixels.width }).count
    #expect(abs(Double(columns) / Double(rows) - 4) < 0.15, "\(columns) × \(rows)")
    #expect(center(of: ColorMap.viridis.color(at: 0.25), in: image(0.5)) != nil)
  }

  @Test("figures have the width asked for and are the same each time")
  func widths() {
    for (figure, again) in zip(FormatGallery.figures(), FormatGallery.figures()) {
      let isSame = figure.image == again.image
      #expect(isSame, "\(figure.name)")
    }
    for shape in [[5], [5, 4], [4, 3, 5], [5, 1, 1], [1, 4, 1], [1, 1], [3, 1, 4]] {
      let grid = RectilinearGrid(
        origin: shape.map { _ in 0 }, spacing: shape.map { _ in 0.5 }, shape: shape)
      let values = (0..<grid.pointCount).map { Double($0) }
      for width in [300, 640] {
        let image = FieldImage.image(
          of: values, on: grid, style: FieldStyle(title: "t", valueName: "v", width: width))
        #expect(image.width >= width && image.width < width + 200, "\(shape)")
      }
    }
  }

  @Test("every printable character has its own shape")
  func font() {
    var seen: [[UInt8]: Character] = [:]
    for code in UInt8(33)...126 {
      let character = Character(Unicode.Scalar(code))
      let plot = LinePlot(title: "\(character)", curves: [LinePlot.Curve(x: [0, 1], y: [0, 1])])
      let image = plot.image(width: 800, height: 200)
      let title = Array(image.pixels[..<(3 * 800 * 36)])
      #expect(title.contains { $0 < 128 }, "\(character) is not drawn")
      if let other = seen[title] { Issue.record("\(character) looks like \(other)") }
      seen[title] = character
    }
  }

  @Test("degenerate curves and fields are drawn all the same")
  func degenerate() {
    let huge = Double.greatestFiniteMagnitude
    let curves: [[(Double, Double)]] = [
      [], [(0, 0)], [(.nan, 1), (1, .nan)], [(0, 5), (1, 5)], [(-huge, -huge), (huge, huge)],
      [(0, .leastNonzeroMagnitude), (1, .leastNormalMagnitude)], [(-1, -1), (0, 0)],
      [(1, 1), (1e300, 1e-300)],
    ]
    for points in curves {
      for scale in AxisScale.allCases {
        let plot = LinePlot(
          title: "t", xScale: scale, yScale: scale,
          curves: [
            LinePlot.Curve(
              name: "c", x: points.map(\.0), y: points.map(\.1), hasMarkers: true, isDashed: true)
          ])
        #expect(plot.image(width: 200, height: 150).width == 200)
        #expect(SVGPlot.encode(plot).count > 500)
      }
    }
    for values in [
      [Double](repeating: 2, count: 25), [Double](repeating: .nan, count: 25),
      (0..<25).map { $0 == 0 ? huge : -huge },
    ] {
      #expect(FieldImage.image(of: values, on: Self.square, style: FieldStyle(width: 200)).width >= 200)
    }
  }

  @Test("SVG: ticks at round values, gaps, escaped names")
  func svg() {
    let plot = LinePlot(
      title: "a < b & \"c\"", xLabel: "x", yLabel: "y", xRange: 0...1, yRange: 0...3,
      curves: [LinePlot.Curve(name: "u", x: [0, 0.25, 0.5, 0.75, 1], y: [0, 1, .nan, 2, 3])])
    let text = String(decoding: SVGPlot.encode(plot, width: 720), as: UTF8.self)
    for label in ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"] {
      #expect(text.contains(">\(label)</text>"), "\(label)")
    }
    for label in ["0", "1", "2", "3"] { #expect(text.contains(">\(label)</text>"), "\(label)") }
    #expect(text.contains(">a &lt; b &amp; &quot;c&quot;</text>"))
    // Two pieces around the gap.
    let path =
      text.components(separatedBy: "<path d=\"").dropFirst().first?.components(separatedBy: "\"").first ?? ""
    #expect(path.filter { $0 == "M" }.count == 2)
    let steps = (1...6).map { Foundation.pow(0.5, Double($0)) }
    let convergence = String(
      decoding: SVGPlot.encode(FormatGallery.convergencePlot(steps)), as: UTF8.self)
    #expect(convergence.contains(">10\u{207B}\u{2074}</text>"))
    for label in ["0.02", "0.05", "0.1", "0.2", "0.5"] {
      #expect(convergence.contains(">\(label)</text>"), "\(label)")
    }
  }
}
