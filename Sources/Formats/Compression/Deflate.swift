/// Compression to deflate streams (RFC 1951, 1996): LZ77 over hash chains with one step of lazy matching, and
/// per block the shortest of stored, fixed and dynamic Huffman coding.
struct Deflate: ~Copyable {
  private static let windowSize = 32768
  private static let hashBits = 15
  /// Matches shorter than the four hashed bytes are left as literals.
  private static let shortestMatch = 4
  private static let longestMatch = 258
  /// How many candidates of a chain are compared; a match of `goodLength` ends the search.
  private static let chainLimit = 24
  private static let goodLength = 96
  private static let tokensPerBlock = 32768

  private let input: UnsafeRawBufferPointer
  private let chains: HashChains

  /// The tokens of the block at work: a literal byte, or `distance << 16 | length` with length ≥ 3.
  private var tokens: [UInt32] = []
  private var literalCounts = [UInt32](repeating: 0, count: 286)
  private var distanceCounts = [UInt32](repeating: 0, count: 30)

  private var output: [UInt8] = []
  private var buffer: UInt64 = 0
  private var bufferCount = 0

  /// The deflate stream of `input`.
  static func bytes(_ input: UnsafeRawBufferPointer) -> [UInt8] {
    // Positions are 32-bit in the chains; longer inputs would only need the window to slide.
    precondition(input.count < 1 << 31, "Deflate: \(input.count) bytes are more than 2³¹ − 1 in one stream")
    var head = [Int32](repeating: -1, count: 1 << Deflate.hashBits)
    var previous = [Int32](repeating: -1, count: Deflate.windowSize)
    return head.withUnsafeMutableBufferPointer { head in
      previous.withUnsafeMutableBufferPointer { previous in
        var state = Deflate(chains: HashChains(input: input, head: head, previous: previous))
        state.run()
        return state.output
      }
    }
  }

  private init(chains: HashChains) {
    self.chains = chains
    input = chains.input
    tokens.reserveCapacity(Deflate.tokensPerBlock + 2)
  }

  private mutating func run() {
    var position = 0
    repeat {
      let start = position
      position = tokenize(from: start)
      emit(start..<position, isLast: position == input.count)
    } while position < input.count
    append(0, 7)
    output.append(
      contentsOf: (0..<(bufferCount / 8)).map { UInt8(truncatingIfNeeded: buffer >> UInt64(8 * $0)) })
  }

  // MARK: - Matching

  /// Fills `tokens` and their counts from `start` on, and returns where it stopped.
  private mutating func tokenize(from start: Int) -> Int {
    tokens.removeAll(keepingCapacity: true)
    for i in literalCounts.indices { literalCounts[i] = 0 }
    for i in distanceCounts.indices { distanceCounts[i] = 0 }
    var position = start
    var pending = chains.insertAndFind(position, longerThan: 0)
    while position < input.count && tokens.count < Deflate.tokensPerBlock {
      guard pending.length >= Deflate.shortestMatch else {
        addLiteral(input[position])
        position &+= 1
        pending = chains.insertAndFind(position, longerThan: 0)
        continue
      }
      // A longer match one byte later is worth a literal here (lazy matching).
      let next =
        pending.length < Deflate.goodLength
        ? chains.insertAndFind(position &+ 1, longerThan: pending.length) : (length: 0, distance: 0)
      if next.length > pending.length {
        addLiteral(input[position])
        position &+= 1
        pending = next
        continue
      }
      addMatch(length: pending.length, distance: pending.distance)
      let end = position &+ pending.length
      var i = position &+ (pending.length < Deflate.goodLength ? 2 : 1)
      while i < end {
        chains.insert(i)
        i &+= 1
      }
      position = end
      pending = chains.insertAndFind(position, longerThan: 0)
    }
    chains.remove(position)
    return position
  }

  @inline(__always)
  private mutating func addLiteral(_ byte: UInt8) {
    tokens.append(UInt32(byte))
    literalCounts[Int(byte)] &+= 1
  }

