import Tensors

/// A region that was checked, with its boundary worked out: distances, normals, measures and membership.
///
/// On the line and in the plane all of them are exact. In space distances are exact for one body, and for several the
/// largest or smallest of the bodies' distances: right in sign, and no larger than the distance; measures of faces and
/// volumes that are cut are estimated at 2¹⁵ points.
public final class RegionGeometry: Sendable {
  /// The plan.
  public let region: Region
  /// The smallest box of which the boundary is known to lie within.
  public let bounds: Box
  /// Length, area or volume.
  public let volume: Double
  /// The names of those parts of the boundary of which something is left, in the order of the bodies.
  public let boundaryNames: [String]
  /// The boundary of a plane region.
  public let curves: [BoundaryCurve]
  /// The ends of a region of the line: places, whether the normal points up, names.
  let ends: [(place: Double, isUpper: Bool, name: String)]
  /// The faces of a region of space, before they are cut.
  let faces: [RegionFace]
  /// Length, area of each boundary of ``boundaryNames``.
  private let measures: [Double]
  /// A length that stands for the size of the region.
  let size: Double

  /// The number of coordinates.
  public var dimension: Int { region.dimension }

  /// Works out the boundary.
  ///
  /// - Throws: ``RegionError`` for bodies that are wrong, and for combinations that are empty or do not end.
  public init(_ region: Region) throws(RegionError) {
    if let flaw = region.flaw { throw flaw }
    self.region = region
    let d = region.dimension
    var names: [String] = []
    switch d {
    case 1:
      let ends = try region.lineEnds()
      (self.ends, curves, faces) = (ends, [], [])
      names = ends.map(\.name)
      let (a, b) = (ends.first!.place, ends.last!.place)
      bounds = Box([Box.Interval(a, b, periodic: false)])
      volume = ends.reduce(0) { $0 + ($1.isUpper ? $1.place : -$1.place) }
    case 2:
      let curves = try region.planeBoundary()
      (ends, self.curves, faces) = ([], curves, [])
      names = curves.map(\.name)
      let (lower, upper) = curves.map(\.bounds).reduce((curves[0].point(0), curves[0].point(0))) {
        (pointwiseMin($0.0, $1.lower), pointwiseMax($0.1, $1.upper))
      }
      volume = curves.reduce(0) { $0 + $1.areaIntegral }
      guard volume > 0, upper.x > lower.x, upper.y > lower.y else { throw .empty }
      bounds = Box(
        [Box.Interval(lower.x, upper.x, periodic: false), Box.Interval(lower.y, upper.y, periodic: false)])
    default:
      let (lower, upper) = try region.spaceBounds()
      bounds = Box((0..<3).map { Box.Interval(lower[$0], upper[$0], periodic: false) })
      (ends, curves) = ([], [])
      volume = try region.volume(in: bounds)
      let faces = region.spaceFaces(lower, upper)
      self.faces = faces
      names = faces.map(\.name)
    }
    size = bounds.intervals.reduce(0) { max($0, $1.length) }
    var order: [String] = []
    for name in names where !order.contains(name) { order.append(name) }
    switch d {
    case 1: (boundaryNames, measures) = (order, order.map { name in Double(names.count { $0 == name }) })
    case 2:
      let curves = curves
      boundaryNames = order
      measures = order.map { name in curves.filter { $0.name == name }.reduce(0) { $0 + $1.length } }
    default:
      let areas = FaceSampler.areas(region, faces, order, size: size)
      let kept = order.indices.filter { areas[$0] > 0 }
      (boundaryNames, measures) = (kept.map { order[$0] }, kept.map { areas[$0] })
    }
  }

  /// The distance to the boundary, negative inside.
  ///
  /// - Parameter x: `dimension` coordinates.
  public func signedDistance(_ x: [Double]) -> Double {
    precondition(x.count == dimension, "a point of \(x.count) coordinates for a region of \(dimension)")
    return signedDistance(Self.vector(x))
  }

