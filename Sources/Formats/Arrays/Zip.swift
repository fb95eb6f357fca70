/// Zip archives (PKWARE's application note 6.3) of stored and deflated entries, without the zip64 extension.
enum Zip {
  struct Entry {
    var name: String
    var bytes: [UInt8]
  }

  private static let localSignature: UInt32 = 0x0403_4B50
  private static let centralSignature: UInt32 = 0x0201_4B50
  private static let endSignature: UInt32 = 0x0605_4B50

  /// The archive's bytes; an entry that deflate does not shrink is stored.
  static func encode(_ entries: [Entry], isCompressed: Bool, file: String) throws(FormatError) -> [UInt8] {
    var archive: [UInt8] = []
    var directory: [UInt8] = []
    for entry in entries {
      guard entry.bytes.count < 1 << 31, archive.count + entry.bytes.count < Int(UInt32.max) - 1 << 20 else {
        throw .unsupported(
          file: file, problem: "entry \"\(entry.name)\" takes the archive beyond 4 GiB, or itself beyond 2",
          remedy: "write several archives")
      }
      let packed = isCompressed ? entry.bytes.withUnsafeBytes { Deflate.bytes($0) } : entry.bytes
      let isDeflated = packed.count < entry.bytes.count
      let data = isDeflated ? packed : entry.bytes
      let checksum = entry.bytes.withUnsafeBytes { Checksums.crc32($0) }
      // What the local header and the directory share. Bit 11: the name is UTF-8; the date is 1980-01-01, so
      // that equal content gives equal bytes.
      var common =
        little(20, 2) + little(1 << 11, 2) + little(isDeflated ? 8 : 0, 2) + little(0, 2) + little(0x21, 2)
      common += little(Int(checksum), 4) + little(data.count, 4) + little(entry.bytes.count, 4)
      common += little(entry.name.utf8.count, 2) + little(0, 2)
      directory += little(Int(centralSignature), 4) + little(20, 2) + common
      directory += little(0, 2) + little(0, 2) + little(0, 2) + little(0, 4) + little(archive.count, 4)
      directory += entry.name.utf8
      archive += little(Int(localSignature), 4) + common
      archive += entry.name.utf8
      archive += data
    }
    guard entries.count < 0xFFFF else {
      throw .unsupported(
        file: file, problem: "\(entries.count) entries are too many", remedy: "write several archives")
    }
    let start = archive.count
    archive += directory
    archive +=
      little(Int(endSignature), 4) + little(0, 4) + little(entries.count, 2) + little(entries.count, 2)
    archive += little(directory.count, 4) + little(start, 4) + little(0, 2)
    return archive
  }

  /// An entry as the directory describes it.
  struct Member {
    var name: String
    /// 0 for stored entries, 8 for deflated ones.
    var method: Int
    /// Where its bytes lie in the archive.
    var range: Range<Int>
    /// How many bytes there are when it is unpacked.
    var size: Int
    var checksum: Int
  }

  /// All entries of the archive, unpacked and checked.
  static func decode(_ bytes: [UInt8], file: String) throws(FormatError) -> [Entry] {
    try bytes.withBytes { (buffer) throws(FormatError) in
      var result: [Entry] = []
      for member in try directory(buffer, file: file) {
        result.append(Entry(name: member.name, bytes: try unpacked(member, of: buffer, file: file)))
      }
      return result
    }
  }

