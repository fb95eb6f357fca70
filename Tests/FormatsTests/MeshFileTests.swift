import Formats
import Foundation
import Geometry
import TestSupport
import Testing

@Suite("VTK files of meshes")
struct MeshFileTests {
  static let square = Mesh(
    dimension: 2, coordinates: [0, 0, 1, 0, 1, 1, 0, 1],
    cells: [Mesh.Block(shape: .triangle, nodes: [0, 1, 2, 0, 2, 3], tags: [4, 5])],
    facets: [Mesh.Block(shape: .interval, nodes: [0, 1, 2, 3], tags: [1, 2])],
    regionNames: [4: "air", 5: "earth"], boundaryNames: [1: "wall"])
  static let dataset = MeshDataset(
    mesh: square, pointFields: [FieldArray(name: "u", values: [1, 2, 3, 4])],
    cellFields: [FieldArray(name: "k", values: [10, 20])], time: 0.5)

  @Test("the text of a small file")
  func text() throws {
    let options = VTKOptions(encoding: .ascii, headerType: .uint32)
    let text = String(decoding: try VTKXML.encode(Self.dataset, options: options), as: UTF8.self)
    #expect(text.contains("<Piece NumberOfPoints=\"4\" NumberOfCells=\"4\">"))
    #expect(text.contains("Name=\"region\" format=\"ascii\">\n4 5 0 0\n"))
    #expect(text.contains("Name=\"boundary\" format=\"ascii\">\n0 0 1 2\n"))
    #expect(text.contains("Name=\"wall\" NumberOfTuples=\"2\" format=\"ascii\">1 1<"))
    #expect(text.contains("Name=\"earth\" NumberOfTuples=\"2\" format=\"ascii\">5 2<"))
    #expect(text.contains("Name=\"offsets\" format=\"ascii\">\n3 6 8 10\n"))
    #expect(text.contains("Name=\"types\" format=\"ascii\">\n5 5 3 3\n"))
    // Facets have the value of the cell at which they are.
    #expect(text.contains("Name=\"k\" format=\"ascii\">\n10.0 20.0 10.0 20.0\n"))
    let legacy = String(decoding: try LegacyVTK.encode(Self.dataset, encoding: .ascii), as: UTF8.self)
    #expect(legacy.contains("CELLS 4 14\n3 0 1 2 3 0 2 3\n2 0 1 2 2 3\nCELL_TYPES 4\n5 5 3 3\n"))
  }

  @Test("a mesh without tags has no tag arrays, and a field may have their names")
  func untagged() throws {
    let mesh = Mesh(
      dimension: 2, coordinates: Self.square.coordinates,
      cells: [Mesh.Block(shape: .triangle, nodes: [0, 1, 2, 0, 2, 3])])
    let dataset = MeshDataset(mesh: mesh, cellFields: [FieldArray(name: "region", values: [0.5, 2])])
    #expect(try VTKXML.decodeMesh(VTKXML.encode(dataset)) == dataset)
    #expect(try LegacyVTK.decodeMesh(LegacyVTK.encode(dataset)) == dataset)
  }

  @Test("what cannot be written is refused")
  func refusals() throws {
    var clash = Self.dataset
    clash.cellFields[0].name = "region"
    #expect(refusal { _ = try VTKXML.encode(clash) }.contains("\"region\", which the mesh's own tags have"))
    #expect(refusal { _ = try LegacyVTK.encode(clash) }.contains("\"region\""))
    var twice = Self.dataset
    twice.pointFields.append(twice.pointFields[0])
    #expect(refusal { _ = try VTKXML.encode(twice) }.contains("two fields have the name \"u\""))
    var named = Self.dataset
    named.mesh.boundaryNames[2] = "TimeValue"
    #expect(refusal { _ = try VTKXML.encode(named) }.contains("\"TimeValue\""))
    let url = URL(fileURLWithPath: "/nonexistent/a.vti")
    #expect(refusal { try VTKXML.write(Self.dataset, to: url) }.contains(".vtu"))
    #expect(refusal { try VTKXML.write(Self.dataset, to: url, pieces: 2) }.contains(".pvtu"))
    var infinite = Self.dataset
    infinite.pointFields[0].components[0][1] = .infinity
    #expect(refusal { _ = try LegacyVTK.encode(infinite, encoding: .ascii) }.contains("not finite"))
    #expect(try VTKXML.decodeMesh(VTKXML.encode(infinite)) == infinite)
  }

