/// What is wrong with a compressed stream.
package struct InflateError: Error {
  /// The fault in a few words.
  package let reason: String
}

/// Decompression of deflate streams (RFC 1951, 1996): stored, fixed and dynamic blocks.
struct Inflate: ~Copyable {
  private let input: UnsafeRawBufferPointer
  private var position = 0
  private var buffer: UInt64 = 0
  private var bufferCount = 0
  /// Zero bytes supplied after the end of the input, so that the last codes can be looked up with a full
  /// buffer.
  private var phantomBytes = 0

  private let output: UnsafeMutableRawBufferPointer
  private var written = 0

  /// Decompresses `input`, which must give exactly `size` bytes.
  ///
  /// - Returns: the bytes, and how many bytes of `input` the stream took.
  static func bytes(_ input: UnsafeRawBufferPointer, size: Int) throws(InflateError) -> (
    [UInt8], consumed: Int
  ) {
    // Deflate cannot shrink by more than 1032 to 1: a larger claim is a damaged size, not a reason to
    // allocate.
    guard size >= 0, size / 1032 <= input.count else {
      throw InflateError(reason: "\(input.count) compressed bytes cannot hold \(size)")
    }
    var result: Result<Int, InflateError> = .success(0)
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { pointer, initialized in
      var state = Inflate(input: input, output: UnsafeMutableRawBufferPointer(pointer))
      do throws(InflateError) {
        try state.run()
        result = .success(state.position - state.bufferCount / 8 + state.phantomBytes)
        initialized = size
      } catch {
        result = .failure(error)
        initialized = 0
      }
    }
    return (bytes, try result.get())
  }

  private init(input: UnsafeRawBufferPointer, output: UnsafeMutableRawBufferPointer) {
    self.input = input
    self.output = output
  }

  private mutating func run() throws(InflateError) {
    var isLast = false
    while !isLast {
      try refill()
      isLast = take(1) == 1
      switch take(2) {
      case 0: try storedBlock()
      case 1: try block(literals: DecodingTable.fixedLiterals, distances: DecodingTable.fixedDistances)
      case 2:
        let (literals, distances) = try dynamicTables()
        try block(literals: literals, distances: distances)
      default: throw InflateError(reason: "a block has the reserved type 3")
      }
    }
    try checkOverrun()
    guard written == output.count else {
      throw InflateError(reason: "\(written) bytes came out instead of \(output.count)")
    }
  }

  // MARK: - Bits

