import Geometry

/// VTK's numbers for kinds of cells (vtkCellType.h), as far as meshes have them.
enum VTKCellType {
  /// The type of the cells of a block. The order of nodes is VTK's own.
  static func number(_ shape: CellShape, order: Int) -> UInt8 {
    switch shape {
    case .vertex: 1
    case .interval: order == 1 ? 3 : 21
    case .triangle: order == 1 ? 5 : 22
    case .quadrilateral: order == 1 ? 9 : 28
    case .tetrahedron: order == 1 ? 10 : 24
    case .hexahedron: order == 1 ? 12 : 29
    }
  }

  /// What cells of a type are, or nil where no mesh can hold them.
  ///
  /// - Parameter nodeCount: the cell's number of points, which gives the order of Lagrange cells.
  static func cell(_ number: Int, nodeCount: Int) -> (shape: CellShape, order: Int)? {
    let found: (CellShape, Int)? =
      switch number {
      case 1: (.vertex, 1)
      case 3: (.interval, 1)
      case 5: (.triangle, 1)
      case 8, 9: (.quadrilateral, 1)
      case 10: (.tetrahedron, 1)
      case 11, 12: (.hexahedron, 1)
      case 21: (.interval, 2)
      case 22: (.triangle, 2)
      case 24: (.tetrahedron, 2)
      case 28: (.quadrilateral, 2)
      case 29: (.hexahedron, 2)
      case 68...72:
        lagrange[number - 68].nodeCount(order: 1) == nodeCount
          ? (lagrange[number - 68], 1) : (lagrange[number - 68], 2)
      default: nil
      }
    return found.map { (shape: $0.0, order: $0.1) }
  }

  private static let lagrange: [CellShape] = [
    .interval, .triangle, .quadrilateral, .tetrahedron, .hexahedron,
  ]

  /// Which of a file's nodes stands at each place of the mesh's cell, where the two orders differ: pixels and voxels,
  /// whose nodes ascend by x, y, z, and Lagrange hexahedra of older files, which have two edges exchanged.
  static func order(_ number: Int, nodeCount: Int, hasOldLagrangeOrder: Bool) -> [Int]? {
    switch number {
    case 8: [0, 1, 3, 2]
    case 11: [0, 1, 3, 2, 4, 5, 7, 6]
    case 72 where nodeCount == 27 && hasOldLagrangeOrder: Array(0..<18) + [19, 18] + Array(20..<27)
    default: nil
    }
  }

  /// The name of a type that no mesh holds, and how to avoid it.
  static func refusal(_ number: Int) -> (name: String, remedy: String) {
    let name =
      switch number {
      case 0: "empty"
      case 2: "poly-vertex"
      case 4: "poly-line"
      case 6: "triangle strip"
      case 7: "polygon"
      case 13: "wedge"
      case 14: "pyramid"
      case 23: "quadratic quadrilateral of 8 nodes"
      case 25: "quadratic hexahedron of 20 nodes"
      case 42: "polyhedron"
      default: "of no known kind"
      }
    return (
      name,
      number == 23 || number == 25
        ? "give second-order cells of 9 or 27 nodes"
        : "divide such cells into simplices (in ParaView: Tetrahedralize)"
    )
  }
}
