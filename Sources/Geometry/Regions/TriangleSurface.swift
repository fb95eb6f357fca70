/// A closed surface of triangles: what it encloses, and how far it is away.
///
/// Distances search a tree of bounding boxes; inside and outside are told by the winding number, the solid angle that the
/// surface fills around a point over 4π (Jacobson, Kavan and Sorkine-Hornung 2013), where groups of triangles that are far
/// away count as one dipole (Barill et al. 2018).
public final class TriangleSurface: Sendable {
  /// Different corners.
  public let vertices: [SIMD3<Double>]
  /// Corners of triangles, counterclockwise as seen from outside.
  public let triangles: [SIMD3<Int32>]
  /// The area.
  public let area: Double
  /// The volume within.
  public let volume: Double
  private let tree: TriangleTree

  /// A surface of triangles that may each list their own corners.
  ///
  /// Equal corners are joined, triangles without area left out, and all are turned if they face inwards.
  ///
  /// - Throws: ``RegionError/surface(_:)`` where edges belong to one triangle only, or to triangles that face different
  ///   ways, and where a coordinate is not finite.
  public init(_ corners: [SIMD3<Double>], triangles: [SIMD3<Int32>]) throws(RegionError) {
    var numbers: [SIMD3<Double>: Int32] = [:]
    var vertices: [SIMD3<Double>] = []
    var places: [Int32] = []
    places.reserveCapacity(corners.count)
    for (i, corner) in corners.enumerated() {
      guard corner.isFinite else {
        throw .surface(
          "corner \(i) of the surface is (\(corner.x), \(corner.y), \(corner.z)): give finite coordinates")
      }
      // −0 and 0 are the same place.
      let key = corner + 0
      if let number = numbers[key] {
        places.append(number)
      } else {
        numbers[key] = Int32(vertices.count)
        places.append(Int32(vertices.count))
        vertices.append(key)
      }
    }
    var kept: [SIMD3<Int32>] = []
    for (number, triangle) in triangles.enumerated() {
      for k in 0..<3 where !(0..<Int32(corners.count)).contains(triangle[k]) {
        throw .surface(
          "triangle \(number) of the surface has the corner \(triangle[k]), and there are \(corners.count): number corners from 0"
        )
      }
      let joined = SIMD3(places[Int(triangle.x)], places[Int(triangle.y)], places[Int(triangle.z)])
      if joined.x != joined.y, joined.y != joined.z, joined.z != joined.x { kept.append(joined) }
    }
    guard !kept.isEmpty else { throw .surface("the surface has no triangles: give one that encloses a body") }
    try Self.checkEdges(kept)
    var (area, volume) = (0.0, 0.0)
    let middle = vertices.reduce(.zero, +) / Double(vertices.count)
    for t in kept {
      let (a, b, c) = (vertices[Int(t.x)] - middle, vertices[Int(t.y)] - middle, vertices[Int(t.z)] - middle)
      let normal = cross(b - a, c - a)
      area += (normal * normal).sum().squareRoot() / 2
      volume += (a * normal).sum() / 6
    }
    guard abs(volume) > 1e-12 * area * area.squareRoot() else {
      throw .surface("the surface encloses no volume: give one that bounds a body")
    }
    if volume < 0 { kept = kept.map { SIMD3($0.x, $0.z, $0.y) } }
    (self.vertices, self.triangles, self.area, self.volume) = (vertices, kept, area, abs(volume))
    tree = TriangleTree(vertices, kept)
  }

  /// Every edge must be met once in each direction as often as in the other.
  private static func checkEdges(_ triangles: [SIMD3<Int32>]) throws(RegionError) {
    var balance: [SIMD2<Int32>: (sum: Int, uses: Int)] = [:]
    for t in triangles {
      for (a, b) in [(t.x, t.y), (t.y, t.z), (t.z, t.x)] {
        let old = balance[SIMD2(min(a, b), max(a, b))] ?? (0, 0)
        balance[SIMD2(min(a, b), max(a, b))] = (old.sum + (a < b ? 1 : -1), old.uses + 1)
      }
    }
    let open = balance.values.count { $0.uses % 2 == 1 }
    guard open == 0 else {
      throw .surface(
        "the surface is open: \(open) edge\(open == 1 ? " belongs" : "s belong") to an odd number of triangles; close its holes, and let neighbours share corners exactly"
      )
    }
    let turned = balance.values.count { $0.sum != 0 }
    guard turned == 0 else {
      throw .surface(
        "the surface has \(turned) edge\(turned == 1 ? "" : "s") between triangles that face different ways: orient all of them outwards"
      )
    }
  }

  /// The distance to the surface, negative inside.
  public func signedDistance(_ x: SIMD3<Double>) -> Double {
    let distance = tree.nearest(x).distance
    return contains(x) ? -distance : distance
  }

  /// Whether a point is enclosed.
  public func contains(_ x: SIMD3<Double>) -> Bool { windingNumber(x) > 0.5 }

  /// How often the surface goes around a point: 1 inside, 0 outside, up to the error of the dipoles.
  public func windingNumber(_ x: SIMD3<Double>) -> Double { tree.solidAngle(x) / (4 * .pi) }

  /// The nearest point of the surface, and the number of its triangle.
  public func nearest(_ x: SIMD3<Double>) -> (point: SIMD3<Double>, triangle: Int) {
    let found = tree.nearest(x)
    return (found.point, found.triangle)
  }

  /// The unit normal of a triangle.
  public func normal(_ triangle: Int) -> SIMD3<Double> {
    let t = triangles[triangle]
    let a = vertices[Int(t.x)]
    let n = cross(vertices[Int(t.y)] - a, vertices[Int(t.z)] - a)
    return n / (n * n).sum().squareRoot()
  }
}
