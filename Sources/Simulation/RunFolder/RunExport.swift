import Foundation
import Formats
import Geometry

/// The formats that the fields of a run folder can be exported to.
public enum ExportFormat: String, CaseIterable, Sendable {
  /// VTK XML files and a `.pvd` series.
  case vtk
  /// VTK XML files of unstructured grids, which list cells one by one, and a `.pvd` series.
  case vtu
  /// VTK's legacy files.
  case vtkLegacy = "vtk-legacy"
  /// NumPy arrays, one per field over all frames, with the frame as first axis.
  case npy
  /// The same arrays in one archive.
  case npz
  /// A table per frame, with coordinates and components as columns.
  case csv
  /// An image of the main field per frame, with one colour scale for all.
  case png

  /// Whether the result is one file, not a folder.
  public var isSingleFile: Bool { self == .npz }
}

extension RunArchive {
  /// Writes all frames in another format: into a folder that is made, or for ``ExportFormat/npz`` to a file.
  ///
  /// A folder appears only when it is complete.
  ///
  /// - Parameters:
  ///   - format: The format.
  ///   - target: The folder or file.
  ///   - encoding: How VTK files store arrays.
  ///   - replacing: Whether files that exist may be replaced.
  /// - Returns: How many files were written.
  /// - Throws: ``RunFolderError``, ``FormatError``.
  @discardableResult
  public func export(
    as format: ExportFormat, to target: URL, encoding: VTKEncoding = .appendedRaw, replacing: Bool = false
  ) throws -> Int {
    let manager = FileManager.default
    var isFolder: ObjCBool = false
    let exists = manager.fileExists(atPath: target.path, isDirectory: &isFolder)
    if exists && isFolder.boolValue == format.isSingleFile {
      throw RunFolderError(
        "\(target.path) is a \(format.isSingleFile ? "folder, not a file" : "file, not a folder"): give another output"
      )
    }
    let isEmpty =
      try exists && isFolder.boolValue && manager.contentsOfDirectory(atPath: target.path).isEmpty
    if exists, !isEmpty, !replacing {
      throw RunFolderError("\(target.path) exists: give another output, or replace its files (--force)")
    }
    if format.isSingleFile {
      try NPZ.write(arrays(), to: target)
      return 1
    }
    // Beside the target, so that the finished folder can be renamed.
    let work = target.deletingLastPathComponent()
      .appendingPathComponent(".\(target.lastPathComponent).\(UInt64.random(in: 0 ... .max)).tmp")
    try RunFolder.make(work)
    defer { try? manager.removeItem(at: work) }
    try write(format, into: work, encoding: encoding)
    let files = try manager.contentsOfDirectory(atPath: work.path).sorted()
    if exists && !isEmpty {
      for file in files {
        let (from, to) = (work.appendingPathComponent(file).path, target.appendingPathComponent(file).path)
        guard rename(from, to) == 0 else {
          throw FormatError.system(path: to, action: "replace", code: errno)
        }
      }
    } else {
      guard rename(work.path, target.path) == 0 else {
        throw FormatError.system(path: target.path, action: "create", code: errno)
      }
    }
    return files.count
  }

  private func write(_ format: ExportFormat, into folder: URL, encoding: VTKEncoding) throws {
    func put(_ name: String, _ bytes: [UInt8]) throws {
      try AtomicFile.write(bytes, to: folder.appendingPathComponent(name), isFlushed: false)
    }
    switch format {
    case .npz: break
    case .npy: for (name, array) in try arrays() { try put("\(name).npy", NPY.encode(array)) }
    case .vtk, .vtu:
      let kind: VTKXML.Kind =
        format == .vtu ? .unstructuredGrid : grid.isUniform ? .imageData : .rectilinearGrid
      var series = PVDSeries()
      for i in 0..<frameCount {
        let name = String(format: "%04d", i) + "." + (mesh == nil ? kind : .unstructuredGrid).fileExtension
        let options = VTKOptions(encoding: encoding)
        let bytes =
          try mesh == nil
          ? VTKXML.encode(dataset(i), as: kind, options: options)
          : VTKXML.encode(meshDataset(i), options: options)
        try put(name, bytes)
        series.entries.append(.init(time: times[i], file: name))
      }
      try put("fields.pvd", series.encode())
    case .vtkLegacy:
      for i in 0..<frameCount {
        let title = "\(manifest.run.problem), t = \(number(times[i]))"
        let plain: LegacyVTK.Encoding = encoding == .ascii ? .ascii : .binary
        let bytes =
          try mesh == nil
          ? LegacyVTK.encode(dataset(i), encoding: plain, title: title)
          : LegacyVTK.encode(meshDataset(i), encoding: plain, title: title)
        try put(String(format: "%04d.vtk", i), bytes)
      }
    case .csv:
      let points = mesh.map { mesh in (0..<mesh.pointCount).map { Array(mesh.point($0)) } } ?? grid.points
      let coordinates = grid.coordinates.indices.map { axis in
        (["x", "y", "z"][axis], points.map { $0[axis] })
      }
      for i in 0..<frameCount {
        let fields = zip(try stored(i), manifest.fields).flatMap { zip($1.components, $0.components) }
        let columns = (coordinates + fields.map { ($0, $1) }).map { (name: $0.0, values: $0.1) }
        try put(String(format: "%04d.csv", i), CSVTable(columns: columns).encode())
      }
    case .png:
      let frames = try (0..<frameCount).map { try mainField($0) }
      let (map, range) = ColorMap.suited(to: frames)
      for (i, values) in frames.enumerated() {
        let style = FieldStyle(
          title: "\(manifest.run.problem), t = \(number(times[i]))", valueName: manifest.mainField.name,
          colorMap: map, range: range)
        try put(
          String(format: "%04d.png", i), PNG.encode(FieldImage.image(of: values, on: grid, style: style)))
      }
    }
  }

  /// The fields of a frame on the points of the grid or the mesh.
  private func stored(_ frame: Int) throws -> [FieldArray] {
    try FrameFiles(root: url, index: frame).read(manifest)
  }

  /// Each field over all frames, the times, and the coordinates or the mesh.
  private func arrays() throws -> [NPZ.Entry] {
    var values: [[Double]] = manifest.fields.map { _ in [] }
    for i in 0..<frameCount {
      for (f, field) in try stored(i).enumerated() { values[f] += field.components.joined() }
    }
    var entries: [NPZ.Entry] = zip(manifest.fields, values).map { field, values in
      let shape = mesh.map { [$0.pointCount] } ?? manifest.points
      let inner = field.components.count == 1 ? shape : [field.components.count] + shape
      let name = field.name.replacingOccurrences(of: "/", with: "_")
      return (name, NumericArray(shape: [frameCount] + inner, values))
    }
    entries.append(("t", NumericArray(shape: [frameCount], times)))
    if let mesh { return entries + mesh.arrays.map { ($0.name, $0.array) } }
    for (axis, points) in zip(["x", "y", "z"], grid.coordinates) {
      entries.append((axis, NumericArray(shape: [points.count], points)))
    }
    return entries
  }
}
