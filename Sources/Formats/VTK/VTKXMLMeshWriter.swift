import Foundation
import Geometry

extension VTKXML {
  /// The bytes of a `.vtu` file that holds `dataset`.
  ///
  /// Cells come first, then the tagged facets as cells of one dimension less. Tags are the cell data `region` and
  /// `boundary`, names the field data of that name with tag and dimension; reading gives back an equal mesh when it has one block
  /// per shape. Vectors of two components get a third of zeros; on facets, cell fields have the value of the cell.
  /// Coordinates are always written in double precision, fields in that of `options`.
  ///
  /// - Throws: ``FormatError/unsupported(file:problem:remedy:)`` when two fields have one name, or that of a tag array,
  ///   and when an array is too long for its header type.
  public static func encode(
    _ dataset: MeshDataset, options: VTKOptions = VTKOptions()
  ) throws(FormatError) -> [UInt8] {
    try encode(dataset, options: options, file: "VTK UnstructuredGrid")
  }

  /// Writes `dataset` to `url`, whose extension must be `.vtu`.
  ///
  /// - Throws: what ``encode(_:options:)`` and ``AtomicFile/write(_:to:)`` throw, and
  ///   ``FormatError/unsupported(file:problem:remedy:)`` for another extension.
  public static func write(
    _ dataset: MeshDataset, to url: URL, options: VTKOptions = VTKOptions()
  ) throws(FormatError) {
    guard url.pathExtension.lowercased() == "vtu" else {
      throw .unsupported(
        file: url.path, problem: "the name does not end in .vtu", remedy: "name it .vtu")
    }
    try AtomicFile.write(encode(dataset, options: options, file: url.path), to: url)
  }

  static func encode(
    _ dataset: MeshDataset, options: VTKOptions, file: String
  ) throws(FormatError) -> [UInt8] {
    let arrays = try VTKUnstructuredGrid(dataset, precision: options.precision, file: file)
    return try encode(arrays, options: options, file: file)
  }

  static func encode(
    _ grid: VTKUnstructuredGrid, options: VTKOptions, file: String
  ) throws(FormatError) -> [UInt8] {
    let type = Kind.unstructuredGrid.rawValue
    var writer = VTKXMLDocumentWriter(options: options, file: file)
    writer.begin(type)
    writer.fieldData(grid.fieldData)
    writer.line("    <Piece NumberOfPoints=\"\(grid.pointCount)\" NumberOfCells=\"\(grid.cellCount)\">")
    for (place, arrays, numbers) in grid.attributes where !arrays.isEmpty || numbers != nil {
      writer.line("      <\(place)\(numbers.map { " GlobalIds=\"\($0.name)\"" } ?? "")>")
      for array in arrays + (numbers.map { [$0] } ?? []) { try writer.array(array) }
      writer.line("      </\(place)>")
    }
    writer.line("      <Points>")
    // Coordinates keep full width, lest close points of a refined mesh merge in single precision.
    try writer.array(VTKArray(name: "Points", components: 3, values: .reals(grid.points, .double)))
    writer.line("      </Points>")
    writer.line("      <Cells>")
    try writer.array(VTKArray(name: "connectivity", values: .int32(grid.connectivity)))
    try writer.array(grid.offsetArray)
    try writer.array(VTKArray(name: "types", values: .uint8(grid.types)))
    writer.line("      </Cells>")
    writer.line("    </Piece>")
    writer.end(type)
    return writer.bytes
  }
}

extension VTKUnstructuredGrid {
  /// The elements of fields, their arrays, and the array of global numbers.
  var attributes: [(place: String, arrays: [VTKArray], numbers: VTKArray?)] {
    func numbers(_ name: String, _ values: [Int]?) -> VTKArray? {
      values.map { VTKArray(name: name, values: .int64($0.map { Int64($0) })) }
    }
    return [
      ("PointData", pointData, numbers("GlobalPointIds", pointNumbers)),
      ("CellData", cellData, numbers("GlobalCellIds", cellNumbers)),
    ]
  }

  /// The ends of cells, in 32 bits where they fit.
  fileprivate var offsetArray: VTKArray {
    VTKArray(
      name: "offsets",
      values: connectivity.count <= Int(Int32.max)
        ? .int32(offsets.map { Int32(truncatingIfNeeded: $0) })
        : .int64(offsets.map { Int64($0) }))
  }
}