  /// The entries of the archive as its directory lists them, each within the archive.
  static func directory(_ bytes: UnsafeRawBufferPointer, file: String) throws(FormatError) -> [Member] {
    guard bytes.count >= 22 else { throw .damaged(file, "it is too short for a zip archive") }
    // The end record stands last, before a comment of at most 65535 bytes.
    var end = bytes.count - 22
    let lowest = max(0, end - 65535)
    while end >= lowest,
      !(word(bytes, end, 4) == Int(endSignature) && end + 22 + word(bytes, end + 20, 2) == bytes.count)
    {
      end -= 1
    }
    guard end >= lowest else { throw .damaged(file, "it has no zip directory") }
    let (count, size, start) = (word(bytes, end + 10, 2), word(bytes, end + 12, 4), word(bytes, end + 16, 4))
    guard count != 0xFFFF, size != 0xFFFF_FFFF, start != 0xFFFF_FFFF else { throw zip64(file) }
    guard start + size <= end else { throw .damaged(file, "its zip directory lies outside the file") }
    var position = start
    var result: [Member] = []
    var names: Set<String> = []
    for _ in 0..<count {
      guard position + 46 <= end, word(bytes, position, 4) == Int(centralSignature) else {
        throw .damaged(file, "its zip directory is broken")
      }
      let next =
        position + 46 + word(bytes, position + 28, 2) + word(bytes, position + 30, 2)
        + word(bytes, position + 32, 2)
      guard next <= end else { throw .damaged(file, "its zip directory is broken") }
      let name = String(
        decoding: bytes[(position + 46)..<(position + 46 + word(bytes, position + 28, 2))], as: UTF8.self)
      guard names.insert(name).inserted else { throw .damaged(file, "it has two entries named \"\(name)\"") }
      result.append(try member(bytes, record: position, name: name, file: file))
      position = next
    }
    return result
  }

  private static func member(
    _ bytes: UnsafeRawBufferPointer, record: Int, name: String, file: String
  ) throws(FormatError) -> Member {
    let (flags, method) = (word(bytes, record + 8, 2), word(bytes, record + 10, 2))
    let (packedSize, size) = (word(bytes, record + 20, 4), word(bytes, record + 24, 4))
    let local = word(bytes, record + 42, 4)
    guard packedSize != 0xFFFF_FFFF, size != 0xFFFF_FFFF, local != 0xFFFF_FFFF else { throw zip64(file) }
    guard flags & 1 == 0 else {
      throw .unsupported(
        file: file, problem: "entry \"\(name)\" is encrypted", remedy: "write it without a password")
    }
    guard local + 30 <= bytes.count, word(bytes, local, 4) == Int(localSignature) else {
      throw .damaged(file, "entry \"\(name)\" has no header")
    }
    let start = local + 30 + word(bytes, local + 26, 2) + word(bytes, local + 28, 2)
    guard start + packedSize <= bytes.count else { throw .damaged(file, "entry \"\(name)\" ends early") }
    guard method == 0 || method == 8 else {
      throw .unsupported(
        file: file, problem: "entry \"\(name)\" is compressed by method \(method)",
        remedy: "store or deflate it")
    }
    guard method == 8 || packedSize == size else {
      throw .damaged(file, "entry \"\(name)\" has two sizes")
    }
    return Member(
      name: name, method: method, range: start..<start + packedSize, size: size,
      checksum: word(bytes, record + 16, 4))
  }

  /// The bytes of an entry, unpacked and checked.
  static func unpacked(_ member: Member, of bytes: UnsafeRawBufferPointer, file: String) throws(FormatError)
    -> [UInt8]
  {
    let data = UnsafeRawBufferPointer(rebasing: bytes[member.range])
    let result: [UInt8]
    if member.method == 0 {
      result = Array(data)
    } else {
      do throws(InflateError) {
        result = try Inflate.bytes(data, size: member.size).0
      } catch {
        throw .damaged(file, "entry \"\(member.name)\": \(error.reason)")
      }
    }
    guard Int(result.withUnsafeBytes { Checksums.crc32($0) }) == member.checksum else {
      throw .damaged(file, "the checksum of entry \"\(member.name)\" is wrong")
    }
    return result
  }

  private static func zip64(_ file: String) -> FormatError {
    .unsupported(
      file: file, problem: "it uses the zip64 extension",
      remedy: "write archives of less than 4 GiB, or one .npy file per array")
  }

  private static func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private static func word(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ count: Int) -> Int {
    (0..<count).reduce(0) { $0 | Int(bytes[start + $1]) << (8 * $1) }
  }
}
