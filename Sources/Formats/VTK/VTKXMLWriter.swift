import Foundation
import Geometry

/// VTK's XML files of structured grids: image data (`.vti`, evenly spaced) and rectilinear grids (`.vtr`), in
/// one piece.
///
/// Format: the VTK User's Guide (Kitware, 2010), "VTK File Formats".
public enum VTKXML {
  /// The two kinds of grid.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// `.vti`: origin and spacing; the grid must be evenly spaced.
    case imageData = "ImageData"
    /// `.vtr`: a coordinate array per axis.
    case rectilinearGrid = "RectilinearGrid"

    /// The file name extension.
    public var fileExtension: String { self == .imageData ? "vti" : "vtr" }
  }

  /// The bytes of a VTK XML file that holds `dataset`.
  ///
  /// Fields become point data; a vector of two components gets a third of zeros. The time becomes the field
  /// data `TimeValue`, which ParaView shows.
  ///
  /// - Throws: ``FormatError/unsupported(file:problem:remedy:)`` when an uneven grid is to be image data,
  ///   when two fields have one name, and when an array is too long for its header type.
  public static func encode(
    _ dataset: GridDataset, as kind: Kind, options: VTKOptions = VTKOptions()
  ) throws(FormatError) -> [UInt8] {
    try encode(dataset, as: kind, options: options, file: "VTK \(kind.rawValue)")
  }

  /// Writes `dataset` to `url`, whose extension `.vti` or `.vtr` chooses the kind.
  ///
  /// - Throws: what ``encode(_:as:options:)`` and ``AtomicFile/write(_:to:)`` throw, and
  ///   ``FormatError/unsupported(file:problem:remedy:)`` for another extension.
  public static func write(
    _ dataset: GridDataset, to url: URL, options: VTKOptions = VTKOptions()
  ) throws(FormatError) {
    guard let kind = Kind.allCases.first(where: { $0.fileExtension == url.pathExtension.lowercased() }) else {
      throw .unsupported(
        file: url.path, problem: "the name does not end in .vti or .vtr",
        remedy: "name it .vti for an evenly spaced grid and .vtr for any other")
    }
    try AtomicFile.write(encode(dataset, as: kind, options: options, file: url.path), to: url)
  }

  private static func encode(
    _ dataset: GridDataset, as kind: Kind, options: VTKOptions, file: String
  ) throws(FormatError) -> [UInt8] {
    if kind == .imageData, !dataset.grid.isUniform {
      throw .unsupported(
        file: file, problem: "the grid is not evenly spaced, as image data must be",
        remedy: "write a rectilinear grid (.vtr)")
    }
    try checkNames(dataset.fields, file: file)
    var writer = VTKXMLWriter(options: options, file: file)
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

/// The text of one file as it grows, and the arrays that are to follow it.
private struct VTKXMLWriter {
  let options: VTKOptions
  let file: String
  var bytes: [UInt8] = []
  private var appended: [UInt8] = []

  /// Bytes per compressed block: large enough for deflate's window, small enough to be read piecewise.
  private static let blockSize = 1 << 17

  init(options: VTKOptions, file: String) {
    self.options = options
    self.file = file
  }

  mutating func write(_ dataset: GridDataset, as kind: VTKXML.Kind) throws(FormatError) {
    let (nx, ny, nz) = VTKOrder.sides(dataset.grid.shape)
    let extent = "0 \(nx - 1) 0 \(ny - 1) 0 \(nz - 1)"
    let compressor =
      options.isCompressed && options.encoding != .ascii ? " compressor=\"vtkZLibDataCompressor\"" : ""
    // header_type exists from version 1.0 on; version 0.1 always means UInt32, and old readers accept no
    // other.
    let version = options.headerType == .uint32 ? "0.1" : "1.0"
    line("<?xml version=\"1.0\"?>")
    line(
      "<VTKFile type=\"\(kind.rawValue)\" version=\"\(version)\" byte_order=\"LittleEndian\" "
        + "header_type=\"\(options.headerType.rawValue)\"\(compressor)>")
    var geometry = ""
    if kind == .imageData {
      let padding = 3 - dataset.grid.dimension
      let origin = dataset.grid.origin + repeatElement(0, count: padding)
      let spacing = dataset.grid.spacing + repeatElement(1, count: padding)
      geometry = " Origin=\"\(Self.list(origin))\" Spacing=\"\(Self.list(spacing))\""
    }
    line("  <\(kind.rawValue) WholeExtent=\"\(extent)\"\(geometry)>")
    if let time = dataset.time {
      line("    <FieldData>")
      line(
        "      <DataArray type=\"Float64\" Name=\"TimeValue\" NumberOfTuples=\"1\" format=\"ascii\">\(time)</DataArray>"
      )
      line("    </FieldData>")
    }
    line("    <Piece Extent=\"\(extent)\">")
    line("      <PointData>")
    for field in dataset.fields {
      try array(
        field.name, VTKOrder.interleaved(field, shape: dataset.grid.shape),
        components: VTKOrder.componentCount(field.components.count), precision: options.precision)
    }
    line("      </PointData>")
    if kind == .rectilinearGrid {
      line("      <Coordinates>")
      for axis in 0..<3 {
        let values = axis < dataset.grid.dimension ? dataset.grid.coordinates[axis] : [0]
        // Coordinates keep full width, lest close points of a refined grid merge in single precision.
        try array(["x", "y", "z"][axis], values, components: 1, precision: .double)
      }
      line("      </Coordinates>")
    }
    line("    </Piece>")
    line("  </\(kind.rawValue)>")
    if options.encoding == .appendedRaw || options.encoding == .appendedBase64 {
      bytes +=
        "  <AppendedData encoding=\"\(options.encoding == .appendedRaw ? "raw" : "base64")\">\n   _".utf8
      bytes += appended
      line("\n  </AppendedData>")
    }
    line("</VTKFile>")
  }

  private mutating func line(_ text: String) {
    bytes += text.utf8
    bytes.append(UInt8(ascii: "\n"))
  }

  private static func list(_ values: [Double]) -> String { values.map(\.description).joined(separator: " ") }

  private mutating func array(
    _ name: String, _ values: [Double], components: Int, precision: FloatPrecision
  ) throws(FormatError) {
    let type = precision == .single ? "Float32" : "Float64"
    let attributes =
      "type=\"\(type)\" Name=\"\(Markup.escaped(name))\" NumberOfComponents=\"\(components)\""
    switch options.encoding {
    case .ascii:
      line("        <DataArray \(attributes) format=\"ascii\">")
      asciiValues(values, components: components, precision: precision)
      line("        </DataArray>")
    case .base64:
      line("        <DataArray \(attributes) format=\"binary\">")
      bytes += "          ".utf8
      let parts = try parts(name, precision.bytes(values, bigEndian: false))
      for part in parts { bytes += Base64.encode(part) }
      line("\n        </DataArray>")
    case .appendedRaw, .appendedBase64:
      line("        <DataArray \(attributes) format=\"appended\" offset=\"\(appended.count)\"/>")
      let parts = try parts(name, precision.bytes(values, bigEndian: false))
      for part in parts { appended += options.encoding == .appendedRaw ? part : Base64.encode(part) }
    }
  }

  private mutating func asciiValues(_ values: [Double], components: Int, precision: FloatPrecision) {
    let perLine = components == 1 ? 8 : components
    for (i, value) in values.enumerated() {
      bytes += precision.text(value).utf8
      bytes.append(UInt8(ascii: (i + 1) % perLine == 0 || i + 1 == values.count ? "\n" : " "))
    }
  }

  /// The runs of bytes that hold `data`: length and data in one, or the block table and the compressed blocks
  /// in two.
  private func parts(_ name: String, _ data: [UInt8]) throws(FormatError) -> [[UInt8]] {
    guard options.headerType == .uint64 || data.count <= Int(UInt32.max) else {
      throw .unsupported(
        file: file, problem: "field \"\(name)\" has \(data.count) bytes, too many for a UInt32 header",
        remedy: "use the header type uint64")
    }
    guard options.isCompressed else { return [header([data.count]) + data] }
    var blocks: [UInt8] = []
    var sizes: [Int] = []
    var start = 0
    while start < data.count {
      let end = min(start + Self.blockSize, data.count)
      let block = data.withUnsafeBytes { Zlib.compress(UnsafeRawBufferPointer(rebasing: $0[start..<end])) }
      sizes.append(block.count)
      blocks += block
      start = end
    }
    return [header([sizes.count, Self.blockSize, data.count % Self.blockSize] + sizes), blocks]
  }

  private func header(_ words: [Int]) -> [UInt8] {
    switch options.headerType {
    case .uint32: NumberType.bytes(words, bigEndian: false) { UInt32($0) }
    case .uint64: NumberType.bytes(words, bigEndian: false) { UInt64($0) }
    }
  }
}
