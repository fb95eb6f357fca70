/// The shapes of cells and facets. Vertices are numbered as in VTK and Gmsh: counter-clockwise in two dimensions; in
/// three the base first, then the top, so that Jacobians are positive.
public enum CellShape: String, Hashable, Sendable, Codable, CaseIterable {
  case vertex, interval, triangle, quadrilateral, tetrahedron, hexahedron

  /// The dimension of the shape.
  public var dimension: Int {
    switch self {
    case .vertex: 0
    case .interval: 1
    case .triangle, .quadrilateral: 2
    case .tetrahedron, .hexahedron: 3
    }
  }

  /// The number of corners.
  public var vertexCount: Int {
    switch self {
    case .vertex: 1
    case .interval: 2
    case .triangle: 3
    case .quadrilateral, .tetrahedron: 4
    case .hexahedron: 8
    }
  }

  /// Whether the shape is a simplex.
  public var isSimplex: Bool { vertexCount == dimension + 1 }

  /// The shape of the sides.
  public var facetShape: CellShape {
    switch self {
    case .vertex, .interval: .vertex
    case .triangle, .quadrilateral: .interval
    case .tetrahedron: .triangle
    case .hexahedron: .quadrilateral
    }
  }

  /// The corners of each edge. Those of a triangle are (0, 1), (1, 2), (2, 0), as second-order nodes are numbered.
  public var edges: [[Int]] {
    switch self {
    case .vertex: []
    case .interval: [[0, 1]]
    case .triangle: [[0, 1], [1, 2], [2, 0]]
    case .quadrilateral: [[0, 1], [1, 2], [2, 3], [3, 0]]
    case .tetrahedron: [[0, 1], [1, 2], [2, 0], [0, 3], [1, 3], [2, 3]]
    case .hexahedron:
      [
        [0, 1], [1, 2], [2, 3], [3, 0], [4, 5], [5, 6], [6, 7], [7, 4], [0, 4], [1, 5], [2, 6], [3, 7],
      ]
    }
  }

  /// The corners of each side, such that its normal by the right-hand rule points outwards.
  public var facets: [[Int]] {
    switch self {
    case .vertex: []
    case .interval: [[0], [1]]
    case .triangle, .quadrilateral: edges
    case .tetrahedron: [[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]]
    case .hexahedron:
      [[0, 3, 2, 1], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]]
    }
  }

  /// The number of nodes of a cell of first or second order in geometry: corners, then one node per edge, then, on
  /// quadrilaterals and hexahedra, those of faces and the interior (9 and 27 nodes), all in VTK's order.
  public func nodeCount(order: Int) -> Int {
    guard order == 2 else { return vertexCount }
    return switch self {
    case .vertex: 1
    case .interval: 3
    case .triangle: 6
    case .quadrilateral: 9
    case .tetrahedron: 10
    case .hexahedron: 27
    }
  }
}
