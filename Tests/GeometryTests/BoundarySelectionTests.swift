import Geometry
import Testing

@Suite("Parts of the boundary")
struct BoundarySelectionTests {
  @Test("by name, tag and condition")
  func selections() throws {
    var mesh = SmallMeshes.twoTriangles
    mesh.boundaryNames = [1: "bottom", 2: "rest"]
    let topology = try MeshTopology(mesh)
    func vertices(_ selection: BoundarySelection) throws -> Set<Set<Int32>> {
      Set(try mesh.facets(selection, of: topology).map { Set(topology.vertices(ofFacet: Int($0))) })
    }
    #expect(try vertices(.all) == [[0, 1], [1, 2], [2, 3], [3, 0]])
    #expect(try vertices(.named("bottom")) == [[0, 1]])
    #expect(try vertices(.named(["bottom", "rest"])) == [[0, 1], [1, 2], [2, 3]])
    #expect(try vertices(.tags([2])) == [[1, 2], [2, 3]])
    #expect(try vertices(.vertices { $0[$0.startIndex] == 0 }) == [[3, 0]])
    #expect(
      meshRefusal { _ = try vertices(.named("top")) }.contains(
        "no boundary \"top\" (it has \"bottom\", \"rest\")"))
    #expect(meshRefusal { _ = try vertices(.tags([9])) }.contains("the tag 9 selects no facet"))
    #expect(meshRefusal { _ = try vertices(.vertices { _ in false }) }.contains("selects no facet"))
  }

  @Test("a compound tag belongs to each of its names")
  func compounds() throws {
    var mesh = SmallMeshes.twoTriangles
    mesh.boundaryNames = [4: "wall", 5: "hot"]
    mesh.compoundBoundaries = [1: [4, 5]]
    mesh.facets[0].tags = [1, 4, 5]
    #expect(try mesh.boundaryTags(named: "wall") == [1, 4])
    #expect(try mesh.boundaryTags(named: "hot") == [1, 5])
    let topology = try MeshTopology(mesh)
    #expect(try mesh.facets(.named("wall"), of: topology).count == 2)
    #expect(try mesh.facets(.tags([5]), of: topology).count == 2)
    mesh.regionNames = [1: "a", 2: "b"]
    mesh.compoundRegions = [3: [1, 2]]
    #expect(try mesh.regionTags(named: "b") == [2, 3])
    #expect(meshRefusal { _ = try mesh.regionTags(named: "c") }.contains("no region \"c\""))
  }

  @Test("tags by condition")
  func tagging() throws {
    let left = try SmallMeshes.twoTriangles.taggingBoundary("left") { $0[$0.startIndex] == 0 }
    try left.validate()
    let topology = try MeshTopology(left)
    let facet = try #require(topology.facet(of: [0, 3]))
    #expect(left.boundaryNames[topology.facetTags[facet]] == "left")
    #expect(Set(topology.facetTags) == [0, 1, 2, 3])
    let all = try left.taggingBoundary("all") { _ in true }
    try all.validate()
    #expect(all.facets.reduce(0) { $0 + $1.count } == 4)
    #expect(try all.facets(.named("all"), of: MeshTopology(all)).count == 4)

    let cells = SmallMeshes.sixTetrahedra.taggingRegion("half") { $0[0] > $0[1] }
    #expect(cells.regionNames == [1: "half"])
    #expect(cells.cells[0].tags.reduce(0, +) == 3)

    let cell = ReferenceCell(.hexahedron, order: 2)
    let cube = Mesh(
      dimension: 3, coordinates: cell.nodes.flatMap(\.self),
      cells: [.init(shape: .hexahedron, order: 2, nodes: Array(0..<27))])
    let top = try cube.taggingBoundary("top") { $0[$0.startIndex + 2] == 1 }
    #expect(top.facets.count == 1)
    #expect(top.facets[0].order == 2)
    // Nodes of the facet lie where those of a second-order quadrilateral do.
    let corners = top.facets[0].nodes.prefix(4).map { cell.nodes[Int($0)] }
    let square = ReferenceCell(.quadrilateral)
    for (node, place) in zip(top.facets[0].nodes, ReferenceCell(.quadrilateral, order: 2).nodes) {
      let weights = square.values(at: place)
      for axis in 0..<3 {
        let x = zip(weights, corners).reduce(0) { $0 + $1.0 * $1.1[axis] }
        #expect(abs(cell.nodes[Int(node)][axis] - x) < 1e-14)
      }
    }
  }
}
