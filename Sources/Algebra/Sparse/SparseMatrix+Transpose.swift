import CKernels
import Tensors

extension SparseMatrix {
  /// Aᵀ.
  public func transposed(pool: WorkerPool = .shared) -> SparseMatrix {
    let bounds = pattern.balancedRows(pool: pool)
    let sort = BucketSort(
      pattern.columnIndices.pointer, buckets: columns,
      bounds: bounds.map { Int(pattern.rowStarts.pointer[$0]) }, pool: pool)
    let indices = Buffer<Int32>(uninitialized: entryCount)
    let transposedValues = Buffer<Scalar>(uninitialized: entryCount)
    sort.scatter(pool: pool) { chunk, cursor in
      Scalar.csrTranspose(
        indices.pointer, transposedValues.pointer, cursor, pattern.rowStarts.pointer,
        pattern.columnIndices.pointer, values.pointer, rows: bounds[chunk]..<bounds[chunk + 1])
    }
    return SparseMatrix(
      pattern: SparsityPattern(
        rows: columns, columns: rows, rowStarts: sort.starts, columnIndices: indices),
      values: transposedValues)
  }
}

extension SparsityPattern {
  /// The pattern of the transpose, and for each of its entries the position of that entry in this pattern: the values
  /// of the transpose are `values[positions[p]]`.
  public func transposed(pool: WorkerPool = .shared) -> (pattern: SparsityPattern, positions: Buffer<Int32>) {
    let bounds = balancedRows(pool: pool)
    let sort = BucketSort(
      columnIndices.pointer, buckets: columns, bounds: bounds.map { Int(rowStarts.pointer[$0]) }, pool: pool)
    let (indices, positions) = (
      Buffer<Int32>(uninitialized: entryCount), Buffer<Int32>(uninitialized: entryCount)
    )
    sort.scatter(pool: pool) { chunk, cursor in
      ck_csr_transpose_positions(
        indices.pointer, positions.pointer, cursor, rowStarts.pointer, columnIndices.pointer,
        Int64(bounds[chunk]), Int64(bounds[chunk + 1]))
    }
    return (
      SparsityPattern(rows: columns, columns: rows, rowStarts: sort.starts, columnIndices: indices), positions
    )
  }
}
