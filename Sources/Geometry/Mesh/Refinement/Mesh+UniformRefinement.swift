extension Mesh {
  /// Every cell divided into 2, 4 or 8 of half its size ("red" refinement), tags kept.
  ///
  /// Triangles, quadrilaterals and hexahedra have children of their own form; the octahedron inside a tetrahedron is
  /// divided along its shortest diagonal. Cells of second order keep their curved form.
  ///
  /// Source: Bey, "Tetrahedral grid refinement", Computing 55 (1995), for tetrahedra.
  ///
  /// - Throws: ``MeshError`` where the mesh has no topology.
  public func uniformRefinement() throws(MeshError) -> RefinedMesh {
    let isSecondOrder = cells.contains { $0.order == 2 && $0.count > 0 }
    // The vertices of the children are the second-order nodes of their parents.
    let nodes = try elevated()
    var fine = nodes
    var parents: [Int32] = []
    var variants: [UInt8] = []
    var cell: Int32 = 0
    for (b, block) in nodes.cells.enumerated() {
      let divisions = ChildCells(block.shape).variants
      var children: [Int32] = []
      var tags: [Int32] = []
      children.reserveCapacity(block.count * divisions[0].count * block.shape.vertexCount)
      for element in 0..<block.count {
        let own = block.nodes(of: element)
        let variant = divisions.count == 1 ? 0 : nodes.shortestDiagonal(own)
        for child in divisions[variant] {
          for corner in child { children.append(own[own.startIndex + corner]) }
          tags.append(block.tags[element])
          parents.append(cell)
        }
        variants.append(UInt8(variant))
        cell += 1
      }
      fine.cells[b] = Block(shape: block.shape, nodes: children, tags: tags)
    }
    for (b, block) in nodes.facets.enumerated() where block.shape != .vertex {
      let division = ChildCells(block.shape).variants[0]
      var (children, tags): ([Int32], [Int32]) = ([], [])
      for element in 0..<block.count {
        let own = block.nodes(of: element)
        for child in division {
          for corner in child { children.append(own[own.startIndex + corner]) }
          tags.append(block.tags[element])
        }
      }
      fine.facets[b] = Block(shape: block.shape, nodes: children, tags: tags)
    }
    guard isSecondOrder else { return RefinedMesh(mesh: fine, parents: parents) }
    var second = try fine.elevated()
    var firstChild = 0
    var places: [CellShape: [[[[Double]]]]] = [:]
    for block in cells { places[block.shape] = ChildCells(block.shape).places }
    let coarse = self
    var lastParent = -1
    second.placeNodes(from: fine.pointCount, in: self, parents: parents) { child in
      let parent = Int(parents[child])
      if parent != lastParent {
        // Children of a cell follow one another; those without new nodes may have been passed over.
        firstChild = child
        while firstChild > 0, Int(parents[firstChild - 1]) == parent { firstChild -= 1 }
        lastParent = parent
      }
      let shape = coarse.shape(ofCell: parent)
      return places[shape]?[Int(variants[parent])][child - firstChild] ?? []
    }
    return RefinedMesh(mesh: second, parents: parents)
  }

  /// Which of the three diagonals of the octahedron in a tetrahedron is the shortest.
  private func shortestDiagonal(_ nodes: ArraySlice<Int32>) -> Int {
    let lengths = ChildCells.diagonals.map { a, b in
      zip(point(Int(nodes[nodes.startIndex + a])), point(Int(nodes[nodes.startIndex + b])))
        .reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
    return lengths[1] < lengths[0] ? (lengths[2] < lengths[1] ? 2 : 1) : (lengths[2] < lengths[0] ? 2 : 0)
  }
}

/// How a cell is divided into children, whose corners are second-order nodes of the cell.
struct ChildCells {
  /// For each way to divide, the corners of each child; tetrahedra have three ways, other shapes one.
  let variants: [[[Int]]]
  private let shape: CellShape

  /// The diagonals of the octahedron between the middles of a tetrahedron's edges.
  static let diagonals = [(4, 9), (5, 7), (6, 8)]

  init(_ shape: CellShape) {
    self.shape = shape
    let nodes = ReferenceCell(shape, order: 2).nodes
    switch shape {
    case .vertex: variants = [[[0]]]
    case .triangle: variants = [[[0, 3, 5], [3, 1, 4], [5, 4, 2], [4, 5, 3]]]
    case .tetrahedron:
      let corners = [[0, 4, 6, 7], [4, 1, 5, 8], [6, 5, 2, 9], [7, 8, 9, 3]]
      variants = Self.diagonals.indices.map { n in
        let (a, b) = Self.diagonals[n]
        let (c, d) = (Self.diagonals[(n + 1) % 3], Self.diagonals[(n + 2) % 3])
        let ring = [c.0, d.0, c.1, d.1]
        return corners
          + (0..<4).map { i in
            Self.positive([a, b, ring[i], ring[(i + 1) % 4]], nodes)
          }
      }
    case .interval, .quadrilateral, .hexahedron:
      let corners = ReferenceCell(shape).nodes
      variants = [
        corners.map { own in
          corners.map { other in
            let place = zip(own, other).map { ($0 + $1) / 2 }
            return nodes.firstIndex(of: place) ?? 0
          }
        }
      ]
    }
  }

  /// For each way to divide and each child, the reference coordinates in the parent of the child's second-order nodes.
  var places: [[[[Double]]]] {
    let nodes = ReferenceCell(shape, order: 2).nodes
    let functions = nodes.map { ReferenceCell(shape).values(at: $0) }
    return variants.map { children in
      children.map { child in
        functions.map { values in
          (0..<shape.dimension).map { axis in
            zip(values, child).reduce(0) { $0 + $1.0 * nodes[$1.1][axis] }
          }
        }
      }
    }
  }

  private static func positive(_ corners: [Int], _ nodes: [[Double]]) -> [Int] {
    let p = corners.map { nodes[$0] }
    func edge(_ i: Int) -> [Double] { zip(p[i], p[0]).map { $0 - $1 } }
    let (a, b, c) = (edge(1), edge(2), edge(3))
    let volume =
      a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0])
      + a[2] * (b[0] * c[1] - b[1] * c[0])
    return volume > 0 ? corners : [corners[0], corners[1], corners[3], corners[2]]
  }
}
