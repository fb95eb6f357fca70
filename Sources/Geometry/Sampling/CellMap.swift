/// The map of a reference cell to cells of a mesh, with its Jacobian.
struct CellMap: Sendable {
  let shape: CellShape
  private let functions: CellFunctions
  /// Whether the Jacobian is constant in every cell.
  private let isAffine: Bool
  /// Places that bound the Jacobian.
  private let places: [SIMD3<Double>]

  init(_ shape: CellShape, order: Int) {
    self.shape = shape
    functions = CellFunctions(shape, order: order)
    isAffine = shape.isSimplex && order == 1
    let steps = 4
    var places: [SIMD3<Double>] = []
    for i in 0...steps {
      for j in 0...(shape.dimension > 1 ? steps : 0) {
        for k in 0...(shape.dimension > 2 ? steps : 0) {
          if shape.isSimplex && i + j + k > steps { continue }
          places.append(SIMD3(Double(i), Double(j), Double(k)) / Double(steps))
        }
      }
    }
    self.places = places
  }

  /// The point at a place of the reference cell, and the Jacobian's columns there.
  func jacobian(
    _ place: SIMD3<Double>, _ nodes: ArraySlice<Int32>, _ mesh: Mesh
  ) -> (point: SIMD3<Double>, columns: (SIMD3<Double>, SIMD3<Double>, SIMD3<Double>)) {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: functions.nodeCount) { values in
      withUnsafeTemporaryAllocation(of: SIMD3<Double>.self, capacity: functions.nodeCount) { slopes in
        functions.evaluate(at: place, values.baseAddress!, slopes.baseAddress!)
        var (x, a, b, c) = (SIMD3<Double>.zero, SIMD3<Double>.zero, SIMD3<Double>.zero, SIMD3<Double>.zero)
        for (n, node) in nodes.enumerated() {
          var p = SIMD3<Double>.zero
          for axis in 0..<mesh.dimension { p[axis] = mesh.coordinates[mesh.dimension * Int(node) + axis] }
          x += values[n] * p
          a += slopes[n].x * p
          b += slopes[n].y * p
          c += slopes[n].z * p
        }
        return (x, (a, b, c))
      }
    }
  }

  /// The point at a place, and the determinant there.
  func point(
    _ place: SIMD3<Double>, _ nodes: ArraySlice<Int32>, _ mesh: Mesh
  ) -> (SIMD3<Double>, determinant: Double) {
    let (x, (a, b, c)) = jacobian(place, nodes, mesh)
    switch mesh.dimension {
    case 1: return (x, abs(a.x))
    case 2: return (x, abs(a.x * b.y - a.y * b.x))
    default: return (x, abs((a * cross(b, c)).sum()))
    }
  }

  /// A bound of the determinant in a cell; nil where it is constant.
  func bound(_ nodes: ArraySlice<Int32>, _ mesh: Mesh) -> Double? {
    guard !isAffine else { return nil }
    var largest = 0.0
    for place in places { largest = max(largest, point(place, nodes, mesh).determinant) }
    // Between the places of so fine a lattice a polynomial of this degree rises by little.
    return 1.1 * largest
  }
}

/// The map of a reference facet to one side of a cell, with its normal and measure.
struct FacetMap {
  private let cell: CellMap
  private let nodes: ArraySlice<Int32>
  /// Reference coordinates of the side's corners.
  private let corners: [SIMD3<Double>]
  /// The shape of the side.
  let shape: CellShape

  init(cell: CellMap, nodes: ArraySlice<Int32>, side: Int) {
    (self.cell, self.nodes) = (cell, nodes)
    shape = cell.shape.facetShape
    let all = ReferenceCell(cell.shape).nodes
    corners = cell.shape.facets[side].map { corner in
      var x = SIMD3<Double>.zero
      for (axis, value) in all[corner].enumerated() { x[axis] = value }
      return x
    }
  }

