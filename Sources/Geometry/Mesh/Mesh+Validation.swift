extension Mesh {
  /// Checks everything that computing on the mesh takes for granted.
  ///
  /// Indices, dimensions and orders of the blocks; finite coordinates; no orphan points; cells with a positive Jacobian;
  /// facets with at most two cells, one on either side; tagged facets that are facets of cells, with one tag each.
  ///
  /// - Throws: ``MeshError`` for the first fault found.
  public func validate() throws(MeshError) {
    try checkArrays()
    try checkCoordinates()
    if let orphan = orphans { throw .orphanPoints(point: orphan.first, count: orphan.count) }
    if let (cell, fault) = firstFault() { throw fault.error(cell: cell, shape: shape(ofCell: cell)) }
    try checkSides(MeshTopology(self))
  }

  /// Blocks and indices: what any walk over the arrays needs.
  func checkArrays() throws(MeshError) {
    guard cellCount > 0 else { throw .noCells }
    guard pointCount < Int(Int32.max) else { throw .tooLarge(count: pointCount) }
    let uses = cells.reduce(0) { $0 + $1.count * max($1.shape.edges.count, $1.shape.facets.count) }
    guard uses < Int(Int32.max) else { throw .tooLarge(count: uses) }
    for (blocks, isFacet) in [(cells, false), (facets, true)] {
      var first = 0
      for block in blocks {
        guard block.shape.dimension == dimension - (isFacet ? 1 : 0) else {
          throw .mixedDimensions(shape: block.shape, isFacet: isFacet, dimension: dimension)
        }
        let limit = UInt32(pointCount)
        if let bad = block.nodes.firstIndex(where: { UInt32(bitPattern: $0) >= limit }) {
          throw .indexOutOfRange(
            element: first + bad / block.nodesPerElement, isFacet: isFacet, node: Int(block.nodes[bad]),
            pointCount: pointCount)
        }
        first += block.count
      }
    }
    let order = cells.first { $0.count > 0 }?.order
    guard cells.allSatisfy({ $0.order == order || $0.count == 0 }) else { throw .mixedOrders }
  }

  func checkCoordinates() throws(MeshError) {
    if let bad = coordinates.firstIndex(where: { !$0.isFinite }) { throw .notFinite(point: bad / dimension) }
  }

  /// The first point of no cell, and how many there are.
  var orphans: (first: Int, count: Int)? {
    let isUsed = usedPoints
    guard let first = isUsed.firstIndex(of: false) else { return nil }
    return (first, isUsed.reduce(0) { $0 + ($1 ? 0 : 1) })
  }

  /// Whether each point belongs to a cell.
  var usedPoints: [Bool] {
    var isUsed = [Bool](repeating: false, count: pointCount)
    isUsed.withUnsafeMutableBufferPointer { isUsed in
      for block in cells { for node in block.nodes { isUsed[Int(node)] = true } }
    }
    return isUsed
  }

  /// The block of a cell and its number therein.
  func place(ofCell cell: Int) -> (block: Int, element: Int) {
    var (block, element) = (0, cell)
    while element >= cells[block].count {
      element -= cells[block].count
      block += 1
    }
    return (block, element)
  }

  func shape(ofCell cell: Int) -> CellShape { cells[place(ofCell: cell).block].shape }

  /// What is wrong with a cell by itself.
  enum CellFault {
    case repeatedNode(Int)
    case degenerate
    case inverted
    case folded

    func error(cell: Int, shape: CellShape) -> MeshError {
      switch self {
      case .repeatedNode(let node): .repeatedNode(cell: cell, node: node)
      case .degenerate: .degenerateCell(cell: cell, shape: shape)
      case .inverted: .invertedCell(cell: cell, shape: shape)
      case .folded: .foldedCell(cell: cell, shape: shape)
      }
    }
  }

  private func firstFault() -> (cell: Int, fault: CellFault)? {
    var first = 0
    for block in cells {
      var found: (Int, CellFault)?
      forEachFault(in: block) { element, fault in
        found = (first + element, fault)
        return false
      }
      if let found { return found }
      first += block.count
    }
    return nil
  }

  /// Calls `body` for every cell of a block that is at fault, until it returns false.
  func forEachFault(in block: Block, _ body: (Int, CellFault) -> Bool) {
    let jacobians = CellJacobians(block.shape, order: block.order)
    let size = block.nodesPerElement
    block.nodes.withUnsafeBufferPointer { all in
      coordinates.withUnsafeBufferPointer { coordinates in
        guard let all = all.baseAddress, let x = coordinates.baseAddress else { return }
        for element in 0..<block.count {
          let nodes = all + element * size
          var fault: CellFault?
          for i in 1..<size {
            for j in 0..<i where nodes[i] == nodes[j] { fault = .repeatedNode(Int(nodes[i])) }
          }
          if fault == nil {
            let (least, greatest, scale) = jacobians.range(nodes, x)
            // Flat to rounding: even cells of aspect ratio 1e6 in two directions are well above this.
            let tolerance = 1e-14 * scale
            if least > tolerance { continue }
            fault = greatest < -tolerance ? .inverted : (greatest <= tolerance ? .degenerate : .folded)
          }
          if let fault, !body(element, fault) { return }
        }
      }
    }
  }

  /// Neighbours lie on different sides of their facet: positive cells run through it in opposite senses.
  func checkSides(_ topology: MeshTopology) throws(MeshError) {
    let stride = topology.verticesPerFacet
    for facet in 0..<topology.facetCount {
      let second = Int(topology.facetCells[2 * facet + 1])
      guard second >= 0 else { continue }
      let (block, element) = topology.place(ofCell: second)
      let side = Int(topology.facetSides[2 * facet + 1])
      let isSame: Bool
      if dimension == 1 {
        isSame = topology.facetSides[2 * facet] == UInt8(side)
      } else {
        // Whether the same vertex follows the first one in both cells.
        let corners = cells[block].shape.facets[side]
        let first = element * cells[block].nodesPerElement
        let place = corners.firstIndex {
          cells[block].nodes[first + $0] == topology.facetVertices[stride * facet]
        }
        let next = corners[((place ?? 0) + 1) % corners.count]
        isSame =
          dimension == 2
          ? place == 0 : cells[block].nodes[first + next] == topology.facetVertices[stride * facet + 1]
      }
      if isSame { throw .overlappingCells(first: Int(topology.facetCells[2 * facet]), second: second) }
    }
  }
}
