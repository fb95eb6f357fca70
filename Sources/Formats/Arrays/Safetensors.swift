import Foundation

/// Files of named tensors in the safetensors format (Hugging Face, 2022): a length, a JSON header, the data.
///
/// The element types F32, F64, I32, I64 and C64 are handled.
public struct Safetensors: Hashable, Sendable {
  /// The tensors by name.
  public var tensors: [String: NumericArray]
  /// Free text about the file, by key.
  public var metadata: [String: String]

  /// A file of the given tensors.
  public init(tensors: [String: NumericArray], metadata: [String: String] = [:]) {
    self.tensors = tensors
    self.metadata = metadata
  }

  private static let metadataKey = "__metadata__"
  /// The format's own limit for the header.
  private static let largestHeader = 100_000_000

  /// The file's bytes: tensors in the order of their names, aligned to 8 bytes.
  ///
  /// - Throws: ``FormatError/unsupported(file:problem:remedy:)`` for complex numbers of double precision and
  ///   for the reserved name `__metadata__`.
  public func encode() throws(FormatError) -> [UInt8] { try encode(file: "safetensors") }

  /// Writes the tensors to `url`.
  ///
  /// - Throws: what ``encode()`` throws, and ``FormatError/system(path:action:code:)``.
  public func write(to url: URL) throws(FormatError) { try AtomicFile.write(encode(file: url.path), to: url) }

  private func encode(file: String) throws(FormatError) -> [UInt8] {
    var header: [String: Any] = [:]
    if !metadata.isEmpty { header[Self.metadataKey] = metadata }
    var data: [UInt8] = []
    // Wide elements first: offsets then stay aligned without gaps, which the format forbids.
    let names = tensors.keys.sorted {
      let (a, b) = (ElementType(tensors[$0]!.elements).size, ElementType(tensors[$1]!.elements).size)
      return (b, $0) < (a, $1)
    }
    for name in names {
      guard name != Self.metadataKey else {
        throw .unsupported(
          file: file, problem: "the name \"\(name)\" is reserved", remedy: "rename the tensor")
      }
      let tensor = tensors[name]!
      guard let type = Self.typeName(ElementType(tensor.elements)) else {
        throw .unsupported(
          file: file, problem: "tensor \"\(name)\" has complex elements of double precision",
          remedy: "write real and imaginary parts as two tensors")
      }
      let start = data.count
      data += tensor.elements.bytes
      header[name] =
        ["dtype": type, "shape": tensor.shape, "data_offsets": [start, data.count]] as [String: Any]
    }
    guard
      let json = try? JSONSerialization.data(
        withJSONObject: header, options: [.sortedKeys, .withoutEscapingSlashes]),
      json.count <= Self.largestHeader
    else {
      throw .unsupported(
        file: file, problem: "its header cannot be written as JSON", remedy: "use fewer or shorter names")
    }
    let padding = (8 - json.count % 8) % 8
    let size = UInt64(json.count + padding)
    return (0..<8).map { UInt8(truncatingIfNeeded: size >> (8 * $0)) } + Array(json)
      + repeatElement(UInt8(ascii: " "), count: padding) + data
  }

  private static func typeName(_ type: ElementType) -> String? {
    switch type {
    case .float32: "F32"
    case .float64: "F64"
    case .int32: "I32"
    case .int64: "I64"
    case .complex64: "C64"
    case .complex128: nil
    }
  }

  /// The tensors at `url`.
  ///
  /// - Throws: what ``decode(_:file:)`` throws, and ``FormatError/system(path:action:code:)``.
  public static func read(_ url: URL) throws(FormatError) -> Safetensors {
    try decode(AtomicFile.read(url), file: url.path)
  }

