import Foundation
import Geometry

extension VTKXML {
  /// The grid, point data and time of the VTK XML file at `url`.
  ///
  /// - Throws: what ``decode(_:file:)`` throws, and ``FormatError/system(path:action:code:)``.
  public static func read(_ url: URL) throws(FormatError) -> GridDataset {
    try decode(AtomicFile.read(url), file: url.path)
  }

  /// The grid, point data and time of a VTK XML file of image data or a rectilinear grid.
  ///
  /// All encodings, both byte orders and both header types are read, and zlib compression; the grid must be
  /// in one piece. Cell data are left out. Trailing axes of a single point are dropped, so that planes have
  /// two axes; vectors keep the three components that VTK stores.
  ///
  /// - Parameter file: the name to use in errors.
  /// - Throws: ``FormatError/malformed(file:problem:remedy:)`` for damaged input,
  ///   ``FormatError/unsupported(file:problem:remedy:)`` for grids and compressions of other kinds.
  public static func decode(_ bytes: [UInt8], file: String = "VTK XML") throws(FormatError) -> GridDataset {
    try VTKXMLReader(bytes: bytes, file: file).dataset()
  }
}

private struct VTKXMLReader {
  let bytes: [UInt8]
  let file: String
  let root: MarkupElement
  let kind: VTKXML.Kind
  let bigEndian: Bool
  let headerSize: Int
  let isCompressed: Bool
  /// Where appended bytes start, their encoding, and base64 text with its end.
  private var appendedStart: Int?
  private var appendedIsRaw = false
  private var appendedEnd = 0

  init(bytes: [UInt8], file: String) throws(FormatError) {
    self.bytes = bytes
    self.file = file
    let markup: Markup
    do throws(MarkupError) { markup = try Markup(bytes) } catch {
      throw .damaged(file, "it is not XML: \(error.reason)")
    }
    root = markup.root
    guard root.name == "VTKFile" else {
      throw .malformed(
        file: file, problem: "its root element is <\(root.name)>, not <VTKFile>",
        remedy: "give a .vti or .vtr file")
    }
    guard let kind = VTKXML.Kind(rawValue: root.attributes["type"] ?? "") else {
      throw .unsupported(
        file: file, problem: "it holds data of type \"\(root.attributes["type"] ?? "")\"",
        remedy: "ImageData (.vti) and RectilinearGrid (.vtr) can be read")
    }
    self.kind = kind
    bigEndian = root.attributes["byte_order"] == "BigEndian"
    switch root.attributes["header_type"] ?? "UInt32" {
    case "UInt32": headerSize = 4
    case "UInt64": headerSize = 8
    case let other: throw .damaged(file, "the header type \"\(other)\" is unknown")
    }
    switch root.attributes["compressor"] ?? "" {
    case "": isCompressed = false
    case "vtkZLibDataCompressor": isCompressed = true
    case let other:
      throw .unsupported(
        file: file, problem: "its arrays are compressed by \(other)",
        remedy: "write it with vtkZLibDataCompressor or without compression")
    }
    guard let start = markup.appendedStart else { return }
    appendedStart = start
    appendedIsRaw = root.child("AppendedData")?.attributes["encoding"] == "raw"
    let ending = Array("</AppendedData>".utf8)
    var end = bytes.count - ending.count
    while end >= start, !bytes[end...].starts(with: ending) { end -= 1 }
    guard end >= start else { throw .damaged(file, "the element <AppendedData> does not end") }
    let rest = String(decoding: bytes[(end + ending.count)...], as: UTF8.self)
    guard rest.contains("</VTKFile>") else { throw .damaged(file, "the element <VTKFile> does not end") }
    appendedEnd = end
  }

