import Foundation
import Geometry

/// VTK's XML files: image data (`.vti`, evenly spaced), rectilinear grids (`.vtr`) and unstructured grids (`.vtu`).
///
/// Format: the VTK User's Guide (Kitware, 2010), "VTK File Formats".
public enum VTKXML {
  /// The kinds of data set.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// `.vti`: origin and spacing; the grid must be evenly spaced.
    case imageData = "ImageData"
    /// `.vtr`: a coordinate array per axis.
    case rectilinearGrid = "RectilinearGrid"
    /// `.vtu`: points and cells.
    case unstructuredGrid = "UnstructuredGrid"

    /// The file name extension.
    public var fileExtension: String {
      switch self {
      case .imageData: "vti"
      case .rectilinearGrid: "vtr"
      case .unstructuredGrid: "vtu"
      }
    }
  }

  /// The bytes of a VTK XML file that holds `dataset`.
  ///
  /// Fields become point data; a vector of two components gets a third of zeros. The time becomes the field
  /// data `TimeValue`, which ParaView shows. As an unstructured grid, which more programs read, the cells of the grid are
  /// listed one by one, and points keep the grid's order.
  ///
  /// - Throws: ``FormatError/unsupported(file:problem:remedy:)`` when an uneven grid is to be image data,
  ///   when two fields have one name, and when an array is too long for its header type.
  public static func encode(
    _ dataset: GridDataset, as kind: Kind, options: VTKOptions = VTKOptions()
  ) throws(FormatError) -> [UInt8] {
    try encode(dataset, as: kind, options: options, file: "VTK \(kind.rawValue)")
  }

  /// Writes `dataset` to `url`, whose extension `.vti`, `.vtr` or `.vtu` chooses the kind.
  ///
  /// - Throws: what ``encode(_:as:options:)`` and ``AtomicFile/write(_:to:)`` throw, and
  ///   ``FormatError/unsupported(file:problem:remedy:)`` for another extension.
  public static func write(
    _ dataset: GridDataset, to url: URL, options: VTKOptions = VTKOptions()
  ) throws(FormatError) {
    guard let kind = Kind.allCases.first(where: { $0.fileExtension == url.pathExtension.lowercased() }) else {
      throw .unsupported(
        file: url.path, problem: "the name does not end in .vti, .vtr or .vtu",
        remedy: "name it .vti for an evenly spaced grid, .vtr for any other, and .vtu to list its cells")
    }
    try AtomicFile.write(encode(dataset, as: kind, options: options, file: url.path), to: url)
  }

  private static func encode(
    _ dataset: GridDataset, as kind: Kind, options: VTKOptions, file: String
  ) throws(FormatError) -> [UInt8] {
    if kind == .unstructuredGrid {
      guard dataset.grid.pointCount < Int(Int32.max) else {
        throw .unsupported(
          file: file, problem: "\(dataset.grid.pointCount) points are too many for an unstructured grid",
          remedy: "write image data (.vti) or a rectilinear grid (.vtr)")
      }
      return try encode(MeshDataset(dataset), options: options, file: file)
    }
    if kind == .imageData, !dataset.grid.isUniform {
      throw .unsupported(
        file: file, problem: "the grid is not evenly spaced, as image data must be",
        remedy: "write a rectilinear grid (.vtr)")
    }
    try checkNames(dataset.fields, file: file)
    var writer = VTKXMLDocumentWriter(options: options, file: file)
    try writer.write(dataset, as: kind)
    return writer.bytes
  }

  /// Refuses two fields of one name, of which VTK would keep only the last.
  static func checkNames(_ fields: [FieldArray], file: String) throws(FormatError) {
    var seen: Set<String> = []
    for field in fields where !seen.insert(field.name).inserted {
      throw .unsupported(
        file: file, problem: "two fields have the name \"\(field.name)\"",
        remedy: "give each field its own name")
    }
  }
}

extension VTKXMLDocumentWriter {
  fileprivate mutating func write(_ dataset: GridDataset, as kind: VTKXML.Kind) throws(FormatError) {
    let (nx, ny, nz) = VTKOrder.sides(dataset.grid.shape)
    let extent = "0 \(nx - 1) 0 \(ny - 1) 0 \(nz - 1)"
    var geometry = ""
    if kind == .imageData {
      let padding = 3 - dataset.grid.dimension
      let origin = dataset.grid.origin + repeatElement(0, count: padding)
      let spacing = dataset.grid.spacing + repeatElement(1, count: padding)
      geometry = " Origin=\"\(Self.list(origin))\" Spacing=\"\(Self.list(spacing))\""
    }
    begin(kind.rawValue, attributes: " WholeExtent=\"\(extent)\"\(geometry)")
    if let time = dataset.time {
      fieldData([VTKArray(name: VTKUnstructuredGrid.timeName, values: .reals([time], .double))])
    }
    line("    <Piece Extent=\"\(extent)\">")
    line("      <PointData>")
    for field in dataset.fields {
      try array(
        VTKArray(
          name: field.name, components: VTKOrder.componentCount(field.components.count),
          values: .reals(VTKOrder.interleaved(field, shape: dataset.grid.shape), options.precision)))
    }
    line("      </PointData>")
    if kind == .rectilinearGrid {
      line("      <Coordinates>")
      for axis in 0..<3 {
        let values = axis < dataset.grid.dimension ? dataset.grid.coordinates[axis] : [0]
        // Coordinates keep full width, lest close points of a refined grid merge in single precision.
        try array(VTKArray(name: ["x", "y", "z"][axis], values: .reals(values, .double)))
      }
      line("      </Coordinates>")
    }
    line("    </Piece>")
    end(kind.rawValue)
  }

  private static func list(_ values: [Double]) -> String { values.map(\.description).joined(separator: " ") }
}
