import Geometry
import Testing

/// The unit cube as one hexahedron beside one more, and as six tetrahedra around the diagonal.
enum SmallMeshes {
  static let twoTriangles = Mesh(
    dimension: 2, coordinates: [0, 0, 1, 0, 1, 1, 0, 1],
    cells: [.init(shape: .triangle, nodes: [0, 1, 2, 0, 2, 3], tags: [7, 8])],
    facets: [.init(shape: .interval, nodes: [0, 1, 1, 2, 2, 3], tags: [1, 2, 2])])

  static let triangleBesideSquare = Mesh(
    dimension: 2, coordinates: [0, 0, 1, 0, 1, 1, 0, 1, 2, 0.5],
    cells: [
      .init(shape: .triangle, nodes: [1, 4, 2]), .init(shape: .quadrilateral, nodes: [0, 1, 2, 3]),
    ])

  static let cubeCorners: [Double] = [
    0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1,
  ]

  static let sixTetrahedra = Mesh(
    dimension: 3, coordinates: cubeCorners,
    cells: [
      .init(
        shape: .tetrahedron,
        nodes: [0, 1, 2, 6, 0, 2, 3, 6, 0, 3, 7, 6, 0, 7, 4, 6, 0, 4, 5, 6, 0, 5, 1, 6])
    ])

  static let twoHexahedra = Mesh(
    dimension: 3, coordinates: cubeCorners + [2, 0, 0, 2, 1, 0, 2, 0, 1, 2, 1, 1],
    cells: [.init(shape: .hexahedron, nodes: [0, 1, 2, 3, 4, 5, 6, 7, 1, 8, 9, 2, 5, 10, 11, 6])])

  static let line = Mesh(
    dimension: 1, coordinates: [0, 1, 3],
    cells: [.init(shape: .interval, nodes: [0, 1, 1, 2])],
    facets: [.init(shape: .vertex, nodes: [2], tags: [5])])
}

@Suite("Topology of meshes")
struct TopologyTests {
  @Test("edges, facets and cells obey Euler's formula")
  func euler() throws {
    // Vertices − edges + faces − cells is 1 on whatever can be contracted to a point.
    for (mesh, edges, facets) in [
      (SmallMeshes.twoTriangles, 5, 5), (SmallMeshes.triangleBesideSquare, 6, 6),
      (SmallMeshes.sixTetrahedra, 19, 18), (SmallMeshes.twoHexahedra, 20, 11),
    ] {
      let topology = try MeshTopology(mesh)
      #expect(topology.edgeCount == edges)
      #expect(topology.facetCount == facets)
      let sum =
        mesh.dimension == 2
        ? mesh.pointCount - topology.edgeCount + mesh.cellCount
        : mesh.pointCount - topology.edgeCount + topology.facetCount - mesh.cellCount
      #expect(sum == 1)
    }
  }

  @Test("each facet knows its cells, its place in them and its tag")
  func facets() throws {
    for mesh in [
      SmallMeshes.twoTriangles, SmallMeshes.triangleBesideSquare, SmallMeshes.sixTetrahedra,
      SmallMeshes.twoHexahedra, SmallMeshes.line,
    ] {
      let topology = try MeshTopology(mesh)
      #expect(topology.cellCount == mesh.cellCount)
      var uses = 0
      for facet in 0..<topology.facetCount {
        for which in 0..<2 where topology.facetCells[2 * facet + which] >= 0 {
          let (block, element) = topology.place(ofCell: Int(topology.facetCells[2 * facet + which]))
          let side = Int(topology.facetSides[2 * facet + which])
          let shape = mesh.cells[block].shape
          #expect(topology.cellFacets[block][element * shape.facets.count + side] == Int32(facet))
          let nodes = Array(mesh.cells[block].nodes(of: element))
          let corners = shape.facets[side].map { nodes[$0] }
          let stride = topology.verticesPerFacet
          let stored = topology.facetVertices[(stride * facet)..<(stride * facet + stride)].filter { $0 >= 0 }
          #expect(Set(corners) == Set(stored))
          if which == 0 { #expect(corners == stored) }
          #expect(topology.facet(of: corners.shuffled()) == facet)
          uses += 1
        }
      }
      #expect(uses == 2 * topology.facetCount - topology.boundaryFacets.count)
      #expect(topology.boundaryFacets.allSatisfy { topology.facetCells[2 * Int($0) + 1] == -1 })
    }
    let topology = try MeshTopology(SmallMeshes.twoTriangles)
    #expect(topology.facetTags[try #require(topology.facet(of: [1, 0]))] == 1)
    #expect(topology.facetTags[try #require(topology.facet(of: [2, 3]))] == 2)
    #expect(topology.facetTags[try #require(topology.facet(of: [0, 2]))] == 0)
    #expect(topology.facet(of: [1, 3]) == nil)
    #expect(try MeshTopology(SmallMeshes.line).facetTags == [0, 0, 5])
  }

  @Test("edges of cells, in the order of the shape")
  func edges() throws {
    for mesh in [
      SmallMeshes.twoTriangles, SmallMeshes.triangleBesideSquare, SmallMeshes.sixTetrahedra,
      SmallMeshes.twoHexahedra, SmallMeshes.line,
    ] {
      let topology = try MeshTopology(mesh)
      for (b, block) in mesh.cells.enumerated() {
        for element in 0..<block.count {
          let nodes = Array(block.nodes(of: element))
          for (local, ends) in block.shape.edges.enumerated() {
            let edge = Int(topology.cellEdges[b][element * block.shape.edges.count + local])
            let (low, high) = (topology.edgeVertices[2 * edge], topology.edgeVertices[2 * edge + 1])
            #expect(low < high)
            #expect(Set(ends.map { nodes[$0] }) == [low, high])
            #expect(topology.edge(high, low) == edge)
          }
        }
      }
    }
  }

  @Test("cells at vertices")
  func vertexCells() {
    let around = VertexCells(SmallMeshes.sixTetrahedra)
    #expect(Array(around(0)) == [0, 1, 2, 3, 4, 5])
    #expect(Array(around(6)) == [0, 1, 2, 3, 4, 5])
    #expect(Array(around(1)) == [0, 5])
    #expect(Array(VertexCells(SmallMeshes.triangleBesideSquare)(2)) == [0, 1])
  }

  @Test("a vertex of very many cells costs no square of their number")
  func fan() throws {
    let count = 200_000
    var coordinates = [0.0, 0]
    for i in 0...count { coordinates += [Double(i), 1] }
    let nodes = (0..<Int32(count)).flatMap { i -> [Int32] in [0, i + 2, i + 1] }
    let fan = Mesh(
      dimension: 2, coordinates: coordinates, cells: [.init(shape: .triangle, nodes: nodes)])
    #expect(try MeshTopology(fan).facetCount == 2 * count + 1)
  }
}
