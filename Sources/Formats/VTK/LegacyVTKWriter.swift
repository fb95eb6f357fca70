import Foundation
import Geometry

/// VTK's legacy files (`.vtk`) of structured grids: STRUCTURED_POINTS (evenly spaced) and RECTILINEAR_GRID.
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

  private static func encode(
    _ dataset: GridDataset, encoding: Encoding, precision: FloatPrecision, title: String, file: String
  ) throws(FormatError) -> [UInt8] {
    try VTKXML.checkNames(dataset.fields, file: file)
    var writer = Writer(encoding: encoding, precision: precision, file: file)
    let grid = dataset.grid
    let (nx, ny, nz) = VTKOrder.sides(grid.shape)
    let firstLine = title.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    writer.text("# vtk DataFile Version 3.0\n\(firstLine.prefix(255))\n\(encoding.rawValue)\n")
    writer.text("DATASET \(grid.isUniform ? "STRUCTURED_POINTS" : "RECTILINEAR_GRID")\n")
    if let time = dataset.time {
      writer.text("FIELD FieldData 1\nTimeValue 1 1 double\n")
      try writer.values([time], name: "TimeValue", components: 1, precision: .double)
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
        try writer.values(values, name: "coordinates", components: 1, precision: .double)
      }
    }
    if !dataset.fields.isEmpty { writer.text("POINT_DATA \(grid.pointCount)\n") }
    for field in dataset.fields {
      let name = escaped(field.name)
      let type = precision == .single ? "float" : "double"
      let count = VTKOrder.componentCount(field.components.count)
      switch count {
      case 1: writer.text("SCALARS \(name) \(type) 1\nLOOKUP_TABLE default\n")
      case 3: writer.text("VECTORS \(name) \(type)\n")
      default: writer.text("FIELD FieldData 1\n\(name) \(count) \(grid.pointCount) \(type)\n")
      }
      try writer.values(
        VTKOrder.interleaved(field, shape: grid.shape), name: field.name, components: count,
        precision: precision)
    }
    return writer.bytes
  }

  private struct Writer {
    let encoding: Encoding
    let precision: FloatPrecision
    let file: String
    var bytes: [UInt8] = []

    init(encoding: Encoding, precision: FloatPrecision, file: String) {
      (self.encoding, self.precision, self.file) = (encoding, precision, file)
    }

    mutating func text(_ text: String) { bytes += text.utf8 }

    mutating func values(
      _ values: [Double], name: String, components: Int, precision: FloatPrecision
    ) throws(FormatError) {
      if encoding == .binary {
        bytes += precision.bytes(values, bigEndian: true)
        bytes.append(UInt8(ascii: "\n"))
        return
      }
      let perLine = components == 1 ? 8 : components
      for (i, value) in values.enumerated() {
        guard value.isFinite else {
          throw .unsupported(
            file: file,
            problem: "field \"\(name)\" holds a value that is not finite, which VTK cannot read from text",
            remedy: "use the binary encoding")
        }
        bytes += precision.text(value).utf8
        bytes.append(UInt8(ascii: (i + 1) % perLine == 0 || i + 1 == values.count ? "\n" : " "))
      }
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
