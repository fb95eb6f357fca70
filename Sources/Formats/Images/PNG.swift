import Foundation

/// Portable Network Graphics (W3C recommendation, second edition, 2003), 8 bits per channel.
public enum PNG {
  /// The file's bytes.
  ///
  /// - Parameter text: remarks by keyword ("Title", "Software"), which viewers can show; keywords of 1 to 79
  ///   characters.
  public static func encode(_ image: PixelImage, text: [String: String] = [:]) -> [UInt8] {
    var bytes = PNGChunks.signature
    PNGChunks.append("IHDR", PNGPixels.header(image), to: &bytes)
    for (key, value) in text.sorted(by: { $0.key < $1.key }) {
      let keyword = String(key.prefix(79)).filter { $0.isASCII && $0 >= " " }
      // Keyword, end of keyword, not compressed, no language, no translated keyword, UTF-8 text.
      let content = Array((keyword.isEmpty ? "Comment" : keyword).utf8) + [0, 0, 0, 0, 0] + Array(value.utf8)
      PNGChunks.append("iTXt", content, to: &bytes)
    }
    PNGPixels.appendPalette(image, to: &bytes)
    PNGChunks.append("IDAT", PNGPixels.compressed(image), to: &bytes)
    PNGChunks.append("IEND", [], to: &bytes)
    return bytes
  }

  /// Writes `image` to `url`.
  ///
  /// - Throws: ``FormatError/system(path:action:code:)``.
  public static func write(_ image: PixelImage, to url: URL, text: [String: String] = [:]) throws(FormatError)
  {
    try AtomicFile.write(encode(image, text: text), to: url)
  }

  /// The image at `url`.
  ///
  /// - Throws: what ``decode(_:file:)`` throws, and ``FormatError/system(path:action:code:)``.
  public static func read(_ url: URL) throws(FormatError) -> PixelImage {
    try decode(AtomicFile.read(url), file: url.path)
  }

  /// The image in the bytes of a PNG file; of an animated one the first.
  ///
  /// Images of 1, 2 and 4 bits are widened to 8; a transparent colour becomes an alpha channel.
  ///
  /// - Parameter file: the name to use in errors.
  /// - Throws: ``FormatError/malformed(file:problem:remedy:)`` for damaged input,
  ///   ``FormatError/unsupported(file:problem:remedy:)`` for 16 bits per channel and interlacing.
  public static func decode(_ bytes: [UInt8], file: String = "PNG") throws(FormatError) -> PixelImage {
    let chunks = try PNGChunks.read(bytes, file: file)
    let format = try PNGPixels.Format(chunks, bytes, file: file)
    let data = chunks.filter { $0.type == "IDAT" }.flatMap { bytes[$0.range] }
    return try format.image(data, width: format.width, height: format.height)
  }
}

/// The container of PNG: chunks of a length, a type, content and a checksum.
enum PNGChunks {
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  struct Chunk {
    let type: String
    let range: Range<Int>
  }

  static func append(_ type: String, _ content: [UInt8], to bytes: inout [UInt8]) {
    bytes += big(content.count, 4)
    let start = bytes.count
    bytes += type.utf8
    bytes += content
    let checksum = bytes.withUnsafeBytes { Checksums.crc32(UnsafeRawBufferPointer(rebasing: $0[start...])) }
    bytes += big(Int(checksum), 4)
  }

  /// The chunks up to IEND, with their checksums verified.
  static func read(_ bytes: [UInt8], file: String) throws(FormatError) -> [Chunk] {
    guard bytes.starts(with: signature) else {
      throw .malformed(file: file, problem: "it does not start as a PNG image", remedy: "give a .png file")
    }
    var chunks: [Chunk] = []
    var position = signature.count
    while true {
      guard position + 12 <= bytes.count else { throw .damaged(file, "it ends early") }
      let size = word(bytes, position, 4)
      guard size <= bytes.count - position - 12 else { throw .damaged(file, "it ends early") }
      let type = String(decoding: bytes[(position + 4)..<(position + 8)], as: UTF8.self)
      let end = position + 8 + size
      let checksum = bytes.withUnsafeBytes {
        Checksums.crc32(UnsafeRawBufferPointer(rebasing: $0[(position + 4)..<end]))
      }
      guard Int(checksum) == word(bytes, end, 4) else {
        throw .damaged(file, "the checksum of its \(type) chunk is wrong")
      }
      chunks.append(Chunk(type: type, range: (position + 8)..<end))
      if type == "IEND" { return chunks }
      position = end + 4
    }
  }

  static func big(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  static func word(_ bytes: [UInt8], _ start: Int, _ count: Int) -> Int {
    (0..<count).reduce(0) { $0 << 8 | Int(bytes[start + $1]) }
  }
}
