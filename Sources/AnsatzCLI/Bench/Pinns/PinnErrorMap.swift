import Ansatz
import Foundation

/// A picture of where a model is wrong: |u − reference| of the first unknown, on the grid of the model's fields.
struct PinnErrorMap {
  let title: String
  let model: Solution
  let reference: PinnReference

  /// The picture, or nil where the fields are on no grid of one or two axes.
  func image() throws -> PixelImage? {
    let first = try model.frames[0].fields[0]
    guard first.grid.dimension < 3, first.gridValues[0].count == first.grid.pointCount else { return nil }
    var points: [[Double]] = [[]]
    for axis in first.grid.coordinates { points = points.flatMap { point in axis.map { point + [$0] } } }
    // At the times that a classical reference has, nearest to those of the model.
    let frames = model.frames.count > 1 ? Array(model.frames.dropFirst()) : model.frames
    var errors: [[Double]] = []
    for frame in frames {
      let exact = try reference.values(at: points, time: frame.time)
      errors.append(zip(try frame.fields[0].gridValues[0], exact).map { abs($0 - $1) })
    }
    var style = FieldStyle(title: title, valueName: "|error|")
    style.range = ColorMap.range(of: errors)
    switch (first.grid.dimension, frames.count) {
    case (1, 2...):
      return FieldImage.spaceTime(
        errors, x: first.grid.coordinates[0], times: frames.map(\.time), style: style)
    case (2, 2...):
      style.width = 1360
      let shown = (0..<4).map { $0 * (frames.count - 1) / 3 }
      return FieldImage.sequence(
        shown.map { errors[$0] }, titles: shown.map { String(format: "t = %.3g", frames[$0].time) },
        on: first.grid, style: style)
    default: return FieldImage.image(of: errors[errors.count - 1], on: first.grid, style: style)
    }
  }
}
