import Geometry

extension FieldImage {
  /// A field on two axes at several times, side by side with one colour bar; wide planes stand one above the other.
  ///
  /// - Parameters:
  ///   - frames: per picture, one value per point in the grid's order.
  ///   - titles: what stands above each picture, as many as frames.
  ///   - grid: a grid of two axes (others must have a single point) with at least two points each.
  public static func sequence(
    _ frames: [[Double]], titles: [String], on grid: RectilinearGrid, style: FieldStyle = FieldStyle()
  ) -> PixelImage {
    let axes = grid.coordinates.indices.filter { grid.coordinates[$0].count > 1 }
    precondition(axes.count == 2, "FieldImage.sequence: a grid of shape \(grid.shape) is no plane")
    precondition(
      !frames.isEmpty && frames.count == titles.count && frames.allSatisfy { $0.count == grid.pointCount },
      "FieldImage.sequence: \(frames.count) frames of \(Set(frames.map(\.count)).sorted()) values with \(titles.count) "
        + "titles on a grid of shape \(grid.shape)")
    let panels = zip(frames, titles).map { values, title in
      FieldPanel(
        title: title, x: grid.coordinates[axes[0]], y: grid.coordinates[axes[1]], values: values,
        xName: style.axisNames[axes[0]], yName: style.axisNames[axes[1]])
    }
    return FieldFigure(panels: panels, style: style, aspects: panels.map(\.aspect), sharesVerticalAxis: true)
      .image()
  }
}
