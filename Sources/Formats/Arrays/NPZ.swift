import Foundation

/// NumPy's archives of named arrays (`.npz`): zip files of `.npy` entries, stored or deflated.
public enum NPZ {
  /// A named array.
  public typealias Entry = (name: String, array: NumericArray)

  /// The archive's bytes, with the arrays in the given order.
  ///
  /// - Throws: ``FormatError/unsupported(file:problem:remedy:)`` when it would pass 4 GiB, or when two names
  ///   are equal.
  public static func encode(_ arrays: [Entry], isCompressed: Bool = true) throws(FormatError) -> [UInt8] {
    try encode(arrays, isCompressed: isCompressed, file: "npz")
  }

  /// Writes the arrays to `url`.
  ///
  /// - Throws: what ``encode(_:isCompressed:)`` throws, and ``FormatError/system(path:action:code:)``.
  public static func write(_ arrays: [Entry], to url: URL, isCompressed: Bool = true) throws(FormatError) {
    try AtomicFile.write(encode(arrays, isCompressed: isCompressed, file: url.path), to: url)
  }

  private static func encode(_ arrays: [Entry], isCompressed: Bool, file: String) throws(FormatError)
    -> [UInt8]
  {
    if let name = Dictionary(grouping: arrays, by: \.name).first(where: { $0.value.count > 1 })?.key {
      throw .unsupported(
        file: file, problem: "two arrays have the name \"\(name)\"", remedy: "give each its own name")
    }
    let entries = arrays.map { Zip.Entry(name: $0.name + ".npy", bytes: NPY.encode($0.array)) }
    return try Zip.encode(entries, isCompressed: isCompressed, file: file)
  }

  /// The arrays at `url`, in the order of the archive.
  ///
  /// - Throws: what ``decode(_:file:)`` throws, and ``FormatError/system(path:action:code:)``.
  public static func read(_ url: URL) throws(FormatError) -> [Entry] {
    try decode(AtomicFile.read(url), file: url.path)
  }

  /// The arrays in the bytes of an archive.
  ///
  /// - Parameter file: the name to use in errors.
  /// - Throws: ``FormatError/malformed(file:problem:remedy:)`` for damaged input,
  ///   ``FormatError/unsupported(file:problem:remedy:)`` for zip64, encryption and other element types.
  public static func decode(_ bytes: [UInt8], file: String = "npz") throws(FormatError) -> [Entry] {
    var result: [Entry] = []
    for entry in try Zip.decode(bytes, file: file) {
      let name = entry.name.hasSuffix(".npy") ? String(entry.name.dropLast(4)) : entry.name
      result.append((name, try NPY.decode(entry.bytes, file: "\(file), entry \(entry.name)")))
    }
    return result
  }
}
