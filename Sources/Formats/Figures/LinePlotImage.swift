extension LinePlot {
  /// The plot as an image: axes with round ticks, light grid lines, antialiased curves, and a legend in the
  /// emptiest corner when several curves have names.
  ///
  /// - Parameters:
  ///   - width: the image's width in pixels, at least 160.
  ///   - height: its height, by default five eighths of the width.
  public func image(width: Int = 800, height: Int? = nil) -> PixelImage {
    let height = height ?? width * 5 / 8
    precondition(
      width >= 160 && height >= 120, "LinePlot.image: \(width) × \(height) pixels are too few for axes")
    let figure = Figure(width: width)
    var canvas = Canvas(width: width, height: height)
    let layout = Layout(self)
    let xAxis = Figure.Axis(
      range: layout.x, scale: xScale, ticks: AxisTicks(layout.x, scale: xScale, count: max(2, width / 110)),
      label: xLabel)
    let yAxis = Figure.Axis(
      range: layout.y, scale: yScale, ticks: AxisTicks(layout.y, scale: yScale, count: max(2, height / 80)),
      label: yLabel)
    let (left, top) = (figure.leftSpace(yAxis), figure.topSpace(title))
    let right = figure.margin + Int(figure.tickSize * 1.5)
    let box = CanvasBox(
      left: left, top: top, width: max(20, width - left - right),
      height: max(20, height - top - figure.bottomSpace(xAxis)))

    for value in xAxis.ticks.values {
      guard let place = Layout.place(value, layout.x, xScale), (0...1).contains(place) else { continue }
      let column = box.left + Int((place * Double(box.width - 1)).rounded())
      canvas.fill(CanvasBox(left: column, top: box.top, width: 1, height: box.height), .gridLine)
    }
    for value in yAxis.ticks.values {
      guard let place = Layout.place(value, layout.y, yScale), (0...1).contains(place) else { continue }
      let row = box.bottom - 1 - Int((place * Double(box.height - 1)).rounded())
      canvas.fill(CanvasBox(left: box.left, top: row, width: box.width, height: 1), .gridLine)
    }
    for (index, curve) in curves.enumerated() {
      draw(curve, color: RGBAColor.curves[index % RGBAColor.curves.count], layout, box, figure, &canvas)
    }
    figure.drawAxes(box, x: xAxis, y: yAxis, on: &canvas)
    figure.drawTitle(title, over: box, size: figure.titleSize, on: &canvas)
    drawLegend(layout, box, figure, &canvas)
    return canvas.image
  }

  private func draw(
    _ curve: Curve, color: RGBAColor, _ layout: Layout, _ box: CanvasBox, _ figure: Figure,
    _ canvas: inout Canvas
  ) {
    let pieces = layout.pieces(curve).map { piece in
      piece.map { point in
        CanvasPoint(
          Double(box.left) + 0.5 + point.x * Double(box.width - 1),
          Double(box.bottom) - 0.5 - point.y * Double(box.height - 1))
      }
    }
    let lines = curve.isDashed ? pieces.flatMap { Self.dashes($0, unit: figure.unit) } : pieces
    canvas.stroke(lines, thickness: figure.lineThickness, color: color, clip: box)
    if curve.hasMarkers {
      canvas.stroke(
        pieces.joined().map { [$0] }, thickness: 3.4 * figure.lineThickness, color: color, clip: box)
    }
  }

  private func drawLegend(_ layout: Layout, _ box: CanvasBox, _ figure: Figure, _ canvas: inout Canvas) {
    let named = curves.enumerated().filter { !$0.element.name.isEmpty }
    guard !named.isEmpty else { return }
    let size = figure.tickSize
    let sample = 2.8 * size
    let lineHeight = 2 * size
    let text = named.map { StrokeFont.width(of: $0.element.name, size: size) }.max() ?? 0
    let width = min(sample + text + 2.4 * size, Double(box.width))
    let height = Double(named.count) * lineHeight + 0.9 * size
    let gap = 0.8 * size
    let corner = layout.emptiestCorner(
      curves, width: (width + 2 * gap) / Double(box.width), height: (height + 2 * gap) / Double(box.height))
    let isRight = corner.x > 0
    let isTop = corner.y > 0
    let legend = CanvasBox(
      left: isRight ? box.right - Int(width + gap) : box.left + Int(gap),
      top: isTop ? box.top + Int(gap) : box.bottom - Int(height + gap), width: Int(width), height: Int(height)
    )
    canvas.fill(legend, RGBAColor(255, 255, 255))
    canvas.frame(legend, RGBAColor(0xC8, 0xC8, 0xC8))
    for (line, (index, curve)) in named.enumerated() {
      let y = Double(legend.top) + 0.45 * size + (Double(line) + 0.5) * lineHeight
      let start = Double(legend.left) + 0.8 * size
      let color = RGBAColor.curves[index % RGBAColor.curves.count]
      let ends = [CanvasPoint(start, y), CanvasPoint(start + sample, y)]
      canvas.stroke(
        curve.isDashed ? Self.dashes(ends, unit: figure.unit) : [ends], thickness: figure.lineThickness,
        color: color)
      if curve.hasMarkers {
        canvas.stroke(
          [[CanvasPoint(start + sample / 2, y)]], thickness: 3.4 * figure.lineThickness, color: color)
      }
      canvas.text(curve.name, at: CanvasPoint(start + sample + 0.8 * size, y + size / 2), size: size)
    }
  }

  /// `line` cut into dashes.
  private static func dashes(_ line: [CanvasPoint], unit: Double) -> [[CanvasPoint]] {
    let (dash, gap) = (7 * unit, 5 * unit)
    guard var last = line.first else { return [] }
    var result: [[CanvasPoint]] = [[last]]
    var (isDrawn, left) = (true, dash)
    for point in line.dropFirst() {
      while true {
        let (dx, dy) = (point.x - last.x, point.y - last.y)
        let length = (dx * dx + dy * dy).squareRoot()
        guard length > left else {
          left -= length
          last = point
          if isDrawn { result[result.count - 1].append(point) }
          break
        }
        last = CanvasPoint(last.x + dx * left / length, last.y + dy * left / length)
        if isDrawn { result[result.count - 1].append(last) }
        isDrawn.toggle()
        left = isDrawn ? dash : gap
        if isDrawn { result.append([last]) }
      }
    }
    return result
  }
}
