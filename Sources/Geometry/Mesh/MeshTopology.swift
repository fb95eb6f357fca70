/// The edges and facets of a mesh, numbered, with the cells on either side of each facet and its tag.
///
/// Built once for a mesh, in linear time; a change of the mesh needs another. Cells are counted through all blocks.
/// Edges and facets are numbered in the order of their smallest vertex, then of the others.
public final class MeshTopology: Sendable {
  /// The dimension of the cells.
  public let dimension: Int
  /// The number of points of the mesh.
  public let pointCount: Int
  /// The first cell of each block, and the number of cells at the end.
  public let cellStarts: [Int]
  /// The number of cells.
  public var cellCount: Int { cellStarts[cellStarts.count - 1] }

  /// Vertices per facet in ``facetVertices``: 1, 2, 3 or 4.
  public let verticesPerFacet: Int
  /// The vertices of each facet, such that its normal by the right-hand rule points out of its first cell; −1 in the
  /// fourth place of a triangle where the mesh has quadrilaterals too.
  public let facetVertices: [Int32]
  /// The two cells of each facet, the lower number first, −1 for the second of a boundary facet.
  public let facetCells: [Int32]
  /// The number of the facet in its first and second cell, in the order of `CellShape.facets`.
  public let facetSides: [UInt8]
  /// The tag of each facet in the mesh, 0 where it has none.
  public let facetTags: [Int32]
  /// The facets that belong to one cell only, in ascending order.
  public let boundaryFacets: [Int32]
  /// For each block, the facets of its cells, in the order of `CellShape.facets`.
  public let cellFacets: [[Int32]]

  /// The two vertices of each edge, the lower number first. In one dimension edges are cells.
  public let edgeVertices: [Int32]
  /// For each block, the edges of its cells, in the order of `CellShape.edges`.
  public let cellEdges: [[Int32]]

  private let facetNumbers: SubentityNumbering
  private let edgeNumbers: SubentityNumbering

  /// The number of facets.
  public var facetCount: Int { facetTags.count }
  /// The number of edges.
  public var edgeCount: Int { edgeVertices.count / 2 }

  /// The topology of `mesh`.
  ///
  /// - Throws: ``MeshError`` where the arrays of the mesh have no topology: an index out of range, a facet of more than
  ///   two cells, cells that share a part of a facet, a tagged facet that is none.
  public convenience init(_ mesh: Mesh) throws(MeshError) {
    try self.init(mesh, taggingFacets: true)
  }

  /// As above; without tags, facets of the mesh are not looked at.
  init(_ mesh: Mesh, taggingFacets: Bool) throws(MeshError) {
    try mesh.checkArrays()
    dimension = mesh.dimension
    pointCount = mesh.pointCount
    cellStarts = mesh.cells.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
    let facets = SubentityNumbering(mesh.cells, pointCount: pointCount) { $0.facets }
    facetNumbers = facets
    cellFacets = facets.ofCells
    edgeNumbers =
      dimension == 2 ? facets : SubentityNumbering(mesh.cells, pointCount: pointCount) { $0.edges }
    cellEdges = edgeNumbers.ofCells
    edgeVertices = edgeNumbers.vertexPairs
    verticesPerFacet = mesh.cells.map(\.shape.facetShape.vertexCount).max() ?? 1
    if facets.branching >= 0 {
      throw Self.branching(facets, mesh, cellStarts, facet: facets.branching)
    }

    let sides = try Self.sides(facets, mesh, cellStarts, stride: verticesPerFacet)
    (facetVertices, facetCells, facetSides) = (sides.vertices, sides.cells, sides.locals)
    var boundary: [Int32] = []
    for facet in 0..<facets.count where sides.cells[2 * facet + 1] < 0 { boundary.append(Int32(facet)) }
    boundaryFacets = boundary
    facetTags =
      taggingFacets
      ? try Self.tags(facets, mesh) : [Int32](repeating: 0, count: facets.count)
  }

  /// The facet with these vertices, in any order, or nil.
  public func facet(of vertices: some Collection<Int32>) -> Int? {
    vertices.count == verticesPerFacet || dimension == 3 ? facetNumbers.entity(of: vertices) : nil
  }

  /// The edge between two vertices, or nil.
  public func edge(_ a: Int32, _ b: Int32) -> Int? { edgeNumbers.entity(of: [a, b]) }

  /// The block of a cell and its number therein.
  public func place(ofCell cell: Int) -> (block: Int, element: Int) {
    precondition((0..<cellCount).contains(cell), "cell \(cell) of \(cellCount)")
    var block = 0
    while cell >= cellStarts[block + 1] { block += 1 }
    return (block, cell - cellStarts[block])
  }

