import Equations
import Geometry
import Tensors

/// G and d for values that are given on boundaries of a region: u = G + d N has them there for every N.
///
/// d is about the distance to the boundary: functions fᵢ of single lines, planes, circles or spheres are joined as 1/Σ 1/fᵢ
/// (R-equivalence, Rvachev, Sheiko, Shapiro and Tsukanov 2001; Sukumar and Srivastava, Comput. Methods Appl. Mech. Eng. 389,
/// 2022), which is smooth where they stay apart. Those that meet at corners are joined as ∏ fᵢ / (Σᵢ ∏ⱼ≠ᵢ fⱼ + ε), which is
/// smooth there too and about the distance elsewhere. G takes the values from boundary to boundary by inverse distances.
///
/// Segments that end where the region goes on, as at the corner of an L, have no smooth function. Their pieces can be asked
/// for; Laplacians are then infinite at the corners.
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
      distances.append(Self.joined(factors, geometry))
    }
    // So that a network of size one makes up for values of size one.
    let size = geometry.bounds.intervals.map(\.length).max() ?? 1
    distance = .constant(8 / size) * Self.joined(distances)
    guard groups.count > 1 else {
      offset = groups[0].value
      return
    }
    let others = Self.others(distances)
    offset =
      Node.sum(of: zip(groups, others).map { $0.value * $1 })
      * .raise(Node.sum(of: others), .constant(-1))
  }

  /// For each function, the product of all others.
  private static func others(_ functions: [Node]) -> [Node] {
    functions.indices.map { i in
      functions.indices.filter { $0 != i }.map { functions[$0] }.reduce(.one, *)
    }
  }

  /// 1/Σ 1/fᵢ, and with ε where all fᵢ may vanish.
  private static func joined(_ functions: [Node], smoothing: Double = 0) -> Node {
    guard functions.count > 1 else { return functions[0] }
    let sum = Node.sum(of: others(functions) + (smoothing > 0 ? [.constant(smoothing)] : []))
    return functions.reduce(.one, *) * .raise(sum, .constant(-1))
  }

  /// The function of boundaries of one value.
  private static func joined(_ factors: [BoundaryFactor], _ geometry: RegionGeometry) -> Node {
    // Sets of carriers that hang together.
    var sets: [[BoundaryFactor]] = []
    for factor in factors {
      let near = sets.indices.filter { sets[$0].contains { meet($0.carrier, factor.carrier, geometry) } }
      let merged = near.flatMap { sets[$0] } + [factor]
      sets = sets.indices.filter { !near.contains($0) }.map { sets[$0] } + [merged]
    }
    let table = PointSampler(.sobol, seed: 0).points(64, in: geometry).elements
    let d = geometry.dimension
    return joined(
      sets.map { set in
        let functions = set.map { formula($0.carrier, d) }
        guard set.count > 1 else { return functions[0] }
        // A twentieth of what the sum is on average, for units do not count.
        let sum = Node.sum(of: others(functions))
        let mean = (0..<64).reduce(0.0) { total, i in
          total + ((try? sum.value(at: Array(table[i * d..<(i + 1) * d]))) ?? 0) / 64
        }
        return joined(functions, smoothing: 0.05 * mean)
      })
  }

  /// Whether two carriers meet on the boundary.
  private static func meet(
    _ a: BoundaryFactor.Carrier, _ b: BoundaryFactor.Carrier, _ geometry: RegionGeometry
  ) -> Bool {
    let size = geometry.bounds.intervals.map(\.length).max() ?? 1
    switch geometry.dimension {
    case 1: return false
    case 2:
      func lies(_ x: SIMD2<Double>, on carrier: BoundaryFactor.Carrier) -> Bool {
        let value: Double
        switch carrier {
        case .plane(let n, let offset): value = offset - n.x * x.x - n.y * x.y
        case .around(let c, let r), .hole(let c, let r):
          let v = x - SIMD2(c.x, c.y)
          value = (v * v).sum().squareRoot() - r
        case .piece(let curve): value = curve.nearest(x).distance
        }
        return abs(value) <= 1e-6 * size
      }
      return geometry.curves.contains { curve in
        [curve.point(0), curve.point(1)].contains { lies($0, on: a) && lies($0, on: b) }
      }
    default:
      func length(_ v: SIMD3<Double>) -> Double { (v * v).sum().squareRoot() }
      switch (a, b) {
      case (.hole(let p, let r), .hole(let q, let s)): return length(p - q) <= r + s + 1e-6 * size
      case (.hole(let p, let r), .plane(let n, let offset)), (.plane(let n, let offset), .hole(let p, let r)):
        return offset - (n * p).sum() <= r + 1e-6 * size
      case (.hole(let p, let r), .around(let q, let s)), (.around(let q, let s), .hole(let p, let r)):
        return s - length(p - q) <= r + 1e-6 * size
      default: return true
      }
    }
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
