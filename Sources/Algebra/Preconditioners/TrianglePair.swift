import CKernels
import Tensors

/// The triangles of a square pattern with a whole diagonal: what incomplete factorisations on the pattern share when
/// values change.
final class TrianglePair: @unchecked Sendable {
  // Unchecked: nothing changes after the initialiser.

  let pattern: SparsityPattern
  /// The position of the diagonal entry of each row.
  let diagonals: Buffer<Int32>
  let triangles: FactorTriangles

  /// The triangles of a square pattern.
  /// - Throws: ``SparseMatrixError/zeroDiagonal(row:purpose:)`` where the diagonal has no entry.
  init(_ pattern: SparsityPattern, purpose: String, pool: WorkerPool) throws(SparseMatrixError) {
    let n = pattern.rows
    self.pattern = pattern
    diagonals = try pattern.diagonalPositions(purpose: purpose)
    let (starts, columns) = (pattern.rowStarts.pointer, pattern.columnIndices.pointer)
    let middles = diagonals.pointer
    let (lowerStarts, upperStarts) = (
      Buffer<Int32>(uninitialized: n + 1), Buffer<Int32>(uninitialized: n + 1)
    )
    let (l, u) = (lowerStarts.pointer, upperStarts.pointer)
    (l[0], u[0]) = (0, 0)
    for i in 0..<n {
      l[i + 1] = l[i] + middles[i] - starts[i]
      u[i + 1] = u[i] + starts[i + 1] - middles[i] - 1
    }
    let (lowerColumns, upperColumns) = (
      Buffer<Int32>(uninitialized: Int(l[n])), Buffer<Int32>(uninitialized: Int(u[n]))
    )
    let (lc, uc) = (lowerColumns.pointer, upperColumns.pointer)
    pool.forEach(tiles: RowTiles.count(n)) { tile, _ in
      for i in RowTiles.range(tile, of: n) {
        for p in 0..<Int(l[i + 1] - l[i]) { lc[Int(l[i]) + p] = columns[Int(starts[i]) + p] }
        for p in 0..<Int(u[i + 1] - u[i]) { uc[Int(u[i]) + p] = columns[Int(middles[i]) + 1 + p] }
      }
    }
    triangles = FactorTriangles(
      rows: n, lowerStarts: lowerStarts, lowerColumns: lowerColumns, upperStarts: upperStarts,
      upperColumns: upperColumns, pool: pool)
  }

  /// Where the mirror image of each lower entry is among the upper ones; nil when the pattern is not symmetric.
  func mirrors() -> Buffer<Int32>? {
    let mirrors = Buffer<Int32>(uninitialized: triangles.lowerColumns.count)
    let cursors = Buffer<Int32>(uninitialized: pattern.rows)
    let fault = ck_find_mirrors(
      mirrors.pointer, cursors.pointer, pattern.rowStarts.pointer, pattern.columnIndices.pointer,
      diagonals.pointer, triangles.lowerStarts.pointer, triangles.upperStarts.pointer, Int64(pattern.rows))
    return fault < 0 ? mirrors : nil
  }
}

extension SparsityPattern {
  /// The position of the diagonal entry of each row of a square pattern.
  /// - Throws: ``SparseMatrixError/zeroDiagonal(row:purpose:)`` with the first row that has none.
  func diagonalPositions(purpose: String) throws(SparseMatrixError) -> Buffer<Int32> {
    let positions = Buffer<Int32>(uninitialized: rows)
    let missing = ck_find_diagonals(
      positions.pointer, rowStarts.pointer, columnIndices.pointer, Int64(rows))
    guard missing < 0 else { throw .zeroDiagonal(row: Int(missing), purpose: purpose) }
    return positions
  }
}

extension SparseMatrix {
  /// Refuses a diagonal with a zero and, for Cholesky factorisations, with a negative element.
  func requireDiagonal(at positions: Buffer<Int32>, positive: Bool, purpose: String) throws {
    for row in 0..<rows {
      let entry = values.pointer[Int(positions.pointer[row])]
      if entry == 0 { throw SparseMatrixError.zeroDiagonal(row: row, purpose: purpose) }
      if positive, entry < 0 { throw FactorizationError.notPositiveDefinite(row: row, count: rows) }
    }
  }

  /// (A + Aᵀ) / 2, which has a symmetric pattern.
  func symmetrised(pool: WorkerPool) throws(SparseMatrixError) -> SparseMatrix {
    try Self.sum(0.5, self, 0.5, transposed(pool: pool), pool: pool)
  }
}
