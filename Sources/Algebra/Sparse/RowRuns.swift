import CKernels
import Tensors

/// The rows of a pattern as runs that repeat one row, shifted: products read no columns within a run.
///
/// Made once per action; it reads the pattern once, about as long as one product takes.
final class RowRuns: @unchecked Sendable {
  // Unchecked: nothing changes after the initialiser.

  private let pattern: SparsityPattern
  /// The first row of each run, and the number of rows at the end; nil where runs are too short to pay.
  private let firstRows: Buffer<Int32>?
  /// The first run of each tile of rows, and the number of runs at the end.
  private let tileStarts: [Int]

  /// The mean length from which runs pay.
  private static let worthwhileLength = 8

  init(_ pattern: SparsityPattern, pool: WorkerPool) {
    self.pattern = pattern
    let tiles = RowTiles.count(pattern.rows)
    let counts = Buffer<Int>(count: tiles)
    pool.forEach(tiles: tiles) { tile, _ in
      let range = RowTiles.range(tile, of: pattern.rows)
      counts.pointer[tile] = Int(
        ck_csr_count_runs(
          pattern.rowStarts.pointer, pattern.columnIndices.pointer, Int64(range.lowerBound),
          Int64(range.upperBound)))
    }
    var starts = [0]
    for count in counts.elements { starts.append(starts.last! + count) }
    tileStarts = starts
    guard starts.last! * Self.worthwhileLength <= pattern.rows else {
      firstRows = nil
      return
    }
    let rows = Buffer<Int32>(uninitialized: starts.last! + 1)
    rows.pointer[starts.last!] = Int32(pattern.rows)
    pool.forEach(tiles: tiles) { tile, _ in
      let range = RowTiles.range(tile, of: pattern.rows)
      ck_csr_find_runs(
        rows.pointer + starts[tile], pattern.rowStarts.pointer, pattern.columnIndices.pointer,
        Int64(range.lowerBound), Int64(range.upperBound))
    }
    firstRows = rows
  }

  /// y = A x for a tile of rows.
  func multiply<Scalar: SparseScalar>(
    _ values: Buffer<Scalar>, _ x: UnsafePointer<Scalar>, to y: UnsafeMutablePointer<Scalar>, tile: Int
  ) {
    let (starts, columns) = (pattern.rowStarts.pointer, pattern.columnIndices.pointer)
    if let firstRows {
      Scalar.csrMultiplyRuns(
        y, starts, columns, values.pointer, x, firstRows.pointer,
        runs: tileStarts[tile]..<tileStarts[tile + 1])
    } else {
      Scalar.csrMultiply(
        y, starts, columns, values.pointer, x, rows: RowTiles.range(tile, of: pattern.rows))
    }
  }

  /// r = b − A x for a tile of rows; r may be b.
  func residual<Scalar: SparseScalar>(
    _ values: Buffer<Scalar>, _ b: UnsafePointer<Scalar>, _ x: UnsafePointer<Scalar>,
    to r: UnsafeMutablePointer<Scalar>, tile: Int
  ) {
    let (starts, columns) = (pattern.rowStarts.pointer, pattern.columnIndices.pointer)
    if let firstRows {
      Scalar.csrResidualRuns(
        r, b, starts, columns, values.pointer, x, firstRows.pointer,
        runs: tileStarts[tile]..<tileStarts[tile + 1])
    } else {
      Scalar.csrResidual(
        r, b, starts, columns, values.pointer, x, rows: RowTiles.range(tile, of: pattern.rows))
    }
  }
}
