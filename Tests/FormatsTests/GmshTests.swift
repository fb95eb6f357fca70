import Formats
import Foundation
import Geometry
import Meshes
import TestSupport
import Testing

/// Meshes that `Tests/Peers/gmsh_meshes.py` makes with Gmsh: all its flavours of file, of one plane and one solid domain.
@Suite("Gmsh meshes")
struct GmshTests {
  static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/Gmsh")

  static func fixtureFiles(in folder: URL = fixtures) throws -> [URL] {
    try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "msh" }.sorted { $0.path < $1.path }
  }

  /// The meshes that were just made, or those that are kept.
  static func files() throws -> [URL] {
    let folder = ProcessInfo.processInfo.environment["ANSATZ_GMSH_MESHES"].map { URL(fileURLWithPath: $0) }
    return try fixtureFiles(in: folder ?? fixtures)
  }

  /// The volume of the cells with a name.
  static func volume(_ name: String, of mesh: Mesh) throws -> Double {
    let tags = try mesh.regionTags(named: name)
    return zip(mesh.cells.flatMap(\.tags), mesh.volumes).reduce(0) { $0 + (tags.contains($1.0) ? $1.1 : 0) }
  }

  /// How many facets have a name, and the range of their vertices along each axis.
  static func bounds(_ name: String, of mesh: Mesh) throws -> (count: Int, ranges: [ClosedRange<Double>]) {
    let topology = try MeshTopology(mesh)
    let facets = try mesh.facets(.named(name), of: topology)
    let points = facets.flatMap { topology.vertices(ofFacet: Int($0)).map { Array(mesh.point(Int($0))) } }
    return (
      facets.count,
      (0..<mesh.dimension).map { axis in
        (points.map { $0[axis] }.min() ?? .nan)...(points.map { $0[axis] }.max() ?? .nan)
      }
    )
  }

  @Test("files made by Gmsh are read with their elements, regions and boundaries")
  func files() throws {
    let files = try Self.files()
    #expect(files.count >= 42)
    for file in files {
      let mesh = try Gmsh.read(file)
      let name = file.lastPathComponent
      try mesh.validate()
      let shape = try #require(CellShape.allCases.first { name.hasPrefix($0.rawValue) })
      #expect(mesh.dimension == shape.dimension, "\(name)")
      #expect(mesh.cells.map(\.shape) == [shape], "\(name)")
      #expect(
        mesh.cells.map(\.order) == [name.contains("2-") && name.hasPrefix("\(shape)2") ? 2 : 1], "\(name)")
      #expect(abs(mesh.volume - 1) < 1e-12, "\(name)")
      // Version 2.2 keeps no groups when everything is saved.
      if name.contains("22-ascii-all") { continue }
      for region in ["left", "right", "warm"] {
        #expect(abs(try Self.volume(region, of: mesh) - 0.5) < 1e-12, "\(name) \(region)")
      }
      #expect(mesh.regionNames == [10: "left", 20: "right", 21: "warm"])
      #expect(mesh.boundaryNames == [5: "walls", 6: "base", 7: "hot", 8: "interface"])
      let rest = Array(repeating: 0.0...1.0, count: mesh.dimension - 1)
      #expect(try Self.bounds("walls", of: mesh).ranges == [0...1] + rest, "\(name)")
      #expect(try Self.bounds("base", of: mesh).ranges == [0...1, 0...0] + rest.dropFirst(), "\(name)")
      #expect(try Self.bounds("hot", of: mesh).ranges == [0...0.5, 0...0] + rest.dropFirst(), "\(name)")
      #expect(try Self.bounds("interface", of: mesh).ranges == [0.5...0.5] + rest, "\(name)")
      let (hot, base) = (try Self.bounds("hot", of: mesh).count, try Self.bounds("base", of: mesh).count)
      #expect(hot > 0 && 2 * hot == base || shape == .tetrahedron, "\(name)")
    }
  }

  @Test("nodes of second order are where they belong: between their vertices")
  func permutations() throws {
    for file in try Self.files() {
      let mesh = try Gmsh.read(file)
      for block in mesh.cells + mesh.facets where block.order == 2 {
        let straight = ReferenceCell(block.shape)
        let weights = ReferenceCell(block.shape, order: 2).nodes.map { straight.values(at: $0) }
        for element in 0..<block.count {
          let nodes = Array(block.nodes(of: element))
          for (node, weights) in zip(nodes, weights) {
            for axis in 0..<mesh.dimension {
              let wanted = zip(weights, nodes).reduce(0) {
                $0 + $1.0 * mesh.coordinates[mesh.dimension * Int($1.1) + axis]
              }
              #expect(abs(mesh.coordinates[mesh.dimension * Int(node) + axis] - wanted) < 1e-9)
            }
          }
        }
      }
    }
  }

  @Test("what is written is read back to the bit, in both versions and encodings")
  func roundTrip() throws {
    var compound = Mesh.rectangle(cells: [2, 2])
    compound.boundaryNames[9] = "wet \u{e4}"
    compound.compoundBoundaries = [7: [1, 9]]
    compound.facets[0].tags[0] = 7
    compound.regionNames = [1: "a", 2: "b"]
    compound.compoundRegions = [3: [1, 2]]
    compound.cells[0].tags = [1, 2, 3, 1, 2, 3, 1, 1]
    let meshes = [
      Mesh.interval(cells: 3), .rectangle(cells: [2, 3]), .disc(rings: 2, order: 2),
      .annulus(cells: [2, 7], simplices: false, order: 2), SmallMeshes.mixed, .box(cells: [1, 2, 1]),
      try Mesh.box(cells: [1, 2, 1], simplices: false).elevated(), try Mesh.box(cells: [2, 1, 1]).elevated(),
      compound,
    ]
    for mesh in meshes {
      for version in Gmsh.Version.allCases {
        for encoding in Gmsh.Encoding.allCases {
          let back = try Gmsh.decode(Gmsh.encode(mesh, version: version, encoding: encoding))
          #expect(!back.isChanged || back.reducedFrom == 3 && back.removedPoints == 0)
          let found = back.mesh
          #expect(found.coordinates.map(\.bitPattern) == mesh.coordinates.map(\.bitPattern))
          #expect(found.boundaryNames == mesh.boundaryNames && found.regionNames == mesh.regionNames)
          #expect(Self.described(found) == Self.described(mesh), "\(version) \(encoding)")
        }
      }
    }
  }

  /// Elements with the names of their groups, in no order.
  static func described(_ mesh: Mesh) -> Set<String> {
    func names(_ tag: Int32, _ names: [Int32: String], _ compounds: [Int32: [Int32]]) -> String {
      (compounds[tag] ?? [tag]).map { names[$0] ?? "\($0)" }.sorted().joined(separator: "+")
    }
    var result: Set<String> = []
    for block in mesh.cells {
      for i in 0..<block.count {
        let name = names(block.tags[i], mesh.regionNames, mesh.compoundRegions)
        result.insert("\(block.shape) \(block.order) \(Array(block.nodes(of: i))) \(name)")
      }
    }
    for block in mesh.facets {
      for i in 0..<block.count {
        let name = names(block.tags[i], mesh.boundaryNames, mesh.compoundBoundaries)
        result.insert("\(block.shape) \(block.order) \(Array(block.nodes(of: i))) \(name)")
      }
    }
    return result
  }

  /// One triangle in binary, all numbers in big-endian order.
  static func bigEndian(_ version: String) -> [UInt8] {
    var bytes = Array("$MeshFormat\n\(version) 1 8\n".utf8)
    func int(_ values: Int32...) { for v in values { withUnsafeBytes(of: v.bigEndian) { bytes += $0 } } }
    func size(_ values: Int64...) { for v in values { withUnsafeBytes(of: v.bigEndian) { bytes += $0 } } }
    func double(_ values: [Double]) {
      for v in values { withUnsafeBytes(of: v.bitPattern.bigEndian) { bytes += $0 } }
    }
    let points: [[Double]] = [[0, 0, 0], [2, 0, 0], [0, 1, 0]]
    int(1)
    bytes += "\n$EndMeshFormat\n".utf8
    if version == "2.2" {
      bytes += "$Nodes\n3\n".utf8
      for (i, point) in points.enumerated() {
        int(Int32(10 * i + 5))
        double(point)
      }
      bytes += "\n$EndNodes\n$Elements\n2\n".utf8
      int(2, 1, 2, 1, 7, 1, 5, 15, 25)
      int(1, 1, 2, 2, 4, 1, 5, 15)
      bytes += "\n$EndElements\n".utf8
    } else {
      bytes += "$Entities\n".utf8
      size(0, 1, 1, 0)
      int(1)
      double([0, 0, 0, 2, 0, 0])
      size(1)
      int(4)
      size(0)
      int(1)
      double([0, 0, 0, 2, 1, 0])
      size(1)
      int(7)
      size(0)
      bytes += "\n$EndEntities\n$Nodes\n".utf8
      size(1, 3, 5, 25)
      int(2, 1, 0)
      size(3, 5, 15, 25)
      for point in points { double(point) }
      bytes += "\n$EndNodes\n$Elements\n".utf8
      size(2, 2, 1, 2)
      int(2, 1, 2)
      size(1, 1, 5, 15, 25)
      int(1, 1, 1)
      size(1, 2, 5, 15)
      bytes += "\n$EndElements\n".utf8
    }
    return bytes
  }

  @Test("binary files of the other byte order are read", arguments: ["2.2", "4.1"])
  func otherByteOrder(version: String) throws {
    let mesh = try Gmsh.decode(Self.bigEndian(version)).mesh
    #expect(mesh.coordinates == [0, 0, 2, 0, 0, 1])
    #expect(mesh.cells == [.init(shape: .triangle, nodes: [0, 1, 2], tags: [7])])
    #expect(mesh.facets == [.init(shape: .interval, nodes: [0, 1], tags: [4])])
  }

  static let text = """
    $MeshFormat
    4.1 0 8
    $EndMeshFormat
    $Comments
    $Nodes and more
    $EndComments
    $PhysicalNames
    2
    1 3 "a \\"quoted\\" wall"
    2 1 "all of it"
    $EndPhysicalNames
    $Entities
    0 1 1 0
    4 0 0 0 1 0 0 1 -3 2 1 -2
    6 0 0 0 1 1 0 1 1 0
    $EndEntities
    $Nodes
    2 5 2 900000000000
    2 6 0 3
    900000000000
    2
    77
    0 0 0
    1 0 0
    1 1 0
    1 4 1 2
    50
    3
    0 1 0 0.5
    9 9 9 0.25
    $EndNodes
    $Elements
    2 3 1 3
    2 6 2 2
    1 900000000000 2 77
    2 900000000000 50 77
    1 4 1 1
    9 900000000000 2
    $EndElements
    $Periodic
    1
    1 1 1
    0
    0
    $EndPeriodic
    $NodeData
    1
    "u"
    $EndNodeData

    """

  @Test("sparse and unordered numbers, parameters, orphans, inverted cells, sections that are passed over")
  func particulars() throws {
    let result = try Gmsh.decode(Array(Self.text.utf8))
    #expect(result.mesh.coordinates == [0, 0, 1, 0, 1, 1, 0, 1])
    #expect(result.mesh.cells == [.init(shape: .triangle, nodes: [0, 1, 2, 0, 2, 3], tags: [1, 1])])
    #expect(result.mesh.facets == [.init(shape: .interval, nodes: [0, 1], tags: [3])])
    #expect(result.mesh.regionNames == [1: "all of it"])
    #expect(result.mesh.boundaryNames == [3: "a \\\"quoted\\\" wall"])
    #expect(result.removedPoints == 1)
    #expect(result.flippedCells == 1)
    #expect(result.reducedFrom == 3)
  }

  @Test("bad files are refused, naming file, place and remedy")
  func refusals() throws {
    func refused(_ change: (String) -> String) -> String {
      refusal { _ = try Gmsh.decode(Array(change(Self.text).utf8), file: "a.msh") }
    }
    #expect(
      refusal { _ = try Gmsh.read(URL(fileURLWithPath: "/nonexistent/a.msh")) }.contains("No such file"))
    #expect(refused { _ in "hello" }.contains("does not start with $MeshFormat"))
    #expect(
      refused { $0.replacing("4.1 0 8", with: "4 0 8") }.contains(
        "its version is 4.0; save it as version 4.1"))
    #expect(refused { $0.replacing("4.1 0 8", with: "1 0 8") }.contains("save it as version 4.1 or 2.2"))
    #expect(refused { $0.replacing("4.1 0 8", with: "4.1 0 4") }.contains("data size is 4"))
    #expect(refused { String($0.prefix(400)) }.contains("a.msh: it ends where"))
    #expect(refused { $0.replacing("\n77\n", with: "\n2\n") }.contains("the node 2 is there twice"))
    #expect(
      refused { $0.replacing(" 50 77", with: " 51 77") }.contains("names the node 51, which is not there"))
    #expect(refused { $0.replacing("2 6 2 2", with: "2 6 6 2") }.contains("it holds prisms (type 6)"))
    #expect(refused { $0.replacing("2 6 2 2", with: "2 6 21 2") }.contains("third or higher order"))
    #expect(refused { $0.replacing("2 6 2 2", with: "2 6 2 900000000000") }.contains("more than its"))
    #expect(
      refused { $0.replacing("2 5 2 900000000000", with: "2 900000000000 2 3") }.contains(
        "900000000000 nodes, more than its"))
    #expect(
      refused { $0.replacing("\n1 1 0\n1 4", with: "\n1 0 0\n1 4") }.contains(
        "cell 0 (triangle) has no volume"))
    #expect(refused { $0.replacing("\n1 1 0\n1 4", with: "\n1 nan 0\n1 4") }.contains("is not finite"))
    #expect(refused { $0.replacing("\n1 1 0\n1 4", with: "\n1 1 0.5\n1 4") }.contains("leaves the plane"))
    #expect(
      refused { $0.replacing("\n1 1 0\n1 4", with: "\n1 x 0\n1 4") }.contains(
        "\"x\" stands where a coordinate should"))
    #expect(
      refused { $0.replacing("2\n1 3 \"", with: "3\n2 1 \"other\"\n1 3 \"") }.contains(
        "the physical tag 1 of dimension 2 has two names, \"other\" and \"all of it\""))
    #expect(refused { $0.replacing("1 3 \"", with: "1 99999999999 \"") }.contains("exceeds 32 bits"))
    #expect(
      refused { $0.replacing("$Elements", with: "$Other").replacing("$EndElements", with: "$EndOther") }
        .contains(
          "there is no section $Elements"))
    let curvesAlone = refused {
      $0.replacing("2 3 1 3\n2 6 2 2\n1 900000000000 2 77\n2 900000000000 50 77\n", with: "1 1 1 3\n")
        .replacing("9 900000000000 2", with: "9 77 2")
    }
    #expect(curvesAlone.contains("; "))
  }

  @Test("shipped meshes are sound, with named boundaries and their domain's size")
  func shipped() throws {
    let sizes: [ShippedMesh: (Double, Double)] = [
      .square: (1, 1e-12), .disc: (.pi, 1e-3), .lShape: (3, 1e-12), .annulus: (0.75 * .pi, 0.02),
      .cube: (1, 1e-12), .ball: (4 * .pi / 3, 0.01), .cylinderChannel: (2.2 * 0.41 - 0.0025 * .pi, 1e-4),
      .backwardFacingStep: (8.5, 1e-12),
      // The far field is a polygon of edges as long as the chord.
      .airfoil: (25 * .pi - 0.0817, 0.6),
    ]
    for name in ShippedMesh.allCases {
      let mesh = try Mesh.named(name)
      try mesh.validate()
      let (size, tolerance) = try #require(sizes[name])
      #expect(abs(mesh.volume - size) < tolerance, "\(name)")
      #expect(!mesh.boundaryNames.isEmpty)
      let topology = try MeshTopology(mesh)
      #expect(topology.boundaryFacets.allSatisfy { topology.facetTags[Int($0)] != 0 }, "\(name)")
      #expect(mesh.quality().least > 0.3, "\(name)")
    }
  }
}

enum SmallMeshes {
  /// A triangle beside a square, with tags.
  static let mixed = Mesh(
    dimension: 2, coordinates: [0, 0, 1, 0, 1, 1, 0, 1, 2, 0.5],
    cells: [
      .init(shape: .triangle, nodes: [1, 4, 2], tags: [2]),
      .init(shape: .quadrilateral, nodes: [0, 1, 2, 3], tags: [5]),
    ], facets: [.init(shape: .interval, nodes: [3, 0, 1, 2], tags: [1, 4])],
    regionNames: [2: "tip", 5: "body"], boundaryNames: [1: "left", 4: "inside"])
}
