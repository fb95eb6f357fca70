import Formats
import Foundation
import Geometry
import TestSupport
import Testing

/// A folder of its own for one test, removed at its end.
func withTemporaryFolder(_ body: (URL) throws -> Void) throws {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ansatz-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  try body(folder)
}

/// What a VTK file should give back for `dataset`: vectors padded to three components, values in the file's
/// precision.
func asVTKStores(_ dataset: GridDataset, _ precision: FloatPrecision) -> GridDataset {
  var result = dataset
  result.fields = dataset.fields.map { asVTKStores($0, precision) }
  return result
}

func asVTKStores(_ dataset: MeshDataset, _ precision: FloatPrecision) -> MeshDataset {
  var result = dataset
  result.pointFields = dataset.pointFields.map { asVTKStores($0, precision) }
  result.cellFields = dataset.cellFields.map { asVTKStores($0, precision) }
  return result
}

func asVTKStores(_ field: FieldArray, _ precision: FloatPrecision) -> FieldArray {
  var result = field
  if field.components.count == 2 {
    result.components.append([Double](repeating: 0, count: field.components[0].count))
  }
  if precision == .single {
    result.components = result.components.map { $0.map { Double(Float($0)) } }
  }
  return result
}

@Suite("Every format reads back what it wrote")
struct GalleryTests {
  @Test("VTK XML", arguments: FormatGallery.grids.indices)
  func vtkXML(index: Int) throws {
    let dataset = FormatGallery.dataset(FormatGallery.grids[index].grid)
    for kind in [VTKXML.Kind.imageData, .rectilinearGrid]
    where kind == .rectilinearGrid || dataset.grid.isUniform {
      for (name, options) in FormatGallery.vtkOptions {
        let back = try VTKXML.decode(VTKXML.encode(dataset, as: kind, options: options))
        let isSame = back == asVTKStores(dataset, options.precision)
        #expect(isSame, "\(kind) \(name)")
      }
    }
  }

  @Test("VTK XML of meshes", arguments: MeshGallery.meshes.indices)
  func vtkMeshes(index: Int) throws {
    let dataset = MeshGallery.dataset(MeshGallery.meshes[index].mesh)
    try dataset.mesh.validate()
    for (name, options) in FormatGallery.vtkOptions {
      let back = try VTKXML.decodeMesh(VTKXML.encode(dataset, options: options))
      let isSame = back == asVTKStores(dataset, options.precision)
      #expect(isSame, "\(name)")
    }
  }

  @Test("legacy VTK", arguments: FormatGallery.grids.indices)
  func legacyVTK(index: Int) throws {
    let dataset = FormatGallery.dataset(FormatGallery.grids[index].grid)
    for encoding in LegacyVTK.Encoding.allCases {
      for precision in FloatPrecision.allCases {
        let back = try LegacyVTK.decode(LegacyVTK.encode(dataset, encoding: encoding, precision: precision))
        let isSame = back == asVTKStores(dataset, precision)
        #expect(isSame, "\(encoding) \(precision)")
      }
    }
  }

  @Test("legacy VTK of meshes", arguments: MeshGallery.meshes.indices)
  func legacyMeshes(index: Int) throws {
    let dataset = MeshGallery.dataset(MeshGallery.meshes[index].mesh)
    for encoding in LegacyVTK.Encoding.allCases {
      for precision in FloatPrecision.allCases {
        let back = try LegacyVTK.decodeMesh(
          LegacyVTK.encode(dataset, encoding: encoding, precision: precision))
        let isSame = back == asVTKStores(dataset, precision)
        #expect(isSame, "\(encoding) \(precision)")
      }
    }
  }

  @Test("the gallery, which Tests/Peers/check_formats.py reads with other programs")
  func gallery() throws {
    if let folder = ProcessInfo.processInfo.environment["ANSATZ_FORMAT_GALLERY"] {
      try FormatGallery.write(to: URL(fileURLWithPath: folder))
      return
    }
    try withTemporaryFolder { folder in
      try FormatGallery.write(to: folder)
      let manifest = try CSVTable.read(folder.appendingPathComponent("manifest.csv"))
      #expect(manifest.rows.count > 200)
      for row in manifest.rows { try check(row, in: folder) }
    }
  }

