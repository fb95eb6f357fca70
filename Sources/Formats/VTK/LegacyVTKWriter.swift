import Foundation
import Geometry

/// VTK's legacy files (`.vtk`): STRUCTURED_POINTS (evenly spaced), RECTILINEAR_GRID, and UNSTRUCTURED_GRID of meshes.
///
/// Format: the VTK User's Guide (Kitware, 2010), "VTK File Formats", "Simple Legacy Formats", version 3.0.
public enum LegacyVTK {
  /// How arrays are stored.
  public enum Encoding: String, Hashable, Sendable, CaseIterable {
    /// Decimal text.
    case ascii = "ASCII"
    /// Big-endian bytes.
    case binary = "BINARY"
  }

  /// The bytes of a legacy file that holds `dataset`: structured points where the grid is evenly spaced.
  ///
  /// Scalars are written as SCALARS, vectors of two or three components as VECTORS (padded with zeros),
  /// others as arrays of a FIELD; the time becomes the field data `TimeValue`.
  ///
  /// - Parameter title: one line, cut to 255 characters.
  /// - Throws: ``FormatError/unsupported(file:problem:remedy:)`` when two fields have one name, and when
  ///   ASCII would have to hold a value that is not finite, which VTK's own reader rejects.
  public static func encode(
    _ dataset: GridDataset, encoding: Encoding = .binary, precision: FloatPrecision = .double,
    title: String = "Fields on a structured grid"
  ) throws(FormatError) -> [UInt8] {
    try encode(dataset, encoding: encoding, precision: precision, title: title, file: "legacy VTK")
  }

  /// Writes `dataset` to `url`.
  ///
  /// - Throws: what ``encode(_:encoding:precision:title:)`` and ``AtomicFile/write(_:to:)`` throw.
  public static func write(
    _ dataset: GridDataset, to url: URL, encoding: Encoding = .binary, precision: FloatPrecision = .double,
    title: String = "Fields on a structured grid"
  ) throws(FormatError) {
    try AtomicFile.write(
      encode(dataset, encoding: encoding, precision: precision, title: title, file: url.path), to: url)
  }

  /// The bytes of a legacy file that holds `dataset` as an unstructured grid.
  ///
  /// Tagged facets follow the cells; tags and names are kept as in ``VTKXML/encode(_:options:)``, fields as in
  /// ``encode(_:encoding:precision:title:)``.
  ///
  /// - Parameter title: one line, cut to 255 characters.
  /// - Throws: ``FormatError/unsupported(file:problem:remedy:)`` when two fields have one name, or that of a tag array,
  ///   and when ASCII would have to hold a value that is not finite, which VTK's own reader rejects.
  public static func encode(
    _ dataset: MeshDataset, encoding: Encoding = .binary, precision: FloatPrecision = .double,
    title: String = "Fields on a mesh"
  ) throws(FormatError) -> [UInt8] {
    try encode(dataset, encoding: encoding, precision: precision, title: title, file: "legacy VTK")
  }

  /// Writes `dataset` to `url`.
  ///
  /// - Throws: what the encoding and ``AtomicFile/write(_:to:)`` throw.
  public static func write(
    _ dataset: MeshDataset, to url: URL, encoding: Encoding = .binary, precision: FloatPrecision = .double,
    title: String = "Fields on a mesh"
  ) throws(FormatError) {
    try AtomicFile.write(
      encode(dataset, encoding: encoding, precision: precision, title: title, file: url.path), to: url)
  }

  private static func encode(
    _ dataset: GridDataset, encoding: Encoding, precision: FloatPrecision, title: String, file: String
  ) throws(FormatError) -> [UInt8] {
    try VTKXML.checkNames(dataset.fields, file: file)
    let grid = dataset.grid
    let (nx, ny, nz) = VTKOrder.sides(grid.shape)
    var writer = Writer(encoding: encoding, file: file)
    writer.begin(grid.isUniform ? "STRUCTURED_POINTS" : "RECTILINEAR_GRID", title: title)
    if let time = dataset.time {
      try writer.fields([VTKArray(name: VTKUnstructuredGrid.timeName, values: .reals([time], .double))])
    }
    writer.text("DIMENSIONS \(nx) \(ny) \(nz)\n")
    if grid.isUniform {
      let padding = 3 - grid.dimension
      let origin = grid.origin + repeatElement(0, count: padding)
      let spacing = grid.spacing + repeatElement(1, count: padding)
      writer.text("ORIGIN \(origin[0]) \(origin[1]) \(origin[2])\n")
      writer.text("SPACING \(spacing[0]) \(spacing[1]) \(spacing[2])\n")
    } else {
      for axis in 0..<3 {
        let values = axis < grid.dimension ? grid.coordinates[axis] : [0]
        writer.text("\(["X", "Y", "Z"][axis])_COORDINATES \(values.count) double\n")
        try writer.values(VTKArray(name: "coordinates", values: .reals(values, .double)))
      }
    }
    if !dataset.fields.isEmpty { writer.text("POINT_DATA \(grid.pointCount)\n") }
    for field in dataset.fields {
      try writer.attribute(
        VTKArray(
          name: field.name, components: VTKOrder.componentCount(field.components.count),
          values: .reals(VTKOrder.interleaved(field, shape: grid.shape), precision)))
    }
    return writer.bytes
  }

