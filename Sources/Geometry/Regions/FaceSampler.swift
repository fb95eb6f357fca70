import Tensors

/// Points on faces of a region of space: spread over the faces of its bodies by area, and kept where the region lies on one
/// side only.
struct FaceSampler {
  let region: Region
  let size: Double
  private let faces: [RegionFace]
  /// Areas, summed up.
  private let areas: [Double]

  init(_ region: Region, _ faces: [RegionFace], size: Double) {
    (self.region, self.faces, self.size) = (region, faces, size)
    var sum = 0.0
    areas = faces.map { face in
      sum += face.area
      return sum
    }
  }

  var totalArea: Double { areas.last ?? 0 }

  /// The point for three numbers between 0 and 1, its outward normal and its face; nil where it is no boundary.
  func point(_ choice: Double, _ s: Double, _ t: Double) -> (
    point: SIMD3<Double>, normal: SIMD3<Double>, face: RegionFace
  )? {
    let target = choice * totalArea
    var (low, high) = (0, areas.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if areas[middle] > target { high = middle } else { low = middle + 1 }
    }
    let face = faces[low]
    let (x, n) = face.point(s, t)
    let step = 1e-7 * size * n
    let (ahead, behind) = (region.treeDistance(x + step) < 0, region.treeDistance(x - step) < 0)
    guard ahead != behind else { return nil }
    // A face that two bodies share counts once.
    for part in 0..<face.part
    where abs(region.parts[part].body.signedDistance(x, dimension: 3)) <= 1e-10 * size { return nil }
    return (x, behind ? n : -n, face)
  }

  /// The area that is left of the faces of each name.
  static func areas(_ region: Region, _ faces: [RegionFace], _ names: [String], size: Double) -> [Double] {
    let count = 1 << 13
    let unit = PointSampler(.sobol, seed: 0).unitPoints(count, dimension: 3)
    return names.map { name in
      let sampler = FaceSampler(region, faces.filter { $0.name == name }, size: size)
      let kept = unit.withUnsafeBufferPointer { u in
        (0..<count).count { sampler.point(u[3 * $0], u[3 * $0 + 1], u[3 * $0 + 2]) != nil }
      }
      return sampler.totalArea * Double(kept) / Double(count)
    }
  }
}
