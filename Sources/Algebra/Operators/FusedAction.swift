import Tensors

/// The action of an operator with what solvers want beside it in the same pass: x·A x and b − A x.
///
/// Where the operator has tiles of rows, a tile of the product is still in the cache when its inner product is taken.
public final class FusedAction<Scalar: SparseScalar> {
  private enum Way {
    case tiles(apply: ParallelRegion, inner: ParallelRegion, residual: ParallelRegion)
    case whole(LinearAction<Scalar>, VectorPasses<Scalar>)
  }

  private let way: Way
  private let pool: WorkerPool
  private let vectors = Buffer<UnsafeMutablePointer<Scalar>?>(count: 3)
  private let sums: Buffer<Double>

  /// The action of an operator.
  public init(_ matrix: some LinearOperator<Scalar>, pool: WorkerPool) {
    self.pool = pool
    guard let product = matrix.makeTiledProduct(pool: pool) else {
      sums = Buffer(count: 0)
      way = .whole(matrix.makeAction(pool: pool), VectorPasses(count: matrix.rows, pool: pool))
      return
    }
    sums = Buffer(count: product.tiles)
    let (vectors, sums) = (vectors, sums)
    way = .tiles(
      apply: ParallelRegion(tiles: product.tiles) { tile, _ in
        product.multiply(vectors.pointer[0]!, vectors.pointer[1]!, tile)
      },
      inner: ParallelRegion(tiles: product.tiles) { tile, _ in
        let (x, y) = (vectors.pointer[0]!, vectors.pointer[1]!)
        product.multiply(x, y, tile)
        let range = product.rows(tile)
        sums.pointer[tile] = Scalar.inner(x + range.lowerBound, y + range.lowerBound, count: range.count)
      },
      residual: ParallelRegion(tiles: product.tiles) { tile, _ in
        product.residual(vectors.pointer[2]!, vectors.pointer[0]!, vectors.pointer[1]!, tile)
      })
  }

  private func run(_ region: ParallelRegion, _ x: UnsafePointer<Scalar>, _ y: UnsafeMutablePointer<Scalar>) {
    vectors.pointer[0] = UnsafeMutablePointer(mutating: x)
    vectors.pointer[1] = y
    pool.run(region)
  }

  /// y = A x
  public func apply(_ x: UnsafePointer<Scalar>, to y: UnsafeMutablePointer<Scalar>) {
    switch way {
    case .tiles(let region, _, _): run(region, x, y)
    case .whole(let action, _): action.apply(x, to: y)
    }
  }

  /// y = A x for a square operator; returns x·y.
  public func applyInner(_ x: UnsafePointer<Scalar>, to y: UnsafeMutablePointer<Scalar>) -> Double {
    switch way {
    case .tiles(_, let region, _):
      run(region, x, y)
      var total = 0.0
      for sum in sums.elements { total += sum }
      return total
    case .whole(let action, let passes):
      action.apply(x, to: y)
      return passes.inner(x, y)
    }
  }

  /// r = b − A x, for r apart from b.
  public func residual(
    _ b: UnsafePointer<Scalar>, _ x: UnsafePointer<Scalar>, to r: UnsafeMutablePointer<Scalar>
  ) {
    switch way {
    case .tiles(_, _, let region):
      vectors.pointer[2] = UnsafeMutablePointer(mutating: b)
      run(region, x, r)
    case .whole(let action, let passes):
      action.apply(x, to: r)
      passes.axpby(1, b, -1, r)
    }
  }
}
