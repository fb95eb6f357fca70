extension Mesh {
  /// The mesh with the given cells divided by bisection of their longest edges, and as many of their neighbours as the
  /// result needs to be conforming; tags are kept, and second-order cells keep their curved form.
  ///
  /// An edge that is to be bisected makes the longest edge of each triangle beside it, and of each tetrahedron, one that
  /// is to be bisected too. A cell is then bisected at its marked edges from the longest to the shortest: one order for
  /// all edges of the mesh, so that the two sides of a face are divided alike. The angles of triangles stay above half of
  /// the smallest one of the coarsest mesh, however often a mesh is refined.
  ///
  /// Source: Rivara, "Algorithms for refining triangular grids suitable for adaptive and multigrid techniques", Int. J.
  /// Numer. Meth. Eng. 20 (1984); in three dimensions Plaza and Carey, "Local refinement of simplicial grids based on the
  /// skeleton", Appl. Numer. Math. 32 (2000).
  ///
  /// - Parameters:
  ///   - cells: cells to divide, counted through all blocks.
  ///   - everyEdge: whether all edges of these cells are bisected, so that their size is halved, or the longest alone.
  /// - Throws: ``MeshError/notSimplicial(shape:)``, and what a mesh without topology throws.
  public func bisected(_ cells: some Sequence<Int>, everyEdge: Bool = true) throws(MeshError) -> RefinedMesh {
    if let block = self.cells.first(where: { !$0.shape.isSimplex && $0.count > 0 }) {
      throw .notSimplicial(shape: block.shape)
    }
    let topology = try MeshTopology(self, taggingFacets: false)
    var marks = EdgeMarks(self, topology)
    for cell in cells {
      precondition((0..<topology.cellCount).contains(cell), "cell \(cell) of \(topology.cellCount)")
      marks.mark(cell: cell, everyEdge: everyEdge)
    }
    marks.close()
    return try bisected(topology, marks)
  }

  private func bisected(_ topology: MeshTopology, _ marks: EdgeMarks) throws(MeshError) -> RefinedMesh {
    let isSecondOrder = cells.contains { $0.order == 2 && $0.count > 0 }
    // Of a mesh of second order, only the vertices are kept at first.
    var numbers = [Int32](repeating: -1, count: pointCount)
    for block in cells {
      for element in 0..<block.count {
        for node in block.nodes(of: element).prefix(block.shape.vertexCount) { numbers[Int(node)] = 0 }
      }
    }
    var coordinates: [Double] = []
    for point in 0..<pointCount where numbers[point] == 0 || !isSecondOrder {
      numbers[point] = Int32(coordinates.count / dimension)
      coordinates += self.point(point)
    }
    var middles = [Int32](repeating: -1, count: topology.edgeCount)
    for edge in 0..<topology.edgeCount where marks.isMarked[edge] {
      middles[edge] = Int32(coordinates.count / dimension)
      let (a, b) = (topology.edgeVertices[2 * edge], topology.edgeVertices[2 * edge + 1])
      for axis in 0..<dimension {
        coordinates.append(
          (self.coordinates[dimension * Int(a) + axis] + self.coordinates[dimension * Int(b) + axis]) / 2)
      }
    }
    var fine = Mesh(
      dimension: dimension, coordinates: coordinates, cells: [], regionNames: regionNames,
      boundaryNames: boundaryNames, compoundRegions: compoundRegions, compoundBoundaries: compoundBoundaries)
    var parents: [Int32] = []
    /// The corners of each cell as numbers in its parent: those of its vertices, then of its edges' middles.
    var labels: [SIMD4<UInt8>] = []
    var cell: Int32 = 0
    for (b, block) in cells.enumerated() {
      let edges = topology.cellEdges[b]
      let perCell = block.shape.edges.count
      let size = block.shape.vertexCount
      let bisection = Bisection(block.shape)
      var (nodes, tags): ([Int32], [Int32]) = ([], [])
      for element in 0..<block.count {
        let own = edges[(element * perCell)..<((element + 1) * perCell)]
        let corners = block.nodes(of: element).prefix(size)
        bisection.forEachChild(own, marks) { child in
          for i in 0..<size {
            let label = Int(child[i])
            nodes.append(
              label < size
                ? numbers[Int(corners[corners.startIndex + label])]
                : middles[Int(own[own.startIndex + label - size])])
          }
          tags.append(block.tags[element])
          parents.append(cell)
          if isSecondOrder { labels.append(child) }
        }
        cell += 1
      }
      fine.cells.append(Block(shape: block.shape, nodes: nodes, tags: tags))
    }
    for block in facets {
      let size = block.shape.vertexCount
      let bisection = Bisection(block.shape)
      var (nodes, tags): ([Int32], [Int32]) = ([], [])
      for element in 0..<block.count {
        let corners = Array(block.nodes(of: element).prefix(size))
        let own = block.shape.edges.map { Int32(topology.edge(corners[$0[0]], corners[$0[1]]) ?? 0) }[...]
        bisection.forEachChild(own, marks) { child in
          for i in 0..<size {
            let label = Int(child[i])
            nodes.append(label < size ? numbers[Int(corners[label])] : middles[Int(own[label - size])])
          }
          tags.append(block.tags[element])
        }
      }
      fine.facets.append(Block(shape: block.shape, nodes: nodes, tags: tags))
    }
    guard isSecondOrder else { return RefinedMesh(mesh: fine, parents: parents) }
    var second = try fine.elevated()
    // The middles of marked edges move to the parents' nodes, other new nodes to where the parents map them.
    let firstNew = (0..<pointCount).reduce(0) { $0 + (numbers[$1] >= 0 ? 1 : 0) }
    let shapes = cells.map(\.shape)
    second.placeNodes(from: firstNew, in: self, parents: parents) { child in
      let shape = shapes[self.place(ofCell: Int(parents[child])).block]
      let places = ReferenceCell(shape, order: 2).nodes
      let corners = (0..<shape.vertexCount).map { places[Int(labels[child][$0])] }
      return corners
        + shape.edges.map { ends in zip(corners[ends[0]], corners[ends[1]]).map { ($0 + $1) / 2 } }
    }
    return RefinedMesh(mesh: second, parents: parents)
  }
}

