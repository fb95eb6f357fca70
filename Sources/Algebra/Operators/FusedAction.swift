import Tensors

/// The action of an operator with what solvers want beside it in the same pass: x·A x and b − A x.
///
/// For a sparse matrix a tile of the product is still in the cache when its inner product is taken.
public final class FusedAction<Scalar: SparseScalar> {
  private let action: LinearAction<Scalar>?
  private let passes: VectorPasses<Scalar>?
  private let pool: WorkerPool
  private let applyRegion, innerRegion, residualRegion: ParallelRegion?
  private let vectors = Buffer<UnsafeMutablePointer<Scalar>?>(count: 3)
  private let sums: Buffer<Double>

  /// The action of an operator.
  public init(_ matrix: some LinearOperator<Scalar>, pool: WorkerPool) {
    self.pool = pool
    guard let matrix = matrix as? SparseMatrix<Scalar> else {
      action = matrix.makeAction(pool: pool)
      passes = VectorPasses(count: matrix.rows, pool: pool)
      sums = Buffer(count: 0)
      (applyRegion, innerRegion, residualRegion) = (nil, nil, nil)
      return
    }
    (action, passes) = (nil, nil)
    let tiles = RowTiles.count(matrix.rows)
    sums = Buffer(count: tiles)
    let (runs, values, rows, vectors, sums) = (
      RowRuns(matrix.pattern, pool: pool), matrix.values, matrix.rows, vectors, sums
    )
    applyRegion = ParallelRegion(tiles: tiles) { tile, _ in
      runs.multiply(values, vectors.pointer[0]!, to: vectors.pointer[1]!, tile: tile)
    }
    innerRegion = ParallelRegion(tiles: tiles) { tile, _ in
      let (x, y) = (vectors.pointer[0]!, vectors.pointer[1]!)
      runs.multiply(values, x, to: y, tile: tile)
      let range = RowTiles.range(tile, of: rows)
      sums.pointer[tile] = Scalar.inner(x + range.lowerBound, y + range.lowerBound, count: range.count)
    }
    residualRegion = ParallelRegion(tiles: tiles) { tile, _ in
      runs.residual(values, vectors.pointer[2]!, vectors.pointer[0]!, to: vectors.pointer[1]!, tile: tile)
    }
  }

  /// y = A x
  public func apply(_ x: UnsafePointer<Scalar>, to y: UnsafeMutablePointer<Scalar>) {
    guard let applyRegion else { return action!.apply(x, to: y) }
    vectors.pointer[0] = UnsafeMutablePointer(mutating: x)
    vectors.pointer[1] = y
    pool.run(applyRegion)
  }

  /// y = A x for a square operator; returns x·y.
  public func applyInner(_ x: UnsafePointer<Scalar>, to y: UnsafeMutablePointer<Scalar>) -> Double {
    guard let innerRegion else {
      action!.apply(x, to: y)
      return passes!.inner(x, y)
    }
    vectors.pointer[0] = UnsafeMutablePointer(mutating: x)
    vectors.pointer[1] = y
    pool.run(innerRegion)
    var total = 0.0
    for sum in sums.elements { total += sum }
    return total
  }

  /// r = b − A x
  public func residual(
    _ b: UnsafePointer<Scalar>, _ x: UnsafePointer<Scalar>, to r: UnsafeMutablePointer<Scalar>
  ) {
    guard let residualRegion else {
      action!.apply(x, to: r)
      passes!.axpby(1, b, -1, r)
      return
    }
    vectors.pointer[0] = UnsafeMutablePointer(mutating: x)
    vectors.pointer[1] = r
    vectors.pointer[2] = UnsafeMutablePointer(mutating: b)
    pool.run(residualRegion)
  }
}
