import Foundation
import Geometry
import Testing

@Suite("Generators of meshes")
struct GeneratorTests {
  /// The length or area of the facets with a name.
  static func size(_ name: String, of mesh: Mesh) throws -> Double {
    let topology = try MeshTopology(mesh)
    return try mesh.facets(.named(name), of: topology).reduce(0) { sum, facet in
      let p = topology.vertices(ofFacet: Int(facet)).map { Array(mesh.point(Int($0))) }
      if p.count == 1 { return sum + 1 }
      func edge(_ i: Int) -> [Double] { zip(p[i], p[0]).map { $0 - $1 } }
      if p.count == 2 { return sum + hypot(edge(1)[0], edge(1)[1]) }
      func area(_ a: [Double], _ b: [Double]) -> Double {
        let n = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
        return n.reduce(0) { $0 + $1 * $1 }.squareRoot() / 2
      }
      return sum + area(edge(1), edge(2)) + (p.count == 4 ? area(edge(2), edge(3)) : 0)
    }
  }

  @Test("boxes of every kind are sound, with their volume and named sides")
  func boxes() throws {
    let plane = RectilinearGrid(coordinates: [[-1, 0, 0.5, 2], [0, 0.1, 1]])
    var meshes: [(Mesh, [Double])] = [(.interval(-1...2, cells: 7), [3, 1])]
    for diagonals in Diagonals.allCases {
      meshes.append((Mesh(grid: plane, diagonals: diagonals), [3, 1, 3]))
    }
    meshes.append((Mesh(grid: plane, simplices: false), [3, 1, 3]))
    for simplices in [true, false] {
      meshes.append(
        (.box(x: 0...1, y: 0...2, z: -1...2, cells: [2, 3, 4], simplices: simplices), [6, 6, 3, 2]))
    }
    for (mesh, sizes) in meshes {
      try mesh.validate()
      #expect(abs(mesh.volume - sizes[0]) < 1e-13)
      let topology = try MeshTopology(mesh)
      #expect(topology.boundaryFacets.allSatisfy { topology.facetTags[Int($0)] != 0 })
      for side in Sides.all.members(dimension: mesh.dimension) {
        let found = try Self.size(side.name, of: mesh)
        #expect(abs(found - sizes[1 + side.axis.rawValue]) < 1e-13, "\(side.name)")
        // Every facet of a side faces its way.
        for facet in try mesh.facets(.named(side.name), of: topology) {
          for vertex in topology.vertices(ofFacet: Int(facet)) {
            let x = mesh.point(Int(vertex))
            let wanted = mesh.coordinates.indices.filter { $0 % mesh.dimension == side.axis.rawValue }
              .map { mesh.coordinates[$0] }
            #expect(x[x.startIndex + side.axis.rawValue] == (side.isUpper ? wanted.max() : wanted.min()))
          }
        }
      }
    }
    #expect(meshes[4].0.cellCount == 24)
    #expect(Mesh.box(cells: [2, 2, 2]).cellCount == 48)
    #expect(Mesh.rectangle(cells: [3, 2]).point(4) == [1.0 / 3, 0.5])
  }

  @Test("discs are round, well formed, and curved ones have their area to fourth order")
  func discs() throws {
    var errors: [Double] = []
    for rings in [2, 4, 8, 16] {
      let disc = Mesh.disc(centre: (1, -2), radius: 3, rings: rings)
      try disc.validate()
      #expect(disc.pointCount == 3 * rings * (rings + 1) + 1)
      #expect(disc.cellCount == 6 * rings * rings)
      #expect(disc.quality().least > 0.75)
      #expect(disc.quality().mean > 0.9)
      // The polygon's area and length in closed form.
      let corners = Double(6 * rings)
      #expect(abs(disc.volume - 4.5 * corners * sin(2 * .pi / corners)) < 1e-12)
      #expect(abs(try Self.size("boundary", of: disc) - 6 * corners * sin(.pi / corners)) < 1e-12)
      let curved = Mesh.disc(centre: (1, -2), radius: 3, rings: rings, order: 2)
      try curved.validate()
      errors.append(abs(curved.volume - 9 * .pi))
      for node in curved.facets[0].nodes {
        let x = curved.point(Int(node))
        #expect(abs(hypot(x[x.startIndex] - 1, x[x.startIndex + 1] + 2) - 3) < 1e-14)
      }
    }
    let slope = log(errors[0] / errors[3]) / log(8)
    #expect(abs(slope - 4) < 0.1)
    #expect(errors[3] < 1e-5)
  }

