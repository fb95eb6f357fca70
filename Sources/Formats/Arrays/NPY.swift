import Foundation
import Tensors

/// NumPy's array files (`.npy`; NumPy Enhancement Proposal 1, 2007): versions 1, 2 and 3 are read, 1 is
/// written.
public enum NPY {
  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// The file's bytes: little-endian, C order.
  public static func encode(_ array: NumericArray) -> [UInt8] {
    let lengths = array.shape.map(String.init).joined(separator: ", ")
    let shape = array.shape.count == 1 ? "(\(lengths),)" : "(\(lengths))"
    return header(descriptor(array.elements), shape: shape) + array.elements.bytes
  }

  /// The bytes of a single string of ASCII letters, which NumPy holds as bytes.
  static func encode(letters: String) -> [UInt8] {
    header("|S\(letters.utf8.count)", shape: "()") + Array(letters.utf8)
  }

  private static func header(_ descriptor: String, shape: String) -> [UInt8] {
    var header = "{'descr': '\(descriptor)', 'fortran_order': False, 'shape': \(shape), }"
    // The data start at a multiple of 64 bytes, so that the file can be mapped into memory.
    header += String(repeating: " ", count: 63 - (magic.count + 4 + header.utf8.count) % 64) + "\n"
    let size = header.utf8.count
    return magic + [1, 0, UInt8(size & 0xFF), UInt8(size >> 8)] + Array(header.utf8)
  }

  /// Writes `array` to `url`.
  ///
  /// - Throws: ``FormatError/system(path:action:code:)``.
  public static func write(_ array: NumericArray, to url: URL) throws(FormatError) {
    try AtomicFile.write(encode(array), to: url)
  }

  /// The array at `url`.
  ///
  /// - Throws: what ``decode(_:file:)`` throws, and ``FormatError/system(path:action:code:)``.
  public static func read(_ url: URL) throws(FormatError) -> NumericArray {
    try decode(AtomicFile.read(url), file: url.path)
  }

  /// The array in the bytes of a `.npy` file; Fortran order and big-endian data are converted.
  ///
  /// - Parameter file: the name to use in errors.
  /// - Throws: ``FormatError/malformed(file:problem:remedy:)`` for damaged input,
  ///   ``FormatError/unsupported(file:problem:remedy:)`` for other element types than f4, f8, i4, i8, c8 and
  ///   c16.
  public static func decode(_ bytes: [UInt8], file: String = "npy") throws(FormatError) -> NumericArray {
    let header = try bytes.withBytes { (buffer) throws(FormatError) -> Header in
      try Self.header(of: buffer, file: file)
    }
    let elements = header.type.elements(bytes[header.start...], bigEndian: header.isBigEndian)
    return NumericArray(
      shape: header.shape,
      elements: header.isFortranOrder ? elements.reordered(fromFortranOrder: header.shape) : elements)
  }

  /// What the beginning of a file says of the rest.
  struct Header {
    var type: ElementType
    var isBigEndian, isFortranOrder: Bool
    var shape: [Int]
    /// Where the elements begin; they fill the rest of the file.
    var start: Int
  }

  /// The header of a file, whose length is checked against the shape.
  ///
  /// - Throws: ``FormatError``, as ``decode(_:file:)`` does.
  static func header(of bytes: UnsafeRawBufferPointer, file: String) throws(FormatError) -> Header {
    guard bytes.starts(with: magic) else {
      throw .malformed(
        file: file, problem: "it does not start as a NumPy array", remedy: "give a file made by numpy.save")
    }
    guard bytes.count >= 12, (1...3).contains(bytes[6]) else {
      throw .damaged(
        file, bytes.count < 12 ? "its header ends early" : "its format version \(bytes[6]) is unknown")
    }
    let lengthSize = bytes[6] == 1 ? 2 : 4
    let headerSize = (0..<lengthSize).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
    let start = 8 + lengthSize + headerSize
    guard start <= bytes.count else { throw .damaged(file, "its header ends early") }
    var scanner = HeaderScanner(text: Array(bytes[(8 + lengthSize)..<start])[...])
    guard let header = scanner.header() else { throw .damaged(file, "its header is not understood") }
    guard let type = elementType(header.descriptor) else {
      throw .unsupported(
        file: file, problem: "its elements are of type '\(header.descriptor)'",
        remedy: "convert it in NumPy with .astype('<f8')")
    }
    guard let size = type.byteCount(header.shape), size == bytes.count - start else {
      throw .damaged(
        file, "it holds \(bytes.count - start) bytes of data, which do not fill the shape \(header.shape)")
    }
    return Header(
      type: type, isBigEndian: header.descriptor.hasPrefix(">"), isFortranOrder: header.isFortranOrder,
      shape: header.shape, start: start)
  }

