import CKernels
import Tensors

/// The strict triangles of a square pattern with a whole diagonal, and how sweeps through them are scheduled: what
/// incomplete factorisations on the pattern share when values change.
final class TrianglePair: @unchecked Sendable {
  // Unchecked: nothing changes after the initialiser.

  let pattern: SparsityPattern
  /// The position of the diagonal entry of each row.
  let diagonals: Buffer<Int32>
  let lowerStarts: Buffer<Int32>
  let lowerColumns: Buffer<Int32>
  let upperStarts: Buffer<Int32>
  let upperColumns: Buffer<Int32>
  let lower: SweepTriangle
  let upper: SweepTriangle
  let forward: SweepSchedule
  let backward: SweepSchedule

  /// The triangles of a square pattern.
  /// - Throws: ``SparseMatrixError/zeroDiagonal(row:purpose:)`` where the diagonal has no entry.
  init(_ pattern: SparsityPattern, purpose: String, pool: WorkerPool) throws(SparseMatrixError) {
    let n = pattern.rows
    self.pattern = pattern
    diagonals = try pattern.diagonalPositions(purpose: purpose)
    let (starts, columns, diagonals) = (
      pattern.rowStarts.pointer, pattern.columnIndices.pointer, diagonals.pointer
    )
    lowerStarts = Buffer(uninitialized: n + 1)
    upperStarts = Buffer(uninitialized: n + 1)
    (lowerStarts.pointer[0], upperStarts.pointer[0]) = (0, 0)
    for i in 0..<n {
      lowerStarts.pointer[i + 1] = lowerStarts.pointer[i] + diagonals[i] - starts[i]
      upperStarts.pointer[i + 1] = upperStarts.pointer[i] + starts[i + 1] - diagonals[i] - 1
    }
    lowerColumns = Buffer(uninitialized: Int(lowerStarts.pointer[n]))
    upperColumns = Buffer(uninitialized: Int(upperStarts.pointer[n]))
    let (l, lc, u, uc) = (
      lowerStarts.pointer, lowerColumns.pointer, upperStarts.pointer, upperColumns.pointer
    )
    pool.forEach(tiles: RowTiles.count(n)) { tile, _ in
      for i in RowTiles.range(tile, of: n) {
        for p in 0..<Int(l[i + 1] - l[i]) { lc[Int(l[i]) + p] = columns[Int(starts[i]) + p] }
        for p in 0..<Int(u[i + 1] - u[i]) { uc[Int(u[i]) + p] = columns[Int(diagonals[i]) + 1 + p] }
      }
    }
    lower = SweepTriangle(
      rows: n, backward: false, starts: l, ends: l + 1, columns: lc)
    upper = SweepTriangle(
      rows: n, backward: true, starts: u, ends: u + 1, columns: uc)
    (forward, backward) = SweepSchedule.pair(lower, upper, pool: pool)
  }

  /// Where the mirror image of each lower entry is among the upper ones; nil when the pattern is not symmetric.
  func mirrors() -> Buffer<Int32>? {
    let mirrors = Buffer<Int32>(uninitialized: lowerColumns.count)
    let cursors = Buffer<Int32>(uninitialized: pattern.rows)
    let fault = ck_find_mirrors(
      mirrors.pointer, cursors.pointer, pattern.rowStarts.pointer, pattern.columnIndices.pointer,
      diagonals.pointer, lowerStarts.pointer, upperStarts.pointer, Int64(pattern.rows))
    return fault < 0 ? mirrors : nil
  }

  /// Bytes of the triangles and schedules.
  var bytes: Int {
    let starts = diagonals.count + lowerStarts.count + upperStarts.count
    return 4 * (starts + lowerColumns.count + upperColumns.count) + forward.bytes + backward.bytes
  }
}

extension SweepSchedule {
  /// The schedules of a downward and an upward sweep.
  static func pair(_ lower: SweepTriangle, _ upper: SweepTriangle, pool: WorkerPool) -> (
    SweepSchedule, SweepSchedule
  ) {
    nonisolated(unsafe) var schedules: (SweepSchedule?, SweepSchedule?) = (nil, nil)
    pool.forEach(tiles: 2) { tile, _ in
      if tile == 0 { schedules.0 = SweepSchedule(lower) } else { schedules.1 = SweepSchedule(upper) }
    }
    return (schedules.0!, schedules.1!)
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