  // MARK: - Construction

  private static func sides(
    _ facets: SubentityNumbering, _ mesh: Mesh, _ cellStarts: [Int], stride: Int
  ) throws(MeshError) -> (vertices: [Int32], cells: [Int32], locals: [UInt8]) {
    let tables = mesh.cells.map(\.shape.facets)
    var useStarts = [0]
    for (block, table) in zip(mesh.cells, tables) {
      useStarts.append(useStarts[useStarts.count - 1] + block.count * table.count)
    }
    var vertices = [Int32](repeating: -1, count: stride * facets.count)
    var cells = [Int32](repeating: -1, count: 2 * facets.count)
    var locals = [UInt8](repeating: 0, count: 2 * facets.count)
    var incompatible = -1
    for facet in 0..<facets.count {
      for which in 0..<2 {
        let use = Int(facets.uses[2 * facet + which])
        guard use >= 0 else { break }
        var block = 0
        while use >= useStarts[block + 1] { block += 1 }
        let count = tables[block].count
        let (element, local) = ((use - useStarts[block]) / count, (use - useStarts[block]) % count)
        cells[2 * facet + which] = Int32(cellStarts[block] + element)
        locals[2 * facet + which] = UInt8(local)
        let first = element * mesh.cells[block].nodesPerElement
        let corners = tables[block][local]
        if which == 0 {
          for (i, corner) in corners.enumerated() {
            vertices[stride * facet + i] = mesh.cells[block].nodes[first + corner]
          }
        } else if stride == 4 {
          // Keys hold three vertices; quadrilaterals must agree in the fourth, and with none but each other.
          let mine = corners.reduce(0) { $0 &+ Int(mesh.cells[block].nodes[first + $1]) }
          let own = vertices[(4 * facet)..<(4 * facet + 4)]
          let size = own[own.startIndex + 3] < 0 ? 3 : 4
          if size != corners.count || own.prefix(size).reduce(0, { $0 &+ Int($1) }) != mine {
            incompatible = facet
          }
        }
      }
    }
    if incompatible >= 0 {
      throw .incompatibleCells(
        first: Int(cells[2 * incompatible]), second: Int(cells[2 * incompatible + 1]))
    }
    return (vertices, cells, locals)
  }

  private static func branching(
    _ facets: SubentityNumbering, _ mesh: Mesh, _ cellStarts: [Int], facet: Int
  ) -> MeshError {
    var cells: [Int] = []
    for (block, ofCells) in facets.ofCells.enumerated() {
      let count = mesh.cells[block].shape.facets.count
      for (i, other) in ofCells.enumerated() where other == Int32(facet) {
        cells.append(cellStarts[block] + i / count)
      }
    }
    var vertices: [Int32] = []
    let (block, local) = mesh.place(ofCell: cells.first ?? 0)
    let table = mesh.cells[block].shape.facets
    if let side = (0..<table.count).first(where: {
      facets.ofCells[block][local * table.count + $0] == Int32(facet)
    }) {
      let nodes = mesh.cells[block].nodes(of: local)
      vertices = table[side].map { nodes[nodes.startIndex + $0] }
    }
    return .branchingFacet(vertices: vertices, cells: cells)
  }

  private static func tags(_ facets: SubentityNumbering, _ mesh: Mesh) throws(MeshError) -> [Int32] {
    var tags = [Int32](repeating: 0, count: facets.count)
    var number = 0
    for block in mesh.facets {
      let corners = block.shape.vertexCount
      for element in 0..<block.count {
        let vertices = block.nodes(of: element).prefix(corners)
        guard let facet = facets.entity(of: vertices) else {
          throw .strayFacet(facet: number, vertices: Array(vertices))
        }
        let tag = block.tags[element]
        if tags[facet] != 0, tag != 0, tags[facet] != tag {
          throw .repeatedFacet(facet: number, tags: [tags[facet], tag])
        }
        if tag != 0 { tags[facet] = tag }
        number += 1
      }
    }
    return tags
  }
}

extension SubentityNumbering {
  /// The two vertices of each entity, if entities are edges.
  fileprivate var vertexPairs: [Int32] {
    var result = [Int32](repeating: 0, count: 2 * count)
    for vertex in 0..<(starts.count - 1) {
      for entity in Int(starts[vertex])..<Int(starts[vertex + 1]) {
        result[2 * entity] = Int32(vertex)
        result[2 * entity + 1] = Int32(truncatingIfNeeded: keys[entity] >> 32)
      }
    }
    return result
  }
}
