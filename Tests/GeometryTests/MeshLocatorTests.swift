import Foundation
import Geometry
import Testing

@Suite("Points in meshes")
struct MeshLocatorTests {
  static let meshes: [Mesh] = [
    .interval(-1...3, cells: 17), .disc(rings: 9), .disc(rings: 5, order: 2),
    .lShape(cells: 5, simplices: false),
    SmallMeshes.triangleBesideSquare, .cylinderChannel(cells: 8),
    .cylinderChannel(cells: 6, simplices: false),
    .cylinderChannel(cells: 6, simplices: false, order: 2), .box(cells: [3, 4, 2]),
    .box(cells: [2, 2, 3], simplices: false),
  ]

  @Test("points inside cells are found, with the coordinates they were made from", arguments: 0..<10)
  func inside(index: Int) throws {
    let mesh = Self.meshes[index]
    let locator = try MeshLocator(mesh)
    var state: UInt64 = 99
    func next() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 11) / 9_007_199_254_740_992
    }
    var points: [Double] = []
    var expected: [(Int, [Double])] = []
    var cell = 0
    for block in mesh.cells {
      let reference = ReferenceCell(block.shape, order: block.order)
      for element in 0..<block.count {
        for _ in 0..<3 {
          var xi = (0..<mesh.dimension).map { _ in 0.02 + 0.96 * next() }
          if block.shape.isSimplex, xi.reduce(0, +) > 0.98 {
            let sum = xi.reduce(0, +)
            xi = xi.map { 0.97 * $0 / sum }
          }
          let values = reference.values(at: xi)
          for axis in 0..<mesh.dimension {
            points.append(
              zip(values, block.nodes(of: element)).reduce(0) {
                $0 + $1.0 * mesh.coordinates[mesh.dimension * Int($1.1) + axis]
              })
          }
          expected.append((cell, xi))
        }
        cell += 1
      }
    }
    let found = locator.locate(points: points)
    #expect(found.count == expected.count)
    for (location, (cell, xi)) in zip(found, expected) {
      let location = try #require(location)
      #expect(location.cell == cell)
      for axis in 0..<mesh.dimension { #expect(abs(location.reference[axis] - xi[axis]) < 1e-9) }
    }
  }

  @Test("vertices, edges and the boundary belong to the mesh")
  func boundary() throws {
    for mesh in Self.meshes {
      let locator = try MeshLocator(mesh)
      for point in 0..<mesh.pointCount { #expect(locator.locate(mesh.point(point)) != nil) }
      if mesh.cells[0].order == 1, mesh.dimension > 1 {
        let topology = try MeshTopology(mesh)
        for edge in 0..<topology.edgeCount {
          let (a, b) = (
            mesh.point(Int(topology.edgeVertices[2 * edge])),
            mesh.point(Int(topology.edgeVertices[2 * edge + 1]))
          )
          #expect(locator.locate(zip(a, b).map { 0.3 * $0 + 0.7 * $1 }) != nil)
        }
      }
    }
  }

  @Test("outside there is nothing: beyond, in holes and notches, behind curves, at no number")
  func outside() throws {
    let channel = try MeshLocator(.cylinderChannel(cells: 8))
    #expect(channel.locate([0.2, 0.2]) == nil)
    #expect(channel.locate([0.24, 0.21]) == nil)
    #expect(channel.locate([2.2001, 0.2]) == nil)
    #expect(channel.locate([.nan, 0.2]) == nil)
    #expect(channel.locate([.infinity, 0.2]) == nil)
    #expect(try MeshLocator(.lShape(cells: 5)).locate([0.3, -0.3]) == nil)
    // Between the polygon and the circle: outside of straight cells, inside of curved ones.
    let angle = Double.pi / 30
    let point = [0.999 * cos(angle), 0.999 * sin(angle)]
    #expect(try MeshLocator(.disc(rings: 5)).locate(point) == nil)
    #expect(try MeshLocator(.disc(rings: 5, order: 2)).locate(point) != nil)
    #expect(try MeshLocator(.disc(rings: 5, order: 2)).locate(point.map { 1.01 * $0 }) == nil)
    #expect(try MeshLocator(.interval(cells: 4)).locate([-1e-6]) == nil)
    #expect(try MeshLocator(.box(cells: [1, 1, 1])).locate([0.5, 0.5, 1.0001]) == nil)
  }
}
