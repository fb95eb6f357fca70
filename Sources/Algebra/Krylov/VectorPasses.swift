import Tensors

/// Passes over vectors of one length on all threads, prepared once: none allocates, and sums are taken over fixed tiles
/// and added in their order, so that they have the same bits with any number of threads.
///
/// It owns scratch, so it belongs to one caller at a time.
public final class VectorPasses<Scalar: SparseScalar> {
  /// The length of the vectors.
  public let count: Int
  private let pool: WorkerPool
  private let tiles: Int
  private let arguments = Arguments<Scalar>()
  /// Two sums per tile.
  private let sums: Buffer<Double>

  /// Passes over vectors of `count` elements.
  public init(count: Int, pool: WorkerPool) {
    (self.count, self.pool) = (count, pool)
    tiles = RowTiles.count(count)
    sums = Buffer(count: 2 * max(tiles, 1))
  }

  /// What the kept regions find their operands in.
  private final class Arguments<Element: SparseScalar>: @unchecked Sendable {
    // Unchecked: written by the owner between regions, read by the tiles.
    var x, y, z, w: UnsafeMutablePointer<Element>?
    var a: Element = 0
    var b: Element = 0
  }

  private typealias Pointer = UnsafeMutablePointer<Scalar>
  private func mutable(_ x: UnsafePointer<Scalar>) -> Pointer { Pointer(mutating: x) }

  private func region(
    _ body:
      @escaping @Sendable (
        _ first: Int, _ count: Int, _ arguments: Arguments<Scalar>, _ sums: UnsafeMutablePointer<Double>
      ) -> Void
  ) -> ParallelRegion {
    let (n, arguments, sums) = (count, arguments, sums)
    return ParallelRegion(tiles: tiles) { tile, _ in
      let range = RowTiles.range(tile, of: n)
      body(range.lowerBound, range.count, arguments, sums.pointer + 2 * tile)
    }
  }

  private func total(_ offset: Int = 0) -> Double {
    var total = 0.0
    for tile in 0..<tiles { total += sums.pointer[2 * tile + offset] }
    return total
  }

  private lazy var innerRegion = region { first, count, arguments, sums in
    sums[0] = Scalar.inner(arguments.x! + first, arguments.y! + first, count: count)
  }
  /// x·y
  public func inner(_ x: UnsafePointer<Scalar>, _ y: UnsafePointer<Scalar>) -> Double {
    (arguments.x, arguments.y) = (mutable(x), mutable(y))
    pool.run(innerRegion)
    return total()
  }

  /// ‖x‖
  public func norm(_ x: UnsafePointer<Scalar>) -> Double { inner(x, x).squareRoot() }

  private lazy var axpbyRegion = region { first, count, arguments, _ in
    Scalar.axpby(arguments.y! + first, arguments.x! + first, arguments.a, arguments.b, count: count)
  }
  /// y = a x + b y
  public func axpby(_ a: Scalar, _ x: UnsafePointer<Scalar>, _ b: Scalar, _ y: UnsafeMutablePointer<Scalar>) {
    (arguments.x, arguments.y, arguments.a, arguments.b) = (mutable(x), y, a, b)
    pool.run(axpbyRegion)
  }

  private lazy var axpyRegion = region { first, count, arguments, _ in
    Scalar.axpy(arguments.a, arguments.x! + first, arguments.y! + first, count: count)
  }
  /// y += a x
  public func axpy(_ a: Scalar, _ x: UnsafePointer<Scalar>, _ y: UnsafeMutablePointer<Scalar>) {
    (arguments.x, arguments.y, arguments.a) = (mutable(x), y, a)
    pool.run(axpyRegion)
  }

  private lazy var scaleRegion = region { first, count, arguments, _ in
    Scalar.scale(arguments.y! + first, by: arguments.a, count: count)
  }
  /// y *= a
  public func scale(_ y: UnsafeMutablePointer<Scalar>, by a: Scalar) {
    (arguments.y, arguments.a) = (y, a)
    pool.run(scaleRegion)
  }

