import Foundation
import Geometry

extension LegacyVTK {
  /// The grid, point data and time of the legacy VTK file at `url`.
  ///
  /// - Throws: what ``decode(_:file:)`` throws, and ``FormatError/system(path:action:code:)``.
  public static func read(_ url: URL) throws(FormatError) -> GridDataset {
    try decode(AtomicFile.read(url), file: url.path)
  }

  /// The grid, point data and time of a legacy VTK file of structured points or a rectilinear grid.
  ///
  /// Text and binary files are read, with the attributes SCALARS, VECTORS, NORMALS, TENSORS,
  /// TEXTURE_COORDINATES and FIELD. Cell data are left out. Trailing axes of a single point are dropped, so
  /// that planes have two axes.
  ///
  /// - Parameter file: the name to use in errors.
  /// - Throws: ``FormatError/malformed(file:problem:remedy:)`` for damaged input,
  ///   ``FormatError/unsupported(file:problem:remedy:)`` for other kinds of grid and attribute.
  public static func decode(_ bytes: [UInt8], file: String = "legacy VTK") throws(FormatError) -> GridDataset
  {
    let document = try LegacyVTKDocument(
      bytes: bytes, file: file, kinds: ["STRUCTURED_POINTS", "RECTILINEAR_GRID"],
      remedy: "STRUCTURED_POINTS and RECTILINEAR_GRID can be read as grids, UNSTRUCTURED_GRID as a mesh")
    guard let sides = document.sides else { throw .damaged(file, "it states no DIMENSIONS") }
    let total = sides.reduce(Int?(1)) { product, side in
      product.flatMap {
        let (result, overflow) = $0.multipliedReportingOverflow(by: side)
        return overflow ? nil : result
      }
    }
    guard let total, total > 0 else { throw .damaged(file, "its dimensions \(sides) are impossible") }
    for array in document.pointData where array.count / array.components != total {
      throw .damaged(
        file, "array \"\(array.name)\" has \(array.count / array.components) values for \(total) points")
    }
    guard !document.pointData.isEmpty || total <= 1 << 24 else {
      throw .damaged(file, "there is no point data for \(sides) points")
    }
    var axes: [[Double]] = []
    for axis in 0..<3 {
      if document.kind == "STRUCTURED_POINTS" {
        axes.append((0..<sides[axis]).map { document.origin[axis] + Double($0) * document.spacing[axis] })
      } else {
        let values = document.coordinates[axis]
        guard let values, values.count == sides[axis] else {
          throw .damaged(
            file, "axis \(axis) has \(values?.count ?? 0) coordinates for \(sides[axis]) points")
        }
        axes.append(values)
      }
    }
    if let fault = RectilinearGrid.fault(in: axes) { throw .damaged(file, fault) }
    return GridDataset(
      grid: RectilinearGrid(coordinates: VTKOrder.trimmed(axes)),
      fields: document.pointData.map {
        FieldArray(
          name: $0.name, components: VTKOrder.components($0.doubles, count: $0.components, shape: sides))
      }, time: document.time)
  }

  /// The mesh, fields and time of the legacy VTK file at `url`.
  ///
  /// - Throws: what ``decodeMesh(_:file:)`` throws, and ``FormatError/system(path:action:code:)``.
  public static func readMesh(_ url: URL) throws(FormatError) -> MeshDataset {
    try decodeMesh(AtomicFile.read(url), file: url.path)
  }

  /// The mesh, fields and time of a legacy VTK file of an unstructured grid.
  ///
  /// Text and binary files are read, of version 5 (cells as offsets and connectivity) and before. Cells, facets and
  /// tags are told apart as in ``VTKXML/decodeMesh(_:file:)``.
  ///
  /// - Parameter file: the name to use in errors.
  /// - Throws: ``FormatError/malformed(file:problem:remedy:)`` for damaged input,
  ///   ``FormatError/unsupported(file:problem:remedy:)`` for other kinds of data set and cells that are not known here.
  public static func decodeMesh(
    _ bytes: [UInt8], file: String = "legacy VTK"
  ) throws(FormatError) -> MeshDataset {
    let document = try LegacyVTKDocument(
      bytes: bytes, file: file, kinds: ["UNSTRUCTURED_GRID"],
      remedy: "UNSTRUCTURED_GRID can be read as a mesh, STRUCTURED_POINTS and RECTILINEAR_GRID as grids")
    guard let points = document.points else { throw .damaged(file, "it has no section POINTS") }
    guard let offsets = document.offsets else { throw .damaged(file, "it has no section CELLS") }
    var grid = VTKUnstructuredGrid(points: points)
    grid.connectivity = document.connectivity
    grid.offsets = offsets
    grid.types = document.types
    grid.pointData = document.pointData
    grid.cellData = document.cellData
    grid.fieldData = document.fieldData
    return try grid.dataset(file: file)
  }
}
