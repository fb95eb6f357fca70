import Tensors

/// The product y = A x cut into fixed tiles of rows, for loops that take a product and more in one pass over memory: a
/// tile of the result is still in the cache when the next thing is done to it.
public struct TiledProduct<Scalar: SparseScalar>: Sendable {
  typealias Multiply = @Sendable (UnsafePointer<Scalar>, UnsafeMutablePointer<Scalar>, _ tile: Int) -> Void
  typealias Residual =
    @Sendable (
      _ b: UnsafePointer<Scalar>, _ x: UnsafePointer<Scalar>, _ r: UnsafeMutablePointer<Scalar>, _ tile: Int
    ) -> Void

  /// The number of tiles.
  let tiles: Int
  /// The rows of a tile.
  let rows: @Sendable (_ tile: Int) -> Range<Int>
  /// y = A x on the rows of a tile; x and y are whole vectors.
  let multiply: Multiply
  /// r = b − A x on the rows of a tile, for r apart from b.
  let residual: Residual

  /// - Parameter residual: nil for what `multiply` gives, subtracted from b.
  init(
    tiles: Int, rows: @escaping @Sendable (_ tile: Int) -> Range<Int>, multiply: @escaping Multiply,
    residual: Residual? = nil
  ) {
    (self.tiles, self.rows, self.multiply) = (tiles, rows, multiply)
    self.residual =
      residual ?? { b, x, r, tile in
        multiply(x, r, tile)
        let range = rows(tile)
        Scalar.axpby(r + range.lowerBound, b + range.lowerBound, 1, -1, count: range.count)
      }
  }
}

extension LinearAction {
  /// The action that runs all tiles of a product.
  convenience init(rows: Int, columns: Int, _ product: TiledProduct<Scalar>, pool: WorkerPool) {
    // The region is kept and finds its vectors in a box, so that an application allocates nothing.
    let vectors = Buffer<UnsafeMutablePointer<Scalar>?>(count: 2)
    let region = ParallelRegion(tiles: product.tiles) { tile, _ in
      product.multiply(vectors.pointer[0]!, vectors.pointer[1]!, tile)
    }
    self.init(rows: rows, columns: columns) { x, y in
      vectors.pointer[0] = UnsafeMutablePointer(mutating: x)
      vectors.pointer[1] = y
      pool.run(region)
    }
  }
}
