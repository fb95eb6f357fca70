import Foundation

/// One coloured plane: values at (i, j) of two axes, at index `i · y.count + j`.
struct FieldPanel {
  let title: String
  let x, y: [Double]
  let values: [Double]
  let xName, yName: String

  /// Width over height, within what can be looked at.
  var aspect: Double {
    let ratio = (x[x.count - 1] - x[0]) / (y[y.count - 1] - y[0])
    return ratio.isNaN ? 1 : min(max(ratio, 0.3), 5)
  }

  /// Per pixel along an axis: the point before it, and the way to the next as a fraction.
  private static func places(_ points: [Double], count: Int) -> [(index: Int, weight: Double)] {
    var index = 0
    return (0..<count).map { pixel in
      let t = (Double(pixel) + 0.5) / Double(count)
      let place = points[0] + t * (points[points.count - 1] - points[0])
      while index < points.count - 2, points[index + 1] <= place { index += 1 }
      return (index, (place - points[index]) / (points[index + 1] - points[index]))
    }
  }

  /// Fills `box` with the colours of the values.
  func draw(_ box: CanvasBox, style: FieldStyle, range: ClosedRange<Double>, on canvas: inout Canvas) {
    let columns = Self.places(x, count: box.width)
    let rows = Self.places(y, count: box.height)
    for (row, (j, v)) in rows.enumerated() {
      for (column, (i, u)) in columns.enumerated() {
        let corner = i * y.count + j
        let nearest = values[corner + (u < 0.5 ? 0 : y.count) + (v < 0.5 ? 0 : 1)]
        var value = nearest
        if style.isSmooth {
          let first = values[corner] * (1 - v) + values[corner + 1] * v
          let second = values[corner + y.count] * (1 - v) + values[corner + y.count + 1] * v
          let mixed = first * (1 - u) + second * u
          // Beside a value that is not finite each pixel shows its own point.
          if mixed.isFinite { value = mixed }
        }
        canvas.setPixel(box.left + column, box.bottom - 1 - row, style.colorMap.color(of: value, in: range))
      }
    }
  }
}

/// Planes of equal height side by side under one title, wide ones one above the other, with one colour bar.
struct FieldFigure {
  let panels: [FieldPanel]
  let style: FieldStyle
  /// Width over height of each plane as drawn.
  let aspects: [Double]
  /// Whether only the first plane has numbers on its vertical axis, which is the same for all.
  var sharesVerticalAxis = false

  func image() -> PixelImage {
    // Side by side, wide planes would be narrow strips.
    if sharesVerticalAxis, panels.count > 1, aspects.allSatisfy({ $0 > 2.5 }) { return stackedImage() }
    // Many small planes need smaller letters.
    let figure = Figure(width: sharesVerticalAxis ? style.width * 2 / 3 : style.width)
    let range = style.range ?? ColorMap.range(of: panels.map(\.values))
    let axes = panels.map { panelAxes($0, figure) }
    let bar = ColorBar(range: range, name: style.valueName, figure: figure)
    let hasPanelTitles = panels.contains { !$0.title.isEmpty }

    // The width that axes and bar leave is shared by the planes, which get one height.
    let lefts = axes.indices.map { i in
      hasVerticalLabels(i) ? figure.leftSpace(axes[i].y) : figure.tickLength
    }
    let gaps = (panels.count - 1) * figure.margin
    let besides = lefts.reduce(0, +) + gaps + bar.space
    let room = Double(style.width - besides)
    let tallest = Double(style.width) * (panels.count == 1 ? 0.85 : 0.6)
    let height = max(24, min(room / aspects.reduce(0, +), tallest))
    let widths = aspects.map { max(24, Int((height * $0).rounded(.down))) }
    let top = figure.topSpace(style.title) + (hasPanelTitles ? Int(2 * figure.labelSize) : 0)
    let bottom = axes.map { figure.bottomSpace($0.x) }.max() ?? 0
    let used = besides + widths.reduce(0, +)
    // Tall planes leave width over: the figure stays as wide as asked, and its content is centred.
    var left = max(0, (style.width - used) / 2)
    var canvas = Canvas(width: max(style.width, used), height: top + Int(height) + bottom)
    let start = left
    for (index, panel) in panels.enumerated() {
      let box = CanvasBox(left: left + lefts[index], top: top, width: widths[index], height: Int(height))
      panel.draw(box, style: style, range: range, on: &canvas)
      figure.drawAxes(
        box, x: axes[index].x, y: axes[index].y, drawsVerticalLabels: hasVerticalLabels(index), on: &canvas)
      figure.drawTitle(panel.title, over: box, size: figure.labelSize, on: &canvas)
      left = box.right + (index + 1 < panels.count ? figure.margin : 0)
    }
    bar.draw(
      CanvasBox(left: left + bar.gap, top: top, width: bar.width, height: Int(height)), style.colorMap,
      on: &canvas)
    let first = start + lefts[0]
    let whole = CanvasBox(
      left: first, top: hasPanelTitles ? top - Int(2 * figure.labelSize) : top, width: left - first,
      height: Int(height))
    figure.drawTitle(style.title, over: whole, size: figure.titleSize, on: &canvas)
    return canvas.image
  }