  /// The text form of the small mesh with one passage replaced.
  private func altered(_ passage: String, _ replacement: String) throws -> String {
    let text = String(
      decoding: try VTKXML.encode(Self.dataset, options: VTKOptions(encoding: .ascii)), as: UTF8.self)
    #expect(text.contains(passage))
    return refusal {
      _ = try VTKXML.decodeMesh(
        Array(text.replacingOccurrences(of: passage, with: replacement).utf8), file: "a.vtu")
    }
  }

  @Test(
    "damage is refused with its place",
    arguments: [
      ("0 1 2 0 2 3 0 1", "0 1 9 0 2 3 0 1", "cell 0 names the point 9, but there are 4 points"),
      ("0 1 2 0 2 3 0 1", "0 1 2 0 2 -3 0 1", "cell 1 names the point -3"),
      ("0 1 2 0 2 3 0 1", "0 1 2 0 2 3 0 99999999999", "\"connectivity\" of cells holds values"),
      ("0 1 2 0 2 3 0 1", "0 1 2 0 2 3 0", "cell 3 ends at 10 of the 9 cell points"),
      ("0 1 2 0 2 3 0 1", "0 1 2 0 2 3 0 1 1", "cells take 10 of the 11 cell points"),
      ("0 1 2 0 2 3 0 1", "0 1 2 0 2 3 0.5 1", "\"connectivity\" of cells holds values"),
      ("3 6 8 10", "3 2 8 10", "cell 1 ends at 2"), ("3 6 8 10", "3 6 8", "3 offsets for 4 cells"),
      ("3 6 8 10", "3 7 8 10", "cell 1 of type 5 has 4 points"),
      ("5 5 3 3", "5 13 3 3", "cell 1 is of VTK's type 13 (wedge)"),
      ("5 5 3 3", "5 5 3 77", "type 77"), ("5 5 3 3", "5 5 3 777", "\"types\" of cells holds values"),
      ("5 5 3 3", "5 5 23 3", "give second-order cells"),
      ("NumberOfPoints=\"4\"", "NumberOfPoints=\"5\"", "12 coordinates for 5 points"),
      ("NumberOfPoints=\"4\"", "NumberOfPoints=\"-4\"", "states no NumberOfPoints"),
      ("NumberOfPoints=\"4\"", "NumberOfPoints=\"4000000000000000000\"", "impossible"),
      ("NumberOfCells=\"4\"", "NumberOfCells=\"4000000000\"", "offsets for 4000000000 cells"),
      ("NumberOfCells=\"4\"", "NumberOfCells=\"0\"", "array \"region\" has 4 values for 0 cells"),
      ("\"types\"", "\"kinds\"", "no array \"types\""), ("UnstructuredGrid", "PolyData", "type \"PolyData\""),
      ("1.0 2.0 3.0 4.0", "1.0 2.0 3.0", "array \"u\" has 3 values for 4 points"),
      ("1.0 2.0 3.0 4.0", "1.0 2.0 x 4.0", "\"x\" is not a number"),
    ])
  func damage(passage: String, replacement: String, words: String) throws {
    let text = try altered(passage, replacement)
    #expect(text.contains(words), "\(text)")
    #expect(text.hasPrefix("a.vtu: ") && text.contains("; "), "\(text)")
  }