  private static func descriptor(_ elements: NumericArray.Elements) -> String {
    switch ElementType(elements) {
    case .float32: "<f4"
    case .float64: "<f8"
    case .int32: "<i4"
    case .int64: "<i8"
    case .complex64: "<c8"
    case .complex128: "<c16"
    }
  }

  private static func elementType(_ descriptor: String) -> ElementType? {
    guard let order = descriptor.first, "<>=".contains(order) else { return nil }
    switch descriptor.dropFirst() {
    case "f4": return .float32
    case "f8": return .float64
    case "i4": return .int32
    case "i8": return .int64
    case "c8": return .complex64
    case "c16": return .complex128
    default: return nil
    }
  }

  /// Reads the header, a Python dictionary literal of three known keys.
  private struct HeaderScanner {
    let text: ArraySlice<UInt8>
    var position: Int

    init(text: ArraySlice<UInt8>) {
      self.text = text
      position = text.startIndex
    }

    mutating func header() -> (descriptor: String, isFortranOrder: Bool, shape: [Int])? {
      var (descriptor, isFortranOrder, shape): (String?, Bool?, [Int]?)
      guard accept("{") else { return nil }
      while !accept("}") {
        guard let key = string(), accept(":") else { return nil }
        switch key {
        case "descr": descriptor = string() ?? structured()
        case "fortran_order":
          switch word() {
          case "True": isFortranOrder = true
          case "False": isFortranOrder = false
          default: return nil
          }
        case "shape": shape = tuple()
        default: return nil
        }
        if !accept(",") {
          guard accept("}") else { return nil }
          break
        }
      }
      guard let descriptor, let isFortranOrder, let shape else { return nil }
      return (descriptor, isFortranOrder, shape)
    }

    private mutating func skipSpace() {
      while position < text.endIndex, text[position] <= 32 { position += 1 }
    }

    private mutating func accept(_ character: Unicode.Scalar) -> Bool {
      skipSpace()
      guard position < text.endIndex, text[position] == UInt8(ascii: character) else { return false }
      position += 1
      return true
    }

    private mutating func string() -> String? {
      skipSpace()
      guard position < text.endIndex, text[position] == 39 || text[position] == 34,
        let end = text[(position + 1)...].firstIndex(of: text[position])
      else { return nil }
      defer { position = end + 1 }
      return String(decoding: text[(position + 1)..<end], as: UTF8.self)
    }

    /// The list that describes a structured element type, shortened: only an error message shows it.
    private mutating func structured() -> String? {
      guard accept("["), let end = text[position...].lastIndex(of: UInt8(ascii: "]")) else { return nil }
      position = end + 1
      return "structured"
    }

    private mutating func word() -> String {
      skipSpace()
      let start = position
      while position < text.endIndex, text[position] | 0x20 >= 97, text[position] | 0x20 <= 122 {
        position += 1
      }
      return String(decoding: text[start..<position], as: UTF8.self)
    }

    private mutating func tuple() -> [Int]? {
      guard accept("(") else { return nil }
      var result: [Int] = []
      while !accept(")") {
        skipSpace()
        let start = position
        while position < text.endIndex, (48...57).contains(text[position]) { position += 1 }
        guard let value = Int(String(decoding: text[start..<position], as: UTF8.self)) else { return nil }
        // Python 2 wrote long integers with a suffix.
        _ = accept("L")
        result.append(value)
        if !accept(",") {
          guard accept(")") else { return nil }
          break
        }
      }
      return result
    }
  }
}

extension NumericArray.Elements {
  /// The elements, given with the first axis fastest, in row-major order.
  fileprivate func reordered(fromFortranOrder shape: [Int]) -> NumericArray.Elements {
    func reorder<Element>(_ values: [Element]) -> [Element] {
      var strides = [Int](repeating: 1, count: shape.count)
      for axis in shape.indices.dropFirst() { strides[axis] = strides[axis - 1] * shape[axis - 1] }
      var index = [Int](repeating: 0, count: shape.count)
      var source = 0
      return values.indices.map { _ in
        defer {
          for axis in shape.indices.reversed() {
            index[axis] += 1
            source += strides[axis]
            if index[axis] < shape[axis] { break }
            source -= strides[axis] * shape[axis]
            index[axis] = 0
          }
        }
        return values[source]
      }
    }
    return switch self {
    case .float32(let values): .float32(reorder(values))
    case .float64(let values): .float64(reorder(values))
    case .int32(let values): .int32(reorder(values))
    case .int64(let values): .int64(reorder(values))
    case .complex64(let values): .complex64(reorder(values))
    case .complex128(let values): .complex128(reorder(values))
    }
  }
}
