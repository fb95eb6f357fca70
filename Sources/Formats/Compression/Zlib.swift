/// The zlib wrapping of deflate (RFC 1950, 1996): two header bytes, the stream, its Adler-32.
package enum Zlib {
  /// The zlib stream of `bytes`.
  static func compress(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    // 0x78: deflate with a 32 KiB window; 0x9C: default effort, made divisible by 31.
    var result: [UInt8] = [0x78, 0x9C]
    result += Deflate.bytes(bytes)
    let checksum = Checksums.adler32(bytes)
    for shift in [24, 16, 8, 0] { result.append(UInt8(truncatingIfNeeded: checksum >> UInt32(shift))) }
    return result
  }

  /// The zlib stream of `bytes`.
  package static func compress(_ bytes: [UInt8]) -> [UInt8] { bytes.withUnsafeBytes { compress($0) } }

  /// The `size` bytes that the zlib stream `stream` holds; the stream itself may be followed by other bytes.
  package static func decompress(_ stream: [UInt8], size: Int) throws(InflateError) -> [UInt8] {
    try stream.withBytes { (buffer) throws(InflateError) in try decompress(buffer, size: size) }
  }

  /// The `size` bytes that the zlib stream at the start of `stream` holds.
  static func decompress(_ stream: UnsafeRawBufferPointer, size: Int) throws(InflateError) -> [UInt8] {
    guard stream.count >= 6 else { throw InflateError(reason: "the compressed data end early") }
    let (method, flags) = (stream[0], stream[1])
    guard method & 0x0F == 8, method >> 4 <= 7, (Int(method) * 256 + Int(flags)) % 31 == 0 else {
      throw InflateError(reason: "the compressed data do not start with a zlib header")
    }
    guard flags & 0x20 == 0 else {
      throw InflateError(reason: "the compressed data need a preset dictionary")
    }
    let (bytes, consumed) = try Inflate.bytes(UnsafeRawBufferPointer(rebasing: stream[2...]), size: size)
    guard 2 + consumed + 4 <= stream.count else {
      throw InflateError(reason: "the compressed data end early")
    }
    let stated = (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(stream[2 + consumed + $1]) }
    guard stated == bytes.withUnsafeBytes({ Checksums.adler32($0) }) else {
      throw InflateError(reason: "the checksum of the decompressed data is wrong")
    }
    return bytes
  }
}
