import Tensors

/// Points of a boundary, with outer normals.
public struct BoundaryPoints: Sendable, Equatable {
  /// Coordinates, [count, dimension], or [count, dimension + 1] with the time last.
  public var points: Tensor<Double>
  /// Outer unit normals in space, [count, dimension].
  public var normals: Tensor<Double>
  /// What each point lies on: the tag of its facet, or of its side of a box (see `Mesh.tag(of:)`).
  public var tags: [Int32]

  /// The number of points.
  public var count: Int { tags.count }
}

extension PointSampler {
  /// Points inside a box, [count, dimension]; with a time, [count, dimension + 1] with the time last.
  /// - Parameter round: the number of the draw; every round has other points (but not a grid).
  public func points(
    _ count: Int, in box: Box, times: ClosedRange<Double>? = nil, round: Int = 0, part: Int = 0
  ) -> Tensor<Double> {
    let intervals =
      box.intervals.map { ($0.lower, $0.upper) } + (times.map { [($0.lowerBound, $0.upperBound)] } ?? [])
    return stretched(
      points(count, extents: intervals.map { $0.1 - $0.0 }, round: round, part: part), intervals)
  }

  /// Points on sides of a box, as many on each as its share of the area, but at least one.
  ///
  /// In one dimension a side is a point: it comes once without a time, and `count` times in all with one.
  public func points(
    _ count: Int, on sides: Sides, of box: Box, times: ClosedRange<Double>? = nil, round: Int = 0
  ) -> BoundaryPoints {
    let members = sides.members(dimension: box.dimension)
    let areas = members.map { box.volume / box.intervals[$0.axis.rawValue].length }
    let isPoint = box.dimension == 1 && times == nil
    let counts = isPoint ? members.map { _ in 1 } : Self.shares(of: count, areas)
    let width = box.dimension + (times == nil ? 0 : 1)
    var (coordinates, normals, tags): ([Double], [Double], [Int32]) = ([], [], [])
    for (number, (side, own)) in zip(members, counts).enumerated() where own > 0 {
      let axis = side.axis.rawValue
      let interval = box.intervals[axis]
      let others = box.intervals.indices.filter { $0 != axis }
      let ranges =
        others.map { (box.intervals[$0].lower, box.intervals[$0].upper) }
        + (times.map { [($0.lowerBound, $0.upperBound)] } ?? [])
      // Part 0 is that of the inside.
      let free =
        ranges.isEmpty
        ? Tensor.zeros([1, 0])
        : stretched(
          points(own, extents: ranges.map { $0.1 - $0.0 }, round: round, part: 1 + number), ranges)
      free.withUnsafeBufferPointer { free in
        for i in 0..<(ranges.isEmpty ? 1 : free.count / ranges.count) {
          var row = free[i * ranges.count..<(i + 1) * ranges.count].map(\.self)
          row.insert(side.isUpper ? interval.upper : interval.lower, at: axis)
          coordinates += row
          normals += box.intervals.indices.map { $0 == axis ? (side.isUpper ? 1 : -1) : 0 }
          tags.append(Mesh.tag(of: side))
        }
      }
    }
    return BoundaryPoints(
      points: Tensor(shape: [tags.count, width], coordinates),
      normals: Tensor(shape: [tags.count, box.dimension], normals), tags: tags)
  }

  /// Points of the unit cube, stretched to a product of intervals. No point reaches an end by rounding.
  func stretched(_ points: Tensor<Double>, _ intervals: [(Double, Double)]) -> Tensor<Double> {
    var points = points
    points.withUnsafeMutableBufferPointer { x in
      for i in x.indices {
        let (lower, upper) = intervals[i % intervals.count]
        let value = lower + (upper - lower) * x[i]
        x[i] = upper > lower ? min(max(value, lower.nextUp), upper.nextDown) : lower
      }
    }
    return points
  }

  /// Whole numbers in the ratio of `sizes` that add up to `count`, by the largest remainders, and none of them zero if
  /// there are enough.
  static func shares(of count: Int, _ sizes: [Double]) -> [Int] {
    guard !sizes.isEmpty else { return [] }
    let least = count >= sizes.count ? 1 : 0
    let total = sizes.reduce(0, +)
    let rest = count - least * sizes.count
    let exact = sizes.map { total > 0 ? Double(rest) * $0 / total : Double(rest) / Double(sizes.count) }
    var shares = exact.map { Int($0.rounded(.down)) }
    let missing = rest - shares.reduce(0, +)
    let order = sizes.indices.sorted {
      let (a, b) = (exact[$0] - exact[$0].rounded(.down), exact[$1] - exact[$1].rounded(.down))
      return a == b ? $0 < $1 : a > b
    }
    for index in order.prefix(missing) { shares[index] += 1 }
    return shares.map { $0 + least }
  }
}