  @Test("legacy files: damage is refused with its place")
  func legacyDamage() throws {
    let text = String(decoding: try LegacyVTK.encode(Self.dataset, encoding: .ascii), as: UTF8.self)
    func altered(_ passage: String, _ replacement: String) -> String {
      refusal {
        _ = try LegacyVTK.decodeMesh(Array(text.replacingOccurrences(of: passage, with: replacement).utf8))
      }
    }
    #expect(altered("CELLS 4 14", "CELLS 5 14").contains("cell 4 ends beyond the 14 numbers"))
    #expect(altered("CELLS 4 14", "CELLS 3 14").contains("3 cells take 11 of the 14 numbers"))
    #expect(altered("CELLS 4 14", "CELLS 4 4000000000000").contains("ends early"))
    #expect(altered("POINTS 4", "POINTS 9000000000000000000").contains("ends early"))
    #expect(altered("POINTS", "POINT").contains("section POINT"))
    #expect(altered("CELL_TYPES 4\n5 5 3 3", "CELL_TYPES 3\n5 5 3").contains("4 offsets are stated for 3"))
    #expect(altered("3 0 1 2 3", "3 0 1 7 3").contains("cell 0 names the point 7"))
    #expect(altered("UNSTRUCTURED_GRID", "POLYDATA").contains("data set of type POLYDATA"))
    #expect(refusal { _ = try LegacyVTK.decode(Array(text.utf8)) }.contains("UNSTRUCTURED_GRID as a mesh"))
  }

  @Test("arrays that share their bytes do not fill the memory")
  func sharedBytes() throws {
    let mesh = Mesh.rectangle(cells: [40, 40])
    let dataset = MeshDataset(
      mesh: mesh, pointFields: [FieldArray(name: "u", values: .init(repeating: 0, count: mesh.pointCount))])
    let bytes = try VTKXML.encode(dataset, options: VTKOptions(encoding: .appendedBase64))
    let text = String(decoding: bytes, as: UTF8.self)
    let start = try #require(text.range(of: "<PointData>")?.upperBound)
    let end = try #require(text.range(of: "</PointData>")?.lowerBound)
    let many = (0..<500).map { text[start..<end].replacingOccurrences(of: "\"u\"", with: "\"u\($0)\"") }
    let altered = text.replacingCharacters(in: start..<end, with: many.joined())
    #expect(refusal { _ = try VTKXML.decodeMesh(Array(altered.utf8)) }.contains("overlaps too many others"))
  }

