import Foundation
import Geometry

/// How a field is drawn.
public struct FieldStyle: Hashable, Sendable {
  /// A line above the figure.
  public var title: String
  /// What the values are, beside the colour bar or the vertical axis.
  public var valueName: String
  /// The names of the grid's axes.
  public var axisNames: [String]
  /// The colours of values.
  public var colorMap: ColorMap
  /// The values that the ends of the colour map stand for; nil takes the field's own.
  ///
  /// A series should share one (``ColorMap/range(of:isSymmetric:)``): its colours are then comparable, and its
  /// images have one size, as an animation needs.
  public var range: ClosedRange<Double>?
  /// Whether values are interpolated between points; otherwise each pixel has the value of its nearest point.
  public var isSmooth: Bool
  /// The image's width in pixels, at least 160.
  public var width: Int

  /// A style; fewer than three axis names, and fewer than 160 pixels, are programmer errors.
  public init(
    title: String = "", valueName: String = "", axisNames: [String] = ["x", "y", "z"],
    colorMap: ColorMap = .viridis,
    range: ClosedRange<Double>? = nil, isSmooth: Bool = true, width: Int = 800
  ) {
    precondition(axisNames.count >= 3, "FieldStyle: \(axisNames.count) axis names instead of 3")
    precondition(width >= 160, "FieldStyle: \(width) pixels are too few for axes")
    (self.title, self.valueName, self.axisNames, self.colorMap) = (title, valueName, axisNames, colorMap)
    (self.range, self.isSmooth, self.width) = (range, isSmooth, width)
  }
}

/// Figures of scalar fields on structured grids.
public enum FieldImage {
  /// The field as an image: on one axis a curve, on two a coloured plane with true proportions (unless
  /// extremely long) and y up, on three the middle planes side by side; with axes, ticks and a colour bar.
  ///
  /// Axes of a single point are left out.
  ///
  /// - Parameter values: one value per point in the grid's order; another count is a programmer error.
  public static func image(
    of values: [Double], on grid: RectilinearGrid, style: FieldStyle = FieldStyle()
  ) -> PixelImage {
    precondition(
      values.count == grid.pointCount,
      "FieldImage: \(values.count) values on a grid of shape \(grid.shape) with \(grid.pointCount) points")
    // Axes of one point do not change the order of the values.
    var axes = grid.coordinates.indices.filter { grid.coordinates[$0].count > 1 }
    if axes.isEmpty { axes = [0] }
    let coordinates = axes.map { grid.coordinates[$0] }
    let names = axes.map { style.axisNames[$0] }
    switch axes.count {
    case 1:
      let curve = LinePlot.Curve(x: coordinates[0], y: values, hasMarkers: values.count == 1)
      return LinePlot(
        title: style.title, xLabel: names[0], yLabel: style.valueName, yRange: style.range, curves: [curve]
      ).image(width: style.width)
    case 2:
      let panel = FieldPanel(
        title: "", x: coordinates[0], y: coordinates[1], values: values, xName: names[0], yName: names[1])
      return FieldFigure(panels: [panel], style: style, aspects: [panel.aspect]).image()
    default:
      let panels = middlePlanes(values, coordinates, names)
      return FieldFigure(panels: panels, style: style, aspects: panels.map(\.aspect)).image()
    }
  }

  /// A field on one axis at several times as an image, x to the right and time upwards.
  ///
  /// - Parameters:
  ///   - frames: per time, one value per point.
  ///   - x: the ascending points.
  ///   - times: the ascending times, as many as frames; at least two of each.
  public static func spaceTime(
    _ frames: [[Double]], x: [Double], times: [Double], timeName: String = "t",
    style: FieldStyle = FieldStyle()
  ) -> PixelImage {
    precondition(
      frames.count == times.count && frames.allSatisfy { $0.count == x.count },
      "FieldImage.spaceTime: \(frames.count) frames of \(Set(frames.map(\.count)).sorted()) values for \(times.count) times "
        + "and \(x.count) points")
    let fault = RectilinearGrid.fault(in: [x, times])
    precondition(
      fault == nil && x.count > 1 && times.count > 1,
      "FieldImage.spaceTime: \(fault ?? "a single point or time")")
    var values = [Double](repeating: 0, count: x.count * times.count)
    for (j, frame) in frames.enumerated() {
      for (i, value) in frame.enumerated() { values[i * times.count + j] = value }
    }
    let panel = FieldPanel(
      title: "", x: x, y: times, values: values, xName: style.axisNames[0], yName: timeName)
    return FieldFigure(panels: [panel], style: style, aspects: [1.5]).image()
  }

  /// The planes through the middle point of each axis.
  private static func middlePlanes(_ values: [Double], _ axes: [[Double]], _ names: [String]) -> [FieldPanel]
  {
    let count = axes.map(\.count)
    let middle = count.map { $0 / 2 }
    func title(_ axis: Int) -> String { "\(names[axis]) = \(AxisTicks.label(axes[axis][middle[axis]]))" }
    func value(_ i: Int, _ j: Int, _ k: Int) -> Double { values[(i * count[1] + j) * count[2] + k] }
    let xy = (0..<count[0]).flatMap { i in (0..<count[1]).map { value(i, $0, middle[2]) } }
    let xz = (0..<count[0]).flatMap { i in (0..<count[2]).map { value(i, middle[1], $0) } }
    let yz = (0..<count[1]).flatMap { j in (0..<count[2]).map { value(middle[0], j, $0) } }
    return [
      FieldPanel(title: title(2), x: axes[0], y: axes[1], values: xy, xName: names[0], yName: names[1]),
      FieldPanel(title: title(1), x: axes[0], y: axes[2], values: xz, xName: names[0], yName: names[2]),
      FieldPanel(title: title(0), x: axes[1], y: axes[2], values: yz, xName: names[1], yName: names[2]),
    ]
  }
}
