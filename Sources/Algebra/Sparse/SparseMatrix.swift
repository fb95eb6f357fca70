import Tensors

/// A sparse matrix in compressed rows (CSR): a pattern and one value per entry.
///
/// A value: copies share memory, and nothing changes it; `withValues` makes a matrix on the same pattern.
public struct SparseMatrix<Scalar: SparseScalar>: Sendable {
  /// Where the entries are.
  public let pattern: SparsityPattern
  /// The value of each entry, in the order of the pattern.
  public let values: Buffer<Scalar>
  /// The null space, where the matrix is singular and it is known; solvers project it out.
  public var nullSpace: NullSpace<Scalar>?

  /// The number of rows.
  public var rows: Int { pattern.rows }
  /// The number of columns.
  public var columns: Int { pattern.columns }
  /// The number of entries, zeros among them included.
  public var entryCount: Int { pattern.entryCount }

  /// A matrix with the given pattern and values.
  public init(pattern: SparsityPattern, values: Buffer<Scalar>) {
    precondition(
      values.count == pattern.entryCount,
      "\(values.count) values for a pattern of \(pattern.entryCount) entries")
    (self.pattern, self.values) = (pattern, values)
  }

  /// A matrix from arrays of any origin.
  /// - Throws: ``SparseMatrixError`` when they are no compressed rows.
  public init(rows: Int, columns: Int, rowStarts: [Int32], columnIndices: [Int32], values: [Scalar])
    throws(SparseMatrixError)
  {
    guard values.count == columnIndices.count else {
      throw .malformed("\(values.count) values for \(columnIndices.count) columns")
    }
    self.init(
      pattern: try SparsityPattern(
        rows: rows, columns: columns, rowStarts: rowStarts, columnIndices: columnIndices),
      values: Buffer(values))
  }

  /// The matrix on the same pattern, and with the same null space, but other values.
  public func withValues(_ values: Buffer<Scalar>) -> SparseMatrix {
    var matrix = SparseMatrix(pattern: pattern, values: values)
    matrix.nullSpace = nullSpace
    return matrix
  }

  /// The element in a row and a column, zero where there is no entry.
  public subscript(row: Int, column: Int) -> Scalar {
    precondition(
      (0..<rows).contains(row) && (0..<columns).contains(column),
      "the element (\(row), \(column)) is outside a matrix of \(rows) × \(columns)")
    return pattern.position(row: row, column: column).map { values.pointer[$0] } ?? 0
  }

  /// The elements of the main diagonal, zero where there is no entry.
  public var diagonal: [Scalar] { diagonalBuffer(pool: .shared).array }
}

/// How rows are cut into tiles: by a fixed number, so that results do not depend on the number of threads.
enum RowTiles {
  /// Rows per tile of loops that only stream: large enough that taking a tile costs nothing, small enough to balance.
  static let rows = 4096

  static func count(_ rows: Int) -> Int { (rows + Self.rows - 1) / Self.rows }

  static func range(_ tile: Int, of rows: Int) -> Range<Int> {
    tile * Self.rows..<min((tile + 1) * Self.rows, rows)
  }
}

extension SparseMatrix: LinearOperator {
  public func makeAction(pool: WorkerPool) -> LinearAction<Scalar> {
    LinearAction(rows: rows, columns: columns, tiledProduct(pool), pool: pool)
  }

  public func makeTiledProduct(pool: WorkerPool) -> TiledProduct<Scalar>? { tiledProduct(pool) }

  private func tiledProduct(_ pool: WorkerPool) -> TiledProduct<Scalar> {
    let (runs, rows) = (RowRuns(self, pool: pool), rows)
    return TiledProduct(
      tiles: RowTiles.count(rows), rows: { RowTiles.range($0, of: rows) },
      multiply: { x, y, tile in runs.multiply(x, to: y, tile: tile) },
      residual: { b, x, r, tile in runs.residual(b, x, to: r, tile: tile) })
  }
}
