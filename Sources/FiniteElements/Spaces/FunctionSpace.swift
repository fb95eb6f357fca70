import Geometry
import Tensors

/// Degrees of freedom of a scalar finite element on a mesh: which nodes cells share, and their numbers.
///
/// Numbers follow the cells: a cell's new nodes come one after another, so that neighbours in the mesh are near each other
/// in vectors and matrices.
public final class FunctionSpace: @unchecked Sendable {
  // Unchecked: nothing changes after the initialiser.

  /// The cells of one shape.
  struct Block {
    let element: FiniteElement
    /// The geometry's element: coordinates are its combinations of nodes.
    let geometry: GeometryElement
    let cellCount: Int
    /// Degrees of freedom, one cell after another.
    let dofs: Buffer<Int32>
    /// The points of the mesh, one cell after another.
    let points: Buffer<Int32>
  }

  /// The mesh.
  public let mesh: Mesh
  /// The kind of element.
  public let family: ElementFamily
  /// The number of degrees of freedom.
  public let dofCount: Int
  let topology: MeshTopology
  let blocks: [Block]
  /// Coordinates of all points of the mesh.
  let coordinates: Buffer<Double>
  /// The degree of freedom at each point of the mesh that is a corner of a cell, -1 elsewhere; empty for elements
  /// without nodes there.
  let pointDofs: [Int32]

  /// The space of a kind of element on a mesh.
  ///
  /// - Parameter topology: That of the mesh, where it is there already.
  /// - Throws: ``FiniteElementError`` when a shape of the mesh does not admit the element, `MeshError` when the mesh has no
  ///   topology.
  public convenience init(_ mesh: Mesh, _ family: ElementFamily, topology: MeshTopology? = nil) throws {
    try self.init(
      mesh, family, topology: try topology ?? MeshTopology(mesh), orders: CellOrder.orders(mesh))
  }

  /// - Parameter orders: The order in which degrees of freedom are numbered, by block.
  init(_ mesh: Mesh, _ family: ElementFamily, topology: MeshTopology, orders: [[Int]?]) throws {
    self.topology = topology
    self.mesh = mesh
    self.family = family
    coordinates = Buffer(uninitialized: mesh.coordinates.count)
    for (i, x) in mesh.coordinates.enumerated() { coordinates.pointer[i] = x }
    var elements: [FiniteElement] = []
    for block in mesh.cells { elements.append(try family.element(on: block.shape)) }

    var next: Int32 = 0
    var vertices: [Int32] = []
    var edges: [Int32] = []
    var sides: [Int32] = []
    let dimension = mesh.dimension
    let uses = { (d: Int) in elements.contains { $0.entities.contains { $0.dimension == d } } }
    if uses(0) { vertices = Array(repeating: -1, count: mesh.pointCount) }
    if dimension > 1, uses(1) { edges = Array(repeating: -1, count: topology.edgeCount) }
    if dimension == 3, uses(2) { sides = Array(repeating: -1, count: topology.facetCount) }

    var blocks: [Block] = []
    for (b, block) in mesh.cells.enumerated() {
      let element = elements[b]
      let (n, size, shape) = (element.functionCount, block.nodesPerElement, block.shape)
      let dofs = Buffer<Int32>(uninitialized: block.count * n)
      let points = Buffer<Int32>(uninitialized: block.nodes.count)
      block.nodes.withUnsafeBufferPointer { source in
        if let base = source.baseAddress { points.pointer.update(from: base, count: source.count) }
      }
      let ownEdges = dimension > 1 && !edges.isEmpty ? topology.cellEdges[b] : []
      let ownSides = dimension == 3 && !sides.isEmpty ? topology.cellFacets[b] : []
      let corners = shape.edges
      let perEdge = element.entities.filter { $0.dimension == 1 && $0.index == 0 }.count
      let order = orders[b]
      for position in 0..<block.count {
        let c = order?[position] ?? position
        for (i, entity) in element.entities.enumerated() {
          let dof: Int32
          if entity.dimension == dimension {
            dof = next
            next += 1
          } else if entity.dimension == 0 {
            let v = Int(points.pointer[c * size + entity.index])
            if vertices[v] < 0 {
              vertices[v] = next
              next += 1
            }
            dof = vertices[v]
          } else if entity.dimension == 1 {
            let e = Int(ownEdges[c * corners.count + entity.index])
            if edges[e] < 0 {
              edges[e] = next
              next += Int32(perEdge)
            }
            // Nodes of an edge are counted from its corner with the lower number.
            let edge = corners[entity.index]
            let isReversed = points.pointer[c * size + edge[0]] > points.pointer[c * size + edge[1]]
            dof = edges[e] + Int32(isReversed ? perEdge - 1 - entity.position : entity.position)
          } else {
            let s = Int(ownSides[c * shape.facets.count + entity.index])
            if sides[s] < 0 {
              sides[s] = next
              next += 1
            }
            dof = sides[s]
          }
          dofs.pointer[c * n + i] = dof
        }
      }
      blocks.append(
        Block(
          element: element, geometry: GeometryElement(shape, order: block.order), cellCount: block.count,
          dofs: dofs, points: points))
    }
    self.blocks = blocks
    dofCount = Int(next)
    pointDofs = vertices
  }

  /// The polynomial degree of the space.
  public var degree: Int { blocks.map(\.element.degree).min() ?? 0 }

  /// The degrees of freedom of one cell, cells being numbered block after block.
  public func dofs(ofCell cell: Int) -> [Int] {
    let (b, index) = topology.place(ofCell: cell)
    let n = blocks[b].element.functionCount
    return (0..<n).map { Int(blocks[b].dofs.pointer[index * n + $0]) }
  }

  /// Where the nodes are, `mesh.dimension` numbers per degree of freedom.
  public var nodeCoordinates: [Double] {
    let d = mesh.dimension
    var result = [Double](repeating: 0, count: dofCount * d)
    for block in blocks {
      let (n, m) = (block.element.functionCount, block.geometry.nodeCount)
      let shapes = block.geometry.element.values(at: block.element.nodes)
      for c in 0..<block.cellCount {
        for i in 0..<n {
          let dof = Int(block.dofs.pointer[c * n + i])
          for axis in 0..<d {
            var x = 0.0
            for k in 0..<m {
              x += shapes[i][k] * coordinates.pointer[Int(block.points.pointer[c * m + k]) * d + axis]
            }
            result[dof * d + axis] = x
          }
        }
      }
    }
    return result
  }

  /// The degrees of freedom on chosen boundaries, ascending.
  ///
  /// - Throws: `MeshError` when the mesh has no such boundary.
  public func boundaryDofs(_ selection: BoundarySelection = .all) throws(MeshError) -> [Int] {
    dofs(onFacets: try mesh.facets(selection, of: topology).map(Int.init))
  }
}

extension FiniteElement {
  /// The nodes that determine a continuous function on a side, or those that lie on it for other elements.
  func nodes(onSide side: Int) -> [Int] {
    let corners = shape.facets[side]
    return nodes.indices.filter { i in
      let entity = entities[i]
      switch entity.dimension {
      case shape.dimension:
        // Nodes of discontinuous elements belong to the cell: those on the side are meant.
        return !isContinuous && degree > 0 && corners.contains(entity.position)
      case 0: return corners.contains(entity.index)
      case shape.dimension - 1: return entity.index == side
      default: return shape.edges[entity.index].allSatisfy(corners.contains)
      }
    }
  }
}
