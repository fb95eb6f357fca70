import Formats
import Geometry

/// The pictures of a run folder, and as much of the main field over time as they need.
struct RunPictures {
  /// The files' names.
  static let preview = "preview.png"
  static let animation = "animation.png"

  private let title: String
  private let isSteady: Bool
  private let name: String
  /// The grid of the kept values: thinned, and of a three-dimensional one the middle plane.
  private let grid: RectilinearGrid
  private let picks: [[Int]]
  private let full: RectilinearGrid
  /// Which frames are kept, so that long series do not fill the memory.
  private let stride: Int
  private let lastIndex: Int
  private var kept: [(time: Double, values: [Double])] = []
  /// The newest frame, on the full grid.
  private var last: (time: Double, values: [Double])?

  /// - Parameter frameCount: how many frames the whole run has.
  init(title: String, name: String, grid: RectilinearGrid, frameCount: Int, isSteady: Bool) {
    (self.title, self.name, full, self.isSteady) = (title, name, grid, isSteady)
    let limit = grid.dimension == 1 ? 2048 : 256
    picks = grid.coordinates.enumerated().map { axis, points in
      if axis == 2 { return [points.count / 2] }
      let step = (points.count + limit - 1) / limit
      return Array(Swift.stride(from: 0, to: points.count, by: step))
    }
    self.grid = RectilinearGrid(
      coordinates: zip(grid.coordinates, picks).map { points, picks in picks.map { points[$0] } })
    stride = max(1, (frameCount + 79) / 80)
    lastIndex = frameCount - 1
  }

  mutating func add(index: Int, time: Double, values: [Double]) {
    last = (time, values)
    guard index % stride == 0 || index == lastIndex else { return }
    kept.append((time, thinned(values)))
  }

  private func thinned(_ values: [Double]) -> [Double] {
    var indices = [0]
    for (axis, length) in full.shape.enumerated() {
      indices = indices.flatMap { start in picks[axis].map { start * length + $0 } }
    }
    return indices.map { values[$0] }
  }

  /// The files' content; none when there is nothing to show.
  func files() -> [(name: String, bytes: [UInt8])] {
    guard let last, !kept.isEmpty else { return [] }
    var frames = kept
    if frames.last!.time != last.time { frames.append((last.time, thinned(last.values))) }
    let (map, range) = ColorMap.suited(to: frames.map(\.values))
    let whole = ColorMap.range(of: frames.map(\.values))
    let isClipped = whole.clamped(to: range) != whole
    var style = FieldStyle(valueName: isClipped ? "\(name), clipped" : name, colorMap: map, range: range)
    let text = ["Title": title, "Software": "Ansatz \(SoftwareVersions.library)"]
    var files: [(String, [UInt8])] = []

    let picture: PixelImage
    switch (full.dimension, frames.count) {
    case (1, 2...):
      style.title = title
      picture = FieldImage.spaceTime(
        frames.map(\.values), x: grid.coordinates[0], times: frames.map(\.time), style: style)
    case (2, 2...):
      style.title = title
      style.width = 1360
      // Four times from first to last.
      let count = min(4, frames.count)
      let shown = (0..<count).map { frames[$0 * (frames.count - 1) / (count - 1)] }
      picture = FieldImage.sequence(
        shown.map(\.values), titles: shown.map { "t = \(number($0.time))" }, on: grid, style: style)
    default:
      style.title = isSteady ? title : "\(title), t = \(number(last.time))"
      style.range = nil
      if full.dimension == 3 { (style.colorMap, style.range) = ColorMap.suited(to: [last.values]) }
      style.width = full.dimension == 3 ? 1360 : 800
      picture = FieldImage.image(of: last.values, on: full, style: style)
    }
    files.append((Self.preview, PNG.encode(picture, text: text)))

    if frames.count > 1 {
      style.width = 560
      let range = full.dimension == 1 ? widened(range) : range
      let plane = full.dimension == 3 ? ", z = \(number(grid.coordinates[2][0]))" : ""
      style.range = range
      let images = frames.map { frame in
        style.title = "\(title)\(plane), t = \(number(frame.time))"
        return FieldImage.image(of: frame.values, on: grid, style: style)
      }
      // The last frame stays a second by being shown again.
      let delay = min(0.2, max(0.04, 5 / Double(images.count)))
      let rest = Array(repeating: images[images.count - 1], count: Int(1 / delay))
      files.append((Self.animation, AnimatedPNG.encode(PixelAnimation(frames: images + rest, delay: delay))))
    }
    return files
  }

  /// With room above and below a curve.
  private func widened(_ range: ClosedRange<Double>) -> ClosedRange<Double> {
    let pad = 0.05 * (range.upperBound - range.lowerBound)
    return pad > 0 ? range.lowerBound - pad...range.upperBound + pad : range
  }
}

extension ColorMap {
  /// A diverging map centred at zero for fields that take both signs alike, else a sequential one over their range; few
  /// values that are far out of the others' range are left out of it.
  public static func suited(to fields: [[Double]]) -> (map: ColorMap, range: ClosedRange<Double>) {
    let range = ColorMap.drawnRange(of: fields)
    let (low, high) = (range.lowerBound, range.upperBound)
    if low < 0, high > 0, min(-low, high) > 0.3 * max(-low, high) {
      return (.coolWarm, -max(-low, high)...max(-low, high))
    }
    // Zero but for rounding is zero.
    if abs(low) < 1e-9 * high { return (.viridis, 0...high) }
    return (.viridis, range)
  }
}
