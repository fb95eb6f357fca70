import CKernels
import Tensors

/// Rows per tile of products: their rows cost far more than those of loops that stream.
private let productTileRows = 512

extension SparseMatrix {
  /// The product A B of sparse matrices, row by row (Gustavson 1978), on all threads of the pool.
  ///
  /// Entries that cancel to zero stay in the pattern, which therefore depends on the patterns of the factors alone.
  /// - Throws: ``SparseMatrixError/tooManyEntries(_:)``.
  public func product(_ other: SparseMatrix, pool: WorkerPool = .shared) throws(SparseMatrixError)
    -> SparseMatrix
  {
    precondition(
      columns == other.rows,
      "the product of matrices of \(rows) × \(columns) and \(other.rows) × \(other.columns)")
    let (a, b) = (pattern, other.pattern)
    let tiles = (rows + productTileRows - 1) / productTileRows
    // One marker per column and worker, apart so that workers share no cache line.
    let stride = (other.columns + 31) / 16 * 16
    let markers = Buffer<Int32>(uninitialized: stride * pool.threadCount)
    markers.pointer.update(repeating: -1, count: markers.count)
    let starts = Buffer<Int32>(uninitialized: rows + 1)
    pool.forEach(tiles: tiles) { tile, worker in
      let first = tile * productTileRows
      ck_csr_product_count(
        starts.pointer + 1, a.rowStarts.pointer, a.columnIndices.pointer, b.rowStarts.pointer,
        b.columnIndices.pointer, markers.pointer + stride * worker, Int64(first),
        Int64(min(first + productTileRows, a.rows)))
    }
    let count = Int(ck_accumulate_starts(starts.pointer, Int64(rows)))
    guard count <= Int(Int32.max) else { throw .tooManyEntries(count) }
    markers.pointer.update(repeating: -1, count: markers.count)
    let (indices, products) = (Buffer<Int32>(uninitialized: count), Buffer<Scalar>(uninitialized: count))
    pool.forEach(tiles: tiles) { tile, worker in
      let first = tile * productTileRows
      Scalar.csrProductFill(
        starts.pointer, indices.pointer, products.pointer, a.rowStarts.pointer, a.columnIndices.pointer,
        values.pointer, b.rowStarts.pointer, b.columnIndices.pointer, other.values.pointer,
        markers.pointer + stride * worker, rows: first..<min(first + productTileRows, a.rows))
    }
    return SparseMatrix(
      pattern: SparsityPattern(
        rows: rows, columns: other.columns, rowStarts: starts, columnIndices: indices),
      values: products)
  }

  /// The product A B on the pattern that ``product(_:pool:)`` found for matrices on the same patterns, bit for bit the
  /// same and in half the time.
  public func product(_ other: SparseMatrix, on pattern: SparsityPattern, pool: WorkerPool = .shared)
    -> SparseMatrix
  {
    precondition(
      columns == other.rows && pattern.rows == rows && pattern.columns == other.columns,
      "the product of matrices of \(rows) × \(columns) and \(other.rows) × \(other.columns) on a pattern of "
        + "\(pattern.rows) × \(pattern.columns)")
    let (a, b) = (self.pattern, other.pattern)
    let stride = (other.columns + 31) / 16 * 16
    let markers = Buffer<Int32>(count: stride * pool.threadCount)
    let products = Buffer<Scalar>(uninitialized: pattern.entryCount)
    pool.forEach(tiles: (rows + productTileRows - 1) / productTileRows) { tile, worker in
      let first = tile * productTileRows
      Scalar.csrProductValues(
        pattern.rowStarts.pointer, pattern.columnIndices.pointer, products.pointer, a.rowStarts.pointer,
        a.columnIndices.pointer, values.pointer, b.rowStarts.pointer, b.columnIndices.pointer,
        other.values.pointer, markers.pointer + stride * worker,
        rows: first..<min(first + productTileRows, a.rows))
    }
    return SparseMatrix(pattern: pattern, values: products)
  }

  /// The Galerkin product Pᵀ A P, which restricts this matrix to the range of P.
  /// - Parameters:
  ///   - prolongation: P, with as many rows as this matrix.
  ///   - restriction: Pᵀ where it is at hand already.
  /// - Throws: ``SparseMatrixError/tooManyEntries(_:)``.
  public func galerkinProduct(
    _ prolongation: SparseMatrix, restriction: SparseMatrix? = nil, pool: WorkerPool = .shared
  ) throws(SparseMatrixError) -> SparseMatrix {
    let restriction = restriction ?? prolongation.transposed(pool: pool)
    return try restriction.product(product(prolongation, pool: pool), pool: pool)
  }
}
