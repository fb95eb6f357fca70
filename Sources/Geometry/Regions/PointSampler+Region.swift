import Tensors

extension PointSampler {
  /// Points inside a region, [count, dimension]; with a time, [count, dimension + 1] with the time last.
  ///
  /// Points of the box around the region that lie inside are kept (von Neumann 1951). Of a grid over the box those are kept
  /// that lie inside, at most `count`.
  /// - Parameter round: the number of the draw; every round has other points (but not a grid).
  public func points(
    _ count: Int, in region: RegionGeometry, times: ClosedRange<Double>? = nil, round: Int = 0, part: Int = 0
  ) -> Tensor<Double> {
    let d = region.dimension
    let width = d + (times == nil ? 0 : 1)
    guard count > 0 else { return .zeros([0, width]) }
    func inside(_ table: Tensor<Double>) -> [Int] {
      table.withUnsafeBufferPointer { x in
        (0..<table.shape[0]).filter { row in
          var v = SIMD3<Double>.zero
          for axis in 0..<d { v[axis] = x[row * width + axis] }
          return region.contains(v)
        }
      }
    }
    var candidates = Int(Double(count) * region.bounds.volume / region.volume)
    if sequence == .grid {
      while candidates > 0 {
        let table = points(candidates, in: region.bounds, times: times, round: round, part: part)
        let kept = inside(table)
        if !kept.isEmpty, kept.count <= count { return table.gathering(kept) }
        candidates = candidates * 49 / 50
      }
      return PointSampler(.sobol, seed: seed).points(
        count, in: region, times: times, round: round, part: part)
    }
    candidates += candidates / 20 + 16
    while true {
      let table = points(candidates, in: region.bounds, times: times, round: round, part: part)
      let kept = inside(table)
      if kept.count >= count { return table.gathering(Array(kept.prefix(count))) }
      candidates *= 2
    }
  }

  /// Points of boundaries of a region with outward normals, evenly by length or area. Tags are places of names in
  /// ``RegionGeometry/boundaryNames``.
  ///
  /// On the line each end comes once without a time.
  /// - Parameter names: The boundaries; all where left out.
  /// - Throws: ``RegionError/unknownBoundary(name:known:)``.
  public func points(
    _ count: Int, on names: [String]? = nil, of region: RegionGeometry, times: ClosedRange<Double>? = nil,
    round: Int = 0, part: Int = 1
  ) throws(RegionError) -> BoundaryPoints {
    for name in names ?? [] where !region.boundaryNames.contains(name) {
      throw .unknownBoundary(name: name, known: region.boundaryNames)
    }
    let wanted = names ?? region.boundaryNames
    var rows = BoundaryRows(dimension: region.dimension, times: times)
    func tag(_ name: String) -> Int32 { Int32(region.boundaryNames.firstIndex(of: name)!) }
    let extra = times == nil ? 0 : 1
    switch region.dimension {
    case 1:
      let ends = region.ends.filter { wanted.contains($0.name) }
      let number = extra == 0 ? ends.count : count
      let unit = points(number, extents: Array(repeating: 1, count: 1), round: round, part: part)
      for i in 0..<unit.shape[0] {
        let end = ends[i % ends.count]
        rows.append(
          SIMD3(end.place, 0, 0), SIMD3(end.isUpper ? 1 : -1, 0, 0), unit.elements[i], tag(end.name))
      }
    case 2:
      let curves = region.curves.filter { wanted.contains($0.name) }
      var sum = 0.0
      let ends = curves.map { curve in
        sum += curve.length
        return sum
      }
      let unit = points(
        count, extents: [sum] + (times.map { [$0.upperBound - $0.lowerBound] } ?? []), round: round,
        part: part)
      let numbers = unit.elements
      for i in 0..<unit.shape[0] {
        let target = numbers[i * (1 + extra)] * sum
        let place = ends.firstIndex { $0 > target } ?? ends.count - 1
        let curve = curves[place]
        let share = min(max(1 - (ends[place] - target) / curve.length, 0), 1)
        let (x, n) = (curve.point(share), curve.normal(share))
        rows.append(
          SIMD3(x, 0), SIMD3(n, 0), extra == 0 ? 0 : numbers[i * 2 + 1], tag(curve.name))
      }
    default:
      let sampler = FaceSampler(
        region.region, region.faces.filter { wanted.contains($0.name) }, size: region.size)
      // A grid has no meaning on faces.
      let spread = sequence == .grid ? PointSampler(.sobol, seed: seed) : self
      var candidates = count + count / 10 + 16
      while rows.count < count {
        rows.removeAll()
        let unit = spread.unitPoints(candidates, dimension: 3 + extra, round: round, part: part)
        let numbers = unit.elements
        for i in 0..<candidates where rows.count < count {
          let row = i * (3 + extra)
          if let (x, n, face) = sampler.point(numbers[row], numbers[row + 1], numbers[row + 2]) {
            rows.append(x, n, extra == 0 ? 0 : numbers[row + 3], tag(face.name))
          }
        }
        candidates *= 2
      }
    }
    return rows.points
  }
}

/// Rows of boundary points under construction.
private struct BoundaryRows {
  let dimension: Int
  let times: ClosedRange<Double>?
  private var coordinates: [Double] = []
  private var normals: [Double] = []
  private var tags: [Int32] = []

  init(dimension: Int, times: ClosedRange<Double>?) { (self.dimension, self.times) = (dimension, times) }

  var count: Int { tags.count }

  mutating func removeAll() { (coordinates, normals, tags) = ([], [], []) }

  mutating func append(_ x: SIMD3<Double>, _ n: SIMD3<Double>, _ time: Double, _ tag: Int32) {
    for axis in 0..<dimension {
      coordinates.append(x[axis])
      normals.append(n[axis])
    }
    if let times { coordinates.append(times.lowerBound + time * (times.upperBound - times.lowerBound)) }
    tags.append(tag)
  }

  var points: BoundaryPoints {
    BoundaryPoints(
      points: Tensor(shape: [tags.count, dimension + (times == nil ? 0 : 1)], coordinates),
      normals: Tensor(shape: [tags.count, dimension], normals), tags: tags)
  }
}