  @inline(__always)
  private mutating func addMatch(length: Int, distance: Int) {
    tokens.append(UInt32(truncatingIfNeeded: distance << 16 | length))
    literalCounts[257 + Int(DeflateTables.lengthSymbol[length])] &+= 1
    distanceCounts[Deflate.distanceSymbol(distance)] &+= 1
  }

  @inline(__always)
  private static func distanceSymbol(_ distance: Int) -> Int {
    let d = distance &- 1
    return Int(DeflateTables.distanceSymbol[d < 256 ? d : 256 &+ d >> 7])
  }

  /// Chains of earlier positions whose next four bytes have the same hash.
  private struct HashChains {
    let input: UnsafeRawBufferPointer
    let head: UnsafeMutableBufferPointer<Int32>
    let previous: UnsafeMutableBufferPointer<Int32>

    @inline(__always)
    private func hash(_ position: Int) -> Int {
      let word = input.loadUnaligned(fromByteOffset: position, as: UInt32.self)
      return Int(truncatingIfNeeded: (word &* 0x9E37_79B1) &>> UInt32(32 &- Deflate.hashBits))
    }

    @inline(__always)
    func insert(_ position: Int) {
      guard position &+ 4 <= input.count else { return }
      let slot = hash(position)
      previous[position & (Deflate.windowSize &- 1)] = head[slot]
      head[slot] = Int32(truncatingIfNeeded: position)
    }

    /// Undoes the insertion of the last inserted position, which the next block inserts again.
    func remove(_ position: Int) {
      guard position &+ 4 <= input.count else { return }
      head[hash(position)] = previous[position & (Deflate.windowSize &- 1)]
    }

    /// Inserts `position` and returns the longest match there that is longer than `least`, or length 0.
    @inline(__always)
    func insertAndFind(_ position: Int, longerThan least: Int) -> (length: Int, distance: Int) {
      guard position &+ 4 <= input.count else { return (0, 0) }
      insert(position)
      var candidate = Int(previous[position & (Deflate.windowSize &- 1)])
      let oldest = max(0, position &- Deflate.windowSize &+ 1)
      if candidate < oldest { return (0, 0) }
      let limit = min(Deflate.longestMatch, input.count &- position)
      guard limit > least else { return (0, 0) }
      let base = input.baseAddress.unsafelyUnwrapped
      var best = max(least, Deflate.shortestMatch &- 1)
      var distance = 0
      var left = Deflate.chainLimit
      while left > 0 {
        left &-= 1
        // The byte that would make the match longer is the likeliest to differ.
        if best < limit,
          (base + candidate).load(fromByteOffset: best, as: UInt8.self)
            == (base + position).load(fromByteOffset: best, as: UInt8.self)
        {
          let length = matchLength(base + candidate, base + position, limit)
          if length > best {
            best = length
            distance = position &- candidate
            if best >= Deflate.goodLength { break }
          }
        }
        let earlier = Int(previous[candidate & (Deflate.windowSize &- 1)])
        if earlier < oldest || earlier >= candidate { break }
        candidate = earlier
      }
      return distance > 0 ? (best, distance) : (0, 0)
    }

    @inline(__always)
    private func matchLength(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ limit: Int) -> Int {
      var i = 0
      while i &+ 8 <= limit {
        let difference =
          a.loadUnaligned(fromByteOffset: i, as: UInt64.self).littleEndian
          ^ b.loadUnaligned(fromByteOffset: i, as: UInt64.self).littleEndian
        if difference != 0 { return i &+ difference.trailingZeroBitCount / 8 }
        i &+= 8
      }
      while i < limit
        && a.load(fromByteOffset: i, as: UInt8.self) == b.load(fromByteOffset: i, as: UInt8.self)
      {
        i &+= 1
      }
      return i
    }
  }

  // MARK: - Coding

