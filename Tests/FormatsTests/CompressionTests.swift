import Formats
import Foundation
import TestSupport
import Testing

@Suite("Deflate and inflate")
struct CompressionTests {
  /// What zlib's streams below hold.
  static let text =
    Array(String(repeating: "the quick brown fox jumps over the lazy dog; ", count: 3).utf8) + Array(0..<64)

  /// Streams that zlib 1.2.13 made of the text: stored, fixed codes, its best effort, and Huffman codes
  /// alone.
  static let streams = [
    """
    eAEBxwA4/3RoZSBxdWljayBicm93biBmb3gganVtcHMgb3ZlciB0aGUgbGF6eSBkb2c7IHRoZSBxdWljayBicm93biBmb3gganVtcHMgb3Zl\
    ciB0aGUgbGF6eSBkb2c7IHRoZSBxdWljayBicm93biBmb3gganVtcHMgb3ZlciB0aGUgbGF6eSBkb2c7IAABAgMEBQYHCAkKCwwNDg8QERIT\
    FBUWFxgZGhscHR4fICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8M1zjd
    """,
    """
    eAEryUhVKCzNTM5WSCrKL89TSMuvUMgqzS0oVsgvSy1SKAFK5yRWVSqk5Kdbg3m0UczAyMTMwsrGzsHJxc3Dy8cvICgkLCIqJi4hKSUtIysn\
    r6CopKyiqqauoamlraOrp29gaGRsYmpmbmFpZW1ja2cPAAzXON0=
    """,
    """
    eNoryUhVKCzNTM5WSCrKL89TSMuvUMgqzS0oVsgvSy1SKAFK5yRWVSqk5Kdbg3m0UczAyMTMwsrGzsHJxc3Dy8cvICgkLCIqJi4hKSUtIysn\
    r6CopKyiqqauoamlraOrp29gaGRsYmpmbmFpZW1ja2cPAAzXON0=
    """,
    """
    eAEFwQdCwkAUBUAVC3ZAsCtPFFTE3o3lLCk/2dSfbHbTTu+MEoRM+3YIS3KZwOUKgY7THFyQhBKEyGxqOOwZUIKQad8OYUkuE7hcIdBxmoML\
    klCCEJlNDYc9A0oQMu3bISzJZQKXKwQ6TnNwQRJKECKzqeGwZ2BufqG1uLS80l5dW9/Y3NrudHs7/cHu3v7B4dHxyekQZ6Pzi/Hk8up6ejO7\
    vbt/eHx6fnl9e//4/DK+f37//gEM1zjd
    """,
  ]

  @Test("inflate reads what zlib wrote", arguments: streams.indices)
  func inflate(index: Int) throws {
    let stream = Array(try #require(Data(base64Encoded: Self.streams[index])))
    #expect(try Zlib.decompress(stream, size: Self.text.count) == Self.text)
    // A wrong size, a short stream and a broken checksum are noticed.
    #expect(throws: InflateError.self) { try Zlib.decompress(stream, size: Self.text.count + 1) }
    #expect(throws: InflateError.self) { try Zlib.decompress(stream, size: Self.text.count - 1) }
    var broken = stream
    broken[broken.count - 1] ^= 1
    #expect(throws: InflateError.self) { try Zlib.decompress(broken, size: Self.text.count) }
    for count in 0..<stream.count {
      #expect(throws: InflateError.self) {
        try Zlib.decompress(Array(stream.prefix(count)), size: Self.text.count)
      }
    }
  }

  /// Data of different kinds: nothing, runs, noise, text, numbers, and lengths around the limits of blocks
  /// and windows.
  static let samples: [(name: String, bytes: [UInt8])] = {
    var random = Noise(seed: 3)
    let noise: [UInt8] = (0..<100_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    var words: [UInt8] = []
    while words.count < 300_000 { words += Array("word\(random.next() % 1000) ".utf8) }
    let doubles = (0..<20_000).flatMap { i in
      withUnsafeBytes(of: sin(Double(i) * 0.001)) { Array($0) }
    }
    var result: [(String, [UInt8])] = [
      ("empty", []), ("one", [7]), ("pair", [7, 7]), ("zeros", [UInt8](repeating: 0, count: 1_000_000)),
      ("noise", noise), ("words", words), ("doubles", doubles),
      ("far", Array(noise[..<40_000] + noise[..<40_000])),
      ("bits", (0..<200_000).map { _ in UInt8(random.next() & 1) }),
    ]
    for count in [3, 4, 5, 257, 258, 259, 32767, 32768, 32769, 65535, 65536] {
      result.append(("noise \(count)", Array(noise.prefix(count))))
      result.append(("run \(count)", [UInt8](repeating: 9, count: count)))
    }
    return result
  }()

  @Test("come back to the same bytes", arguments: samples.indices)
  func roundTrip(index: Int) throws {
    let (name, bytes) = Self.samples[index]
    let stream = Zlib.compress(bytes)
    let isSame = try Zlib.decompress(stream, size: bytes.count) == bytes
    #expect(isSame, "\(name)")
    // Stored blocks bound the growth, and equal input gives equal output.
    #expect(stream.count <= bytes.count + 5 * (bytes.count / 30_000 + 1) + 6, "\(name)")
    #expect(Zlib.compress(bytes) == stream, "\(name)")
  }

  @Test("shrink what repeats")
  func ratio() throws {
    let sizes = Dictionary(
      uniqueKeysWithValues: Self.samples.map { ($0.name, Zlib.compress($0.bytes).count) })
    // 258 bytes per match at one bit for the length and one for the distance bound the ratio by 1032.
    #expect(try #require(sizes["zeros"]) < 1200)
    // zlib 1.2.13 at its default effort takes 0.160 of random bits in bytes, and 0.240 of text of this kind.
    #expect(try #require(sizes["bits"]) < 34_000)
    #expect(try #require(sizes["words"]) < 76_000)
  }

  @Test("checksums of published examples")
  func checksums() {
    // The check value of CRC-32 in the catalogue of parametrised CRC algorithms, and Adler-32's example
    // "Wikipedia".
    #expect(Array("123456789".utf8).withUnsafeBytes { Checksums.crc32($0) } == 0xCBF4_3926)
    #expect(Array("Wikipedia".utf8).withUnsafeBytes { Checksums.adler32($0) } == 0x11E6_0398)
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 31) }
    let whole = bytes.withUnsafeBytes { Checksums.crc32($0) }
    let halves = bytes.withUnsafeBytes {
      Checksums.crc32(.init(rebasing: $0[333...]), continuing: Checksums.crc32(.init(rebasing: $0[..<333])))
    }
    #expect(whole == halves)
  }
}