  /// Fills the buffer to at least 56 bits.
  @inline(__always)
  private mutating func refill() throws(InflateError) {
    if position &+ 8 <= input.count {
      let word = UInt64(littleEndian: input.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      buffer |= word &<< UInt64(truncatingIfNeeded: bufferCount)
      position &+= (63 &- bufferCount) &>> 3
      bufferCount |= 56
    } else {
      try refillAtEnd()
    }
  }

  @inline(never)
  private mutating func refillAtEnd() throws(InflateError) {
    // Bits above `bufferCount` may hold a part of the next byte, which is about to be added whole.
    buffer &= (1 << UInt64(bufferCount)) &- 1
    while bufferCount <= 55 {
      if position < input.count {
        buffer |= UInt64(input[position]) << UInt64(bufferCount)
        position += 1
      } else {
        phantomBytes += 1
        if phantomBytes > 16 { try checkOverrun() }
      }
      bufferCount += 8
    }
  }

  private func checkOverrun() throws(InflateError) {
    guard phantomBytes * 8 <= bufferCount else { throw InflateError(reason: "the compressed data end early") }
  }

  @inline(__always)
  private mutating func take(_ count: Int) -> Int {
    let value = Int(truncatingIfNeeded: buffer & ((1 &<< UInt64(truncatingIfNeeded: count)) &- 1))
    drop(count)
    return value
  }

  @inline(__always)
  private mutating func drop(_ count: Int) {
    buffer &>>= UInt64(truncatingIfNeeded: count)
    bufferCount &-= count
  }

  // MARK: - Blocks

  private mutating func storedBlock() throws(InflateError) {
    drop(bufferCount & 7)
    try refill()
    let length = take(16)
    guard length == ~take(16) & 0xFFFF else {
      throw InflateError(reason: "a stored block has a wrong length")
    }
    try checkOverrun()
    // What is buffered and real goes back to the input.
    position -= bufferCount / 8 - phantomBytes
    (buffer, bufferCount, phantomBytes) = (0, 0, 0)
    guard length <= input.count - position else {
      throw InflateError(reason: "the compressed data end early")
    }
    guard length <= output.count - written else {
      throw InflateError(reason: "more than \(output.count) bytes come out")
    }
    output.baseAddress.map {
      ($0 + written).copyMemory(from: input.baseAddress! + position, byteCount: length)
    }
    position += length
    written += length
  }

  private mutating func dynamicTables() throws(InflateError) -> (DecodingTable, DecodingTable) {
    try refill()
    let (literalCount, distanceCount, codeCount) = (take(5) + 257, take(5) + 1, take(4) + 4)
    guard literalCount <= 286, distanceCount <= 30 else {
      throw InflateError(reason: "a block has too many symbols")
    }
    var codeLengths = [UInt8](repeating: 0, count: 19)
    for symbol in DeflateTables.codeLengthOrder[..<codeCount] {
      try refill()
      codeLengths[symbol] = UInt8(take(3))
    }
    let codes = try DecodingTable(lengths: codeLengths, primaryBits: 7)
    var lengths: [UInt8] = []
    while lengths.count < literalCount + distanceCount {
      try refill()
      let symbol = try codes.decode(&self)
      switch symbol {
      case ..<16: lengths.append(UInt8(symbol))
      case 16:
        guard let last = lengths.last else { throw InflateError(reason: "a code length repeats nothing") }
        lengths += repeatElement(last, count: 3 + take(2))
      case 17: lengths += repeatElement(0, count: 3 + take(3))
      default: lengths += repeatElement(0, count: 11 + take(7))
      }
    }
    guard lengths.count == literalCount + distanceCount else {
      throw InflateError(reason: "code lengths run past their end")
    }
    guard lengths[256] > 0 else { throw InflateError(reason: "a block has no end code") }
    return (
      try DecodingTable(lengths: Array(lengths[..<literalCount]), primaryBits: 10, mayBeIncomplete: true),
      try DecodingTable(lengths: Array(lengths[literalCount...]), primaryBits: 8, mayBeIncomplete: true)
    )
  }

  private mutating func block(literals: DecodingTable, distances: DecodingTable) throws(InflateError) {
    let out = output.baseAddress
    let size = output.count
    while true {
      // 48 bits hold the longest sequence: a length code with its extra bits and a distance code with its
      // own.
      if bufferCount < 48 { try refill() }
      let symbol = try literals.decode(&self)
      if symbol < 256 {
        guard written < size else { throw InflateError(reason: "more than \(size) bytes come out") }
        out.unsafelyUnwrapped.storeBytes(
          of: UInt8(truncatingIfNeeded: symbol), toByteOffset: written, as: UInt8.self)
        written &+= 1
        continue
      }
      if symbol == 256 { return try checkOverrun() }
      guard symbol < 286 else { throw InflateError(reason: "a length code is reserved") }
      let length =
        Int(DeflateTables.lengthBase[symbol - 257]) + take(Int(DeflateTables.lengthExtra[symbol - 257]))
      let distanceSymbol = try distances.decode(&self)
      guard distanceSymbol < 30 else { throw InflateError(reason: "a distance code is reserved") }
      let distance =
        Int(DeflateTables.distanceBase[distanceSymbol])
        + take(Int(DeflateTables.distanceExtra[distanceSymbol]))
      guard distance <= written else { throw InflateError(reason: "a match reaches before the start") }
      guard length <= size - written else { throw InflateError(reason: "more than \(size) bytes come out") }
      copyMatch(out.unsafelyUnwrapped + written, distance: distance, length: length)
      written &+= length
    }
  }

  @inline(__always)
  private func copyMatch(_ target: UnsafeMutableRawPointer, distance: Int, length: Int) {
    let source = target - distance
    if distance >= 8 && output.count - written >= length &+ 8 {
      // Whole words may overshoot the match, into space that the next symbols overwrite.
      var i = 0
      while i < length {
        target.storeBytes(
          of: source.loadUnaligned(fromByteOffset: i, as: UInt64.self), toByteOffset: i, as: UInt64.self)
        i &+= 8
      }
    } else {
      for i in 0..<length {
        target.storeBytes(of: source.load(fromByteOffset: i, as: UInt8.self), toByteOffset: i, as: UInt8.self)
      }
    }
  }

  // MARK: - Codes

  /// A Huffman code for decoding: a table over the first bits, and the canonical ranges for longer codes.
  private struct DecodingTable {
    /// symbol · 16 + length for the code that starts with these bits; 0 where it is longer than the table.
    private let primary: [UInt16]
    private let primaryBits: Int
    /// Per length: one past the last code word, and what to add to a code word for its place in `symbols`.
    private let end: [Int]
    private let offset: [Int]
    private let symbols: [UInt16]

    static let fixedLiterals = try! DecodingTable(lengths: DeflateTables.fixedLiteralLengths, primaryBits: 10)
    static let fixedDistances = try! DecodingTable(
      lengths: DeflateTables.fixedDistanceLengths, primaryBits: 8, mayBeIncomplete: true)

    init(lengths: [UInt8], primaryBits: Int, mayBeIncomplete: Bool = false) throws(InflateError) {
      var count = [Int](repeating: 0, count: 16)
      for length in lengths { count[Int(length)] += 1 }
      count[0] = 0
      var kraft = 0
      for length in 1..<16 { kraft += count[length] << (15 - length) }
      guard kraft <= 1 << 15 else { throw InflateError(reason: "a Huffman code is oversubscribed") }
      guard kraft == 1 << 15 || mayBeIncomplete else {
        throw InflateError(reason: "a Huffman code is incomplete")
      }
      self.primaryBits = primaryBits

      var next = HuffmanCode.firstCodes(lengths: lengths)
      var (end, offset) = ([Int](repeating: 0, count: 16), [Int](repeating: 0, count: 16))
      var start = 0
      for length in 1..<16 {
        offset[length] = start - Int(next[length])
        end[length] = Int(next[length]) + count[length]
        start += count[length]
      }
      var symbols = [UInt16](repeating: 0, count: start)
      var primary = [UInt16](repeating: 0, count: 1 << primaryBits)
      for (symbol, length) in lengths.enumerated() where length > 0 {
        let length = Int(length)
        let word = next[length]
        next[length] &+= 1
        symbols[Int(word) + offset[length]] = UInt16(symbol)
        guard length <= primaryBits else { continue }
        var slot = Int(HuffmanCode.reversed(word, count: length))
        while slot < primary.count {
          primary[slot] = UInt16(symbol << 4 | length)
          slot += 1 << length
        }
      }
      (self.primary, self.end, self.offset, self.symbols) = (primary, end, offset, symbols)
    }

    /// The next symbol; the buffer must hold 15 bits.
    @inline(__always)
    func decode(_ state: inout Inflate) throws(InflateError) -> Int {
      let slot = Int(truncatingIfNeeded: state.buffer) & ((1 &<< primaryBits) &- 1)
      let entry = Int(primary.withUnsafeBufferPointer { $0[slot] })
      if entry != 0 {
        state.drop(entry & 15)
        return entry >> 4
      }
      return try decodeLong(&state)
    }

    @inline(never)
    private func decodeLong(_ state: inout Inflate) throws(InflateError) -> Int {
      var word = 0
      for length in 1..<16 {
        word = word << 1 | Int(state.buffer >> UInt64(length - 1) & 1)
        let place = word + offset[length]
        if word < end[length] && place >= 0 && place < symbols.count {
          state.drop(length)
          return Int(symbols[place])
        }
      }
      throw InflateError(reason: "a code word is not in its Huffman code")
    }
  }
}
