import Tensors

/// Several vectors of one length, one after another in memory, with inner products and combinations of many at once.
///
/// It owns scratch, so it belongs to one caller at a time.
public final class VectorBasis<Scalar: SparseScalar> {
  /// The length of the vectors.
  public let count: Int
  /// How many vectors there is room for.
  public let capacity: Int
  private let pool: WorkerPool
  private let storage: Buffer<Scalar>
  private let stride: Int
  private let tiles: Int
  private let sums: Buffer<Double>
  private let squares: Buffer<Double>
  private let coefficients: Buffer<Scalar>
  private let call = Call<Scalar>()
  private let innerRegion, combineRegion: ParallelRegion

  private final class Call<Element: SparseScalar>: @unchecked Sendable {
    // Unchecked: written by the owner between regions, read by the tiles.
    var vectors = 0
    var w: UnsafeMutablePointer<Element>?
  }

  /// Room for `capacity` vectors of `count` elements, with undefined contents.
  public init(count: Int, capacity: Int, pool: WorkerPool) {
    // Vectors begin on a cache line, but not a multiple of a page apart, which would map all onto the same sets.
    let line = 64 / MemoryLayout<Scalar>.stride
    let stride = (count + line - 1) / line * line + 8 * line
    (self.count, self.capacity, self.pool, self.stride) = (count, capacity, pool, stride)
    storage = Buffer(uninitialized: stride * capacity)
    tiles = RowTiles.count(count)
    sums = Buffer(count: tiles * capacity)
    squares = Buffer(count: tiles)
    coefficients = Buffer(count: capacity)
    let (call, storage, sums, capacity) = (call, storage, sums, capacity)
    let (squares, coefficients) = (squares, coefficients)
    innerRegion = ParallelRegion(tiles: tiles) { tile, _ in
      let range = RowTiles.range(tile, of: count)
      Scalar.innerMany(
        sums.pointer + tile * capacity, storage.pointer + range.lowerBound, stride, call.vectors,
        call.w! + range.lowerBound, count: range.count)
    }
    combineRegion = ParallelRegion(tiles: tiles) { tile, _ in
      let range = RowTiles.range(tile, of: count)
      squares.pointer[tile] = Scalar.combineMany(
        call.w! + range.lowerBound, storage.pointer + range.lowerBound, stride, call.vectors,
        coefficients.pointer, count: range.count)
    }
  }

  /// Vector k.
  public subscript(k: Int) -> UnsafeMutablePointer<Scalar> { storage.pointer + k * stride }

  /// results[k] = v_k·w for k < vectors.
  public func inner(_ w: UnsafePointer<Scalar>, vectors: Int, into results: UnsafeMutablePointer<Double>) {
    (call.w, call.vectors) = (UnsafeMutablePointer(mutating: w), vectors)
    pool.run(innerRegion)
    for k in 0..<vectors {
      var total = 0.0
      for tile in 0..<tiles { total += sums.pointer[tile * capacity + k] }
      results[k] = total
    }
  }

  /// w += sign Σ c_k v_k for k < vectors; returns w·w.
  @discardableResult
  public func combine(
    _ c: UnsafePointer<Double>, vectors: Int, sign: Double = 1, into w: UnsafeMutablePointer<Scalar>
  ) -> Double {
    for k in 0..<vectors { coefficients.pointer[k] = Scalar(sign * c[k]) }
    (call.w, call.vectors) = (w, vectors)
    pool.run(combineRegion)
    return squares.elements.reduce(0, +)
  }
}
