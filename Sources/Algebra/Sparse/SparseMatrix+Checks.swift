import Tensors

extension SparseMatrix {
  /// The diagonal in a buffer, zero where the pattern has no entry.
  func diagonalBuffer(pool: WorkerPool) -> Buffer<Scalar> {
    let count = min(rows, columns)
    let diagonal = Buffer<Scalar>(uninitialized: count)
    pool.forEach(tiles: RowTiles.count(count)) { tile, _ in
      Scalar.csrDiagonal(
        diagonal.pointer, pattern.rowStarts.pointer, pattern.columnIndices.pointer, values.pointer,
        rows: RowTiles.range(tile, of: count))
    }
    return diagonal
  }

  /// The row and the column of an entry.
  func place(ofEntry position: Int) -> (row: Int, column: Int) {
    var (low, high) = (0, rows)
    // The last row that starts at or before the position: empty rows before it start there too.
    while high - low > 1 {
      let middle = (low + high) / 2
      if Int(pattern.rowStarts.pointer[middle]) <= position { low = middle } else { high = middle }
    }
    return (low, Int(pattern.columnIndices.pointer[position]))
  }

  /// Checks that there are as many rows as columns.
  /// - Throws: ``SparseMatrixError/notSquare(rows:columns:purpose:)``.
  public func requireSquare(for purpose: String) throws(SparseMatrixError) {
    guard rows == columns else { throw .notSquare(rows: rows, columns: columns, purpose: purpose) }
  }

  /// Checks that no entry is infinite or NaN.
  /// - Throws: ``SparseMatrixError/notFinite(row:column:)`` with the first that is.
  public func requireFinite(pool: WorkerPool = .shared) throws(SparseMatrixError) {
    let found = firstFound(tiles: RowTiles.count(entryCount), pool: pool) { tile in
      Scalar.firstNotFinite(values.pointer, entries: RowTiles.range(tile, of: entryCount))
    }
    guard let found else { return }
    let (row, column) = place(ofEntry: found)
    throw .notFinite(row: row, column: column)
  }

  /// Checks that the matrix equals its transpose to a relative tolerance.
  ///
  /// Entries (i, j) and (j, i) may differ by the tolerance times |a_ij| + |a_ji| + min(|a_ii|, |a_jj|).
  /// - Parameters:
  ///   - purpose: What needs it, as the subject of the sentence of the error.
  ///   - remedy: What to use instead.
  ///   - tolerance: 1024 units in the last place by default, which Galerkin products keep.
  /// - Throws: ``SparseMatrixError/notSquare(rows:columns:purpose:)``,
  ///   ``SparseMatrixError/notSymmetric(row:column:purpose:remedy:)`` with the first pair that differs.
  public func requireSymmetric(
    for purpose: String, remedy: String, tolerance: Scalar = 1024 * .ulpOfOne, pool: WorkerPool = .shared
  ) throws(SparseMatrixError) {
    try requireSquare(for: purpose)
    let diagonal = diagonalBuffer(pool: pool)
    let found = firstFound(tiles: RowTiles.count(rows), pool: pool) { tile in
      Scalar.csrFirstAsymmetry(
        pattern.rowStarts.pointer, pattern.columnIndices.pointer, values.pointer, diagonal.pointer, tolerance,
        rows: RowTiles.range(tile, of: rows))
    }
    guard let found else { return }
    let (row, column) = place(ofEntry: found)
    throw .notSymmetric(row: row, column: column, purpose: purpose, remedy: remedy)
  }

  /// Whether the matrix is square and equals its transpose to the tolerance of
  /// ``requireSymmetric(for:remedy:tolerance:pool:)``.
  public func isSymmetric(tolerance: Scalar = 1024 * .ulpOfOne, pool: WorkerPool = .shared) -> Bool {
    (try? requireSymmetric(for: "", remedy: "", tolerance: tolerance, pool: pool)) != nil
  }

  /// The smallest position that a search of tiles returns, or nil when all return -1.
  private func firstFound(tiles: Int, pool: WorkerPool, _ search: (_ tile: Int) -> Int) -> Int? {
    let found = Buffer<Int>(uninitialized: tiles)
    pool.forEach(tiles: tiles) { tile, _ in found.pointer[tile] = search(tile) }
    return found.elements.first { $0 >= 0 }
  }
}
