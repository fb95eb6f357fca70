/// Base64 text (RFC 4648, 2006) of bytes, without line breaks.
enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  /// The six bits of each character, 0xFF for one outside the alphabet.
  private static let values: [UInt8] = {
    var table = [UInt8](repeating: 0xFF, count: 256)
    for (i, character) in alphabet.enumerated() { table[Int(character)] = UInt8(i) }
    return table
  }()

  /// The number of characters that encode `count` bytes.
  static func encodedCount(_ count: Int) -> Int { (count + 2) / 3 * 4 }

  /// The padded base64 text of `bytes`, as ASCII.
  static func encode(_ bytes: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: encodedCount(bytes.count)) { target, initialized in
      alphabet.withUnsafeBufferPointer { alphabet in
        bytes.withUnsafeBufferPointer { bytes in
          var (i, o) = (0, 0)
          while i < bytes.count {
            let left = bytes.count - i
            let second: UInt8 = left > 1 ? bytes[i + 1] : 0
            let third: UInt8 = left > 2 ? bytes[i + 2] : 0
            target[o] = alphabet[Int(bytes[i] >> 2)]
            target[o + 1] = alphabet[Int((bytes[i] & 3) << 4 | second >> 4)]
            target[o + 2] = left > 1 ? alphabet[Int((second & 15) << 2 | third >> 6)] : UInt8(ascii: "=")
            target[o + 3] = left > 2 ? alphabet[Int(third & 63)] : UInt8(ascii: "=")
            i += 3
            o += 4
          }
          initialized = o
        }
      }
    }
  }

  /// The bytes of one padded run of base64 text, or nil when it is none.
  static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    guard text.count % 4 == 0 else { return nil }
    let padding = text.suffix(2).reduce(0) { $0 + ($1 == UInt8(ascii: "=") ? 1 : 0) }
    if padding > 0, text.last != UInt8(ascii: "=") { return nil }
    let count = text.count / 4 * 3 - padding
    var isValid = true
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
      values.withUnsafeBufferPointer { values in
        text.withUnsafeBufferPointer { text in
          var (i, o) = (0, 0)
          var invalid: UInt8 = 0
          while i < text.count {
            let isLast = i + 4 == text.count
            let a = values[Int(text[i])]
            let b = values[Int(text[i + 1])]
            let c = isLast && padding == 2 ? 0 : values[Int(text[i + 2])]
            let d = isLast && padding >= 1 ? 0 : values[Int(text[i + 3])]
            invalid |= a | b | c | d
            let word = UInt32(a) << 18 | UInt32(b & 63) << 12 | UInt32(c & 63) << 6 | UInt32(d & 63)
            target[o] = UInt8(truncatingIfNeeded: word >> 16)
            if o + 1 < count { target[o + 1] = UInt8(truncatingIfNeeded: word >> 8) }
            if o + 2 < count { target[o + 2] = UInt8(truncatingIfNeeded: word) }
            i += 4
            o += 3
          }
          isValid = invalid & 0xC0 == 0
          initialized = count
        }
      }
    }
    return isValid ? bytes : nil
  }
}
