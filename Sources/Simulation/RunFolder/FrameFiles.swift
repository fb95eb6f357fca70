import Foundation
import Formats
import Geometry

/// The fields of one frame, on the points of its grid or its mesh.
struct FrameFields {
  let time: Double
  let grid: RectilinearGrid
  let mesh: Mesh?
  let arrays: [FieldArray]
  /// The names of each field's components.
  let names: [[String]]

  init(_ frame: Solution.Frame) throws {
    (time, grid, mesh) = (frame.time, frame.state.grid, frame.state.mesh)
    let definitions = frame.definitions
    names = definitions.map(\.componentNames)
    if mesh == nil {
      arrays = try frame.fields.map { FieldArray(name: $0.name, components: $0.gridValues) }
    } else {
      let state = frame.state
      arrays = try definitions.map {
        FieldArray(name: $0.name, components: try state.meshValues(of: $0.formulas))
      }
    }
  }
}

/// The files of one frame's fields: how they are called, written and read back.
struct FrameFiles {
  /// The folder of all frames' files inside the run folder.
  static let folder = "fields"
  static let series = "fields.pvd"

  let root: URL
  let index: Int

  private var digits: String { String(format: "%04d", index) }

  private func arrayName(_ field: String) -> String {
    "\(field.replacingOccurrences(of: "/", with: "_"))-\(digits).npy"
  }

  /// Writes the fields, on the points of the grid or of the mesh, and returns the files' paths relative to the run folder.
  func write(_ frame: FrameFields, formats: [RunFormat]) throws -> [String] {
    var written: [String] = []
    func write(_ name: String, _ bytes: [UInt8]) throws {
      written.append("\(Self.folder)/\(name)")
      let file = root.appendingPathComponent(Self.folder).appendingPathComponent(name)
      try AtomicFile.write(bytes, to: file, isFlushed: false)
    }
    let (grid, time) = (frame.grid, frame.time)
    if formats.contains(.vtk) {
      if let mesh = frame.mesh {
        let dataset = MeshDataset(mesh: mesh, pointFields: frame.arrays, time: time)
        try write("\(digits).vtu", VTKXML.encode(dataset))
      } else {
        let kind: VTKXML.Kind = grid.isUniform ? .imageData : .rectilinearGrid
        let dataset = GridDataset(grid: grid, fields: frame.arrays, time: time)
        try write("\(digits).\(kind.fileExtension)", VTKXML.encode(dataset, as: kind))
      }
    }
    if formats.contains(.npy) {
      let shape = frame.mesh.map { [$0.pointCount] } ?? grid.shape
      for field in frame.arrays {
        try write(arrayName(field.name), NPY.encode(Self.array(field.components, shape: shape)))
      }
    }
    if formats.contains(.csv) && grid.dimension == 1 {
      let x = frame.mesh?.coordinates ?? grid.coordinates[0]
      let columns = [("x", x)] + zip(frame.names, frame.arrays).flatMap { zip($0, $1.components) }
      try write("\(digits).csv", CSVTable(columns: columns.map { ($0.0, $0.1) }).encode())
    }
    return written
  }

  /// The fields of a frame, from its VTK file or its NumPy arrays.
  ///
  /// - Throws: ``RunFolderError``, ``FormatError``.
  func read(_ manifest: RunManifest) throws -> [FieldArray] {
    let frame = manifest.frames[index]
    func check(_ fields: [FieldArray], _ file: String) throws -> [FieldArray] {
      let count = manifest.valueCount
      return try manifest.fields.map { entry in
        guard var field = fields.first(where: { $0.name == entry.name }),
          field.components.count >= entry.components.count, field.components[0].count == count
        else { throw RunFolderError.damaged(file, "it does not hold the field '\(entry.name)' of the run") }
        // VTK's vectors have three components.
        field.components = Array(field.components.prefix(entry.components.count))
        return field
      }
    }
    func read<T>(_ path: String, _ body: (URL) throws -> T) throws -> T {
      let url = root.appendingPathComponent(path)
      guard FileManager.default.fileExists(atPath: url.path) else {
        throw RunFolderError.damaged(url.path, "it is missing")
      }
      return try body(url)
    }
    if let path = frame.files.first(where: { $0.hasSuffix(".vti") || $0.hasSuffix(".vtr") }) {
      return try read(path) { try check(VTKXML.read($0).fields, $0.path) }
    }
    if let path = frame.files.first(where: { $0.hasSuffix(".vtu") }) {
      return try read(path) { try check(VTKXML.readMesh($0).pointFields, $0.path) }
    }
    let fields = try manifest.fields.map { entry in
      guard let path = frame.files.first(where: { $0 == "\(Self.folder)/\(arrayName(entry.name))" }) else {
        throw RunFolderError.damaged(root.path, "its manifest lists no file of the field '\(entry.name)'")
      }
      return try read(path) { url in
        guard let values = try NPY.read(url).doubles, values.count % entry.components.count == 0 else {
          throw RunFolderError.damaged(url.path, "it does not hold the field '\(entry.name)' of the run")
        }
        let n = values.count / entry.components.count
        return FieldArray(
          name: entry.name, components: entry.components.indices.map { Array(values[$0 * n..<($0 + 1) * n]) })
      }
    }
    return try check(fields, root.path)
  }

  /// A scalar of the grid's shape, or a vector with its components along the first axis.
  static func array(_ components: [[Double]], shape: [Int]) -> NumericArray {
    NumericArray(
      shape: components.count == 1 ? shape : [components.count] + shape, Array(components.joined()))
  }
}
