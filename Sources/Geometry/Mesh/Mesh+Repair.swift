/// A mesh from outside, made fit for computing, and what had to be done.
public struct RepairedMesh: Sendable {
  /// The mesh, which passes ``Mesh/validate()``.
  public var mesh: Mesh
  /// The number of each of its points in the mesh that was given, or nil when no point was removed.
  public var originalPoints: [Int32]?
  /// How many points belonged to no cell, and were removed.
  public var removedPoints = 0
  /// How many cells were numbered in the wrong sense, and were mirrored.
  public var flippedCells = 0
  /// How many facets were none of any cell, or there twice, and were removed.
  public var removedFacets = 0
  /// The dimension of space that the points had before, where it was larger than that of the cells.
  public var reducedFrom: Int?

  /// Whether anything was done.
  public var isChanged: Bool {
    removedPoints + flippedCells + removedFacets > 0 || reducedFrom != nil
  }
}

extension Mesh {
  /// The mesh without the faults that have an obvious cure.
  ///
  /// Cells of a plane mesh in space (z = constant) or of a line (y and z constant) lose those coordinates; points of no
  /// cell are removed, and points renumbered in the same order; inverted cells are mirrored; facets that belong to no
  /// cell, or repeat another with the same tag, are removed. Everything else is checked as by ``validate()``.
  ///
  /// - Throws: ``MeshError`` for the first fault without a cure: degenerate and folded cells, indices out of range,
  ///   branching facets, two tags on a facet.
  public func repaired() throws(MeshError) -> RepairedMesh {
    var result = RepairedMesh(mesh: self)
    result.mesh.cells.removeAll { $0.count == 0 }
    result.mesh.facets.removeAll { $0.count == 0 }
    if let shape = result.mesh.cells.first?.shape, shape.dimension > 0, shape.dimension < dimension {
      try result.mesh.reduceDimension(to: shape)
      result.reducedFrom = dimension
    }
    try result.mesh.checkArrays()
    result.removeOrphans()
    try result.mesh.checkCoordinates()
    try result.flipInvertedCells()
    let topology = try MeshTopology(result.mesh, taggingFacets: false)
    try result.mesh.checkSides(topology)
    try result.cleanFacets(topology)
    return result
  }

  /// Leaves out the coordinates beyond the dimension of the cells, which must be constant.
  private mutating func reduceDimension(to shape: CellShape) throws(MeshError) {
    let target = shape.dimension
    guard cells.allSatisfy({ $0.shape.dimension == target }) else {
      let other = cells.first { $0.shape.dimension != target }?.shape ?? shape
      throw .mixedDimensions(shape: other, isFacet: false, dimension: target)
    }
    try checkCoordinates()
    let used = usedPointsInRange
    guard let first = used.firstIndex(of: true) else { throw .noCells }
    let size = coordinates.reduce(0) { max($0, abs($1)) }
    for point in 0..<pointCount where used[point] {
      for axis in target..<dimension {
        let distance = abs(coordinates[dimension * point + axis] - coordinates[dimension * first + axis])
        // Points that a modeller has rotated into the plane miss it by rounding.
        guard distance <= 1e-12 * size else { throw .notFlat(shape: shape, point: point) }
      }
    }
    coordinates = (0..<pointCount).flatMap { coordinates[(dimension * $0)..<(dimension * $0 + target)] }
    facets.removeAll { $0.shape.dimension != target - 1 }
    dimension = target
  }

  private var usedPointsInRange: [Bool] {
    var isUsed = [Bool](repeating: false, count: pointCount)
    for block in cells {
      for node in block.nodes where (0..<pointCount).contains(Int(node)) { isUsed[Int(node)] = true }
    }
    return isUsed
  }
}

extension RepairedMesh {
  fileprivate mutating func removeOrphans() {
    guard mesh.orphans != nil else { return }
    let isUsed = mesh.usedPoints
    var numbers = [Int32](repeating: -1, count: mesh.pointCount)
    var kept: [Int32] = []
    for point in 0..<mesh.pointCount where isUsed[point] {
      numbers[point] = Int32(kept.count)
      kept.append(Int32(point))
    }
    removedPoints = mesh.pointCount - kept.count
    originalPoints = kept
    let dimension = mesh.dimension
    let old = mesh.coordinates
    mesh.coordinates = kept.flatMap { old[(dimension * Int($0))..<(dimension * Int($0) + dimension)] }
    for i in mesh.cells.indices {
      mesh.cells[i].nodes = mesh.cells[i].nodes.map { numbers[Int($0)] }
    }
    var facets: [Mesh.Block] = []
    for block in mesh.facets {
      let whole = (0..<block.count).filter { element in
        block.nodes(of: element).allSatisfy { numbers[Int($0)] >= 0 }
      }
      removedFacets += block.count - whole.count
      facets.append(
        Mesh.Block(
          shape: block.shape, order: block.order,
          nodes: whole.flatMap { block.nodes(of: $0).map { numbers[Int($0)] } },
          tags: whole.map { block.tags[$0] }))
    }
    mesh.facets = facets.filter { $0.count > 0 }
  }

  fileprivate mutating func flipInvertedCells() throws(MeshError) {
    var first = 0
    for i in mesh.cells.indices {
      let block = mesh.cells[i]
      var inverted: [Int] = []
      var failure: MeshError?
      mesh.forEachFault(in: block) { element, fault in
        if case .inverted = fault {
          inverted.append(element)
          return true
        }
        failure = fault.error(cell: first + element, shape: block.shape)
        return false
      }
      if let failure { throw failure }
      let order = block.shape.mirrored(order: block.order)
      for element in inverted {
        let nodes = Array(block.nodes(of: element))
        for (n, old) in order.enumerated() {
          mesh.cells[i].nodes[element * nodes.count + n] = nodes[old]
        }
      }
      flippedCells += inverted.count
      first += block.count
    }
  }

  /// Removes facets that belong to no cell, and repetitions.
  fileprivate mutating func cleanFacets(_ topology: MeshTopology) throws(MeshError) {
    var tags = [Int32?](repeating: nil, count: topology.facetCount)
    var number = 0
    var cleaned: [Mesh.Block] = []
    for block in mesh.facets {
      var kept: [Int] = []
      for element in 0..<block.count {
        if let facet = topology.facet(of: block.nodes(of: element).prefix(block.shape.vertexCount)) {
          let tag = block.tags[element]
          if let other = tags[facet] {
            guard other == tag else { throw .repeatedFacet(facet: number, tags: [other, tag]) }
          } else {
            tags[facet] = tag
            kept.append(element)
          }
        }
        number += 1
      }
      guard kept.count < block.count else {
        cleaned.append(block)
        continue
      }
      removedFacets += block.count - kept.count
      guard !kept.isEmpty else { continue }
      cleaned.append(
        Mesh.Block(
          shape: block.shape, order: block.order, nodes: kept.flatMap { block.nodes(of: $0) },
          tags: kept.map { block.tags[$0] }))
    }
    mesh.facets = cleaned
  }
}
