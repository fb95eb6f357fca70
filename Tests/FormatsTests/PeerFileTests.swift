import Formats
import Foundation
import Geometry
import TestSupport
import Testing

/// Reads the files that `Tests/Peers/check_formats.py --write` makes with VTK, NumPy and Pillow.
@Suite(
  "Files written by other programs",
  .enabled(if: ProcessInfo.processInfo.environment["ANSATZ_PEER_FORMATS"] != nil))
struct PeerFileTests {
  @Test("are read as they were meant")
  func peerFiles() throws {
    let folder = URL(fileURLWithPath: ProcessInfo.processInfo.environment["ANSATZ_PEER_FORMATS"] ?? "")
    let manifest = try CSVTable.read(folder.appendingPathComponent("manifest.csv"))
    #expect(manifest.rows.count > 500)
    for row in manifest.rows {
      let url = folder.appendingPathComponent(row[0])
      switch row[1] {
      case "vti", "vtr": try check(VTKXML.read(url), row)
      case "vtk": try check(LegacyVTK.read(url), row)
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
}