  /// Sends the block of `tokens`, which stand for `range` of the input, in the shortest of the three ways.
  private mutating func emit(_ range: Range<Int>, isLast: Bool) {
    literalCounts[256] = 1
    let dynamicLiterals = HuffmanCode(frequencies: literalCounts, limit: 15)
    let dynamicDistances = HuffmanCode(frequencies: distanceCounts, limit: 15)
    let header = DynamicHeader(literals: dynamicLiterals.lengths, distances: dynamicDistances.lengths)
    let dynamicBits = header.bitCount + bodyBits(dynamicLiterals.lengths, dynamicDistances.lengths)
    let fixedBits = bodyBits(DeflateTables.fixedLiteralLengths, DeflateTables.fixedDistanceLengths)
    let pieces = max(1, (range.count + 65534) / 65535)
    let storedBits = 8 * range.count + pieces * 40

    output.reserveCapacity(output.count + min(storedBits, min(fixedBits, dynamicBits)) / 8 + 64)
    if storedBits <= min(fixedBits, dynamicBits) {
      emitStored(range, isLast: isLast)
    } else if fixedBits <= dynamicBits {
      append(isLast ? 1 : 0, 1)
      append(1, 2)
      emitBody(Deflate.fixedLiterals, Deflate.fixedDistances, bits: fixedBits)
    } else {
      append(isLast ? 1 : 0, 1)
      append(2, 2)
      for (value, count) in header.fields { append(value, count) }
      emitBody(dynamicLiterals, dynamicDistances, bits: dynamicBits)
    }
  }

  private static let fixedLiterals = HuffmanCode(lengths: DeflateTables.fixedLiteralLengths)
  private static let fixedDistances = HuffmanCode(lengths: DeflateTables.fixedDistanceLengths)

  /// The bits of all tokens of the block under codes of these lengths.
  private func bodyBits(_ literals: [UInt8], _ distances: [UInt8]) -> Int {
    var sum = 0
    for symbol in literalCounts.indices where literalCounts[symbol] > 0 {
      let extra = symbol > 256 ? DeflateTables.lengthExtra[symbol - 257] : 0
      sum += Int(literalCounts[symbol]) * Int(literals[symbol] + extra)
    }
    for symbol in distanceCounts.indices where distanceCounts[symbol] > 0 {
      sum += Int(distanceCounts[symbol]) * Int(distances[symbol] + DeflateTables.distanceExtra[symbol])
    }
    return sum
  }

  private mutating func emitStored(_ range: Range<Int>, isLast: Bool) {
    var start = range.lowerBound
    repeat {
      let end = min(start + 65535, range.upperBound)
      append(isLast && end == range.upperBound ? 1 : 0, 1)
      append(0, 2)
      append(0, (8 - bufferCount & 7) & 7)
      append(end - start, 16)
      append(~(end - start) & 0xFFFF, 16)
      while bufferCount > 0 {
        output.append(UInt8(truncatingIfNeeded: buffer))
        buffer >>= 8
        bufferCount -= 8
      }
      output.append(contentsOf: input[start..<end])
      start = end
    } while start < range.upperBound
  }