  @Test("annuli", arguments: [true, false])
  func annuli(simplices: Bool) throws {
    var errors: [Double] = []
    for n in [1, 2, 4, 8] {
      let mesh = Mesh.annulus(
        inner: 0.5, outer: 2, cells: [4 * n, 15 * n], simplices: simplices, order: 2)
      try mesh.validate()
      errors.append(abs(mesh.volume - 3.75 * .pi))
      #expect(mesh.quality().least > 0.6)
      let topology = try MeshTopology(mesh)
      #expect(try mesh.facets(.named("inner"), of: topology).count == 15 * n)
      #expect(try mesh.facets(.named("outer"), of: topology).count == 15 * n)
    }
    #expect(abs(log(errors[0] / errors[3]) / log(8) - 4) < 0.15)
  }

  @Test("the L-shaped domain and the backward-facing step")
  func corners() throws {
    for simplices in [true, false] {
      let mesh = Mesh.lShape(cells: 4, simplices: simplices)
      try mesh.validate()
      #expect(abs(mesh.volume - 3) < 1e-13)
      #expect(abs(try Self.size("boundary", of: mesh) - 8) < 1e-13)
      let step = Mesh.backwardFacingStep(downstream: 5, cells: 4, simplices: simplices)
      try step.validate()
      #expect(abs(step.volume - 5.5) < 1e-13)
      #expect(abs(try Self.size("inflow", of: step) - 0.5) < 1e-13)
      #expect(abs(try Self.size("outflow", of: step) - 1) < 1e-13)
      #expect(abs(try Self.size("walls", of: step) - 12.5) < 1e-12)
    }
  }

  @Test("the channel with a cylinder", arguments: [true, false])
  func channel(simplices: Bool) throws {
    var errors: [Double] = []
    for n in [4, 8, 16, 32] {
      let mesh = Mesh.cylinderChannel(cells: n, simplices: simplices)
      try mesh.validate()
      #expect(abs(try Self.size("inflow", of: mesh) - 0.41) < 1e-13)
      #expect(abs(try Self.size("outflow", of: mesh) - 0.41) < 1e-13)
      #expect(abs(try Self.size("walls", of: mesh) - 4.4) < 1e-12)
      let sides = Double(4 * n)
      #expect(abs(try Self.size("cylinder", of: mesh) - 0.1 * sides * sin(.pi / sides)) < 1e-12)
      #expect(mesh.quality().least > 0.4)
      let curved = Mesh.cylinderChannel(cells: n, simplices: simplices, order: 2)
      try curved.validate()
      errors.append(abs(curved.volume - (2.2 * 0.41 - 0.0025 * .pi)))
    }
    #expect(abs(log(errors[0] / errors[3]) / log(8) - 4) < 0.15)
    #expect(errors[3] < 1e-9)
    let fine = Mesh.cylinderChannel(cells: 8, rings: 20, columns: 5)
    try fine.validate()
    #expect(fine.cellCount == 2 * (20 * 32 + 5 * 8))
  }

  @Test("second order keeps form, tags and facets", arguments: [true, false])
  func secondOrder(simplices: Bool) throws {
    for mesh in [
      Mesh.interval(cells: 3), .rectangle(cells: [3, 2], simplices: simplices),
      .box(cells: [2, 1, 2], simplices: simplices),
    ] {
      let second = try mesh.elevated()
      try second.validate()
      #expect(abs(second.volume - 1) < 1e-13)
      #expect(second.boundaryNames == mesh.boundaryNames)
      #expect(second.facets.map(\.tags) == mesh.facets.map(\.tags))
      #expect(try second.elevated() == second)
      let topology = try MeshTopology(second)
      // A facet's further nodes are those of the cell beside it.
      for block in second.facets {
        for element in 0..<block.count {
          let nodes = Array(block.nodes(of: element))
          let facet = try #require(topology.facet(of: nodes.prefix(block.shape.vertexCount)))
          let (b, cell) = topology.place(ofCell: Int(topology.facetCells[2 * facet]))
          let all = Array(second.cells[b].nodes(of: cell))
          let side = Int(topology.facetSides[2 * facet])
          let ofCell = second.cells[b].shape.facetNodes(side, order: 2).map { all[$0] }
          #expect(Set(ofCell) == Set(nodes))
        }
      }
    }
  }