  @Test("pieces are joined again", arguments: MeshGallery.meshes.indices)
  func pieces(index: Int) throws {
    let dataset = MeshGallery.dataset(MeshGallery.meshes[index].mesh)
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a & b.pvtu")
      for count in [1, 2, 5] {
        try VTKXML.write(dataset, to: url, pieces: count)
        #expect(try VTKXML.readMesh(url) == asVTKStores(dataset, .double), "\(count) pieces")
      }
      for entry in ["a & b_0.vtu", "a & b_4.vtu"] {
        _ = try VTKXML.readMesh(folder.appendingPathComponent(entry))
      }
    }
  }

  @Test("points of pieces without global numbers are joined by their place, those of one piece never")
  func piecesByPlace() throws {
    let left = Mesh(
      dimension: 1, coordinates: [0, 1, 1, 2],
      cells: [Mesh.Block(shape: .interval, nodes: [0, 1, 2, 3], tags: [1, 1])])
    let right = Mesh(
      dimension: 1, coordinates: [3, 2], cells: [Mesh.Block(shape: .interval, nodes: [1, 0])])
    func dataset(_ mesh: Mesh) -> MeshDataset {
      MeshDataset(mesh: mesh, pointFields: [FieldArray(name: "x", values: mesh.coordinates)], time: 2)
    }
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.pvtu")
      try VTKXML.write([dataset(left), dataset(right)], to: url)
      let read = try VTKXML.readMesh(url)
      #expect(read.mesh.coordinates == [0, 1, 1, 2, 3])
      #expect(
        read.mesh.cells == [Mesh.Block(shape: .interval, nodes: [0, 1, 2, 3, 3, 4], tags: [1, 1, 0])])
      #expect(read.pointFields == [FieldArray(name: "x", values: [0, 1, 1, 2, 3])])
      #expect(read.time == 2)
      try AtomicFile.write(
        Array(String(decoding: AtomicFile.read(url), as: UTF8.self).replacing("a_1", with: "a_0").utf8),
        to: url)
      #expect(refusal { _ = try VTKXML.readMesh(url) }.contains("twice"))
      try AtomicFile.write(
        Array(String(decoding: AtomicFile.read(url), as: UTF8.self).replacing("a_0", with: "b").utf8), to: url
      )
      #expect(refusal { _ = try VTKXML.readMesh(url) }.contains("b.vtu: No such file"))
      try AtomicFile.write(
        Array(
          String(decoding: AtomicFile.read(url), as: UTF8.self).replacing("b.vtu", with: "/dev/zero").utf8),
        to: url)
      #expect(refusal { _ = try VTKXML.readMesh(url) }.contains("is no file"))
    }
  }

  @Test("a series names files of meshes")
  func series() throws {
    try withTemporaryFolder { folder in
      var series = PVDSeries()
      for frame in 0..<3 {
        var dataset = Self.dataset
        dataset.time = Double(frame)
        try VTKXML.write(dataset, to: folder.appendingPathComponent("\(frame).vtu"))
        try series.append(
          time: Double(frame), file: "\(frame).vtu", rewriting: folder.appendingPathComponent("run.pvd"))
      }
      for entry in try PVDSeries.read(folder.appendingPathComponent("run.pvd")).entries {
        let frame = try VTKXML.readMesh(folder.appendingPathComponent(entry.file))
        #expect(frame.time == entry.time && frame.mesh == Self.square)
      }
    }
  }

  @Test("a plane off the origin keeps its height until it is repaired, and fields follow removed points")
  func repair() throws {
    let mesh = Mesh(
      dimension: 3, coordinates: [9, 9, 2, 0, 0, 2, 1, 0, 2, 0, 1, 2],
      cells: [Mesh.Block(shape: .triangle, nodes: [1, 3, 2], tags: [3])])
    let dataset = MeshDataset(
      mesh: mesh, pointFields: [FieldArray(name: "u", values: [7, 1, 2, 3])],
      cellFields: [FieldArray(name: "k", values: [5])])
    let read = try VTKXML.decodeMesh(VTKXML.encode(dataset))
    #expect(read == dataset)
    let repaired = try read.repaired()
    try repaired.mesh.validate()
    #expect(repaired.mesh.coordinates == [0, 0, 1, 0, 0, 1])
    #expect(repaired.pointFields[0].components == [[1, 2, 3]])
    #expect(repaired.cellFields == dataset.cellFields)
  }

  @Test("grids of one point along an axis become meshes of fewer dimensions")
  func thinGrids() {
    for (shape, cell, count) in [
      ([1], CellShape.vertex, 1), ([3, 1], .interval, 2), ([1, 4], .interval, 3),
      ([2, 1, 3], .quadrilateral, 2), ([2, 3, 4], .hexahedron, 6),
    ] {
      let grid = RectilinearGrid(
        origin: shape.map { _ in 0 }, spacing: shape.map { _ in 1 }, shape: shape)
      let mesh = MeshDataset(GridDataset(grid: grid, fields: [])).mesh
      #expect(mesh.cells.map(\.shape) == [cell] && mesh.cellCount == count, "\(shape)")
      #expect(mesh.cells[0].nodes.allSatisfy { (0..<mesh.pointCount).contains(Int($0)) }, "\(shape)")
    }
    let full = RectilinearGrid(origin: [0, 0, 0], spacing: [1, 2, 3], shape: [3, 4, 2])
    #expect(throws: Never.self) { try MeshDataset(GridDataset(grid: full, fields: [])).mesh.validate() }
  }
}
