import Ansatz
import Foundation
import Testing

@Suite struct RunFolderExportTests {
  private func archive(_ scratch: ScratchFolder) throws -> RunArchive {
    try solve(
      PlaneWaves(), with: Fourier(points: [8, 12]), stepping: ETDRK4(step: 0.01), until: 0.04,
      saving: .count(3), into: RunFolder(scratch["r"]))
    return try RunArchive(scratch["r"])
  }

  @Test(arguments: VTKEncoding.allCases)
  func vtk(_ encoding: VTKEncoding) throws {
    let scratch = try ScratchFolder()
    let archive = try archive(scratch)
    #expect(try archive.export(as: .vtk, to: scratch["out"], encoding: encoding) == 4)
    let series = try PVDSeries.read(scratch["out/fields.pvd"])
    #expect(series.entries.map(\.time) == archive.times)
    for (i, entry) in series.entries.enumerated() {
      let read = try VTKXML.read(scratch["out/\(entry.file)"])
      #expect(Array(read.fields[0].components.prefix(2)) == (try archive.dataset(i).fields[0].components))
      #expect(read.time == archive.times[i])
    }
  }

  @Test(arguments: VTKEncoding.allCases)
  func vtu(_ encoding: VTKEncoding) throws {
    let scratch = try ScratchFolder()
    let archive = try archive(scratch)
    #expect(try archive.export(as: .vtu, to: scratch["out"], encoding: encoding) == 4)
    let series = try PVDSeries.read(scratch["out/fields.pvd"])
    #expect(series.entries.map(\.time) == archive.times)
    for (i, entry) in series.entries.enumerated() {
      let read = try VTKXML.readMesh(scratch["out/\(entry.file)"])
      let expected = MeshDataset(try archive.dataset(i))
      #expect(read.mesh == expected.mesh && read.mesh.cellCount == 7 * 11)
      #expect(Array(read.pointFields[0].components.prefix(2)) == expected.pointFields[0].components)
      #expect(read.time == archive.times[i])
    }
  }

  @Test func legacyVTK() throws {
    let scratch = try ScratchFolder()
    let archive = try archive(scratch)
    try archive.export(as: .vtkLegacy, to: scratch["out"])
    let read = try LegacyVTK.read(scratch["out/0002.vtk"])
    #expect(Array(read.fields[0].components.prefix(2)) == (try archive.dataset(2).fields[0].components))
  }

  @Test func numPy() throws {
    let scratch = try ScratchFolder()
    let archive = try archive(scratch)
    try archive.export(as: .npz, to: scratch["out.npz"])
    let entries = try NPZ.read(scratch["out.npz"])
    #expect(entries.map(\.name) == ["v", "t", "x", "y"])
    #expect(entries.map(\.array.shape) == [[3, 2, 8, 12], [3], [8], [12]])
    let expected = try (0..<3).flatMap { try archive.dataset($0).fields[0].components.joined() }
    #expect(entries[0].array.doubles == expected)
    try archive.export(as: .npy, to: scratch["out"])
    #expect(try NPY.read(scratch["out/v.npy"]).doubles == expected)
  }

  @Test func tablesAndImages() throws {
    let scratch = try ScratchFolder()
    let archive = try archive(scratch)
    try archive.export(as: .csv, to: scratch["csv"])
    let table = try CSVTable.read(scratch["csv/0001.csv"])
    #expect(table.header == ["x", "y", "v_x", "v_y"])
    #expect(try table.column("v_y") == archive.dataset(1).fields[0].components[1])
    try archive.export(as: .png, to: scratch["png"])
    #expect(try PNG.read(scratch["png/0002.png"]).width == 800)
  }

  @Test func replacesOnlyWhenAskedAndLeavesNothingHalfDone() throws {
    let scratch = try ScratchFolder()
    let archive = try archive(scratch)
    try archive.export(as: .csv, to: scratch["out"])
    #expect(throws: RunFolderError.self) { try archive.export(as: .csv, to: scratch["out"]) }
    #expect(try archive.export(as: .csv, to: scratch["out"], replacing: true) == 3)
    #expect(throws: RunFolderError.self) { try archive.export(as: .npz, to: scratch["out"], replacing: true) }
    // A frame that is damaged shows only when it is reached.
    try FileManager.default.removeItem(at: scratch["r/fields/0002.vti"])
    #expect(throws: RunFolderError.self) { try archive.export(as: .vtk, to: scratch["late"]) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path).sorted() == ["out", "r"])
  }
}
