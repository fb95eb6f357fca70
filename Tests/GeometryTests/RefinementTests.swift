import Foundation
import Geometry
import Testing

@Suite("Refinement of meshes")
struct RefinementTests {
  static let meshes: [Mesh] = [
    .interval(cells: 3), .rectangle(cells: [2, 3], diagonals: .crossed),
    .rectangle(cells: [2, 2], simplices: false),
    SmallMeshes.triangleBesideSquare, .box(cells: [1, 2, 1]), .box(cells: [1, 2, 1], simplices: false),
    .lShape(cells: 2), .disc(rings: 2),
  ].map { mesh in
    // Regions to follow.
    mesh.taggingRegion("left half") { $0[0] < 0.5 }
  }

  /// What any refinement keeps: volume, regions' volumes, boundaries' sizes.
  private func checkKept(_ coarse: Mesh, _ fine: RefinedMesh, _ tolerance: Double = 1e-13) throws {
    try fine.mesh.validate()
    #expect(abs(fine.mesh.volume - coarse.volume) < tolerance)
    func byTag(_ mesh: Mesh) -> [Int32: Double] {
      Dictionary(zip(mesh.cells.flatMap(\.tags), mesh.volumes), uniquingKeysWith: +)
    }
    let (before, after) = (byTag(coarse), byTag(fine.mesh))
    #expect(before.keys == after.keys)
    for (tag, volume) in before { #expect(abs(volume - (after[tag] ?? .nan)) < tolerance) }
    #expect(fine.mesh.regionNames == coarse.regionNames)
    #expect(fine.mesh.boundaryNames == coarse.boundaryNames)
    for name in coarse.boundaryNames.values {
      let sizes = (try GeneratorTests.size(name, of: coarse), try GeneratorTests.size(name, of: fine.mesh))
      #expect(abs(sizes.0 - sizes.1) < 1e-12, "\(name)")
    }
    var inParent = [Double](repeating: 0, count: coarse.cellCount)
    for (volume, parent) in zip(fine.mesh.volumes, fine.parents) { inParent[Int(parent)] += volume }
    for (a, b) in zip(inParent, coarse.volumes) { #expect(abs(a - b) < tolerance) }
    #expect(fine.mesh.coordinates.prefix(coarse.dimension) == coarse.coordinates.prefix(coarse.dimension))
  }

  @Test("uniform refinement divides every cell by 2^d and keeps tags", arguments: 0..<8)
  func uniform(index: Int) throws {
    let mesh = Self.meshes[index]
    let fine = try mesh.uniformRefinement()
    #expect(fine.mesh.cellCount == mesh.cellCount << mesh.dimension)
    try checkKept(mesh, fine)
    #expect(
      fine.mesh.facets.reduce(0) { $0 + $1.count } == mesh.facets.reduce(0) { $0 + $1.count }
        << (mesh.dimension - 1))
    let longest = (try mesh.edgeLengths().upperBound, try fine.mesh.edgeLengths().upperBound)
    // The diagonal of an octahedron may be as long as half of the parent's, edges are halved.
    #expect(longest.1 <= 0.5 * longest.0 * (mesh.dimension == 3 ? 1.5 : 1.0000001))
  }

  @Test("tetrahedra do not degenerate under repeated uniform refinement")
  func bey() throws {
    var mesh = Mesh.box(cells: [1, 1, 1])
    let start = mesh.quality().least
    for _ in 0..<4 { mesh = try mesh.refined() }
    #expect(mesh.cellCount == 6 << 12)
    #expect(mesh.quality().least > 0.7 * start)
  }

  @Test("curved cells keep their form when refined", arguments: [false, true])
  func curved(locally: Bool) throws {
    for mesh in [
      Mesh.disc(rings: 2, order: 2), .annulus(cells: [2, 9], order: 2),
      .annulus(cells: [2, 9], simplices: false, order: 2),
      try Mesh.box(cells: [1, 1, 2], simplices: false).elevated(), try Mesh.box(cells: [1, 2, 1]).elevated(),
    ] where !locally || mesh.cells[0].shape.isSimplex {
      let fine = try locally ? mesh.bisected([0, mesh.cellCount - 1]) : mesh.uniformRefinement()
      #expect(fine.mesh.cells.allSatisfy { $0.order == 2 })
      try fine.mesh.validate()
      // The same domain, to rounding: the volume does not move towards that of the polygon or the disc.
      #expect(abs(fine.mesh.volume - mesh.volume) < 1e-13)
      for (a, b) in zip(mesh.volumes.indices, mesh.volumes) {
        let children = zip(fine.mesh.volumes, fine.parents).filter { Int($0.1) == a }
        #expect(abs(children.reduce(0) { $0 + $1.0 } - b) < 1e-13)
      }
    }
  }

  @Test("bisection is conforming wherever it is asked for, and keeps tags", arguments: [true, false])
  func random(everyEdge: Bool) throws {
    var state: UInt64 = 5
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    for mesh in Self.meshes where mesh.cells.allSatisfy({ $0.shape.isSimplex }) {
      var current = mesh
      for _ in 0..<5 {
        let marked = (0..<max(1, current.cellCount / 6)).map { _ in next(current.cellCount) }
        let fine = try current.bisected(marked, everyEdge: everyEdge)
        try checkKept(current, fine, 1e-12)
        let counts = Dictionary(grouping: fine.parents) { $0 }.mapValues(\.count)
        for cell in marked {
          #expect((counts[Int32(cell)] ?? 0) >= (everyEdge ? 1 << mesh.dimension : 2))
        }
        current = fine.mesh
      }
      #expect(current.cellCount > 2 * mesh.cellCount)
    }
  }

  @Test("angles stay bounded when a corner is refined 30 times, and few cells are made")
  func corner() throws {
    var mesh = Mesh.lShape(cells: 1)
    for _ in 0..<30 {
      var first = 0
      var marked: [Int] = []
      for block in mesh.cells {
        for element in 0..<block.count
        where block.nodes(of: element).contains(where: { mesh.point(Int($0)).allSatisfy { $0 == 0 } }) {
          marked.append(first + element)
        }
        first += block.count
      }
      mesh = try mesh.bisected(marked, everyEdge: false).mesh
    }
    try mesh.validate()
    // Right isosceles triangles remain such.
    #expect(abs(mesh.quality().least - 0.75.squareRoot()) < 1e-12)
    #expect(mesh.cellCount < 600)
    #expect(try mesh.edgeLengths().lowerBound < 1e-4)
    #expect(
      meshRefusal { _ = try Mesh.lShape(cells: 1, simplices: false).bisected([0]) }.contains(
        "cannot be bisected"))
  }

  @Test("tetrahedra at a corner stay well formed")
  func corner3D() throws {
    var mesh = Mesh.box(cells: [1, 1, 1])
    for _ in 0..<12 {
      let block = mesh.cells[0]
      let marked = (0..<block.count).filter { element in
        block.nodes(of: element).contains { mesh.point(Int($0)).allSatisfy { $0 == 0 } }
      }
      mesh = try mesh.bisected(marked, everyEdge: false).mesh
    }
    try mesh.validate()
    #expect(mesh.quality().least > 0.3)
  }
}
