import CKernels
import Tensors

extension SparseMatrix {
  /// α A + β B on the union of the patterns.
  /// - Throws: ``SparseMatrixError/tooManyEntries(_:)``.
  public static func sum(
    _ alpha: Scalar, _ a: SparseMatrix, _ beta: Scalar, _ b: SparseMatrix, pool: WorkerPool = .shared
  ) throws(SparseMatrixError) -> SparseMatrix {
    precondition(
      a.rows == b.rows && a.columns == b.columns,
      "the sum of matrices of \(a.rows) × \(a.columns) and \(b.rows) × \(b.columns)")
    let (rows, tiles) = (a.rows, RowTiles.count(a.rows))
    let (p, q) = (a.pattern, b.pattern)
    let starts = Buffer<Int32>(uninitialized: rows + 1)
    pool.forEach(tiles: tiles) { tile, _ in
      let range = RowTiles.range(tile, of: rows)
      ck_csr_sum_count(
        starts.pointer + 1, p.rowStarts.pointer, p.columnIndices.pointer, q.rowStarts.pointer,
        q.columnIndices.pointer, Int64(range.lowerBound), Int64(range.upperBound))
    }
    let count = Int(ck_accumulate_starts(starts.pointer, Int64(rows)))
    guard count <= Int(Int32.max) else { throw .tooManyEntries(count) }
    let (indices, values) = (Buffer<Int32>(uninitialized: count), Buffer<Scalar>(uninitialized: count))
    pool.forEach(tiles: tiles) { tile, _ in
      Scalar.csrSumFill(
        starts.pointer, indices.pointer, values.pointer, alpha, p.rowStarts.pointer, p.columnIndices.pointer,
        a.values.pointer, beta, q.rowStarts.pointer, q.columnIndices.pointer, b.values.pointer,
        rows: RowTiles.range(tile, of: rows))
    }
    return SparseMatrix(
      pattern: SparsityPattern(rows: rows, columns: a.columns, rowStarts: starts, columnIndices: indices),
      values: values)
  }

  /// diag(left) A diag(right); nil stands for the identity.
  public func scaled(
    rowsBy left: [Scalar]? = nil, columnsBy right: [Scalar]? = nil, pool: WorkerPool = .shared
  ) -> SparseMatrix {
    precondition(
      (left?.count ?? rows) == rows && (right?.count ?? columns) == columns,
      "a matrix of \(rows) × \(columns) scaled by \(left?.count ?? rows) and \(right?.count ?? columns) factors"
    )
    let (l, r) = (left.map { Buffer($0) }, right.map { Buffer($0) })
    let scaled = Buffer<Scalar>(uninitialized: entryCount)
    pool.forEach(tiles: RowTiles.count(rows)) { tile, _ in
      Scalar.csrScale(
        scaled.pointer, pattern.rowStarts.pointer, pattern.columnIndices.pointer, values.pointer,
        l.map { UnsafePointer($0.pointer) }, r.map { UnsafePointer($0.pointer) },
        rows: RowTiles.range(tile, of: rows))
    }
    return withValues(scaled)
  }

  /// The diagonal matrix of the given elements.
  public static func diagonal(_ elements: [Scalar]) -> SparseMatrix {
    let n = elements.count
    let (starts, indices) = (Buffer<Int32>(uninitialized: n + 1), Buffer<Int32>(uninitialized: n))
    for i in 0..<n { (starts.pointer[i], indices.pointer[i]) = (Int32(i), Int32(i)) }
    starts.pointer[n] = Int32(n)
    return SparseMatrix(
      pattern: SparsityPattern(rows: n, columns: n, rowStarts: starts, columnIndices: indices),
      values: Buffer(elements))
  }

  /// The identity of the given order.
  public static func identity(_ order: Int) -> SparseMatrix {
    diagonal([Scalar](repeating: 1, count: order))
  }

  /// α A.
  public static func * (alpha: Scalar, a: SparseMatrix) -> SparseMatrix {
    let scaled = Buffer<Scalar>(uninitialized: a.entryCount)
    scaled.pointer.update(from: a.values.pointer, count: a.entryCount)
    Scalar.scale(scaled.pointer, by: alpha, count: a.entryCount)
    return a.withValues(scaled)
  }
}
