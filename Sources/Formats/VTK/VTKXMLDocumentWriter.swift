/// The text of one VTK XML file as it grows, and the arrays that are to follow it.
struct VTKXMLDocumentWriter {
  let options: VTKOptions
  let file: String
  private(set) var bytes: [UInt8] = []
  /// Arrays that follow at the end, and where in `bytes` their offsets are to stand.
  private var appended: [(place: Int, data: [UInt8])] = []

  /// Bytes per compressed block: large enough for deflate's window, small enough to be read piecewise.
  private static let blockSize = 1 << 17

  init(options: VTKOptions, file: String) {
    self.options = options
    self.file = file
  }

  mutating func line(_ text: String) {
    bytes += text.utf8
    bytes.append(UInt8(ascii: "\n"))
  }

  /// Opens the document and the element of its data set.
  mutating func begin(_ type: String, attributes: String = "") {
    let compressor =
      options.isCompressed && options.encoding != .ascii ? " compressor=\"vtkZLibDataCompressor\"" : ""
    // header_type exists from version 1.0 on; version 0.1 always means UInt32, and old readers accept no
    // other.
    let version = options.headerType == .uint32 ? "0.1" : "1.0"
    line("<?xml version=\"1.0\"?>")
    line(
      "<VTKFile type=\"\(type)\" version=\"\(version)\" byte_order=\"LittleEndian\" "
        + "header_type=\"\(options.headerType.rawValue)\"\(compressor)>")
    line("  <\(type)\(attributes)>")
  }

  /// Writes arrays that belong to the whole data set, as text: they are short.
  mutating func fieldData(_ arrays: [VTKArray]) {
    guard !arrays.isEmpty else { return }
    line("    <FieldData>")
    for array in arrays {
      var text: [UInt8] = []
      array.appendText(to: &text)
      let values = String(decoding: text.dropLast(), as: UTF8.self).replacing("\n", with: " ")
      line(
        "      <DataArray type=\"\(array.xmlType)\" Name=\"\(Markup.escaped(array.name))\" "
          + "NumberOfTuples=\"\(array.count)\" format=\"ascii\">\(values)</DataArray>")
    }
    line("    </FieldData>")
  }

  /// Closes the element of the data set, lets the appended arrays follow, and closes the document.
  ///
  /// Arrays are appended in the reverse of their elements' order. Any order is legal, but meshio 5 replaces offsets by
  /// those of another encoding while it still looks for elements by their offset, and takes the first that fits: in this
  /// order that is always one not replaced yet.
  mutating func end(_ type: String) {
    line("  </\(type)>")
    insertOffsets()
    if options.encoding == .appendedRaw || options.encoding == .appendedBase64 {
      bytes +=
        "  <AppendedData encoding=\"\(options.encoding == .appendedRaw ? "raw" : "base64")\">\n   _".utf8
      for array in appended.reversed() { bytes += array.data }
      line("\n  </AppendedData>")
    }
    line("</VTKFile>")
  }

  private mutating func insertOffsets() {
    guard !appended.isEmpty else { return }
    var offset = appended.reduce(0) { $0 + $1.data.count }
    let text = bytes
    bytes = []
    var start = 0
    for array in appended {
      offset -= array.data.count
      bytes += text[start..<array.place]
      bytes += String(offset).utf8
      start = array.place
    }
    bytes += text[start...]
  }

  /// Writes an array in the chosen encoding.
  ///
  /// - Throws: ``FormatError/unsupported(file:problem:remedy:)`` when it is too long for its header type.
  mutating func array(_ array: VTKArray) throws(FormatError) {
    let width = array.components == 1 ? "" : " NumberOfComponents=\"\(array.components)\""
    let attributes = "type=\"\(array.xmlType)\" Name=\"\(Markup.escaped(array.name))\"\(width)"
    switch options.encoding {
    case .ascii:
      line("        <DataArray \(attributes) format=\"ascii\">")
      array.appendText(to: &bytes)
      line("        </DataArray>")
    case .base64:
      line("        <DataArray \(attributes) format=\"binary\">")
      bytes += "          ".utf8
      for part in try parts(array.name, array.bytes(bigEndian: false)) { bytes += Base64.encode(part) }
      line("\n        </DataArray>")
    case .appendedRaw, .appendedBase64:
      bytes += "        <DataArray \(attributes) format=\"appended\" offset=\"".utf8
      let parts = try parts(array.name, array.bytes(bigEndian: false))
      appended.append(
        (bytes.count, parts.flatMap { options.encoding == .appendedRaw ? $0 : Base64.encode($0) }))
      line("\"/>")
    }
  }

  /// The runs of bytes that hold `data`: length and data in one, or the block table and the compressed blocks
  /// in two.
  private func parts(_ name: String, _ data: [UInt8]) throws(FormatError) -> [[UInt8]] {
    guard options.headerType == .uint64 || data.count <= Int(UInt32.max) else {
      throw .unsupported(
        file: file, problem: "array \"\(name)\" has \(data.count) bytes, too many for a UInt32 header",
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