  /// Whether a point lies inside.
  public func contains(_ x: [Double]) -> Bool {
    precondition(x.count == dimension, "a point of \(x.count) coordinates for a region of \(dimension)")
    return contains(Self.vector(x))
  }

  /// Length, area of a boundary, or the number of its points on the line.
  ///
  /// - Throws: ``RegionError/unknownBoundary(name:known:)``.
  public func measure(of name: String) throws(RegionError) -> Double {
    guard let i = boundaryNames.firstIndex(of: name) else {
      throw .unknownBoundary(name: name, known: boundaryNames)
    }
    return measures[i]
  }

  /// The outward unit normal at the point of the boundary that is nearest to x.
  public func normal(_ x: [Double]) -> [Double] {
    let v = Self.vector(x)
    switch dimension {
    case 1:
      let end = ends.min { abs($0.place - v.x) < abs($1.place - v.x) }!
      return [end.isUpper ? 1 : -1]
    case 2:
      let all = curves.map { ($0, $0.nearest(SIMD2(v.x, v.y))) }
      let (curve, near) = all.min { $0.1.distance < $1.1.distance }!
      let n = curve.normal(near.part)
      return [n.x, n.y]
    default:
      // The gradient of the distance, by differences.
      let step = 1e-6 * size
      let slope = (0..<3).map { axis -> Double in
        var (a, b) = (v, v)
        a[axis] -= step
        b[axis] += step
        return signedDistance(b) - signedDistance(a)
      }
      let length = slope.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return slope.map { $0 / length }
    }
  }

  func contains(_ x: SIMD3<Double>) -> Bool {
    let distance = region.treeDistance(x)
    let step = 1e-10 * size
    guard abs(distance) < step else { return distance < 0 }
    // On a seam between bodies, inside where everything around is.
    return (0..<1 << dimension).allSatisfy { corner in
      var y = x
      for axis in 0..<dimension { y[axis] += (corner >> axis) & 1 == 0 ? 10 * step : -10 * step }
      return region.treeDistance(y) < 0
    }
  }

  func signedDistance(_ x: SIMD3<Double>) -> Double {
    let nearest: Double
    switch dimension {
    case 1: nearest = ends.reduce(Double.infinity) { min($0, abs($1.place - x.x)) }
    case 2: nearest = curves.reduce(Double.infinity) { min($0, $1.nearest(SIMD2(x.x, x.y)).distance) }
    default: return region.treeDistance(x)
    }
    return contains(x) ? -nearest : nearest
  }

  static func vector(_ x: [Double]) -> SIMD3<Double> {
    SIMD3(x[0], x.count > 1 ? x[1] : 0, x.count > 2 ? x[2] : 0)
  }
}

extension Region {
  /// The ends of a region of the line, from left to right.
  func lineEnds() throws(RegionError) -> [(place: Double, isUpper: Bool, name: String)] {
    var places: [(Double, String)] = []
    var size = 0.0
    for part in parts {
      guard case .box(let center, let half, _) = part.body else {
        preconditionFailure("a region of the line is made of intervals")
      }
      places += [(center.x - half.x, part.names[0]), (center.x + half.x, part.names[1])]
      size = max(size, half.x)
    }
    places.sort { $0.0 < $1.0 }
    var ends: [(place: Double, isUpper: Bool, name: String)] = []
    for (place, name) in places {
      let step = 1e-9 * size
      let (below, above) = (
        treeDistance(SIMD3(place - step, 0, 0)) < 0, treeDistance(SIMD3(place + step, 0, 0)) < 0
      )
      guard below != above else { continue }
      if let last = ends.last, place - last.place <= step { continue }
      ends.append((place, below, name))
    }
    guard let first = ends.first else {
      throw treeDistance(SIMD3(places[0].0 - size, 0, 0)) < 0 ? .unbounded : .empty
    }
    guard !first.isUpper, ends.last!.isUpper else { throw .unbounded }
    return ends
  }
}