  /// The tensors in the bytes of a file; names that occur twice, data that overlap and gaps are refused.
  ///
  /// - Parameter file: the name to use in errors.
  /// - Throws: ``FormatError/malformed(file:problem:remedy:)`` for damaged input,
  ///   ``FormatError/unsupported(file:problem:remedy:)`` for other element types.
  public static func decode(_ bytes: [UInt8], file: String = "safetensors") throws(FormatError) -> Safetensors
  {
    guard bytes.count >= 8 else { throw .damaged(file, "it ends early") }
    let size = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[$1]) << UInt64(8 * $1) }
    guard size <= UInt64(min(largestHeader, bytes.count - 8)) else {
      throw .damaged(file, "its header of \(size) bytes does not fit into its \(bytes.count)")
    }
    let header = bytes[8..<(8 + Int(size))]
    let data = bytes[(8 + Int(size))...]
    guard header.first == UInt8(ascii: "{"), depth(header) <= 8,
      let json = try? JSONSerialization.jsonObject(with: Data(header)), let object = json as? [String: Any]
    else { throw .damaged(file, "its header is no JSON object") }
    guard memberCount(header) == memberCount(object) else {
      throw .damaged(file, "its header has a name twice")
    }

    var result = Safetensors(tensors: [:])
    var entries: [(start: Int, end: Int, name: String, type: ElementType, shape: [Int])] = []
    for (name, value) in object {
      if name == metadataKey {
        guard let metadata = value as? [String: String] else {
          throw .damaged(file, "its metadata are not text")
        }
        result.metadata = metadata
        continue
      }
      guard let entry = value as? [String: Any], let typeName = entry["dtype"] as? String,
        let shape = integers(entry["shape"]), let offsets = integers(entry["data_offsets"]),
        offsets.count == 2
      else { throw .damaged(file, "the entry of tensor \"\(name)\" is not understood") }
      guard let type = ElementType.allCases.first(where: { Self.typeName($0) == typeName }) else {
        throw .unsupported(
          file: file, problem: "tensor \"\(name)\" has elements of type \(typeName)",
          remedy: "convert it to F32, F64, I32, I64 or C64")
      }
      guard offsets[0] <= offsets[1], offsets[1] <= data.count else {
        throw .damaged(file, "the data of tensor \"\(name)\" lie outside the file")
      }
      guard type.byteCount(shape) == offsets[1] - offsets[0] else {
        throw .damaged(
          file, "the \(offsets[1] - offsets[0]) bytes of tensor \"\(name)\" do not fill the shape \(shape)")
      }
      entries.append((offsets[0], offsets[1], name, type, shape))
    }
    var end = 0
    for entry in entries.sorted(by: { ($0.start, $0.end) < ($1.start, $1.end) }) {
      guard entry.start == end else {
        throw .damaged(file, "the data of tensor \"\(entry.name)\" overlap others or leave a gap before them")
      }
      end = entry.end
    }
    guard end == data.count else { throw .damaged(file, "\(data.count - end) bytes belong to no tensor") }
    for entry in entries {
      let slice = data[(data.startIndex + entry.start)..<(data.startIndex + entry.end)]
      result.tensors[entry.name] = NumericArray(
        shape: entry.shape, elements: entry.type.elements(slice, bigEndian: false))
    }
    return result
  }

  /// The non-negative integers of a JSON array.
  private static func integers(_ value: Any?) -> [Int]? {
    guard let numbers = value as? [NSNumber] else { return nil }
    let result = numbers.compactMap { number in
      Int(exactly: number.doubleValue).flatMap { $0 >= 0 && $0 == number.intValue ? $0 : nil }
    }
    return result.count == numbers.count ? result : nil
  }

  /// The members of a JSON value and of all values inside it.
  private static func memberCount(_ value: Any) -> Int {
    (value as? [String: Any])?.values.reduce(0) { $0 + 1 + memberCount($1) } ?? 0
  }

  /// The colons outside strings: as many as the text has members, so that fewer parsed members reveal
  /// repeated names.
  private static func memberCount(_ json: ArraySlice<UInt8>) -> Int {
    var count = 0
    scan(json) { if $0 == UInt8(ascii: ":") { count += 1 } }
    return count
  }

  /// How deeply brackets nest, which bounds the recursion of the JSON parser.
  private static func depth(_ json: ArraySlice<UInt8>) -> Int {
    var (depth, deepest) = (0, 0)
    scan(json) {
      if $0 | 0x20 == UInt8(ascii: "{") { depth += 1 }
      if $0 | 0x20 == UInt8(ascii: "}") { depth -= 1 }
      deepest = max(deepest, depth)
    }
    return deepest
  }

  /// Visits the bytes outside strings.
  private static func scan(_ json: ArraySlice<UInt8>, _ visit: (UInt8) -> Void) {
    var (isInString, isEscaped) = (false, false)
    for byte in json {
      if isInString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
        }
      } else if byte == UInt8(ascii: "\"") {
        isInString = true
      } else {
        visit(byte)
      }
    }
  }
}
