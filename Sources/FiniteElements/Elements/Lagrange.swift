import Geometry

extension FiniteElement {
  /// Continuous Lagrange elements: P1 to P3 on intervals, triangles and tetrahedra, Q1 and Q2 on quadrilaterals and
  /// hexahedra (Ciarlet 1978, section 2.2), with nodes at equal distances.
  ///
  /// - Throws: ``FiniteElementError`` for other orders.
  public static func lagrange(_ order: Int, on shape: CellShape) throws(FiniteElementError) -> FiniteElement {
    let highest = shape.isSimplex ? 3 : 2
    guard shape != .vertex, (1...highest).contains(order) else {
      throw FiniteElementError(
        "there is no Lagrange element of order \(order) on a \(shape.rawValue): choose an order from 1 to \(highest)"
      )
    }
    return FiniteElement(
      name: (shape.isSimplex ? "P" : "Q") + "\(order)", shape: shape, degree: order,
      nodes: lagrangeNodes(order, on: shape), monomials: shape.monomials(degree: order), isContinuous: true)
  }

  /// Corners, then edges, then sides, then the interior.
  static func lagrangeNodes(_ order: Int, on shape: CellShape) -> [(Entity, [Double])] {
    let corners = shape.referenceVertices
    var nodes = corners.enumerated().map { (Entity(dimension: 0, index: $0), $1) }
    // The edge of an interval is its interior.
    for (i, edge) in shape.edges.enumerated() {
      for k in 1..<max(order, 1) {
        let s = Double(k) / Double(order)
        let point = zip(corners[edge[0]], corners[edge[1]]).map { (1 - s) * $0 + s * $1 }
        nodes.append((Entity(dimension: 1, index: i, position: k - 1), point))
      }
    }
    let sidesHaveNodes = shape == .tetrahedron && order == 3 || shape == .hexahedron && order == 2
    if sidesHaveNodes {
      for (i, facet) in shape.facets.enumerated() {
        nodes.append((Entity(dimension: 2, index: i), shape.center(of: facet)))
      }
    }
    let interiorHasNode =
      shape == .triangle && order == 3 || order == 2 && (shape == .quadrilateral || shape == .hexahedron)
    if interiorHasNode {
      nodes.append(
        (Entity(dimension: shape.dimension, index: 0), shape.center(of: Array(0..<shape.vertexCount))))
    }
    return nodes
  }
}
