import Geometry

/// A quadrature rule on a reference shape: points inside and positive weights.
///
/// Reference shapes have the corner 0 and edges of length 1 along the axes: [0, 1], the triangle (0,0), (1,0), (0,1), and
/// so on; quadrilaterals and hexahedra are [0, 1]ᵈ.
public struct Quadrature: Sendable {
  /// The shape that the rule integrates over.
  public let shape: CellShape
  /// The degree up to which polynomials are integrated exactly: the total degree on simplices, the degree along each
  /// axis on others.
  public let degree: Int
  /// Reference coordinates, one array per point.
  public let points: [[Double]]
  /// Positive weights that sum up to the volume of the reference shape.
  public let weights: [Double]

  /// The rule with the fewest points known to this library that is exact for polynomials of a degree.
  ///
  /// Triangles and tetrahedra up to degree 10 use the rules of Xiao & Gimbutas (2010), beyond them conical products of
  /// Gauss–Jacobi rules (Stroud 1971); other shapes use products of Gauss–Legendre rules.
  ///
  /// - Parameter degree: at least 0.
  public init(_ shape: CellShape, degree: Int) {
    precondition(degree >= 0, "a quadrature rule of degree \(degree)")
    self.shape = shape
    let n = degree / 2 + 1
    let d = shape.dimension
    switch shape {
    case .vertex: (points, weights) = ([[]], [1])
    case .triangle, .tetrahedron:
      let table = shape == .triangle ? SimplexRules.triangle : SimplexRules.tetrahedron
      if degree <= table.count {
        let rows = table[max(degree, 1) - 1]
        let count = rows.count / (d + 1)
        points = (0..<count).map { Array(rows[$0 * (d + 1)..<$0 * (d + 1) + d]) }
        weights = (0..<count).map { rows[$0 * (d + 1) + d] }
      } else {
        (points, weights) = Self.conical(dimension: d, points: n)
      }
    case .interval, .quadrilateral, .hexahedron:
      let (s, w) = GaussJacobi.rule(points: n)
      var (points, weights) = ([[Double]()], [1.0])
      for _ in 0..<d {
        (points, weights) = (
          points.flatMap { point in s.map { point + [$0] } },
          weights.flatMap { weight in w.map { weight * $0 } }
        )
      }
      (self.points, self.weights) = (points, weights)
    }
    self.degree = degree
  }

  /// The product rule on the cube, collapsed onto the simplex: x = s, y = (1 − s) t, z = (1 − s)(1 − t) r.
  private static func conical(dimension: Int, points n: Int) -> ([[Double]], [Double]) {
    var (points, weights, rests) = ([[Double]()], [1.0], [1.0])
    for axis in 0..<dimension {
      let (s, w) = GaussJacobi.rule(points: n, alpha: Double(dimension - 1 - axis))
      var next: (points: [[Double]], weights: [Double], rests: [Double]) = ([], [], [])
      for (i, point) in points.enumerated() {
        for (node, weight) in zip(s, w) {
          next.points.append(point + [rests[i] * node])
          next.weights.append(weights[i] * weight)
          next.rests.append(rests[i] * (1 - node))
        }
      }
      (points, weights, rests) = next
    }
    return (points, weights)
  }
}
