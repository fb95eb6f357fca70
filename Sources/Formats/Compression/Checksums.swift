/// The two checksums of compressed formats: Adler-32 (RFC 1950, 1996) of zlib and CRC-32 (ISO 3309) of PNG
/// and zip.
package enum Checksums {
  /// Adler-32 of `bytes`.
  package static func adler32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var (a, b): (UInt32, UInt32) = (1, 0)
    var i = 0
    while i < bytes.count {
      // 5552 is the longest run whose sums stay below 2³² without a reduction.
      let end = min(i + 5552, bytes.count)
      while i < end {
        a &+= UInt32(bytes[i])
        b &+= a
        i &+= 1
      }
      a %= 65521
      b %= 65521
    }
    return b << 16 | a
  }

  /// CRC-32 of `bytes`, continuing from the checksum of what stands before them (0 at the start).
  package static func crc32(_ bytes: UnsafeRawBufferPointer, continuing previous: UInt32 = 0) -> UInt32 {
    crcTables.withUnsafeBufferPointer { tables in
      var crc = ~previous
      var i = 0
      // Eight bytes at a time: table k advances the checksum of a byte by k further bytes.
      while i + 8 <= bytes.count {
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self)) ^ UInt64(crc)
        crc = 0
        for k in 0..<8 { crc ^= tables[(7 &- k) &* 256 &+ Int(word >> UInt64(8 &* k) & 0xFF)] }
        i &+= 8
      }
      while i < bytes.count {
        crc = tables[Int((crc ^ UInt32(bytes[i])) & 0xFF)] ^ crc >> 8
        i &+= 1
      }
      return ~crc
    }
  }

  private static let crcTables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for n in 0..<256 {
      var c = UInt32(n)
      for _ in 0..<8 { c = c & 1 == 1 ? 0xEDB8_8320 ^ c >> 1 : c >> 1 }
      tables[n] = c
    }
    for n in 256..<2048 {
      let c = tables[n - 256]
      tables[n] = tables[Int(c & 0xFF)] ^ c >> 8
    }
    return tables
  }()
}
