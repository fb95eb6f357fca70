import CKernels

/// A stream of random numbers in which every element is found by its index alone.
///
/// Element i of stream s under a seed is the same number on every machine and thread, whatever was drawn before it: a
/// parallel loop gives every tile its range of indices, and a field on a finer grid repeats the modes of a coarser one.
/// Different streams of a seed, and different seeds, are independent. The generator is Philox 4x32 with ten rounds
/// (Salmon, Moraes, Dror and Shaw, SC11, 2011); a stream has 2⁶⁴ elements.
public struct RandomStream: Hashable, Sendable {
  /// The seed: the key of the generator.
  public let seed: UInt64
  /// The number of the stream: half of the generator's counter.
  public let stream: UInt64
  /// The index of the element that comes next.
  public var position: UInt64 = 0

  /// Stream number `stream` of a seed, at its beginning.
  public init(seed: UInt64, stream: UInt64 = 0) {
    self.seed = seed
    self.stream = stream
  }

  // MARK: - By index

  /// The 64 random bits of element `index`.
  public func bits(at index: UInt64) -> UInt64 {
    let block = index / 2
    func halves(_ word: UInt64) -> (UInt32, UInt32) { (UInt32(truncatingIfNeeded: word), UInt32(word >> 32)) }
    var (counter, key) = ((halves(block), halves(stream)), halves(seed))
    withUnsafeMutableBytes(of: &counter) { counter in
      withUnsafeBytes(of: &key) { key in
        ck_philox(
          counter.baseAddress!.assumingMemoryBound(to: UInt32.self),
          key.baseAddress!.assumingMemoryBound(to: UInt32.self))
      }
    }
    let (low, high) = index % 2 == 0 ? counter.0 : counter.1
    return UInt64(high) << 32 | UInt64(low)
  }

  /// Element `index`, uniform on [0, 1): a multiple of 2⁻⁵³.
  public func uniform(at index: UInt64) -> Double {
    var value = 0.0
    Double.fillUniform(&value, count: 1, seed: seed, stream: stream, first: index)
    return value
  }

  /// Element `index`, standard normal.
  public func normal(at index: UInt64) -> Double {
    var value = 0.0
    Double.fillNormal(&value, count: 1, seed: seed, stream: stream, first: index)
    return value
  }

  // MARK: - In turn

  /// The next element, uniform on [0, 1).
  public mutating func nextUniform() -> Double {
    defer { position &+= 1 }
    return uniform(at: position)
  }

  /// The next element, uniform on a half-open interval.
  public mutating func nextUniform(in range: Range<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * nextUniform()
  }

  /// The next element, standard normal.
  public mutating func nextNormal() -> Double {
    defer { position &+= 1 }
    return normal(at: position)
  }

  // MARK: - In bulk

  private static let tile = 1 << 14

  /// Fills an array with the next elements, uniform on [0, 1), in parallel.
  public mutating func fillUniform<Scalar: Real>(_ out: UnsafeMutableBufferPointer<Scalar>) {
    fill(out, with: Scalar.fillUniform)
  }

  /// Fills an array with the next elements, standard normal, in parallel. `Float` elements are the `Double` ones
  /// rounded.
  public mutating func fillNormal<Scalar: Real>(_ out: UnsafeMutableBufferPointer<Scalar>) {
    fill(out, with: Scalar.fillNormal)
  }

  private mutating func fill<Scalar: Real>(
    _ out: UnsafeMutableBufferPointer<Scalar>,
    with kernel: (UnsafeMutablePointer<Scalar>, Int, UInt64, UInt64, UInt64) -> Void
  ) {
    guard let base = out.baseAddress else { return }
    let tiles = (out.count + Self.tile - 1) / Self.tile
    WorkerPool.shared.forEach(tiles: tiles) { tile, _ in
      let start = tile * Self.tile
      let count = min(Self.tile, out.count - start)
      kernel(base + start, count, seed, stream, position &+ UInt64(start))
    }
    position &+= UInt64(out.count)
  }
}
