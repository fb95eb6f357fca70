extension Mesh {
  /// The mesh with second-order cells of the same form: a node in the middle of each edge, and of the quadrilaterals
  /// and hexahedra themselves. A mesh of second order is returned as it is.
  ///
  /// New points follow the old ones: those of edges, of quadrilateral faces, of cells, each in the order of ``MeshTopology``.
  ///
  /// - Throws: ``MeshError`` where the mesh has no topology.
  public func elevated() throws(MeshError) -> Mesh {
    guard cells.contains(where: { $0.order == 1 && $0.count > 0 }) else { return self }
    return try elevated(MeshTopology(self, taggingFacets: false))
  }

  /// As above, with the topology of this mesh of first order.
  func elevated(_ topology: MeshTopology) -> Mesh {
    var result = self
    let firstFace = pointCount + topology.edgeCount
    // Faces with a node of their own, which in three dimensions are the quadrilaterals.
    var faceNodes = [Int32](repeating: -1, count: dimension == 3 ? topology.facetCount : 0)
    result.coordinates.reserveCapacity(dimension * (firstFace + faceNodes.count + cellCount))
    for edge in 0..<topology.edgeCount {
      result.appendMean([topology.edgeVertices[2 * edge], topology.edgeVertices[2 * edge + 1]])
    }
    for face in faceNodes.indices {
      let vertices = topology.vertices(ofFacet: face)
      guard vertices.count == 4 else { continue }
      faceNodes[face] = Int32(result.pointCount)
      result.appendMean(vertices)
    }
    for (b, block) in cells.enumerated() {
      let edges = topology.cellEdges[b]
      let (edgeCount, faceCount) = (block.shape.edges.count, block.shape.facets.count)
      // The facet on which each face node of a hexahedron lies.
      let sides = block.shape.faceNodeSides
      let hasCentre = !block.shape.isSimplex
      var nodes: [Int32] = []
      nodes.reserveCapacity(block.count * block.shape.nodeCount(order: 2))
      for element in 0..<block.count {
        nodes += block.nodes(of: element)
        for i in 0..<edgeCount { nodes.append(Int32(pointCount) + edges[element * edgeCount + i]) }
        for side in sides { nodes.append(faceNodes[Int(topology.cellFacets[b][element * faceCount + side])]) }
        if hasCentre {
          nodes.append(Int32(result.pointCount))
          result.appendMean(block.nodes(of: element))
        }
      }
      result.cells[b] = Block(shape: block.shape, order: 2, nodes: nodes, tags: block.tags)
    }
    for (b, block) in facets.enumerated() where block.shape != .vertex {
      var nodes: [Int32] = []
      for element in 0..<block.count {
        let corners = Array(block.nodes(of: element))
        nodes += corners
        for ends in block.shape.edges {
          let edge = topology.edge(corners[ends[0]], corners[ends[1]]) ?? 0
          nodes.append(Int32(pointCount + edge))
        }
        if block.shape == .quadrilateral { nodes.append(faceNodes[topology.facet(of: corners) ?? 0]) }
      }
      result.facets[b] = Block(shape: block.shape, order: 2, nodes: nodes, tags: block.tags)
    }
    return result
  }

  private mutating func appendMean(_ points: some Collection<Int32>) {
    for axis in 0..<dimension {
      let sum = points.reduce(0) { $0 + coordinates[dimension * Int($1) + axis] }
      coordinates.append(sum / Double(points.count))
    }
  }

  /// The mesh of second order whose nodes on the boundary `name` are moved by `projection`, which takes and gives
  /// `dimension` coordinates: so that cells follow a curved boundary.
  ///
  /// Vertices are expected on the boundary already; nodes inside edges and faces are moved there. Nodes inside a
  /// quadrilateral or hexahedron follow half of the way, as blending does.
  ///
  /// - Throws: ``MeshError/unknownBoundary(name:known:)``, and what ``elevated()`` throws.
  public func curved(
    along name: String, onto projection: (ArraySlice<Double>) -> [Double]
  ) throws(MeshError) -> Mesh {
    var result = try elevated()
    let tags = try boundaryTags(named: name)
    var moved: [Int32: [Double]] = [:]
    for block in result.facets {
      for element in 0..<block.count where tags.contains(block.tags[element]) {
        for node in block.nodes(of: element) where moved[node] == nil {
          let target = projection(result.point(Int(node)))
          moved[node] = zip(target, result.point(Int(node))).map { $0 - $1 }
        }
      }
    }
    for block in result.cells where !block.shape.isSimplex {
      let nodes = ReferenceCell(block.shape, order: 2).nodes
      for element in 0..<block.count {
        let cell = Array(block.nodes(of: element))
        guard cell.contains(where: { moved[$0] != nil }) else { continue }
        for (n, place) in nodes.enumerated() where moved[cell[n]] == nil && n >= block.shape.vertexCount {
          // A node between two facing nodes of which one has moved: the middle of a quadrilateral, say.
          for axis in place.indices where place[axis] == 0.5 {
            for end in [0.0, 1.0] {
              var facing = place
              facing[axis] = end
              guard let m = nodes.firstIndex(of: facing), m >= block.shape.vertexCount,
                let move = moved[cell[m]]
              else { continue }
              for a in 0..<dimension { result.coordinates[dimension * Int(cell[n]) + a] += 0.5 * move[a] }
            }
          }
        }
      }
    }
    for (node, move) in moved {
      for axis in 0..<dimension { result.coordinates[dimension * Int(node) + axis] += move[axis] }
    }
    return result
  }
}

extension CellShape {
  /// The sides on which the face nodes of a second-order cell lie, in the order of those nodes: none but in hexahedra.
  var faceNodeSides: [Int] {
    guard self == .hexahedron else { return [] }
    return innerNodes[12..<18].map { corners in
      facets.firstIndex { Set($0) == Set(corners) } ?? 0
    }
  }
}
