/// The multilinear interpolant of values on a grid.
///
/// Outside of the grid it takes the value of the nearest point on its boundary.
public struct GridInterpolant: Sendable {
  /// The grid.
  public let grid: RectilinearGrid
  /// The values, x slowest.
  public let values: [Double]

  /// The interpolant of one value per grid point.
  ///
  /// - Precondition: as many values as points.
  public init(_ grid: RectilinearGrid, _ values: [Double]) {
    precondition(
      values.count == grid.pointCount, "\(values.count) values on a grid of \(grid.shape) points")
    (self.grid, self.values) = (grid, values)
  }

  /// The value at a point, of which the first coordinates count, as many as the grid has axes.
  public func callAsFunction(_ point: SIMD3<Double>) -> Double {
    // The lower corner of the cell and the place therein.
    var (corner, place, strides) = (0, SIMD3<Double>.zero, SIMD3<Int>.zero)
    for (axis, x) in grid.coordinates.enumerated() {
      corner *= x.count
      for earlier in 0..<axis { strides[earlier] *= x.count }
      strides[axis] = 1
      guard x.count > 1 else {
        strides[axis] = 0
        continue
      }
      let cell = Self.cell(of: point[axis], in: x)
      corner += cell
      place[axis] = min(1, max(0, (point[axis] - x[cell]) / (x[cell + 1] - x[cell])))
    }
    var sum = 0.0
    for vertex in 0..<1 << grid.dimension {
      var (weight, index) = (1.0, corner)
      for axis in 0..<grid.dimension {
        let isUpper = vertex >> axis & 1 == 1
        weight *= isUpper ? place[axis] : 1 - place[axis]
        if isUpper { index += strides[axis] }
      }
      if weight > 0 { sum += weight * values[index] }
    }
    return sum
  }

  /// The interval of ascending numbers that holds one, or the nearest.
  private static func cell(of value: Double, in x: [Double]) -> Int {
    var (low, high) = (0, x.count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if x[middle] <= value { low = middle } else { high = middle }
    }
    return low
  }
}
