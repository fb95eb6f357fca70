import Geometry

/// Gmsh's numbers for kinds of elements, and its order of nodes.
///
/// Source: Gmsh reference manual (Geuzaine and Remacle), "MSH file format" and "Node ordering".
enum GmshElements {
  /// The kind for a type number, and for each node in VTK's order its place in Gmsh's, where they differ.
  static func kind(_ type: Int) -> (kind: ElementKind, order: [Int]?)? {
    switch type {
    case 1: (ElementKind(.interval), nil)
    case 2: (ElementKind(.triangle), nil)
    case 3: (ElementKind(.quadrilateral), nil)
    case 4: (ElementKind(.tetrahedron), nil)
    case 5: (ElementKind(.hexahedron), nil)
    case 8: (ElementKind(.interval, 2), nil)
    case 9: (ElementKind(.triangle, 2), nil)
    case 10: (ElementKind(.quadrilateral, 2), nil)
    case 11: (ElementKind(.tetrahedron, 2), tetrahedron10)
    case 12: (ElementKind(.hexahedron, 2), hexahedron27)
    case 15: (ElementKind(.vertex), nil)
    case 16: (ElementKind(.quadrilateral, 2, serendipity: true), nil)
    case 17: (ElementKind(.hexahedron, 2, serendipity: true), Array(hexahedron27.prefix(20)))
    default: nil
    }
  }

  /// The type number of complete elements, and for each node in VTK's order its place in Gmsh's.
  static func type(_ shape: CellShape, order: Int) -> (type: Int, order: [Int]?) {
    switch shape {
    case .vertex: (15, nil)
    case .interval: (order == 1 ? 1 : 8, nil)
    case .triangle: (order == 1 ? 2 : 9, nil)
    case .quadrilateral: (order == 1 ? 3 : 10, nil)
    case .tetrahedron: order == 1 ? (4, nil) : (11, tetrahedron10)
    case .hexahedron: order == 1 ? (5, nil) : (12, hexahedron27)
    }
  }

  /// What a type number stands for where it is not read, for messages.
  static func name(_ type: Int) -> String {
    switch type {
    case 6, 13, 18: "prisms"
    case 7, 14, 19: "pyramids"
    case 20...33, 36...62, 71...140: "elements of third or higher order"
    default: "elements of an unknown kind"
    }
  }

  // The last two edges of a tetrahedron change places.
  private static let tetrahedron10 = [0, 1, 2, 3, 4, 5, 6, 7, 9, 8]
  // Gmsh orders edges by their first, then their second corner, and faces as z₋, y₋, x₋, x₊, y₊, z₊.
  private static let hexahedron27 = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 13, 9, 16, 18, 19, 17, 10, 12, 14, 15, 22, 23, 21, 24, 20, 25, 26,
  ]
}
