/// A VTK XML file as it is read: its elements, and its arrays in whatever encoding they have.
struct VTKXMLDocument {
  let bytes: [UInt8]
  let file: String
  let root: MarkupElement
  /// The `type` of the root element, which also names the element of the data set.
  let type: String
  let bigEndian: Bool
  let headerSize: Int
  let isCompressed: Bool
  /// Whether Lagrange hexahedra have two edges exchanged, as VTK wrote them before version 2.1 of the format.
  let hasOldLagrangeOrder: Bool
  /// Where appended bytes start, their encoding, and base64 text with its end.
  private var appendedStart: Int?
  private var appendedIsRaw = false
  private var appendedEnd = 0
  /// How many appended bytes arrays have taken so far.
  private var appendedUse = 0

  /// Parses `bytes`.
  ///
  /// - Parameter expected: the file name extensions of what is looked for, for errors.
  /// - Throws: ``FormatError``.
  init(bytes: [UInt8], file: String, expected: String) throws(FormatError) {
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
        remedy: "give a \(expected) file")
    }
    type = root.attributes["type"] ?? ""
    bigEndian = root.attributes["byte_order"] == "BigEndian"
    let version = (root.attributes["version"] ?? "").split(separator: ".").map { Int($0) ?? 0 } + [0, 0]
    hasOldLagrangeOrder = version[0] < 2 || version[0] == 2 && version[1] < 1
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

  /// The element of the data set.
  func dataSet() throws(FormatError) -> MarkupElement {
    guard let data = root.child(type) else { throw .damaged(file, "there is no element <\(type)>") }
    return data
  }

  /// The time that the field data of `data`, or of the file, state.
  mutating func time(_ data: MarkupElement) throws(FormatError) -> Double? {
    let arrays = (data.child("FieldData")?.children ?? []) + (root.child("FieldData")?.children ?? [])
    guard let element = arrays.first(where: { $0.attributes["Name"] == VTKUnstructuredGrid.timeName }) else {
      return nil
    }
    return try reals(of: element).first
  }

  /// The arrays of fields on `count` points or cells in the element `place`, whose names must be there.
  mutating func fields(
    _ place: MarkupElement?, count: Int, of what: String
  ) throws(FormatError) -> [VTKArray] {
    var arrays: [VTKArray] = []
    for element in place?.children ?? [] where element.name == "DataArray" {
      let width = Int(element.attributes["NumberOfComponents"] ?? "1") ?? 0
      let name = element.attributes["Name"] ?? "field\(arrays.count)"
      let (expected, overflow) = count.multipliedReportingOverflow(by: max(width, 1))
      guard width >= 1, !overflow else {
        throw .damaged(file, "array \"\(name)\" has \(width) components for \(count) \(what)")
      }
      let array = try array(element, name: name, components: width, expected: expected)
      guard array.count == expected else {
        throw .damaged(
          file, "array \"\(name)\" has \(array.count) values for \(count) \(what) of \(width) components")
      }
      arrays.append(array)
    }
    return arrays
  }

  // MARK: - Arrays

  private static let types: [String: NumberType] = [
    "Int8": .int8, "UInt8": .uint8, "Int16": .int16, "UInt16": .uint16, "Int32": .int32, "UInt32": .uint32,
    "Int64": .int64, "UInt64": .uint64, "Float32": .float32, "Float64": .float64,
  ]

  private func numberType(_ element: MarkupElement) throws(FormatError) -> NumberType {
    guard let type = Self.types[element.attributes["type"] ?? ""] else {
      throw .unsupported(
        file: file,
        problem:
          "array \"\(element.attributes["Name"] ?? "")\" has the type \"\(element.attributes["type"] ?? "")\"",
        remedy: "save it as Float64")
    }
    return type
  }

  /// The values as numbers of any kind.
  ///
  /// - Parameter expected: the number of values, where it is known: a longer array is then refused unread.
  mutating func reals(of element: MarkupElement, expected: Int? = nil) throws(FormatError) -> [Double] {
    let type = try numberType(element)
    if Self.isText(element) {
      do throws(MarkupError) {
        return try DecimalText.values(bytes, element.text).map(type.rounded)
      } catch {
        throw .damaged(file, "array \"\(element.attributes["Name"] ?? "")\": \(error.reason)")
      }
    }
    return type.values(try data(of: element, type, expected: expected)[...], bigEndian: bigEndian)
  }

  /// The values as integers of type `Value`, or nil when the array is of a floating-point type or has a value outside
  /// that type's range.
  mutating func integers<Value: FixedWidthInteger>(
    of element: MarkupElement, as: Value.Type, expected: Int? = nil
  ) throws(FormatError) -> [Value]? {
    let type = try numberType(element)
    guard type.isInteger else { return nil }
    guard Self.isText(element) else {
      return type.integers(try data(of: element, type, expected: expected)[...], bigEndian: bigEndian)
    }
    return DecimalText.integers(bytes, element.text)
  }

  /// An array as it is: integers where they are 32 bits wide at most, else doubles.
  mutating func array(
    _ element: MarkupElement, name: String, components: Int, expected: Int? = nil
  ) throws(FormatError) -> VTKArray {
    if try numberType(element).isInteger,
      let values = try integers(of: element, as: Int32.self, expected: expected)
    {
      return VTKArray(name: name, components: components, values: .int32(values))
    }
    return VTKArray(
      name: name, components: components, values: .reals(try reals(of: element, expected: expected), .double))
  }

  private static func isText(_ element: MarkupElement) -> Bool {
    (element.attributes["format"] ?? "ascii") == "ascii"
  }

  /// The bytes of an array that is not text, a whole number of values.
  private mutating func data(
    of element: MarkupElement, _ type: NumberType, expected: Int?
  ) throws(FormatError) -> [UInt8] {
    let name = element.attributes["Name"] ?? ""
    let limit = expected.map { $0.multipliedReportingOverflow(by: type.size) }
    let size = limit.map { $0.overflow ? Int.max : $0.partialValue } ?? Int.max
    let data: [UInt8]
    do throws(MarkupError) {
      switch element.attributes["format"] {
      case "binary":
        let text = element.text.flatMap { bytes[$0] }.filter { $0 > 32 }
        data = try block(base64: text[...], limit: size).data
      case "appended":
        guard let start = appendedStart else { throw MarkupError(reason: "the appended data are missing") }
        guard let offset = Int(element.attributes["offset"] ?? ""), offset >= 0, offset <= appendedEnd - start
        else {
          throw MarkupError(reason: "its offset lies outside the appended data")
        }
        let rest = bytes[(start + offset)..<appendedEnd]
        let found =
          appendedIsRaw ? try block(raw: rest, limit: size) : try block(base64: rest, limit: size)
        // Arrays may share their bytes, but not so often that a small file fills the memory.
        appendedUse += found.used
        guard appendedUse / 4 <= appendedEnd - start else {
          throw MarkupError(reason: "it overlaps too many others in the appended data")
        }
        data = found.data
      case let other: throw MarkupError(reason: "the format \"\(other ?? "")\" is unknown")
      }
      guard data.count % type.size == 0 else {
        throw MarkupError(
          reason: "\(data.count) bytes are no whole number of \(element.attributes["type"] ?? "") values")
      }
    } catch {
      throw .damaged(file, "array \"\(name)\": \(error.reason)")
    }
    return data
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

  private static func check(_ count: Int, _ limit: Int) throws(MarkupError) {
    guard count <= limit else {
      throw MarkupError(reason: "it has \(count) bytes instead of \(limit)")
    }
  }

  /// The bytes of one array, and how many of the file's they took.
  private func block(
    raw: ArraySlice<UInt8>, limit: Int
  ) throws(MarkupError) -> (data: [UInt8], used: Int) {
    let first = try word(raw, 0)
    guard isCompressed else {
      guard first <= raw.count - headerSize else { throw MarkupError(reason: "its data end early") }
      try Self.check(first, limit)
      return (Array(raw.dropFirst(headerSize).prefix(first)), headerSize + first)
    }
    guard first <= raw.count / headerSize - 3 || first == 0 else {
      throw MarkupError(reason: "its header ends early")
    }
    let headerCount = first == 0 ? min(3 * headerSize, raw.count) : (3 + first) * headerSize
    return try decompressed(
      header: raw.prefix(headerCount), blocks: raw.dropFirst(headerCount), limit: limit)
  }

  private func block(
    base64 text: ArraySlice<UInt8>, limit: Int
  ) throws(MarkupError) -> (data: [UInt8], used: Int) {
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
      guard first <= text.count else { throw MarkupError(reason: "its data end early") }
      try Self.check(first, limit)
      if head.count == headerSize {
        // The padding shows that the length is a run of its own.
        return (Array(try decoded(Base64.encodedCount(headerSize), first).prefix(first)), first)
      }
      return (Array(try decoded(0, headerSize + first).dropFirst(headerSize).prefix(first)), first)
    }
    guard first <= text.count / headerSize else { throw MarkupError(reason: "its header ends early") }
    if first == 0 { return ([], 0) }
    let headerCount = (3 + first) * headerSize
    let header = try decoded(0, headerCount)
    var total = 0
    for i in 0..<first { total += min(try word(header[...], 3 + i), text.count) }
    let blocks = try decoded(Base64.encodedCount(headerCount), total)
    return try decompressed(header: header[..<headerCount], blocks: blocks[...], limit: limit)
  }

  /// Joins compressed blocks after `header`: block count, size of a block, size of the last where partial,
  /// and the compressed sizes.
  private func decompressed(
    header: ArraySlice<UInt8>, blocks: ArraySlice<UInt8>, limit: Int
  ) throws(MarkupError) -> (data: [UInt8], used: Int) {
    let count = try word(header, 0)
    if count == 0 { return ([], 0) }
    let (size, partial) = (try word(header, 1), try word(header, 2))
    let (whole, overflow) = size.multipliedReportingOverflow(by: partial > 0 ? count - 1 : count)
    let (total, more) = whole.addingReportingOverflow(partial)
    guard !overflow, !more else { throw MarkupError(reason: "its header holds an impossible length") }
    try Self.check(total, limit)
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
    return (result, blocks.count - rest.count)
  }
}
