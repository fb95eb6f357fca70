/// Sizes of a figure's parts in pixels, and the drawing of axes that all figures share.
struct Figure {
  /// Everything scales with the width of the image.
  let unit: Double

  init(width: Int) { unit = min(max(Double(width) / 800, 0.6), 4) }

  var titleSize: Double { 13 * unit }
  var labelSize: Double { 11 * unit }
  var tickSize: Double { 9.5 * unit }
  var tickLength: Int { max(3, Int((5 * unit).rounded())) }
  var margin: Int { Int((14 * unit).rounded()) }
  var lineThickness: Double { 1.9 * unit }

  /// The marks and labels of one axis.
  struct Axis {
    var range: ClosedRange<Double>
    var scale: AxisScale = .linear
    var ticks: AxisTicks
    var label: String
  }

  /// The space left of a plot for the vertical axis.
  func leftSpace(_ axis: Axis) -> Int {
    let labels = axis.ticks.labels.map { StrokeFont.width(of: $0, size: tickSize) }.max() ?? 0
    let name = axis.label.isEmpty ? 0 : 2.2 * labelSize
    return margin + tickLength + Int((labels + 0.7 * tickSize + name).rounded(.up))
  }

  /// The space below a plot for the horizontal axis.
  func bottomSpace(_ axis: Axis) -> Int {
    let name = axis.label.isEmpty ? 0 : 2 * labelSize
    return margin + tickLength + Int((1.9 * tickSize + name).rounded(.up))
  }

  /// The space above a plot for its title.
  func topSpace(_ title: String) -> Int { margin + (title.isEmpty ? 0 : Int((2 * titleSize).rounded())) }

  /// `title` at a size at which it fits into `width`, centred above `box`.
  func drawTitle(_ title: String, over box: CanvasBox, size: Double, on canvas: inout Canvas) {
    guard !title.isEmpty else { return }
    let center = Double(box.left) + Double(box.width) / 2
    // A title may stand out of its plot, but not out of the image.
    let room = 2 * min(center, Double(canvas.width) - center) - Double(margin)
    let length = StrokeFont.width(of: title, size: size)
    let fitted = min(size, size * room / max(length, 1))
    canvas.text(
      title, at: CanvasPoint(center, Double(box.top) - 0.8 * size), size: fitted, alignment: .center,
      weight: 1.2)
  }

  /// Draws a frame around `box` with ticks, tick labels and names of both axes, over what the box holds.
  func drawAxes(
    _ box: CanvasBox, x: Axis, y: Axis, drawsVerticalLabels: Bool = true, drawsHorizontalLabels: Bool = true,
    on canvas: inout Canvas
  ) {
    canvas.frame(box, .frame)
    func column(_ value: Double) -> Int? {
      place(value, x).map { box.left + Int(($0 * Double(box.width - 1)).rounded()) }
    }
    func row(_ value: Double) -> Int? {
      place(value, y).map { box.bottom - 1 - Int(($0 * Double(box.height - 1)).rounded()) }
    }
    let short = max(2, tickLength / 2)
    for value in x.ticks.minor {
      guard let column = column(value) else { continue }
      canvas.fill(CanvasBox(left: column, top: box.bottom + 1, width: 1, height: short), .frame)
    }
    for value in y.ticks.minor {
      guard let row = row(value) else { continue }
      canvas.fill(CanvasBox(left: box.left - 1 - short, top: row, width: short, height: 1), .frame)
    }
    for (value, label) in zip(x.ticks.values, x.ticks.labels) {
      guard let column = column(value) else { continue }
      canvas.fill(CanvasBox(left: column, top: box.bottom + 1, width: 1, height: tickLength), .frame)
      guard drawsHorizontalLabels else { continue }
      canvas.text(
        label, at: CanvasPoint(Double(column) + 0.5, Double(box.bottom + tickLength) + 1.8 * tickSize),
        size: tickSize,
        alignment: .center)
    }
    var widest = 0.0
    for (value, label) in zip(y.ticks.values, y.ticks.labels) {
      guard let row = row(value) else { continue }
      canvas.fill(CanvasBox(left: box.left - 1 - tickLength, top: row, width: tickLength, height: 1), .frame)
      guard drawsVerticalLabels else { continue }
      widest = max(widest, StrokeFont.width(of: label, size: tickSize))
      canvas.text(
        label,
        at: CanvasPoint(Double(box.left - tickLength) - 0.6 * tickSize, Double(row) + 0.5 + tickSize / 2),
        size: tickSize, alignment: .trailing)
    }
    if drawsHorizontalLabels {
      canvas.text(
        x.label,
        at: CanvasPoint(
          Double(box.left) + Double(box.width) / 2,
          Double(box.bottom + tickLength) + 1.9 * tickSize + 1.7 * labelSize),
        size: labelSize, alignment: .center)
    }
    if drawsVerticalLabels {
      canvas.text(
        y.label,
        at: CanvasPoint(
          Double(box.left - tickLength) - widest - 0.7 * tickSize - 1.1 * labelSize,
          Double(box.top) + Double(box.height) / 2),
        size: labelSize, alignment: .center, isVertical: true)
    }
  }

  private func place(_ value: Double, _ axis: Axis) -> Double? {
    LinePlot.Layout.place(value, axis.range, axis.scale).flatMap { $0 >= -1e-6 && $0 <= 1 + 1e-6 ? $0 : nil }
  }
}