  func dataset() throws(FormatError) -> GridDataset {
    guard let data = root.child(kind.rawValue) else {
      throw .damaged(file, "there is no element <\(kind.rawValue)>")
    }
    let pieces = data.children.filter { $0.name == "Piece" }
    guard pieces.count == 1 else {
      throw .unsupported(
        file: file, problem: "the grid is in \(pieces.count) pieces",
        remedy: "save it in one piece (in ParaView: Merge)")
    }
    let piece = pieces[0]
    let extent = try integers(piece, "Extent", count: 6)
    var sides: [Int] = []
    var pointCount = 1
    for axis in 0..<3 {
      let (last, first) = (extent[2 * axis + 1], extent[2 * axis])
      let (difference, overflow) = last.subtractingReportingOverflow(first)
      guard !overflow, difference >= 0, difference < Int.max else {
        throw .damaged(file, "the extent \(first) to \(last) holds no points")
      }
      sides.append(difference + 1)
      let (product, tooMany) = pointCount.multipliedReportingOverflow(by: difference + 1)
      guard !tooMany else { throw .damaged(file, "the extent is impossibly large") }
      pointCount = product
    }
    // Arrays are read before coordinates are made: their true length exposes a damaged extent.
    var arrays: [(name: String, values: [Double], width: Int)] = []
    for element in piece.child("PointData")?.children ?? [] where element.name == "DataArray" {
      let width = Int(element.attributes["NumberOfComponents"] ?? "1") ?? 0
      let name = element.attributes["Name"] ?? "field\(arrays.count)"
      let (expected, overflow) = pointCount.multipliedReportingOverflow(by: max(width, 1))
      let values = try values(of: element)
      guard width >= 1, !overflow, values.count == expected else {
        throw .damaged(
          file, "array \"\(name)\" has \(values.count) values for \(pointCount) points of \(width) components"
        )
      }
      arrays.append((name, values, width))
    }
    let coordinates = try coordinates(data, piece, extent: extent, sides: sides, hasArrays: !arrays.isEmpty)
    if let fault = RectilinearGrid.fault(in: coordinates) { throw .damaged(file, fault) }
    let fields = arrays.map { array in
      FieldArray(
        name: array.name, components: VTKOrder.components(array.values, count: array.width, shape: sides))
    }
    return GridDataset(
      grid: RectilinearGrid(coordinates: VTKOrder.trimmed(coordinates)), fields: fields, time: try time(data))
  }

  private func coordinates(
    _ data: MarkupElement, _ piece: MarkupElement, extent: [Int], sides: [Int], hasArrays: Bool
  ) throws(FormatError) -> [[Double]] {
    if kind == .rectilinearGrid {
      let arrays = piece.child("Coordinates")?.children.filter { $0.name == "DataArray" } ?? []
      guard arrays.count == 3 else {
        throw .damaged(file, "there are \(arrays.count) coordinate arrays instead of 3")
      }
      var result: [[Double]] = []
      for axis in 0..<3 {
        let values = try values(of: arrays[axis])
        guard values.count == sides[axis] else {
          throw .damaged(file, "axis \(axis) has \(values.count) coordinates for \(sides[axis]) points")
        }
        result.append(values)
      }
      return result
    }
    guard hasArrays || sides.allSatisfy({ $0 <= 1 << 24 }) else {
      throw .damaged(file, "there is no point data for an extent of \(sides) points")
    }
    if let direction = data.attributes["Direction"] {
      guard numbers(direction) == [1, 0, 0, 0, 1, 0, 0, 0, 1] else {
        throw .unsupported(
          file: file, problem: "its axes are rotated (Direction=\"\(direction)\")",
          remedy: "resample it to axes along x, y and z")
      }
    }
    let origin = numbers(data.attributes["Origin"] ?? "0 0 0")
    let spacing = numbers(data.attributes["Spacing"] ?? "1 1 1")
    guard origin.count == 3, spacing.count == 3 else {
      throw .damaged(file, "its origin or spacing is not three numbers")
    }
    return (0..<3).map { axis in
      (0..<sides[axis]).map { origin[axis] + (Double(extent[2 * axis]) + Double($0)) * spacing[axis] }
    }
  }

  private func time(_ data: MarkupElement) throws(FormatError) -> Double? {
    let arrays = (data.child("FieldData")?.children ?? []) + (root.child("FieldData")?.children ?? [])
    guard let element = arrays.first(where: { $0.attributes["Name"] == "TimeValue" }) else { return nil }
    return try values(of: element).first
  }

  private func integers(_ element: MarkupElement, _ key: String, count: Int) throws(FormatError) -> [Int] {
    let words = (element.attributes[key] ?? "").split(whereSeparator: \.isWhitespace).map { Int($0) }
    guard words.count == count, let values = words as? [Int] else {
      throw .damaged(file, "<\(element.name)> has no attribute \(key) of \(count) integers")
    }
    return values
  }

  private func numbers(_ text: String) -> [Double] {
    text.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
  }

  // MARK: - Arrays

  private static let types: [String: NumberType] = [
    "Int8": .int8, "UInt8": .uint8, "Int16": .int16, "UInt16": .uint16, "Int32": .int32, "UInt32": .uint32,
    "Int64": .int64, "UInt64": .uint64, "Float32": .float32, "Float64": .float64,
  ]

