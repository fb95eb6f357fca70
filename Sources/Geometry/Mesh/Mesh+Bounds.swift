extension Mesh {
  /// The smallest box around the points; sides of length zero are given the length of the largest one's rounding.
  public var boundingBox: Box {
    precondition(pointCount > 0, "a mesh without points has no bounding box")
    var (lower, upper) = (Array(point(0)), Array(point(0)))
    for i in 1..<max(pointCount, 1) {
      for (a, value) in point(i).enumerated() {
        lower[a] = min(lower[a], value)
        upper[a] = max(upper[a], value)
      }
    }
    let size = zip(lower, upper).reduce(1e-300) { max($0, $1.1 - $1.0, abs($1.0) * 1e-15) }
    return Box(
      zip(lower, upper).map { Box.Interval($0, $1 > $0 ? $1 : $0 + size * 1e-12, periodic: false) })
  }
}
