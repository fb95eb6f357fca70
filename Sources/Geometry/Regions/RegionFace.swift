import Foundation
import Tensors

/// A face of a body of space.
struct RegionFace: Sendable {
  enum Shape: Sendable {
    /// corner + s u + t v for s and t from 0 to 1.
    case parallelogram(corner: SIMD3<Double>, u: SIMD3<Double>, v: SIMD3<Double>)
    /// Half of it: s + t ≤ 1.
    case triangle(corner: SIMD3<Double>, u: SIMD3<Double>, v: SIMD3<Double>)
    case sphere(center: SIMD3<Double>, radius: Double)
  }

  let shape: Shape
  let name: String
  /// The body.
  let part: Int

  var area: Double {
    switch shape {
    case .parallelogram(_, let u, let v): Self.length(cross(u, v))
    case .triangle(_, let u, let v): Self.length(cross(u, v)) / 2
    case .sphere(_, let radius): 4 * .pi * radius * radius
    }
  }

  /// A point of the face, evenly for even s and t, and a unit normal.
  func point(_ s: Double, _ t: Double) -> (point: SIMD3<Double>, normal: SIMD3<Double>) {
    switch shape {
    case .parallelogram(let corner, let u, let v):
      let n = cross(u, v)
      return (corner + s * u + t * v, n / Self.length(n))
    case .triangle(let corner, let u, let v):
      let root = s.squareRoot()
      let n = cross(u, v)
      return (corner + root * (1 - t) * u + root * t * v, n / Self.length(n))
    case .sphere(let center, let radius):
      // Archimedes: even along the axis.
      let z = 2 * s - 1
      let r = max(1 - z * z, 0).squareRoot()
      let n = SIMD3(r * cos(2 * .pi * t), r * sin(2 * .pi * t), z)
      return (center + radius * n, n)
    }
  }

  private static func length(_ v: SIMD3<Double>) -> Double { (v * v).sum().squareRoot() }
}

extension Region {
  /// The corners of a box that holds a region of space.
  func spaceBounds() throws(RegionError) -> (lower: SIMD3<Double>, upper: SIMD3<Double>) {
    let (lower, upper) = bounds(tree)
    for axis in 0..<3 where !(lower[axis] < upper[axis]) { throw .empty }
    guard lower.isFinite, upper.isFinite else { throw .unbounded }
    return (lower, upper)
  }

  /// The volume: in closed form for one body, else by counting.
  func volume(in box: Box) throws(RegionError) -> Double {
    if case .body(let i) = tree {
      switch parts[i].body {
      case .box(_, let half, _): return 8 * half.x * half.y * half.z
      case .ball(_, let radius): return 4 / 3 * .pi * radius * radius * radius
      case .surface(let surface, let motion):
        return surface.volume * motion.scale * motion.scale * motion.scale
      default: break
      }
    }
    let count = 1 << 15
    let points = PointSampler(.sobol, seed: 0).points(count, in: box)
    let inside = points.withUnsafeBufferPointer { x in
      (0..<count).count { treeDistance(SIMD3(x[3 * $0], x[3 * $0 + 1], x[3 * $0 + 2])) < 0 }
    }
    guard inside > 0 else { throw .empty }
    return box.volume * Double(inside) / Double(count)
  }

  /// The faces of all bodies; planes as far as the bounds reach.
  func spaceFaces(_ lower: SIMD3<Double>, _ upper: SIMD3<Double>) -> [RegionFace] {
    var faces: [RegionFace] = []
    for (i, part) in parts.enumerated() {
      switch part.body {
      case .halfSpace(let n, let offset):
        let middle = (lower + upper) / 2
        let diagonal = upper - lower
        let radius = (diagonal * diagonal).sum().squareRoot() / 2
        let foot = middle + (offset - (n * middle).sum()) * n
        let helper = abs(n.x) < 0.6 ? SIMD3<Double>(1, 0, 0) : SIMD3(0, 1, 0)
        let a = cross(n, helper)
        let u = a / (a * a).sum().squareRoot()
        let v = cross(n, u)
        faces.append(
          RegionFace(
            shape: .parallelogram(
              corner: foot - radius * u - radius * v, u: 2 * radius * u, v: 2 * radius * v),
            name: part.names[0], part: i))
      case .ball(let center, let radius):
        faces.append(RegionFace(shape: .sphere(center: center, radius: radius), name: part.names[0], part: i))
      case .box(let center, let half, let frame):
        let axes = [2 * half.x * frame.x, 2 * half.y * frame.y, 2 * half.z * frame.z]
        let corner = center - (axes[0] + axes[1] + axes[2]) / 2
        for axis in 0..<3 {
          let (u, v) = (axes[(axis + 1) % 3], axes[(axis + 2) % 3])
          for upper in [false, true] {
            faces.append(
              RegionFace(
                shape: .parallelogram(corner: upper ? corner + axes[axis] : corner, u: u, v: v),
                name: part.names[2 * axis + (upper ? 1 : 0)], part: i))
          }
        }
      case .surface(let surface, let motion):
        for t in surface.triangles {
          let a = motion(surface.vertices[Int(t.x)])
          faces.append(
            RegionFace(
              shape: .triangle(
                corner: a, u: motion(surface.vertices[Int(t.y)]) - a,
                v: motion(surface.vertices[Int(t.z)]) - a),
              name: part.names[0], part: i))
        }
      case .polygon: preconditionFailure("a polygon in space")
      }
    }
    return faces
  }
}