  private mutating func emitBody(_ literals: HuffmanCode, _ distances: HuffmanCode, bits: Int) {
    var (buffer, bufferCount) = (buffer, bufferCount)
    let chunk = [UInt8](unsafeUninitializedCapacity: bits / 8 + 24) { target, initialized in
      let base = UnsafeMutableRawPointer(target.baseAddress!)
      var position = 0
      @inline(__always) func put(_ value: Int, _ count: UInt8) {
        buffer |= UInt64(truncatingIfNeeded: value) &<< UInt64(truncatingIfNeeded: bufferCount)
        bufferCount &+= Int(count)
      }
      @inline(__always) func flush() {
        base.storeBytes(of: buffer.littleEndian, toByteOffset: position, as: UInt64.self)
        let bytes = bufferCount &>> 3
        position &+= bytes
        // `bufferCount` stays below 56, so the shift is less than the width.
        buffer &>>= UInt64(truncatingIfNeeded: bytes &<< 3)
        bufferCount &= 7
      }
      for token in tokens {
        if token < 256 {
          put(Int(literals.words[Int(token)]), literals.lengths[Int(token)])
        } else {
          let (length, distance) = (Int(token & 0xFFFF), Int(token >> 16))
          let lengthSymbol = Int(DeflateTables.lengthSymbol[length])
          put(Int(literals.words[257 + lengthSymbol]), literals.lengths[257 + lengthSymbol])
          put(length - Int(DeflateTables.lengthBase[lengthSymbol]), DeflateTables.lengthExtra[lengthSymbol])
          let symbol = Deflate.distanceSymbol(distance)
          put(Int(distances.words[symbol]), distances.lengths[symbol])
          put(distance - Int(DeflateTables.distanceBase[symbol]), DeflateTables.distanceExtra[symbol])
        }
        flush()
      }
      put(Int(literals.words[256]), literals.lengths[256])
      flush()
      initialized = position
    }
    output.append(contentsOf: chunk)
    (self.buffer, self.bufferCount) = (buffer, bufferCount)
  }

  /// Appends the low `count` ≤ 16 bits of `value`.
  private mutating func append(_ value: Int, _ count: Int) {
    buffer |= UInt64(value) << UInt64(bufferCount)
    bufferCount += count
    while bufferCount >= 16 {
      output.append(UInt8(truncatingIfNeeded: buffer))
      buffer >>= 8
      bufferCount -= 8
    }
  }
}

/// The description of a dynamic block's two codes (RFC 1951, section 3.2.7).
private struct DynamicHeader {
  /// Values and their widths in bits, in the order of sending.
  var fields: [(Int, Int)] = []
  var bitCount: Int { fields.reduce(0) { $0 + $1.1 } }

  init(literals: [UInt8], distances: [UInt8]) {
    let literalCount = max(257, literals.lastIndex { $0 > 0 }! + 1)
    let distanceCount = max(1, distances.lastIndex { $0 > 0 }! + 1)
    let lengths = literals[..<literalCount] + distances[..<distanceCount]

    // Runs: symbol 16 repeats the last length 3 to 6 times, 17 and 18 are 3 to 10 and 11 to 138 zeros.
    var runs: [(symbol: Int, extra: Int, bits: Int)] = []
    var i = lengths.startIndex
    while i < lengths.endIndex {
      let value = lengths[i]
      var run = 1
      while i + run < lengths.endIndex && lengths[i + run] == value { run += 1 }
      i += run
      if value == 0 {
        while run >= 11 {
          let part = min(run, 138)
          runs.append((18, part - 11, 7))
          run -= part
        }
        if run >= 3 {
          runs.append((17, run - 3, 3))
          run = 0
        }
      } else {
        runs.append((Int(value), 0, 0))
        run -= 1
        while run >= 3 {
          let part = min(run, 6)
          runs.append((16, part - 3, 2))
          run -= part
        }
      }
      for _ in 0..<run { runs.append((Int(value), 0, 0)) }
    }
    var counts = [UInt32](repeating: 0, count: 19)
    for run in runs { counts[run.symbol] += 1 }
    let code = HuffmanCode(frequencies: counts, limit: 7)
    let codeCount = max(4, DeflateTables.codeLengthOrder.lastIndex { code.lengths[$0] > 0 }! + 1)

    fields = [(literalCount - 257, 5), (distanceCount - 1, 5), (codeCount - 4, 4)]
    fields += DeflateTables.codeLengthOrder[..<codeCount].map { (Int(code.lengths[$0]), 3) }
    for run in runs {
      fields.append((Int(code.words[run.symbol]), Int(code.lengths[run.symbol])))
      if run.bits > 0 { fields.append((run.extra, run.bits)) }
    }
  }
}