  private static func encode(
    _ dataset: MeshDataset, encoding: Encoding, precision: FloatPrecision, title: String, file: String
  ) throws(FormatError) -> [UInt8] {
    let grid = try VTKUnstructuredGrid(dataset, precision: precision, file: file)
    let size = grid.connectivity.count + grid.cellCount
    guard size <= Int(Int32.max) else {
      throw .unsupported(
        file: file, problem: "\(grid.cellCount) cells are too many for a legacy file",
        remedy: "write a VTK XML file (.vtu)")
    }
    var writer = Writer(encoding: encoding, file: file)
    writer.begin("UNSTRUCTURED_GRID", title: title)
    try writer.fields(grid.fieldData)
    writer.text("POINTS \(grid.pointCount) double\n")
    try writer.values(VTKArray(name: "points", components: 3, values: .reals(grid.points, .double)))
    var cells: [Int32] = []
    cells.reserveCapacity(size)
    var start = 0
    for end in grid.offsets {
      cells.append(Int32(end - start))
      cells += grid.connectivity[start..<end]
      start = end
    }
    writer.text("CELLS \(grid.cellCount) \(size)\n")
    try writer.values(VTKArray(name: "cells", values: .int32(cells)))
    writer.text("CELL_TYPES \(grid.cellCount)\n")
    try writer.values(VTKArray(name: "cell types", values: .int32(grid.types.map { Int32($0) })))
    for (keyword, count, arrays) in [
      ("POINT_DATA", grid.pointCount, grid.pointData), ("CELL_DATA", grid.cellCount, grid.cellData),
    ] where !arrays.isEmpty {
      writer.text("\(keyword) \(count)\n")
      for array in arrays { try writer.attribute(array) }
    }
    return writer.bytes
  }

  private struct Writer {
    let encoding: Encoding
    let file: String
    private(set) var bytes: [UInt8] = []

    init(encoding: Encoding, file: String) {
      (self.encoding, self.file) = (encoding, file)
    }

    mutating func text(_ text: String) { bytes += text.utf8 }

    mutating func begin(_ kind: String, title: String) {
      let firstLine = title.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
      text("# vtk DataFile Version 3.0\n\(firstLine.prefix(255))\n\(encoding.rawValue)\nDATASET \(kind)\n")
    }

    /// Arrays that belong to the whole data set, or of one kind of attribute.
    mutating func fields(_ arrays: [VTKArray]) throws(FormatError) {
      guard !arrays.isEmpty else { return }
      text("FIELD FieldData \(arrays.count)\n")
      for array in arrays {
        text(
          "\(escaped(array.name)) \(array.components) \(array.count / array.components) \(array.legacyType)\n"
        )
        try values(array)
      }
    }

    /// A field at points or cells; tags and fields of unusual width go into a FIELD.
    mutating func attribute(_ array: VTKArray) throws(FormatError) {
      guard case .reals = array.values, array.components == 1 || array.components == 3 else {
        return try fields([array])
      }
      let name = escaped(array.name)
      text(
        array.components == 1
          ? "SCALARS \(name) \(array.legacyType) 1\nLOOKUP_TABLE default\n"
          : "VECTORS \(name) \(array.legacyType)\n")
      try values(array)
    }

    mutating func values(_ array: VTKArray) throws(FormatError) {
      if encoding == .binary {
        bytes += array.bytes(bigEndian: true)
        bytes.append(UInt8(ascii: "\n"))
        return
      }
      guard array.isFinite else {
        throw .unsupported(
          file: file,
          problem:
            "field \"\(array.name)\" holds a value that is not finite, which VTK cannot read from text",
          remedy: "use the binary encoding")
      }
      array.appendText(to: &bytes)
    }
  }

  /// `name` as one word: VTK writes bytes outside the printable characters as `%` and two hexadecimal digits.
  static func escaped(_ name: String) -> String {
    var result = ""
    for byte in name.isEmpty ? "field".utf8 : name.utf8 {
      if byte > 32, byte < 127, byte != UInt8(ascii: "%"), byte != UInt8(ascii: "\"") {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        result += "%" + (digits.count == 1 ? "0" : "") + digits
      }
    }
    return result
  }

  /// The inverse of ``escaped(_:)``.
  static func unescaped(_ name: String) -> String {
    var bytes: [UInt8] = []
    var rest = Array(name.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