  private lazy var copyRegion = region { first, count, arguments, _ in
    (arguments.y! + first).update(from: arguments.x! + first, count: count)
  }
  /// y = x
  public func copy(_ x: UnsafePointer<Scalar>, to y: UnsafeMutablePointer<Scalar>) {
    (arguments.x, arguments.y) = (mutable(x), y)
    pool.run(copyRegion)
  }

  private lazy var zeroRegion = region { first, count, arguments, _ in
    UnsafeMutableRawPointer(arguments.y! + first).initializeMemory(
      as: UInt8.self, repeating: 0, count: count * MemoryLayout<Scalar>.stride)
  }
  /// y = 0
  public func zero(_ y: UnsafeMutablePointer<Scalar>) {
    arguments.y = y
    pool.run(zeroRegion)
  }

  private lazy var multiplyRegion = region { first, count, arguments, _ in
    Scalar.multiplyOut(
      arguments.z! + first, arguments.x! + first, arguments.y! + first, count: count)
  }
  /// z = D y for a diagonal D.
  public func multiply(
    _ d: UnsafePointer<Scalar>, _ y: UnsafePointer<Scalar>, to z: UnsafeMutablePointer<Scalar>
  ) {
    (arguments.x, arguments.y, arguments.z) = (mutable(d), mutable(y), z)
    pool.run(multiplyRegion)
  }

  private lazy var subtractNormRegion = region { first, count, arguments, sums in
    sums[0] = Scalar.subtractNorm(arguments.y! + first, arguments.x! + first, arguments.a, count: count)
  }
  /// r -= a q; returns r·r.
  public func subtractNorm(_ r: UnsafeMutablePointer<Scalar>, _ q: UnsafePointer<Scalar>, _ a: Scalar)
    -> Double
  {
    (arguments.x, arguments.y, arguments.a) = (mutable(q), r, a)
    pool.run(subtractNormRegion)
    return total()
  }

  private lazy var subtractNormsRegion = region { first, count, arguments, sums in
    sums[0] = Scalar.subtractNorms(
      arguments.y! + first, arguments.x! + first, arguments.z! + first, arguments.a, sums + 1, count: count)
  }
  /// r -= a q; returns r·r and r·D r for a diagonal D.
  public func subtractNorms(
    _ r: UnsafeMutablePointer<Scalar>, _ q: UnsafePointer<Scalar>, diagonal d: UnsafePointer<Scalar>,
    _ a: Scalar
  ) -> (square: Double, weighted: Double) {
    (arguments.x, arguments.y, arguments.z, arguments.a) = (mutable(q), r, mutable(d), a)
    pool.run(subtractNormsRegion)
    return (total(), total(1))
  }

  private lazy var advanceRegion = region { first, count, arguments, _ in
    Scalar.advance(
      arguments.x! + first, arguments.y! + first, arguments.z! + first, arguments.a, arguments.b, count: count
    )
  }
  /// x += a p, then p = z + b p.
  public func advance(
    _ x: UnsafeMutablePointer<Scalar>, _ p: UnsafeMutablePointer<Scalar>, _ z: UnsafePointer<Scalar>,
    _ a: Scalar,
    _ b: Scalar
  ) {
    (arguments.x, arguments.y, arguments.z) = (x, p, mutable(z))
    (arguments.a, arguments.b) = (a, b)
    pool.run(advanceRegion)
  }

  private lazy var advanceScaledRegion = region { first, count, arguments, _ in
    Scalar.advanceScaled(
      arguments.x! + first, arguments.y! + first, arguments.w! + first, arguments.z! + first, arguments.a,
      arguments.b, count: count)
  }
  /// x += a p, then p = D z + b p for a diagonal D.
  public func advanceScaled(
    _ x: UnsafeMutablePointer<Scalar>, _ p: UnsafeMutablePointer<Scalar>, diagonal d: UnsafePointer<Scalar>,
    _ z: UnsafePointer<Scalar>, _ a: Scalar, _ b: Scalar
  ) {
    (arguments.x, arguments.y, arguments.z, arguments.w) = (x, p, mutable(z), mutable(d))
    (arguments.a, arguments.b) = (a, b)
    pool.run(advanceScaledRegion)
  }
}
