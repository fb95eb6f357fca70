/// A function that vanishes on a part of the boundary of a region, and is positive inside.
public struct BoundaryFactor: Hashable, Sendable {
  /// Where it vanishes.
  public enum Carrier: Hashable, Sendable {
    /// A point, line or plane; offset − normal · x is the function.
    case plane(normal: SIMD3<Double>, offset: Double)
    /// A circle or sphere around the region: (R² − r²)/2R.
    case around(center: SIMD3<Double>, radius: Double)
    /// A circle or sphere that is cut out: (r² − R²)/2R.
    case hole(center: SIMD3<Double>, radius: Double)
    /// A segment or an arc of the plane and nothing beyond its ends: not smooth there.
    case piece(BoundaryCurve)
  }

  public let carrier: Carrier
  /// The boundaries that lie on the carrier.
  public let names: Set<String>
  /// A length within which the function is about the distance.
  public let length: Double

  /// The value, whose slope at the carrier is 1.
  func callAsFunction(_ x: SIMD3<Double>) -> Double { Self.value(carrier, x) }

  static func value(_ carrier: Carrier, _ x: SIMD3<Double>) -> Double {
    switch carrier {
    case .plane(let normal, let offset): return offset - (normal * x).sum()
    case .around(let center, let radius):
      let v = x - center
      return (radius * radius - (v * v).sum()) / (2 * radius)
    case .hole(let center, let radius):
      let v = x - center
      return ((v * v).sum() - radius * radius) / (2 * radius)
    case .piece(let curve): return curve.nearest(SIMD2(x.x, x.y)).distance
    }
  }
}

extension RegionGeometry {
  /// Functions whose zeros are the given boundaries and nothing else of the region: those of lines, planes, circles and
  /// spheres on one side of which all of it lies, which are smooth.
  ///
  /// - Parameter withPieces: Whether boundaries of plane regions that lie on no such curve get functions of their segments
  ///   and arcs (Sukumar and Srivastava, Comput. Methods Appl. Mech. Eng. 389, 2022), whose second derivatives are infinite
  ///   at the ends.
  /// - Returns: nil where a boundary is bent inwards, as at the corner of an L, or a curve goes on into a boundary that is
  ///   not among the names, and pieces are not asked for.
  public func factors(of names: Set<String>, withPieces: Bool = false) -> [BoundaryFactor]? {
    let carriers = supportingCarriers
    var lying: [BoundaryFactor.Carrier: Set<String>] = [:]
    let tolerance = 1e-9 * size
    let pieces = boundaryPieces
    let found = pieces.map { piece in
      carriers.filter { carrier in
        piece.points.allSatisfy { abs(BoundaryFactor.value(carrier, $0)) <= tolerance }
      }
    }
    for (piece, own) in zip(pieces, found) {
      for carrier in own { lying[carrier, default: []].insert(piece.name) }
    }
    let fit = carriers.filter { lying[$0]?.isSubset(of: names) ?? false }
    var factors = fit.map { carrier in
      let length: Double
      switch carrier {
      case .around(_, let radius): length = radius / 4
      case .hole(_, let radius): length = radius
      case .plane, .piece: length = size / 4
      }
      return BoundaryFactor(carrier: carrier, names: lying[carrier]!, length: length)
    }
    for (i, piece) in pieces.enumerated()
    where names.contains(piece.name) && !found[i].contains(where: fit.contains) {
      guard withPieces, dimension == 2 else { return nil }
      factors.append(
        BoundaryFactor(carrier: .piece(curves[i]), names: [piece.name], length: size / 4))
    }
    return factors.isEmpty ? nil : factors
  }

