import Geometry

/// The map from a reference shape to a cell of order 1 or 2: x(ξ) = Σ N_k(ξ) x_k over the cell's points.
struct GeometryElement: Sendable {
  let shape: CellShape
  let order: Int
  /// The Lagrange element with nodes in the order of the mesh's points.
  let element: FiniteElement

  var nodeCount: Int { element.functionCount }
  /// Whether the map is affine for every position of the points.
  var isAffine: Bool { shape.isSimplex && order == 1 }

  init(_ shape: CellShape, order: Int) {
    (self.shape, self.order) = (shape, order)
    var nodes = FiniteElement.lagrangeNodes(order, on: shape)
    if shape == .hexahedron, order == 2 {
      // VTK lists the nodes of sides as lower and upper x, y, z.
      let sides = [5, 3, 2, 4, 0, 1].map { nodes[20 + $0] }
      nodes.replaceSubrange(20..<26, with: sides)
    }
    element = FiniteElement(
      name: "geometry", shape: shape, degree: order, nodes: nodes, monomials: shape.monomials(degree: order),
      isContinuous: true)
  }

  /// The polynomial degree of the Jacobian's determinant.
  var determinantDegree: Int {
    let d = shape.dimension
    return shape.isSimplex ? d * (order - 1) : d * order - 1
  }
}
