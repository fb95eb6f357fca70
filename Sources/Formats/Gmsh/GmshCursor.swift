/// A position in the bytes of a Gmsh file, with its words, lines and binary numbers.
struct GmshCursor {
  let bytes: [UInt8]
  let file: String
  var position = 0
  var isBinary = false
  var bigEndian = false

  init(bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
  }

  /// Bytes that are left.
  var rest: Int { bytes.count - position }

  func damaged(_ problem: String) -> FormatError {
    .damaged(file, "\(problem) (byte \(position))")
  }

  // MARK: - Text

  private mutating func skipSpace() {
    bytes.withUnsafeBufferPointer { bytes in
      while position < bytes.count, bytes[position] <= 32 { position += 1 }
    }
  }

  private mutating func word(_ what: String) throws(FormatError) -> Range<Int> {
    skipSpace()
    let start = position
    bytes.withUnsafeBufferPointer { bytes in
      while position < bytes.count, bytes[position] > 32 { position += 1 }
    }
    guard position > start else { throw damaged("it ends where \(what) should stand") }
    return start..<position
  }

  /// An integer in text.
  mutating func integer(_ what: String) throws(FormatError) -> Int {
    let range = try word(what)
    var value = 0
    var place = range.lowerBound
    let isNegative = bytes[place] == UInt8(ascii: "-")
    if isNegative || bytes[place] == UInt8(ascii: "+") { place += 1 }
    guard place < range.upperBound, range.upperBound - place <= 18 else { throw notANumber(range, what) }
    while place < range.upperBound {
      let digit = bytes[place] &- UInt8(ascii: "0")
      guard digit < 10 else { throw notANumber(range, what) }
      value = 10 * value + Int(digit)
      place += 1
    }
    return isNegative ? -value : value
  }

  /// A real number in text.
  mutating func real(_ what: String) throws(FormatError) -> Double {
    let range = try word(what)
    guard let value = DecimalText.parse(bytes[range]) else { throw notANumber(range, what) }
    return value
  }

  private func notANumber(_ range: Range<Int>, _ what: String) -> FormatError {
    damaged("\"\(DecimalText.excerpt(bytes[range]))\" stands where \(what) should")
  }

  /// The rest of the line, and moves behind its end.
  mutating func line() -> String {
    let start = position
    bytes.withUnsafeBufferPointer { bytes in
      while position < bytes.count, bytes[position] != 10 { position += 1 }
    }
    let end = position
    position = min(position + 1, bytes.count)
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }

  /// The name of the next section, or nil at the end of the file.
  mutating func section() -> String? {
    bytes.withUnsafeBufferPointer { bytes in
      while position < bytes.count, bytes[position] != UInt8(ascii: "$") { position += 1 }
    }
    guard position < bytes.count else { return nil }
    return String(line().prefix(80)).trimmed
  }

  /// Moves behind the line that ends a section.
  mutating func end(_ section: String) throws(FormatError) {
    skipSpace()
    guard line().trimmed == "$End" + section.dropFirst() else {
      throw damaged("the section \(section) does not end where it should")
    }
  }

  /// Moves behind the end of a section whose content is not looked at.
  mutating func skip(_ section: String) throws(FormatError) {
    let ending = Array(("$End" + section.dropFirst()).utf8)
    let place: Int? = bytes.withUnsafeBufferPointer { bytes in
      var i = position
      while i + ending.count <= bytes.count {
        if bytes[i] == UInt8(ascii: "$"), (1..<ending.count).allSatisfy({ bytes[i + $0] == ending[$0] }) {
          return i
        }
        i += 1
      }
      return nil
    }
    guard let place else { throw damaged("the section \(section) does not end") }
    position = place
    _ = line()
  }

  // MARK: - Numbers of either kind

  /// Refuses a count of things of at least `size` bytes each that the rest of the file cannot hold.
  func check(_ count: Int, of what: String, size: Int) throws(FormatError) {
    guard count >= 0, count <= rest / size else {
      throw damaged("it states \(count) \(what), more than its \(bytes.count) bytes can hold")
    }
  }

  private mutating func bits<Word: FixedWidthInteger & BitwiseCopyable>(
    _ type: Word.Type, _ what: String
  ) throws(FormatError) -> Word {
    let size = MemoryLayout<Word>.size
    guard rest >= size else { throw damaged("it ends where \(what) should stand") }
    let word = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: position, as: Word.self) }
    position += size
    return bigEndian ? Word(bigEndian: word) : Word(littleEndian: word)
  }

  /// An `int` of 4 bytes, or a word of text.
  mutating func int(_ what: String) throws(FormatError) -> Int {
    isBinary ? Int(Int32(bitPattern: try bits(UInt32.self, what))) : try integer(what)
  }

  /// A `size_t` of 8 bytes, or a word of text.
  mutating func size(_ what: String) throws(FormatError) -> Int {
    guard isBinary else { return try integer(what) }
    guard let value = Int(exactly: try bits(UInt64.self, what)) else {
      throw damaged("\(what) is impossible")
    }
    return value
  }

  /// A `double` of 8 bytes, or a word of text.
  mutating func double(_ what: String) throws(FormatError) -> Double {
    isBinary ? Double(bitPattern: try bits(UInt64.self, what)) : try real(what)
  }
}

extension String {
  /// Without spaces at its ends.
  var trimmed: String {
    var text = Substring(self)
    while let last = text.last, last.isWhitespace { text.removeLast() }
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    return String(text)
  }
}