  /// Whether two sets of boundaries meet somewhere.
  public func touch(_ a: Set<String>, _ b: Set<String>) -> Bool {
    let tolerance = 1e-6 * size
    let pieces = boundaryPieces
    if dimension < 3 {
      func ends(_ names: Set<String>) -> [SIMD3<Double>] {
        pieces.filter { names.contains($0.name) }.flatMap(\.ends)
      }
      let others = ends(b)
      return ends(a).contains { x in
        others.contains { y in
          let v = x - y
          return (v * v).sum().squareRoot() <= tolerance
        }
      }
    }
    // Of spheres alone it is known that they stay apart.
    guard let first = factors(of: a), let second = factors(of: b) else { return true }
    for f in first {
      for g in second {
        switch (f.carrier, g.carrier) {
        case (.hole(let p, let r), .hole(let q, let s)):
          let v = p - q
          if (v * v).sum().squareRoot() <= r + s + tolerance { return true }
        case (.hole(let p, let r), .plane), (.hole(let p, let r), .around):
          if Self.gap(g, p) <= r + tolerance { return true }
        case (.plane, .hole(let q, let s)), (.around, .hole(let q, let s)):
          if Self.gap(f, q) <= s + tolerance { return true }
        default: return true
        }
      }
    }
    return false
  }

  /// The distance of a point inside from a carrier.
  private static func gap(_ factor: BoundaryFactor, _ x: SIMD3<Double>) -> Double {
    guard case .around(let center, let radius) = factor.carrier else { return factor(x) }
    let v = x - center
    return radius - (v * v).sum().squareRoot()
  }

  /// The lines, planes, circles and spheres of bodies on one side of which all of the region lies.
  private var supportingCarriers: [BoundaryFactor.Carrier] {
    var found: [BoundaryFactor.Carrier] = []
    func add(_ carrier: BoundaryFactor.Carrier) { if !found.contains(carrier) { found.append(carrier) } }
    func visit(_ tree: Region.Tree) {
      switch tree {
      case .intersection(let a, let b):
        visit(a)
        visit(b)
      case .complement(.union(let a, let b)):
        visit(.complement(a))
        visit(.complement(b))
      case .complement(.complement(let a)): visit(a)
      case .union, .complement(.intersection): break
      case .body(let i):
        switch region.parts[i].body {
        case .halfSpace(let normal, let offset): add(.plane(normal: normal, offset: offset))
        case .ball(let center, let radius): add(.around(center: center, radius: radius))
        case .box(let center, let half, let frame):
          for (axis, row) in [frame.x, frame.y, frame.z].prefix(dimension).enumerated() {
            for normal in [-row, row] {
              add(.plane(normal: normal, offset: (normal * center).sum() + half[axis]))
            }
          }
        case .polygon(let corners):
          for (k, a) in corners.enumerated() {
            let d = corners[(k + 1) % corners.count] - a
            let normal = SIMD2(d.y, -d.x) / (d * d).sum().squareRoot()
            let offset = (normal * a).sum()
            if corners.allSatisfy({ (normal * $0).sum() <= offset + 1e-12 * size }) {
              add(.plane(normal: SIMD3(normal, 0), offset: offset))
            }
          }
        case .surface: break
        }
      case .complement(.body(let i)):
        switch region.parts[i].body {
        case .halfSpace(let normal, let offset): add(.plane(normal: -normal, offset: -offset))
        case .ball(let center, let radius): add(.hole(center: center, radius: radius))
        default: break
        }
      }
    }
    visit(region.tree)
    return found
  }

  /// Points that tell on which carriers the pieces of the boundary lie, and where the pieces end.
  private var boundaryPieces: [(name: String, points: [SIMD3<Double>], ends: [SIMD3<Double>])] {
    switch dimension {
    case 1:
      return ends.map { end in
        (end.name, [SIMD3(end.place, 0, 0)], [SIMD3(end.place, 0, 0)])
      }
    case 2:
      return curves.map { curve in
        let points = [0.1, 0.45, 0.8].map { SIMD3(curve.point($0), 0) }
        return (curve.name, points, [SIMD3(curve.point(0), 0), SIMD3(curve.point(1), 0)])
      }
    default:
      // What is drawn on a face lies on the carriers of its piece.
      return boundaryNames.flatMap {
        name -> [(name: String, points: [SIMD3<Double>], ends: [SIMD3<Double>])] in
        guard
          let table = try? PointSampler(.sobol, seed: 0).points(64, on: [name], of: self).points.elements
        else { return [] }
        return (0..<64).map { i in
          (name, [SIMD3(table[3 * i], table[3 * i + 1], table[3 * i + 2])], [])
        }
      }
    }
  }
}