/// Edges that are to be bisected, with the order of all edges by length.
struct EdgeMarks {
  private(set) var isMarked: [Bool]
  private let lengths: [Double]
  private let topology: MeshTopology
  private let shapes: [CellShape]
  private var pending: [Int32] = []
  /// The cells at each edge, as starts and cells.
  private let starts: [Int32]
  private let cells: [Int32]

  init(_ mesh: Mesh, _ topology: MeshTopology) {
    self.topology = topology
    shapes = mesh.cells.map(\.shape)
    isMarked = Array(repeating: false, count: topology.edgeCount)
    let (d, x) = (mesh.dimension, mesh.coordinates)
    lengths = (0..<topology.edgeCount).map { edge in
      let (a, b) = (Int(topology.edgeVertices[2 * edge]), Int(topology.edgeVertices[2 * edge + 1]))
      return (0..<d).reduce(0) { sum, axis in
        let difference = x[d * a + axis] - x[d * b + axis]
        return sum + difference * difference
      }
    }
    var next = [Int32](repeating: 0, count: topology.edgeCount + 1)
    for edges in topology.cellEdges { for edge in edges { next[Int(edge)] += 1 } }
    var sum: Int32 = 0
    for edge in next.indices { (next[edge], sum) = (sum, sum + next[edge]) }
    starts = next
    var cells = [Int32](repeating: 0, count: Int(sum))
    for (b, edges) in topology.cellEdges.enumerated() {
      let perCell = shapes[b].edges.count
      for (i, edge) in edges.enumerated() {
        cells[Int(next[Int(edge)])] = Int32(topology.cellStarts[b] + i / perCell)
        next[Int(edge)] += 1
      }
    }
    self.cells = cells
  }