  private func values(of element: MarkupElement) throws(FormatError) -> [Double] {
    let name = element.attributes["Name"] ?? ""
    let typeName = element.attributes["type"] ?? ""
    guard let type = Self.types[typeName] else {
      throw .unsupported(
        file: file, problem: "array \"\(name)\" has the type \"\(typeName)\"", remedy: "save it as Float64")
    }
    let format = element.attributes["format"] ?? "ascii"
    if format == "ascii" {
      do throws(MarkupError) {
        return try DecimalText.values(bytes, element.text).map(type.rounded)
      } catch {
        throw .damaged(file, "array \"\(name)\": \(error.reason)")
      }
    }
    let data: [UInt8]
    do throws(MarkupError) {
      switch format {
      case "binary":
        let text = element.text.flatMap { bytes[$0] }.filter { $0 > 32 }
        data = try block(base64: text[...])
      case "appended":
        guard let start = appendedStart else { throw MarkupError(reason: "the appended data are missing") }
        guard let offset = Int(element.attributes["offset"] ?? ""), offset >= 0, offset <= appendedEnd - start
        else {
          throw MarkupError(reason: "its offset lies outside the appended data")
        }
        data =
          appendedIsRaw
          ? try block(raw: bytes[(start + offset)..<appendedEnd])
          : try block(base64: bytes[(start + offset)..<appendedEnd])
      default: throw MarkupError(reason: "the format \"\(format)\" is unknown")
      }
      guard data.count % type.size == 0 else {
        throw MarkupError(reason: "\(data.count) bytes are no whole number of \(typeName) values")
      }
    } catch {
      throw .damaged(file, "array \"\(name)\": \(error.reason)")
    }
    return type.values(data[...], bigEndian: bigEndian)
  }

  /// The `index`-th length word of a header.
  private func word(_ header: ArraySlice<UInt8>, _ index: Int) throws(MarkupError) -> Int {
    guard header.count >= (index + 1) * headerSize else { throw MarkupError(reason: "its header ends early") }
    let start = header.startIndex + index * headerSize
    var value: UInt64 = 0
    for i in 0..<headerSize {
      value = value << 8 | UInt64(header[start + (bigEndian ? i : headerSize - 1 - i)])
    }
    guard let result = Int(exactly: value) else {
      throw MarkupError(reason: "its header holds an impossible length")
    }
    return result
  }

  private func block(raw: ArraySlice<UInt8>) throws(MarkupError) -> [UInt8] {
    let first = try word(raw, 0)
    guard isCompressed else {
      guard first <= raw.count - headerSize else { throw MarkupError(reason: "its data end early") }
      return Array(raw.dropFirst(headerSize).prefix(first))
    }
    guard first <= raw.count / headerSize - 3 || first == 0 else {
      throw MarkupError(reason: "its header ends early")
    }
    let headerCount = first == 0 ? min(3 * headerSize, raw.count) : (3 + first) * headerSize
    return try decompressed(header: raw.prefix(headerCount), blocks: raw.dropFirst(headerCount))
  }

  private func block(base64 text: ArraySlice<UInt8>) throws(MarkupError) -> [UInt8] {
    func decoded(_ start: Int, _ byteCount: Int) throws(MarkupError) -> [UInt8] {
      // Whether or not the run goes on, the characters up to the group that holds its last byte decode alone.
      guard byteCount <= (text.count - start) / 4 * 3,
        let result = Base64.decode(text.dropFirst(start).prefix(Base64.encodedCount(byteCount))),
        result.count >= byteCount
      else { throw MarkupError(reason: "its base64 text is broken or ends early") }
      return result
    }
    let head = try decoded(0, headerSize)
    let first = try word(head[...], 0)
    if !isCompressed {
      if head.count == headerSize {
        // The padding shows that the length is a run of its own.
        return Array(try decoded(Base64.encodedCount(headerSize), first).prefix(first))
      }
      guard first <= text.count else { throw MarkupError(reason: "its data end early") }
      return Array(try decoded(0, headerSize + first).dropFirst(headerSize).prefix(first))
    }
    guard first <= text.count / headerSize else { throw MarkupError(reason: "its header ends early") }
    if first == 0 { return [] }
    let headerCount = (3 + first) * headerSize
    let header = try decoded(0, headerCount)
    var total = 0
    for i in 0..<first { total += min(try word(header[...], 3 + i), text.count) }
    let blocks = try decoded(Base64.encodedCount(headerCount), total)
    return try decompressed(header: header[..<headerCount], blocks: blocks[...])
  }

  /// Joins compressed blocks after `header`: block count, size of a block, size of the last where partial,
  /// and the compressed sizes.
  private func decompressed(
    header: ArraySlice<UInt8>, blocks: ArraySlice<UInt8>
  ) throws(MarkupError) -> [UInt8] {
    let count = try word(header, 0)
    if count == 0 { return [] }
    let (size, partial) = (try word(header, 1), try word(header, 2))
    var result: [UInt8] = []
    var rest = blocks
    for i in 0..<count {
      let compressedCount = try word(header, 3 + i)
      guard compressedCount <= rest.count else { throw MarkupError(reason: "its compressed data end early") }
      let plainCount = i == count - 1 && partial > 0 ? partial : size
      do throws(InflateError) {
        result += try Zlib.decompress(Array(rest.prefix(compressedCount)), size: plainCount)
      } catch {
        throw MarkupError(reason: "block \(i) is damaged: \(error.reason)")
      }
      rest = rest.dropFirst(compressedCount)
    }
    return result
  }
}
