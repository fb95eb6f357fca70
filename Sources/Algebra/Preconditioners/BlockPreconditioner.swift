import Tensors

/// Block Jacobi with another preconditioner inside: what couples different blocks of consecutive rows is left out, and
/// the rest is handed on, by default to an incomplete Cholesky factorisation.
///
/// The blocks are independent of each other, so that their triangular solves run at the same time without waiting. Their
/// size is fixed, not the number of threads: results do not depend on that.
public struct BlockPreconditioner: Preconditioner {
  /// Rows per block; the last block takes what is left.
  public var rowsPerBlock: Int
  /// What takes the blocks.
  public var inner: any Preconditioner

  /// Blocks of the given number of rows for a preconditioner.
  public init(rowsPerBlock: Int, inner: any Preconditioner = IncompleteCholesky()) {
    precondition(rowsPerBlock > 0, "blocks of \(rowsPerBlock) rows")
    (self.rowsPerBlock, self.inner) = (rowsPerBlock, inner)
  }

  public var name: String { "block \(inner.name)" }

  /// The preconditioner of the blocks of a square matrix.
  /// - Throws: ``SparseMatrixError/notSquare(rows:columns:purpose:)``, and what the inner preconditioner throws.
  public func prepare<Scalar: SparseScalar>(_ matrix: SparseMatrix<Scalar>, pool: WorkerPool) throws
    -> any PreparedPreconditioner<Scalar>
  {
    let clock = SetupClock()
    try matrix.requireSquare(for: name)
    let blocks = DiagonalBlocks(matrix.pattern, size: rowsPerBlock, pool: pool)
    let prepared = try inner.prepare(blocks.matrix(matrix, pool: pool), pool: pool)
    return PreparedBlocks(blocks: blocks, inner: inner, prepared: prepared, seconds: clock.seconds)
  }
}

/// The entries of a pattern within diagonal blocks.
final class DiagonalBlocks: @unchecked Sendable {
  // Unchecked: nothing changes after the initialiser.

  let source: SparsityPattern
  let size: Int
  let pattern: SparsityPattern
  /// Where each entry is in the source.
  private let positions: Buffer<Int32>

  init(_ source: SparsityPattern, size: Int, pool: WorkerPool) {
    (self.source, self.size) = (source, size)
    let n = source.rows
    let columns = source.columnIndices.pointer
    func isInside(_ row: Int, _ p: Int) -> Bool { Int(columns[p]) / size == row / size }
    let starts = Buffer<Int32>(uninitialized: n + 1)
    starts.pointer[0] = 0
    for row in 0..<n {
      let count = source.entries(ofRow: row).reduce(0) { $0 + (isInside(row, $1) ? 1 : 0) }
      starts.pointer[row + 1] = starts.pointer[row] + Int32(count)
    }
    let count = Int(starts.pointer[n])
    let (indices, positions) = (Buffer<Int32>(uninitialized: count), Buffer<Int32>(uninitialized: count))
    pool.forEach(tiles: RowTiles.count(n)) { tile, _ in
      for row in RowTiles.range(tile, of: n) {
        var q = Int(starts.pointer[row])
        for p in source.entries(ofRow: row) where isInside(row, p) {
          (indices.pointer[q], positions.pointer[q]) = (columns[p], Int32(p))
          q += 1
        }
      }
    }
    self.positions = positions
    pattern = SparsityPattern(rows: n, columns: n, rowStarts: starts, columnIndices: indices)
  }

  /// The blocks of a matrix on the source.
  func matrix<Scalar: SparseScalar>(_ matrix: SparseMatrix<Scalar>, pool: WorkerPool) -> SparseMatrix<Scalar>
  {
    let (values, entries) = (Buffer<Scalar>(uninitialized: positions.count), matrix.values.pointer)
    pool.forEach(tiles: RowTiles.count(positions.count)) { tile, _ in
      for q in RowTiles.range(tile, of: positions.count) {
        values.pointer[q] = entries[Int(positions.pointer[q])]
      }
    }
    return SparseMatrix(pattern: pattern, values: values)
  }

  var bytes: Int { 4 * (2 * positions.count + pattern.rows + 1) }
}

/// The preconditioner of the diagonal blocks of one matrix.
struct PreparedBlocks<Scalar: SparseScalar>: PreparedPreconditioner {
  let blocks: DiagonalBlocks
  let inner: any Preconditioner
  let prepared: any PreparedPreconditioner<Scalar>
  let statistics: PreconditionerStatistics

  init(
    blocks: DiagonalBlocks, inner: any Preconditioner, prepared: any PreparedPreconditioner<Scalar>,
    seconds: Double
  ) {
    (self.blocks, self.inner, self.prepared) = (blocks, inner, prepared)
    var statistics = prepared.statistics
    statistics.bytes += blocks.bytes
    statistics.seconds = seconds
    self.statistics = statistics
  }

  var rows: Int { prepared.rows }
  var columns: Int { prepared.columns }
  var isSymmetric: Bool { prepared.isSymmetric }

  func updated(_ matrix: SparseMatrix<Scalar>, pool: WorkerPool) throws -> any PreparedPreconditioner<Scalar>
  {
    let clock = SetupClock()
    guard matrix.pattern.hasSameEntries(as: blocks.source) else {
      return try BlockPreconditioner(rowsPerBlock: blocks.size, inner: inner).prepare(matrix, pool: pool)
    }
    return PreparedBlocks(
      blocks: blocks, inner: inner,
      prepared: try prepared.updated(blocks.matrix(matrix, pool: pool), pool: pool),
      seconds: clock.seconds)
  }

  func makeAction(pool: WorkerPool) -> LinearAction<Scalar> { prepared.makeAction(pool: pool) }
}
