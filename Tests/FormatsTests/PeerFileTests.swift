import Formats
import Foundation
import Geometry
import TestSupport
import Testing

/// Reads the files that `Tests/Peers/check_formats.py --write` makes with VTK, meshio, NumPy and Pillow.
@Suite(
  "Files written by other programs",
  .enabled(if: ProcessInfo.processInfo.environment["ANSATZ_PEER_FORMATS"] != nil))
struct PeerFileTests {
  @Test("are read as they were meant")
  func peerFiles() throws {
    let folder = URL(fileURLWithPath: ProcessInfo.processInfo.environment["ANSATZ_PEER_FORMATS"] ?? "")
    let manifest = try CSVTable.read(folder.appendingPathComponent("manifest.csv"))
    #expect(manifest.rows.count > 1500)
    for row in manifest.rows {
      let url = folder.appendingPathComponent(row[0])
      switch row[1] {
      case "vti", "vtr": try check(VTKXML.read(url), row)
      case "vtk": try check(LegacyVTK.read(url), row)
      case "vtu": try check(VTKXML.readMesh(url), row, in: folder)
      case "vtk-mesh": try check(LegacyVTK.readMesh(url), row, in: folder)
      case "npy":
        let isSame = try NPY.read(url) == FormatGallery.arrays.first { $0.name == row[2] }?.array
        #expect(isSame, "\(row[0])")
      case "npz":
        let arrays = try NPZ.read(url)
        #expect(arrays.map(\.name) == FormatGallery.arrays.map(\.name))
        #expect(arrays.map(\.array) == FormatGallery.arrays.map(\.array))
      case "image":
        let pixels = try NPY.read(folder.appendingPathComponent(row[2] + ".npy"))
        let image = try row[0].hasSuffix(".gif") ? GIF.read(url).frames[0] : PNG.read(url).rgba
        let isSame = pixels.elements == .int32(image.pixels.map { Int32($0) })
        #expect(isSame, "\(row[0])")
      default: Issue.record("no check for \(row)")
      }
    }
  }

  private func check(_ data: GridDataset, _ row: [String]) throws {
    let precision = try #require(FloatPrecision(rawValue: row[3]))
    let grid = try #require(FormatGallery.grids.first { $0.name == row[2] }?.grid)
    var expected = asVTKStores(FormatGallery.dataset(grid), precision)
    if row[1] != "vtk" { expected.fields[2].name = "third field" }
    // VTK's text has fewer digits than a double needs.
    let isText = row[0].contains("-Ascii-") || row[0].contains("-ASCII-")
    let tolerance = isText ? (precision == .single ? 1e-5 : 1e-9) : 0
    #expect(data.grid == expected.grid, "\(row[0])")
    #expect(data.time == expected.time, "\(row[0])")
    #expect(data.fields.map(\.name) == expected.fields.map(\.name), "\(row[0])")
    for (found, wanted) in zip(data.fields, expected.fields) {
      let isSame = zip(found.components, wanted.components).allSatisfy { found, wanted in
        found.count == wanted.count
          && zip(found, wanted).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) }
      }
      #expect(isSame && found.components.count == wanted.components.count, "\(row[0]) \(wanted.name)")
    }
  }

  /// Compares with the arrays that the program's script has stored, and the formulas of its fields.
  private func check(_ data: MeshDataset, _ row: [String], in folder: URL) throws {
    let file = row[0]
    let isText = file.contains("-Ascii-") || file.contains("-ASCII-")
    let precision = try #require(FloatPrecision(rawValue: row[3]))
    let tolerance = isText ? (precision == .single ? 1e-5 : 1e-9) : 0
    func agree(_ found: [Double], _ wanted: [Double]) -> Bool {
      let wanted = precision == .single ? wanted.map { Double(Float($0)) } : wanted
      return found.count == wanted.count
        && zip(found, wanted).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) }
    }
    func stored(_ what: String) throws -> NumericArray? {
      let url = folder.appendingPathComponent("\(row[2])-\(what).npy")
      return FileManager.default.fileExists(atPath: url.path) ? try NPY.read(url) : nil
    }
    let mesh = data.mesh
    let points = try #require(try stored("points")?.doubles)
    let dimension = mesh.dimension
    let wanted = stride(from: 0, to: points.count, by: 3).flatMap { points[$0..<($0 + dimension)] }
    #expect(agree(mesh.coordinates, wanted), "\(file) points")
    for (what, blocks) in [("cells", mesh.cells), ("facets", mesh.facets)] {
      for (b, block) in blocks.enumerated() {
        let isSame =
          try stored("\(what)\(b)")?.elements == .int32(block.nodes)
          && stored("\(what)\(b)-tags")?.elements == .int32(block.tags)
        #expect(isSame, "\(file) \(what) \(b)")
      }
      #expect(try stored("\(what)\(blocks.count)") == nil, "\(file): missing \(what)")
    }
    #expect(mesh.cells.allSatisfy { $0.shape.dimension == dimension }, "\(file)")
    let isVTK = file.hasPrefix("mesh-")
    #expect(data.time == (isVTK ? FormatGallery.time : nil), "\(file)")
    #expect(mesh.regionNames == (isVTK ? [7: "air"] : [:]), "\(file)")
    #expect(mesh.boundaryNames == (isVTK ? [1: "wall"] : [:]), "\(file)")
    func sums(_ count: Int) -> [Double] { (0..<count).map { Double(3 * $0 - 7) } }
    let point = sums(mesh.pointCount)
    #expect(data.pointFields.map(\.name) == ["pressure", "velocity"], "\(file)")
    #expect(data.cellFields.map(\.name) == ["level"], "\(file)")
    #expect(agree(data.pointFields[0].components[0], point.map { $0 / 3 }), "\(file)")
    for (component, divisor) in zip(data.pointFields[1].components, [7.0, 9, 11]) {
      #expect(agree(component, point.map { $0 / divisor }), "\(file)")
    }
    #expect(agree(data.cellFields[0].components[0], sums(mesh.cellCount).map { $0 / 13 }), "\(file)")
  }
}
