/// A tensor-product grid of points: the product of one ascending coordinate array per axis.
///
/// Values on the grid are stored row-major with x as the first (slowest) axis: on three axes of `nx`, `ny`,
/// `nz` points the value at point (i, j, k) has index `(i · ny + j) · nz + k`.
public struct RectilinearGrid: Hashable, Sendable {
  /// One strictly ascending array of finite coordinates per axis, 1 to 3 axes, each of at least one point.
  public let coordinates: [[Double]]

  /// The grid with the given coordinates along each axis.
  ///
  /// Coordinates that break the rules of ``fault(in:)`` are a programmer error.
  public init(coordinates: [[Double]]) {
    if let fault = RectilinearGrid.fault(in: coordinates) { preconditionFailure("RectilinearGrid: \(fault)") }
    self.coordinates = coordinates
  }

  /// The uniform grid of `shape` points whose point (i, j, k) lies at `origin + (i, j, k) · spacing`.
  ///
  /// - Parameters:
  ///   - origin: the first point, one coordinate per axis.
  ///   - spacing: the positive distance between neighbours, one per axis.
  ///   - shape: the number of points, one per axis.
  public init(origin: [Double], spacing: [Double], shape: [Int]) {
    precondition(
      origin.count == shape.count && spacing.count == shape.count,
      "RectilinearGrid: \(origin.count) origins and \(spacing.count) spacings for \(shape.count) axes")
    self.init(
      coordinates: shape.indices.map { axis in
        (0..<shape[axis]).map { origin[axis] + Double($0) * spacing[axis] }
      })
  }

  /// What keeps `coordinates` from being a grid, in words, or nil when they are one.
  public static func fault(in coordinates: [[Double]]) -> String? {
    guard (1...3).contains(coordinates.count) else {
      return "a grid has 1 to 3 axes, not \(coordinates.count)"
    }
    for (axis, values) in coordinates.enumerated() {
      if values.isEmpty { return "axis \(axis) has no points" }
      for (i, value) in values.enumerated() {
        if !value.isFinite { return "coordinate \(i) of axis \(axis) is \(value)" }
        if i > 0, value <= values[i - 1] {
          return
            "coordinates of axis \(axis) do not ascend: \(values[i - 1]) is followed by \(value) at index \(i)"
        }
      }
    }
    return nil
  }

  /// The number of axes, 1 to 3.
  public var dimension: Int { coordinates.count }

  /// The number of points along each axis.
  public var shape: [Int] { coordinates.map(\.count) }

  /// The number of points of the whole grid.
  public var pointCount: Int { coordinates.reduce(1) { $0 * $1.count } }

  /// The first point of each axis.
  public var origin: [Double] { coordinates.map { $0[0] } }

  /// The mean distance between neighbours along each axis, 1 along an axis of a single point.
  public var spacing: [Double] {
    coordinates.map { $0.count > 1 ? ($0[$0.count - 1] - $0[0]) / Double($0.count - 1) : 1 }
  }

  /// Whether every axis is evenly spaced, to 1e-12 of its length (and the rounding of the coordinates
  /// themselves).
  public var isUniform: Bool {
    zip(coordinates, spacing).allSatisfy { values, step in
      let (first, last) = (values[0], values[values.count - 1])
      let tolerance = 1e-12 * (last - first) + 4 * max(abs(first), abs(last)).ulp
      return values.indices.allSatisfy { abs(values[$0] - (first + Double($0) * step)) <= tolerance }
    }
  }
}