  /// The planes one above the other, with numbers on the lowest one's horizontal axis.
  private func stackedImage() -> PixelImage {
    let figure = Figure(width: style.width * 2 / 3)
    let range = style.range ?? ColorMap.range(of: panels.map(\.values))
    let axes = panels.map { panelAxes($0, figure) }
    let bar = ColorBar(range: range, name: style.valueName, figure: figure)
    let left = axes.map { figure.leftSpace($0.y) }.max() ?? 0
    let width = max(24, style.width - left - bar.space)
    let heights = aspects.map { max(24, Int((Double(width) / $0).rounded())) }
    let gap = Int((2.4 * figure.labelSize).rounded())
    let top = figure.topSpace(style.title) + gap
    let total = heights.reduce(0, +) + gap * (panels.count - 1)
    let bottom = figure.bottomSpace(axes[panels.count - 1].x)
    var canvas = Canvas(width: left + width + bar.space, height: top + total + bottom)
    var row = top
    for (index, panel) in panels.enumerated() {
      let box = CanvasBox(left: left, top: row, width: width, height: heights[index])
      panel.draw(box, style: style, range: range, on: &canvas)
      figure.drawAxes(
        box, x: axes[index].x, y: axes[index].y, drawsHorizontalLabels: index == panels.count - 1,
        on: &canvas)
      figure.drawTitle(panel.title, over: box, size: figure.labelSize, on: &canvas)
      row += heights[index] + gap
    }
    bar.draw(
      CanvasBox(left: left + width + bar.gap, top: top, width: bar.width, height: total), style.colorMap,
      on: &canvas)
    figure.drawTitle(
      style.title, over: CanvasBox(left: left, top: top - gap, width: width, height: total),
      size: figure.titleSize, on: &canvas)
    return canvas.image
  }

  private func hasVerticalLabels(_ index: Int) -> Bool { index == 0 || !sharesVerticalAxis }

  private func panelAxes(_ panel: FieldPanel, _ figure: Figure) -> (x: Figure.Axis, y: Figure.Axis) {
    func axis(_ points: [Double], _ name: String, count: Int) -> Figure.Axis {
      let range = points[0]...points[points.count - 1]
      return Figure.Axis(range: range, ticks: AxisTicks(range, scale: .linear, count: count), label: name)
    }
    let count = panels.count == 1 ? 5 : 3
    return (axis(panel.x, panel.xName, count: count), axis(panel.y, panel.yName, count: count))
  }
}

/// The scale of colours beside a plane, labelled at its ends and at round values between.
private struct ColorBar {
  let range: ClosedRange<Double>
  let name: String
  let figure: Figure

  var gap: Int { Int((18 * figure.unit).rounded()) }
  var width: Int { Int((16 * figure.unit).rounded()) }

  /// The space right of the planes that the bar takes with its labels.
  var space: Int {
    let labels = marks(height: 1000).map { StrokeFont.width(of: $0.label, size: figure.tickSize) }.max() ?? 0
    let name = name.isEmpty ? 0 : 2.2 * figure.labelSize
    return gap + width + figure.tickLength + Int(labels + 0.6 * figure.tickSize + name) + figure.margin
  }

  /// The labelled values and their places from 0 to 1.
  private func marks(height: Double) -> [(place: Double, label: String)] {
    let (low, high) = (range.lowerBound, range.upperBound)
    guard low < high, (high - low).isFinite else { return [(0.5, AxisTicks.label(low))] }
    let ends = [(0.0, AxisTicks.label(low)), (1.0, AxisTicks.label(high))]
    let ticks = AxisTicks(range, scale: .linear, count: max(4, Int(height / (70 * figure.unit))))
    let distance = 2.2 * figure.tickSize / height
    let inner = zip(ticks.values, ticks.labels).map { (($0 - low) / (high - low), $1) }
      .filter { $0.0 > distance && $0.0 < 1 - distance }
    return ends + inner
  }

  func draw(_ box: CanvasBox, _ colorMap: ColorMap, on canvas: inout Canvas) {
    for row in 0..<box.height {
      let t = 1 - (Double(row) + 0.5) / Double(box.height)
      let color = colorMap.color(at: range.lowerBound < range.upperBound ? t : 0.5)
      canvas.fill(CanvasBox(left: box.left, top: box.top + row, width: box.width, height: 1), color)
    }
    canvas.frame(box, .frame)
    var widest = 0.0
    for (place, label) in marks(height: Double(box.height)) {
      let row = box.bottom - 1 - Int((place * Double(box.height - 1)).rounded())
      canvas.fill(CanvasBox(left: box.right + 1, top: row, width: figure.tickLength, height: 1), .frame)
      canvas.text(
        label,
        at: CanvasPoint(
          Double(box.right + figure.tickLength) + 0.6 * figure.tickSize,
          Double(row) + 0.5 + figure.tickSize / 2),
        size: figure.tickSize)
      widest = max(widest, StrokeFont.width(of: label, size: figure.tickSize))
    }
    canvas.text(
      name,
      at: CanvasPoint(
        Double(box.right + figure.tickLength) + 0.6 * figure.tickSize + widest + 1.9 * figure.labelSize,
        Double(box.top) + Double(box.height) / 2),
      size: figure.labelSize, alignment: .center, isVertical: true)
  }
}
