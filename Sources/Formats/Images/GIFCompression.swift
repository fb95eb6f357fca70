/// The compression of GIF: Lempel-Ziv-Welch (Welch 1984) with codes that grow to 12 bits.
enum GIFCompression {
  private static let codeLimit = 4096

  /// The code size, the compressed indices in sub-blocks of at most 255 bytes, and the block that ends them.
  static func encode(_ indices: [UInt8], minimumBits: Int) -> [UInt8] {
    let clear = 1 << minimumBits
    var data: [UInt8] = []
    var (buffer, bufferCount): (UInt32, Int) = (0, 0)
    var width = minimumBits + 1
    func put(_ code: Int) {
      buffer |= UInt32(code) << UInt32(bufferCount)
      bufferCount += width
      while bufferCount >= 8 {
        data.append(UInt8(truncatingIfNeeded: buffer))
        buffer >>= 8
        bufferCount -= 8
      }
    }
    // The code of a known string and one more index, 0 where there is none.
    var table = [UInt16](repeating: 0, count: codeLimit * 256)
    var next = clear + 2
    put(clear)
    if var prefix = indices.first.map(Int.init) {
      for index in indices.dropFirst() {
        let slot = prefix << 8 | Int(index)
        if table[slot] != 0 {
          prefix = Int(table[slot])
          continue
        }
        put(prefix)
        if next < codeLimit {
          table[slot] = UInt16(next)
          next += 1
          if next > 1 << width { width += 1 }
        } else {
          put(clear)
          for i in table.indices { table[i] = 0 }
          (next, width) = (clear + 2, minimumBits + 1)
        }
        prefix = Int(index)
      }
      put(prefix)
      // The reader adds an entry for this code too, which may widen the next.
      if next < codeLimit, next + 1 > 1 << width { width += 1 }
    }
    put(clear + 1)
    if bufferCount > 0 { data.append(UInt8(truncatingIfNeeded: buffer)) }

    var result = [UInt8(minimumBits)]
    for start in stride(from: 0, to: data.count, by: 255) {
      let block = data[start..<min(start + 255, data.count)]
      result.append(UInt8(block.count))
      result += block
    }
    result.append(0)
    return result
  }

  /// `count` indices from compressed `data`, or nil when it is damaged.
  static func decode(_ data: [UInt8], minimumBits: Int, count: Int) -> [UInt8]? {
    guard (1...11).contains(minimumBits), count / codeLimit <= data.count else { return nil }
    let clear = 1 << minimumBits
    var prefix = [UInt16](repeating: 0, count: codeLimit)
    var suffix = [UInt8](repeating: 0, count: codeLimit)
    var length = [Int](repeating: 1, count: codeLimit)
    for code in 0..<min(clear, 256) { suffix[code] = UInt8(code) }
    var (next, width) = (clear + 2, minimumBits + 1)
    var previous: Int?
    var (buffer, bufferCount, position): (UInt32, Int, Int) = (0, 0, 0)
    var result: [UInt8] = []
    result.reserveCapacity(count)
    while result.count < count {
      while bufferCount < width {
        guard position < data.count else { return nil }
        buffer |= UInt32(data[position]) << UInt32(bufferCount)
        bufferCount += 8
        position += 1
      }
      let code = Int(buffer & ((1 << UInt32(width)) - 1))
      buffer >>= UInt32(width)
      bufferCount -= width
      if code == clear {
        (next, width, previous) = (clear + 2, minimumBits + 1, nil)
        continue
      }
      // Only a string that is just being defined may be unknown, and none stands first.
      guard code != clear + 1, code < next || (code == next && previous != nil && next < codeLimit) else {
        return nil
      }
      guard let last = previous else {
        guard code < clear else { return nil }
        result.append(suffix[code])
        previous = code
        continue
      }
      let known = code < next ? code : last
      let start = result.count
      let total = length[known]
      result += repeatElement(0, count: total)
      var walk = known
      for i in (0..<total).reversed() {
        result[start + i] = suffix[walk]
        walk = Int(prefix[walk])
      }
      let first = result[start]
      if code == next { result.append(first) }
      if next < codeLimit {
        prefix[next] = UInt16(last)
        suffix[next] = first
        length[next] = length[last] + 1
        next += 1
        if next == 1 << width, width < 12 { width += 1 }
      }
      previous = code
    }
    return Array(result.prefix(count))
  }

  /// The rows of an image in the order in which they are stored.
  static func rows(_ height: Int, isInterlaced: Bool) -> [Int] {
    guard isInterlaced else { return Array(0..<height) }
    return [(0, 8), (4, 8), (2, 4), (1, 2)].flatMap { Array(stride(from: $0.0, to: height, by: $0.1)) }
  }
}