  @Test("quality of known cells")
  func quality() {
    let regular = Mesh(
      dimension: 2, coordinates: [0, 0, 1, 0, 0.5, 0.75.squareRoot()],
      cells: [.init(shape: .triangle, nodes: [0, 1, 2])])
    let tetrahedron = Mesh(
      dimension: 3, coordinates: [1, 1, 1, -1, 1, -1, 1, -1, -1, -1, -1, 1],
      cells: [.init(shape: .tetrahedron, nodes: [0, 1, 2, 3])])
    for measure in MeshQuality.Measure.allCases {
      for mesh in [
        regular, tetrahedron, Mesh.box(cells: [1, 1, 1], simplices: false), .interval(cells: 1),
        .rectangle(cells: [2, 2], simplices: false),
      ] {
        #expect(abs(mesh.quality(measure).least - 1) < 1e-14, "\(measure)")
      }
    }
    // A right isosceles triangle: 4√3 · ½ / 4 = √3/2; sin 45° / sin 60° at the sharp corners.
    let right = Mesh.rectangle(cells: [1, 1])
    #expect(abs(right.quality().least - 0.75.squareRoot()) < 1e-14)
    #expect(abs(right.quality(.scaledJacobian).least - (0.5 / 0.75).squareRoot()) < 1e-14)
    // A rectangle of sides 1 and 3: 2 · 3 / (1 + 9).
    let long = Mesh.rectangle(x: 0...3, cells: [1, 1], simplices: false)
    #expect(abs(long.quality().least - 0.6) < 1e-14)
    let inverted = Mesh(
      dimension: 2, coordinates: [0, 0, 1, 0, 0, 1], cells: [.init(shape: .triangle, nodes: [0, 2, 1])])
    #expect(inverted.quality().least < 0)
  }
}

@Suite("A plate with holes")
struct PerforatedPlateTests {
  @Test("areas, boundaries and convergence of curved cells", arguments: [1, 2])
  func plate(order: Int) throws {
    func mesh(_ cells: Int) -> Mesh {
      .perforatedPlate(columns: [-0.5, 0, 0.5], rows: [-0.5, 0, 0.5], cells: cells, order: order) { i, j in
        ((x: i == 0 ? -0.3 : 0.3, y: j == 0 ? -0.3 : 0.3), 0.1)
      }
    }
    let exact = 1 - 0.04 * Double.pi
    let errors = [8, 16, 32].map { abs(mesh($0).volume - exact) }
    let rate = log2(errors[1] / errors[2])
    #expect(rate > (order == 1 ? 1.9 : 3.8) && rate < (order == 1 ? 2.1 : 4.2), "rate \(rate)")
    let plate = mesh(8)
    try plate.validate()
    let extent = try MeshExtent(plate)
    #expect(
      extent.boundaryNames == ["bottom", "holes", "left", "right", "top"] && !extent.hasUnnamedBoundary)
    #expect(try abs(extent.sampler.measure(of: .named("holes")) - 0.8 * .pi) < (order == 1 ? 0.02 : 1e-4))
    #expect(try abs(extent.sampler.measure(of: .named("left")) - 1) < 1e-12)
    let (points, weights) = plate.quadrature
    let second = zip(points, weights).reduce(0) { $0 + $1.0[0] * $1.0[0] * $1.1 }
    #expect(abs(second - (1 / 12.0 - 4 * (.pi * 1e-4 / 4 + 0.09 * .pi * 0.01))) < (order == 1 ? 2e-3 : 1e-5))
  }
}
