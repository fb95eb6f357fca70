import CKernels
import Tensors

/// The rows of a matrix as runs that repeat one row, shifted: within a run products read no columns, and no values
/// either where these repeat too, as those of constant coefficients on a grid do.
///
/// Made once per action; it reads the matrix once, about as long as one product takes.
final class RowRuns<Scalar: SparseScalar>: @unchecked Sendable {
  // Unchecked: nothing changes after the initialiser.

  private let pattern: SparsityPattern
  private let values: Buffer<Scalar>
  /// The first row of each run, and the number of rows at the end; nil where runs are too short to pay.
  private let firstRows: Buffer<Int32>?
  /// The first run of each tile of rows, and the number of runs at the end.
  private let tileStarts: [Int]
  /// Whether the rows of each run have the same values.
  private let isUniform: Bool

  /// The mean length from which runs pay.
  private static var worthwhileLength: Int { 8 }

  init(_ matrix: SparseMatrix<Scalar>, pool: WorkerPool) {
    let (pattern, values) = (matrix.pattern, matrix.values)
    (self.pattern, self.values) = (pattern, values)
    let (starts, columns) = (pattern.rowStarts.pointer, pattern.columnIndices.pointer)
    func runs(
      count: (_ rows: Range<Int>) -> Int,
      find: (_ runs: UnsafeMutablePointer<Int32>, _ rows: Range<Int>) -> Void
    ) -> (tileStarts: [Int], firstRows: Buffer<Int32>?) {
      let tiles = RowTiles.count(pattern.rows)
      let counts = Buffer<Int>(count: tiles)
      pool.forEach(tiles: tiles) { tile, _ in
        counts.pointer[tile] = count(RowTiles.range(tile, of: pattern.rows))
      }
      var tileStarts = [0]
      for count in counts.elements { tileStarts.append(tileStarts.last! + count) }
      let total = tileStarts.last!
      guard total * Self.worthwhileLength <= pattern.rows else { return (tileStarts, nil) }
      let rows = Buffer<Int32>(uninitialized: total + 1)
      rows.pointer[total] = Int32(pattern.rows)
      pool.forEach(tiles: tiles) { tile, _ in
        find(rows.pointer + tileStarts[tile], RowTiles.range(tile, of: pattern.rows))
      }
      return (tileStarts, rows)
    }
    let repeated = runs {
      Int(ck_csr_count_runs(starts, columns, Int64($0.lowerBound), Int64($0.upperBound)))
    } find: {
      ck_csr_find_runs($0, starts, columns, Int64($1.lowerBound), Int64($1.upperBound))
    }
    if repeated.firstRows != nil {
      let uniform = runs {
        Scalar.csrCountUniformRuns(starts, columns, values.pointer, rows: $0)
      } find: {
        Scalar.csrFindUniformRuns($0, starts, columns, values.pointer, rows: $1)
      }
      if uniform.firstRows != nil {
        (tileStarts, firstRows, isUniform) = (uniform.tileStarts, uniform.firstRows, true)
        return
      }
    }
    (tileStarts, firstRows, isUniform) = (repeated.tileStarts, repeated.firstRows, false)
  }

  /// y = A x for a tile of rows.
  func multiply(_ x: UnsafePointer<Scalar>, to y: UnsafeMutablePointer<Scalar>, tile: Int) {
    let (starts, columns) = (pattern.rowStarts.pointer, pattern.columnIndices.pointer)
    if let firstRows {
      Scalar.csrMultiplyRuns(
        y, starts, columns, values.pointer, x, firstRows.pointer,
        runs: tileStarts[tile]..<tileStarts[tile + 1], isUniform: isUniform)
    } else {
      Scalar.csrMultiply(
        y, starts, columns, values.pointer, x, rows: RowTiles.range(tile, of: pattern.rows))
    }
  }

  /// r = b − A x for a tile of rows; r may be b.
  func residual(
    _ b: UnsafePointer<Scalar>, _ x: UnsafePointer<Scalar>, to r: UnsafeMutablePointer<Scalar>, tile: Int
  ) {
    let (starts, columns) = (pattern.rowStarts.pointer, pattern.columnIndices.pointer)
    if let firstRows {
      Scalar.csrResidualRuns(
        r, b, starts, columns, values.pointer, x, firstRows.pointer,
        runs: tileStarts[tile]..<tileStarts[tile + 1], isUniform: isUniform)
    } else {
      Scalar.csrResidual(
        r, b, starts, columns, values.pointer, x, rows: RowTiles.range(tile, of: pattern.rows))
    }
  }
}
