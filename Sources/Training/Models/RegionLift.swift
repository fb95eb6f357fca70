import Equations
import Geometry

/// G and d for values that are given on boundaries of a region: u = G + d N has them there for every N.
///
/// d is the product of smooth functions f/(f + c), one for each line, plane, circle or sphere on which a value is given; G
/// takes the values from boundary to boundary by inverse distances, gᵢ ∏ⱼ≠ᵢ dⱼ / Σₖ ∏ⱼ≠ₖ dⱼ (transfinite interpolation after
/// Rvachev, Sheiko, Shapiro and Tsukanov 2001; Sukumar and Srivastava 2022).
///
/// Segments that end where the region goes on, as at the corner of an L, have no smooth function. Their pieces can be asked
/// for (Sukumar and Srivastava, Comput. Methods Appl. Mech. Eng. 389, 2022); Laplacians are then infinite at the corners.
struct RegionLift {
  let offset, distance: Node

  /// The lift of values by name.
  ///
  /// - Parameter withPieces: Whether functions may be used that are not smooth at corners.
  /// - Returns: nil where there is none, or none that is smooth; where boundaries with different formulas meet there never
  ///   is.
  init?(_ values: [(name: String, value: Node)], on geometry: RegionGeometry, withPieces: Bool) {
    guard !values.isEmpty else { return nil }
    // Boundaries with one formula count as one.
    var groups: [(names: Set<String>, value: Node)] = []
    for (name, value) in values {
      if let i = groups.firstIndex(where: { $0.value == value }) {
        groups[i].names.insert(name)
      } else {
        groups.append(([name], value))
      }
    }
    var distances: [Node] = []
    for (i, group) in groups.enumerated() {
      guard let factors = geometry.factors(of: group.names, withPieces: withPieces),
        !groups[..<i].contains(where: { geometry.touch($0.names, group.names) })
      else { return nil }
      distances.append(
        factors.map { factor in
          let f = Self.formula(factor.carrier, geometry.dimension)
          return f * .raise(f + .constant(factor.length), .constant(-1))
        }.reduce(.one, *))
    }
    distance = distances.reduce(.one, *)
    guard groups.count > 1 else {
      offset = groups[0].value
      return
    }
    let others = distances.indices.map { i in
      distances.indices.filter { $0 != i }.map { distances[$0] }.reduce(.one, *)
    }
    let sum = Node.sum(of: others)
    offset =
      Node.sum(of: zip(groups, others).map { $0.value * $1 }) * .raise(sum, .constant(-1))
  }

  private static func formula(_ carrier: BoundaryFactor.Carrier, _ dimension: Int) -> Node {
    let axes = Axis.allCases.prefix(dimension)
    func square(_ center: SIMD3<Double>) -> Node {
      .sum(
        of: axes.map { .raise(.coordinate($0) - .constant(center[$0.rawValue]), .constant(2)) })
    }
    switch carrier {
    case .plane(let normal, let offset):
      return .sum(
        of: [.constant(offset)]
          + axes.filter { normal[$0.rawValue] != 0 }.map {
            .constant(-normal[$0.rawValue]) * .coordinate($0)
          })
    case .around(let center, let radius):
      return .constant(0.5 / radius) * (.constant(radius * radius) - square(center))
    case .hole(let center, let radius):
      return .constant(0.5 / radius) * (square(center) - .constant(radius * radius))
    case .piece(let curve): return piece(curve)
    }
  }

  /// √(f² + ¼(√(t² + f⁴) − t)²), where f vanishes on the whole line or circle and t is positive within the piece.
  private static func piece(_ curve: BoundaryCurve) -> Node {
    func line(_ a: SIMD2<Double>, _ b: SIMD2<Double>) -> Node {
      let d = b - a
      let n = SIMD2(d.y, -d.x) / (d * d).sum().squareRoot()
      return .constant(n.x) * .coordinate(.x) + .constant(n.y) * .coordinate(.y) - .constant((n * a).sum())
    }
    func square(_ c: SIMD2<Double>) -> Node {
      .raise(.coordinate(.x) - .constant(c.x), .constant(2))
        + .raise(.coordinate(.y) - .constant(c.y), .constant(2))
    }
    let (f, t): (Node, Node)
    switch curve.shape {
    case .segment(let a, let b):
      f = line(a, b)
      t = .constant(1 / curve.length) * (.constant(curve.length * curve.length / 4) - square((a + b) / 2))
    case .arc(let center, let radius, let from, let to):
      f = .constant(0.5 / radius) * (.constant(radius * radius) - square(center))
      // All of a circle has no ends.
      t = to - from >= 2 * .pi - 1e-12 ? .one : line(curve.point(0), curve.point(1))
    }
    let half = Node.constant(0.5)
    let end = Node.raise(t * t + .raise(f, .constant(4)), half) - t
    return .raise(f * f + .constant(0.25) * end * end, half)
  }
}