  private func check(_ row: [String], in folder: URL) throws {
    let url = folder.appendingPathComponent(row[0])
    let grid = FormatGallery.grids.first { $0.name == row[2] }?.grid
    let precision = FloatPrecision(rawValue: row[3]) ?? .double
    switch row[1] {
    case "vtu", "pvtu", "vtk-mesh":
      let mesh = row[2] == "large" ? MeshGallery.large : MeshGallery.meshes.first { $0.name == row[2] }?.mesh
      let expected = asVTKStores(MeshGallery.dataset(try #require(mesh)), precision)
      let isSame = try (row[1] != "vtk-mesh" ? VTKXML.readMesh(url) : LegacyVTK.readMesh(url)) == expected
      #expect(isSame, "\(row[0])")
    case "msh":
      let mesh = try #require(MeshGallery.meshes.first { $0.name == row[2] }?.mesh)
      // Gmsh's names cannot hold quotation marks.
      let wanted = Set(GmshTests.described(mesh).map { $0.replacing("\"", with: "'") })
      #expect(try GmshTests.described(Gmsh.read(url)) == wanted, "\(row[0])")
    case "vtu-grid":
      let expected = asVTKStores(FormatGallery.dataset(try #require(grid)), precision)
      let isSame = try VTKXML.readMesh(url) == MeshDataset(expected)
      #expect(isSame, "\(row[0])")
    case "vti", "vtr":
      #expect(
        try VTKXML.read(url) == asVTKStores(FormatGallery.dataset(#require(grid)), precision), "\(row[0])")
    case "vtk":
      #expect(
        try LegacyVTK.read(url) == asVTKStores(FormatGallery.dataset(#require(grid)), precision), "\(row[0])")
    case "pvd":
      let series = try PVDSeries.read(url)
      let times: [Double] = [0, 1.0 / 3, 2.0 / 3]
      #expect(series.entries.map(\.time) == times)
      for entry in series.entries {
        let frame = try VTKXML.read(folder.appendingPathComponent(entry.file))
        #expect(frame.time == entry.time)
      }
    case "csv":
      let table = try CSVTable.read(url)
      for field in FormatGallery.dataset(try #require(grid)).fields {
        for (c, values) in field.components.enumerated() {
          let column = try table.column("\(field.name)[\(c)]")
          #expect(column == values, "\(row[0])")
        }
      }
    case "npy":
      let array = try #require(FormatGallery.arrays.first { $0.name == row[2] }?.array)
      #expect(try NPY.read(url) == array, "\(row[0])")
    case "npz":
      let arrays = try NPZ.read(url)
      #expect(arrays.map(\.name) == FormatGallery.arrays.map(\.name))
      #expect(arrays.map(\.array) == FormatGallery.arrays.map(\.array))
    case "safetensors":
      let file = try Safetensors.read(url)
      #expect(file.metadata == ["made by": "Ansatz"])
      #expect(file.tensors.count == FormatGallery.arrays.count - 1)
      for (name, tensor) in file.tensors {
        #expect(tensor == FormatGallery.arrays.first { $0.name == name }?.array, "\(name)")
      }
    case "image":
      let expected = try NPY.read(folder.appendingPathComponent("expected/\(row[2]).npy"))
      let isGIF = row[0].hasSuffix(".gif")
      let frames = try (isGIF ? GIF.read(url) : AnimatedPNG.read(url)).frames
      let pixels = frames.flatMap { $0.pixels.map { Int32($0) } }
      let isSame = expected.elements == .int32(pixels)
      #expect(isSame, "\(row[0])")
    case "svg", "colormap": break  // other programs look at these
    default: Issue.record("no check for \(row)")
    }
  }
}
