import CKernels
import Tensors

extension SparseMatrix {
  /// P A Pᵀ: row and column i of the result are row and column `order[i]` of this matrix.
  public func permuted(_ order: [Int32], pool: WorkerPool = .shared) -> SparseMatrix {
    precondition(
      rows == columns && order.count == rows,
      "a permutation of \(order.count) elements for a matrix of \(rows) × \(columns)")
    let places = Buffer<Int32>(uninitialized: rows)
    places.pointer.update(repeating: -1, count: rows)
    for (place, row) in order.enumerated() {
      precondition(
        row >= 0 && Int(row) < rows && places.pointer[Int(row)] < 0,
        "element \(place) of a permutation of \(rows) rows is \(row), out of range or for the second time")
      places.pointer[Int(row)] = Int32(place)
    }
    let (order, starts) = (Buffer(order), Buffer<Int32>(uninitialized: rows + 1))
    for i in 0..<rows {
      let row = Int(order.pointer[i])
      starts.pointer[i + 1] = pattern.rowStarts.pointer[row + 1] - pattern.rowStarts.pointer[row]
    }
    _ = ck_accumulate_starts(starts.pointer, Int64(rows))
    let (indices, permuted) = (
      Buffer<Int32>(uninitialized: entryCount), Buffer<Scalar>(uninitialized: entryCount)
    )
    pool.forEach(tiles: RowTiles.count(rows)) { tile, _ in
      Scalar.csrPermute(
        starts.pointer, indices.pointer, permuted.pointer, pattern.rowStarts.pointer,
        pattern.columnIndices.pointer, values.pointer, order.pointer, places.pointer,
        rows: RowTiles.range(tile, of: rows))
    }
    return SparseMatrix(
      pattern: SparsityPattern(rows: rows, columns: columns, rowStarts: starts, columnIndices: indices),
      values: permuted)
  }
}