  /// The point at a place of the reference facet, the outer normal, and the measure per measure of the reference facet.
  func point(_ place: SIMD2<Double>, _ mesh: Mesh) -> (SIMD3<Double>, normal: SIMD3<Double>, density: Double)
  {
    let (s, t) = (place.x, place.y)
    let (reference, along, across): (SIMD3<Double>, SIMD3<Double>, SIMD3<Double>)
    switch shape {
    case .vertex: (reference, along, across) = (corners[0], .zero, .zero)
    case .interval:
      (reference, along, across) = (
        corners[0] + s * (corners[1] - corners[0]), corners[1] - corners[0], .zero
      )
    case .triangle:
      (along, across) = (corners[1] - corners[0], corners[2] - corners[0])
      reference = corners[0] + s * along + t * across
    default:
      let twist = corners[0] - corners[1] + corners[2] - corners[3]
      reference = corners[0] + s * (corners[1] - corners[0]) + t * (corners[3] - corners[0]) + s * t * twist
      along = corners[1] - corners[0] + t * twist
      across = corners[3] - corners[0] + s * twist
    }
    let (x, (a, b, c)) = cell.jacobian(reference, nodes, mesh)
    let first = along.x * a + along.y * b + along.z * c
    switch shape {
    case .vertex:
      // Out of the interval: towards this end of it.
      let outwards = (reference.x > 0.5 ? 1.0 : -1.0) * (a.x < 0 ? -1 : 1)
      return (x, SIMD3(outwards, 0, 0), 1)
    case .interval:
      let length = (first * first).sum().squareRoot()
      return (x, SIMD3(first.y, -first.x, 0) / length, length)
    default:
      let second = across.x * a + across.y * b + across.z * c
      let normal = cross(first, second)
      let area = (normal * normal).sum().squareRoot()
      return (x, normal / area, area)
    }
  }

  private var places: [SIMD2<Double>] {
    let steps = 4
    return (0...steps).flatMap { i in
      (0...(shape.dimension > 1 ? steps : 0)).compactMap { j in
        shape == .triangle && i + j > steps ? nil : SIMD2(Double(i), Double(j)) / Double(steps)
      }
    }
  }

  /// A bound of the density; nil where it is constant.
  func bound(_ mesh: Mesh) -> Double? {
    if shape == .vertex || nodes.count == cell.shape.vertexCount && shape != .quadrilateral { return nil }
    return 1.1 * places.reduce(0) { max($0, point($1, mesh).density) }
  }

  /// The length or area (1 of a point), by Gauss points.
  func area(_ mesh: Mesh) -> Double {
    if shape == .vertex { return 1 }
    let line = Self.gauss
    if shape == .interval { return line.reduce(0) { $0 + $1.1 * point(SIMD2($1.0, 0), mesh).density } }
    return line.reduce(0) { sum, u in
      sum
        + line.reduce(0) { inner, v in
          // Collapsed onto triangles (Duffy 1982).
          let isTriangle = shape == .triangle
          let place = isTriangle ? SIMD2(u.0, (1 - u.0) * v.0) : SIMD2(u.0, v.0)
          return inner + u.1 * v.1 * (isTriangle ? 1 - u.0 : 1) * point(place, mesh).density
        }
    }
  }

  /// Five Gauss points of the unit interval and their weights (Abramowitz and Stegun 1964, table 25.4).
  private static let gauss: [(Double, Double)] = [
    (-0.906179845938664, 0.236926885056189), (-0.538469310105683, 0.478628670499366), (0, 0.568888888888889),
    (0.538469310105683, 0.478628670499366), (0.906179845938664, 0.236926885056189),
  ].map { (0.5 + 0.5 * $0.0, 0.5 * $0.1) }
}

@inline(__always) func cross(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
  SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
}

extension CellShape {
  /// Carries the unit cube to the reference cell such that volume is spread evenly.
  func uniform(_ u: SIMD3<Double>) -> SIMD3<Double> {
    switch self {
    case .triangle:
      let root = u.x.squareRoot()
      return SIMD3(root * u.y, 1 - root, 0)
    case .tetrahedron:
      // Slices parallel to a face grow with the square of their distance from the opposite corner.
      let size = Double.pow(u.x, 1 / 3.0)
      let root = u.y.squareRoot()
      return SIMD3(1 - size, size * (1 - root), size * root * u.z)
    default: return u
    }
  }

  /// The same for facets.
  func uniform(_ u: SIMD2<Double>) -> SIMD2<Double> {
    guard self == .triangle else { return u }
    let root = u.x.squareRoot()
    return SIMD2(root * u.y, 1 - root)
  }
}
