import Geometry
import Testing

/// The error that `body` throws, as text, or "accepted".
func meshRefusal(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "accepted"
  } catch let error as MeshError {
    let text = error.description
    return text.contains("; ") ? text : "no remedy: \(text)"
  } catch {
    return "another error: \(error)"
  }
}

@Suite("Checks of meshes")
struct MeshValidationTests {
  @Test("sound meshes pass, and are not changed by repair")
  func sound() throws {
    for mesh in [
      SmallMeshes.twoTriangles, SmallMeshes.triangleBesideSquare, SmallMeshes.sixTetrahedra,
      SmallMeshes.twoHexahedra, SmallMeshes.line,
    ] {
      try mesh.validate()
      let repaired = try mesh.repaired()
      #expect(repaired.mesh == mesh)
      #expect(!repaired.isChanged)
      #expect(repaired.originalPoints == nil)
    }
  }

  private func triangles(_ nodes: [Int32], _ points: [Double] = [0, 0, 1, 0, 1, 1, 0, 1]) -> Mesh {
    Mesh(dimension: 2, coordinates: points, cells: [.init(shape: .triangle, nodes: nodes)])
  }

  @Test("each fault is named, with its place and a remedy")
  func faults() {
    #expect(meshRefusal { try triangles([]).validate() }.contains("no cells"))
    #expect(
      meshRefusal { try triangles([0, 1, 2, 0, 2, 4]).validate() }.contains(
        "cell 1 names the point 4, but there are 4 points"))
    #expect(meshRefusal { try triangles([0, 1, -1]).validate() }.contains("names the point -1"))
    #expect(
      meshRefusal { try triangles([0, 1, 2], [0, 0, 1, 0, .nan, 1]).validate() }.contains(
        "point 2 is not finite"))
    #expect(
      meshRefusal { try triangles([0, 1, 2]).validate() }.contains(
        "1 points belong to no cell, the first being point 3"))
    #expect(
      meshRefusal { try triangles([0, 1, 1, 1, 2, 3, 0, 2, 3]).validate() }.contains(
        "cell 0 has the point 1 twice"))
    #expect(
      meshRefusal { try triangles([0, 1, 2], [0, 0, 1, 0, 2, 1e-20]).validate() }.contains(
        "cell 0 (triangle) has no volume"))
    #expect(
      meshRefusal { try triangles([0, 1, 2, 0, 3, 2]).validate() }.contains("cell 1 (triangle) is inverted"))
    #expect(
      meshRefusal {
        try triangles([0, 1, 2, 0, 2, 3, 0, 2, 4], [0, 0, 1, 0, 1, 1, 0, 1, -1, 1]).validate()
      }.contains("the facet of points 2 0 belongs to 3 cells (0 1 2)"))
    #expect(
      meshRefusal { try triangles([0, 1, 2, 0, 1, 3]).validate() }.contains(
        "cells 0 and 1 lie on the same side"))
    #expect(
      meshRefusal { try triangles([0, 1, 2, 1, 2, 0, 0, 2, 3]).validate() } != "accepted")
  }

  @Test("folded quadrilaterals and hexahedra are refused, thin ones not")
  func folded() throws {
    let dart = Mesh(
      dimension: 2, coordinates: [0, 0, 1, 0, 0.2, 0.2, 0, 1],
      cells: [.init(shape: .quadrilateral, nodes: [0, 1, 2, 3])])
    #expect(meshRefusal { try dart.validate() }.contains("cell 0 (quadrilateral) is folded"))
    var twisted = SmallMeshes.cubeCorners
    twisted.swapAt(3 * 5, 3 * 4)
    let hexahedron = Mesh(
      dimension: 3, coordinates: twisted, cells: [.init(shape: .hexahedron, nodes: Array(0..<8))])
    #expect(meshRefusal { try hexahedron.validate() }.contains("is folded"))
    let bent = Mesh(
      dimension: 2, coordinates: [0, 0, 1, 0, 0, 1, 0.5, 0, 0.5, 0.5, 0.9, 0.45],
      cells: [.init(shape: .triangle, order: 2, nodes: [0, 1, 2, 3, 4, 5])])
    #expect(meshRefusal { try bent.validate() }.contains("is folded"))
    let needle = Mesh(
      dimension: 3, coordinates: [0, 0, 0, 1, 0, 0, 0, 1e-6, 0, 0, 0, 1e-6],
      cells: [.init(shape: .tetrahedron, nodes: [0, 1, 2, 3])])
    try needle.validate()
  }

  @Test("tagged facets must be facets, with one tag")
  func taggedFacets() {
    var mesh = SmallMeshes.twoTriangles
    mesh.facets.append(.init(shape: .interval, nodes: [1, 3], tags: [4]))
    #expect(
      meshRefusal { try mesh.validate() }.contains("tagged facet 3, of points 1 3, is a facet of no cell"))
    mesh = SmallMeshes.twoTriangles
    mesh.facets.append(.init(shape: .interval, nodes: [1, 0], tags: [4]))
    #expect(meshRefusal { try mesh.validate() }.contains("tagged facet 3 has the tags 1 4"))
    #expect(meshRefusal { _ = try mesh.repaired() }.contains("tagged facet 3 has the tags 1 4"))
    mesh = SmallMeshes.twoTriangles
    mesh.facets.append(.init(shape: .triangle, nodes: [0, 1, 2]))
    #expect(meshRefusal { try mesh.validate() }.contains("a block of facets is of shape triangle"))
  }

  @Test("dimensions and orders are not mixed, hexahedra do not touch tetrahedra")
  func mixtures() {
    var mesh = SmallMeshes.twoTriangles
    mesh.cells.append(.init(shape: .interval, nodes: [0, 1]))
    #expect(meshRefusal { try mesh.validate() }.contains("a block of cells is of shape interval"))
    mesh = SmallMeshes.twoTriangles
    mesh.coordinates += [0.5, -1, 0.7, -0.5, 0.2, -0.5, 0.5, 0]
    mesh.cells.append(.init(shape: .triangle, order: 2, nodes: [1, 0, 4, 7, 6, 5]))
    #expect(meshRefusal { try mesh.validate() }.contains("first and of second order"))
    var cube = SmallMeshes.twoHexahedra
    cube.cells[0] = .init(shape: .hexahedron, nodes: Array(cube.cells[0].nodes.prefix(8)))
    cube.cells.append(.init(shape: .tetrahedron, nodes: [1, 8, 2, 5]))
    #expect(meshRefusal { _ = try MeshTopology(cube) }.contains("share a part of a facet only"))
  }

  @Test("repair mirrors inverted cells of every shape and order")
  func flips() throws {
    for shape in CellShape.allCases where shape.dimension > 0 {
      for order in 1...2 {
        let cell = ReferenceCell(shape, order: order)
        // A shear, so that no node lies where its mirror image did.
        let points = cell.nodes.map { x in
          x.indices.map { x[$0] + ($0 + 1 < x.count ? 0.3 * x[$0 + 1] : 0) - 2 * ($0 == 0 ? x[0] : 0) }
        }
        let mesh = Mesh(
          dimension: shape.dimension, coordinates: points.flatMap(\.self),
          cells: [.init(shape: shape, order: order, nodes: (0..<Int32(cell.nodeCount)).map(\.self))])
        #expect(meshRefusal { try mesh.validate() }.contains("is inverted"), "\(shape) \(order)")
        let repaired = try mesh.repaired()
        #expect(repaired.flippedCells == 1)
        try repaired.mesh.validate()
        #expect(Set(repaired.mesh.cells[0].nodes) == Set(mesh.cells[0].nodes))
      }
    }
  }

  @Test("repair drops a third coordinate, orphans and stray facets")
  func repairs() throws {
    let mesh = Mesh(
      dimension: 3, coordinates: [9, 9, 9, 0, 0, 2, 1, 0, 2, 1, 1, 2, 0, 1, 2],
      cells: [.init(shape: .triangle, nodes: [1, 2, 3, 1, 4, 3], tags: [3, 4])],
      facets: [
        .init(shape: .interval, nodes: [1, 2, 0, 1, 2, 1, 2, 4], tags: [5, 6, 5, 7]),
        .init(shape: .vertex, nodes: [1]),
      ], regionNames: [3: "a"], boundaryNames: [5: "b"])
    let repaired = try mesh.repaired()
    #expect(repaired.reducedFrom == 3)
    #expect(repaired.removedPoints == 1)
    #expect(repaired.originalPoints == [1, 2, 3, 4])
    #expect(repaired.flippedCells == 1)
    #expect(repaired.removedFacets == 3)
    #expect(repaired.mesh.coordinates == [0, 0, 1, 0, 1, 1, 0, 1])
    #expect(repaired.mesh.cells == [.init(shape: .triangle, nodes: [0, 1, 2, 0, 2, 3], tags: [3, 4])])
    #expect(repaired.mesh.facets == [.init(shape: .interval, nodes: [0, 1], tags: [5])])
    try repaired.mesh.validate()

    var curved = mesh
    curved.coordinates[3 * 2 + 2] = 2.001
    #expect(meshRefusal { _ = try curved.repaired() }.contains("leaves the plane z = constant"))
  }
}
