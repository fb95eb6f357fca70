import Foundation

/// A simple body: its signed distance in closed form, or by a tree of triangles.
enum Body: Sendable {
  /// Normal · x ≤ offset.
  case halfSpace(normal: SIMD3<Double>, offset: Double)
  /// A ball; a disc in the plane.
  case ball(center: SIMD3<Double>, radius: Double)
  /// A box along the rows of a frame; its first d half-widths count.
  case box(center: SIMD3<Double>, half: SIMD3<Double>, frame: Similarity.Rows)
  /// Corners of a polygon, counterclockwise.
  case polygon([SIMD2<Double>])
  /// A surface of triangles, moved.
  case surface(TriangleSurface, Similarity)

  /// The distance to the boundary, negative inside.
  func signedDistance(_ x: SIMD3<Double>, dimension: Int) -> Double {
    switch self {
    case .halfSpace(let normal, let offset): return (normal * x).sum() - offset
    case .ball(let center, let radius):
      let v = x - center
      return (v * v).sum().squareRoot() - radius
    case .box(let center, let half, let frame):
      let v = frame(x - center)
      var (outside, inside) = (0.0, -Double.infinity)
      for axis in 0..<dimension {
        let gap = abs(v[axis]) - half[axis]
        inside = max(inside, gap)
        if gap > 0 { outside += gap * gap }
      }
      return inside > 0 ? outside.squareRoot() : inside
    case .polygon(let corners): return Self.signedDistance(SIMD2(x.x, x.y), corners)
    case .surface(let surface, let motion): return motion.scale * surface.signedDistance(motion.inverse(x))
    }
  }

  /// The distance to a polygon's sides; the sign by the parity of crossings of a ray.
  private static func signedDistance(_ x: SIMD2<Double>, _ corners: [SIMD2<Double>]) -> Double {
    var nearest = Double.infinity
    var isInside = false
    for i in corners.indices {
      let (a, b) = (corners[i], corners[i + 1 == corners.count ? 0 : i + 1])
      let (d, v) = (b - a, x - a)
      let t = min(max((d * v).sum() / (d * d).sum(), 0), 1)
      let gap = v - t * d
      nearest = min(nearest, (gap * gap).sum())
      if (a.y > x.y) != (b.y > x.y) {
        let cross = d.x * v.y - d.y * v.x
        if (cross > 0) == (b.y > a.y) { isInside.toggle() }
      }
    }
    return isInside ? -nearest.squareRoot() : nearest.squareRoot()
  }

  func moved(_ motion: Similarity) -> Body {
    switch self {
    case .halfSpace(let normal, let offset):
      let turned = motion.rotation(normal)
      return .halfSpace(normal: turned, offset: motion.scale * offset + (turned * motion.shift).sum())
    case .ball(let center, let radius): return .ball(center: motion(center), radius: motion.scale * radius)
    case .box(let center, let half, let frame):
      return .box(
        center: motion(center), half: motion.scale * half, frame: frame.rotated(by: motion.rotation))
    case .polygon(let corners):
      return .polygon(
        corners.map { corner in
          let x = motion(SIMD3(corner.x, corner.y, 0))
          return SIMD2(x.x, x.y)
        })
    case .surface(let surface, let old): return .surface(surface, old.followed(by: motion))
    }
  }

  /// The corners of a box that holds the body, infinite where it does not end.
  func bounds(dimension: Int) -> (lower: SIMD3<Double>, upper: SIMD3<Double>) {
    let infinite = SIMD3<Double>(repeating: .infinity)
    switch self {
    case .halfSpace(let normal, let offset):
      var (lower, upper) = (-infinite, infinite)
      for axis in 0..<dimension where abs(normal[axis]) == 1 {
        if normal[axis] > 0 { upper[axis] = offset } else { lower[axis] = -offset }
      }
      return (lower, upper)
    case .ball(let center, let radius): return (center - radius, center + radius)
    case .box(let center, let half, let frame):
      var reach = SIMD3<Double>.zero
      for (axis, row) in [frame.x, frame.y, frame.z].prefix(dimension).enumerated() {
        reach += half[axis] * SIMD3(abs(row.x), abs(row.y), abs(row.z))
      }
      return (center - reach, center + reach)
    case .polygon(let corners):
      let (lower, upper) = corners.reduce((corners[0], corners[0])) {
        (pointwiseMin($0.0, $1), pointwiseMax($0.1, $1))
      }
      return (SIMD3(lower, 0), SIMD3(upper, 0))
    case .surface(let surface, let motion):
      let points = surface.vertices.map { motion($0) }
      return points.reduce((points[0], points[0])) { (pointwiseMin($0.0, $1), pointwiseMax($0.1, $1)) }
    }
  }
}