  /// Whether the first edge comes before the second: it is longer, or as long and of a lower number.
  @inline(__always)
  func precedes(_ a: Int32, _ b: Int32) -> Bool {
    let (la, lb) = (lengths[Int(a)], lengths[Int(b)])
    return la != lb ? la > lb : a < b
  }

  private func edges(ofCell cell: Int) -> (CellShape, ArraySlice<Int32>) {
    let (block, element) = topology.place(ofCell: cell)
    let perCell = shapes[block].edges.count
    return (shapes[block], topology.cellEdges[block][(element * perCell)..<((element + 1) * perCell)])
  }

  mutating func mark(cell: Int, everyEdge: Bool) {
    let edges = edges(ofCell: cell).1
    for edge in everyEdge ? edges : [edges.min(by: precedes) ?? edges[edges.startIndex]] { mark(edge) }
  }

  private mutating func mark(_ edge: Int32) {
    guard !isMarked[Int(edge)] else { return }
    isMarked[Int(edge)] = true
    pending.append(edge)
  }

  /// Marks the longest edge of every triangle and tetrahedron that has a marked edge.
  mutating func close() {
    let groups = [
      CellShape.interval: [[0]], .triangle: [[0, 1, 2]],
      // The edges of the four faces, and all.
      .tetrahedron: [[0, 1, 2], [0, 4, 3], [1, 5, 4], [2, 3, 5], [0, 1, 2, 3, 4, 5]],
    ]
    while let edge = pending.popLast() {
      for i in starts[Int(edge)]..<starts[Int(edge) + 1] {
        let (shape, edges) = edges(ofCell: Int(cells[Int(i)]))
        for group in groups[shape] ?? [] {
          let own = group.map { edges[edges.startIndex + $0] }
          guard own.contains(where: { isMarked[Int($0)] }), let longest = own.min(by: precedes) else {
            continue
          }
          mark(longest)
        }
      }
    }
  }
}

/// The division of a simplex at those of its edges that are marked.
private struct Bisection {
  private let shape: CellShape
  private let size: Int
  private let edges: [[Int]]

  init(_ shape: CellShape) {
    self.shape = shape
    size = shape.vertexCount
    edges = shape.edges
  }

  /// Calls `body` with the corners of every child: numbers of the simplex's vertices, and of its edges behind them.
  func forEachChild(_ numbers: ArraySlice<Int32>, _ marks: EdgeMarks, _ body: (SIMD4<UInt8>) -> Void) {
    divide([0, 1, 2, 3], numbers, marks, body)
  }

  private func divide(
    _ corners: SIMD4<UInt8>, _ numbers: ArraySlice<Int32>, _ marks: EdgeMarks, _ body: (SIMD4<UInt8>) -> Void
  ) {
    var best = -1
    var ends = (0, 0)
    for (e, vertices) in edges.enumerated() {
      let number = numbers[numbers.startIndex + e]
      guard marks.isMarked[Int(number)] else { continue }
      var places = (-1, -1)
      for i in 0..<size {
        if corners[i] == UInt8(vertices[0]) { places.0 = i }
        if corners[i] == UInt8(vertices[1]) { places.1 = i }
      }
      guard places.0 >= 0, places.1 >= 0 else { continue }
      if best < 0 || marks.precedes(number, numbers[numbers.startIndex + best]) { (best, ends) = (e, places) }
    }
    guard best >= 0 else { return body(corners) }
    var (first, second) = (corners, corners)
    first[ends.1] = UInt8(size + best)
    second[ends.0] = UInt8(size + best)
    divide(first, numbers, marks, body)
    divide(second, numbers, marks, body)
  }
}
