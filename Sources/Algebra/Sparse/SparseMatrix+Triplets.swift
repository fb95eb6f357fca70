import CKernels
import Tensors

extension SparseMatrix {
  /// A matrix from triplets (row, column, value) in any order; values of equal row and column are summed in the order
  /// of the triplets, so that the bits of the result depend on neither threads nor chance.
  ///
  /// Entries that are or become zero stay in the pattern.
  /// - Throws: ``SparseMatrixError/indexOutOfRange(row:column:rows:columns:position:)``, ``SparseMatrixError/malformed(_:)``
  ///   when the arrays differ in length, ``SparseMatrixError/tooManyEntries(_:)``.
  public init(
    rows: Int, columns: Int, rowIndices: [Int32], columnIndices: [Int32], values: [Scalar],
    pool: WorkerPool = .shared
  ) throws(SparseMatrixError) {
    guard rowIndices.count == values.count, columnIndices.count == values.count else {
      throw .malformed(
        "\(rowIndices.count) row indices and \(columnIndices.count) column indices for \(values.count) values"
      )
    }
    guard rows >= 0, columns >= 0, rows < Int(Int32.max), columns < Int(Int32.max) else {
      throw .malformed("\(rows) rows and \(columns) columns")
    }
    guard values.count <= Int(Int32.max) else { throw .tooManyEntries(values.count) }
    let count = Int64(values.count)
    let badRow = Int(ck_index_out_of_range(rowIndices, 0, count, Int64(rows)))
    let badColumn = Int(ck_index_out_of_range(columnIndices, 0, count, Int64(columns)))
    if badRow >= 0 || badColumn >= 0 {
      let position = badRow < 0 ? badColumn : badColumn < 0 ? badRow : min(badRow, badColumn)
      throw .indexOutOfRange(
        row: Int(rowIndices[position]), column: Int(columnIndices[position]), rows: rows, columns: columns,
        position: position)
    }
    let buckets = rowIndices.withUnsafeBufferPointer { rowIndices in
      columnIndices.withUnsafeBufferPointer { columnIndices in
        values.withUnsafeBufferPointer { values in
          Self.buckets(
            rows: rows, Triplets(rowIndices, columnIndices, values), pool: pool)
        }
      }
    }
    self = Self.summed(buckets, rows: rows, columns: columns, pool: pool)
  }

  private struct Triplets {
    let (rows, columns): (UnsafeBufferPointer<Int32>, UnsafeBufferPointer<Int32>)
    let values: UnsafeBufferPointer<Scalar>

    init(
      _ rows: UnsafeBufferPointer<Int32>, _ columns: UnsafeBufferPointer<Int32>,
      _ values: UnsafeBufferPointer<Scalar>
    ) {
      (self.rows, self.columns, self.values) = (rows, columns, values)
    }
  }

  /// Rows of entries in the order of the triplets.
  private struct Buckets {
    let starts, columns: Buffer<Int32>
    let values: Buffer<Scalar>
  }

  private static func buckets(rows: Int, _ triplets: Triplets, pool: WorkerPool) -> Buckets {
    let count = triplets.values.count
    let bounds = BucketSort.bounds(entries: count, pool: pool)
    let (columns, values) = (Buffer<Int32>(uninitialized: count), Buffer<Scalar>(uninitialized: count))
    guard count > 0 else {
      return Buckets(starts: Buffer(count: rows + 1), columns: columns, values: values)
    }
    let sort = BucketSort(triplets.rows.baseAddress!, buckets: rows, bounds: bounds, pool: pool)
    sort.scatter(pool: pool) { chunk, cursor in
      Scalar.scatterTriplets(
        columns.pointer, values.pointer, cursor, triplets.rows.baseAddress!, triplets.columns.baseAddress!,
        triplets.values.baseAddress!, entries: bounds[chunk]..<bounds[chunk + 1])
    }
    return Buckets(starts: sort.starts, columns: columns, values: values)
  }

  private static func summed(_ buckets: Buckets, rows: Int, columns: Int, pool: WorkerPool) -> SparseMatrix {
    let tiles = RowTiles.count(rows)
    let longest = (0..<rows).reduce(0) { longest, row in
      max(longest, Int(buckets.starts.pointer[row + 1] - buckets.starts.pointer[row]))
    }
    let columnScratch = Buffer<Int32>(uninitialized: longest * pool.threadCount)
    let valueScratch = Buffer<Scalar>(uninitialized: longest * pool.threadCount)
    let starts = Buffer<Int32>(uninitialized: rows + 1)
    pool.forEach(tiles: tiles) { tile, worker in
      Scalar.csrSumDuplicates(
        starts.pointer + 1, buckets.starts.pointer, buckets.columns.pointer, buckets.values.pointer,
        columnScratch.pointer + longest * worker, valueScratch.pointer + longest * worker,
        rows: RowTiles.range(tile, of: rows))
    }
    let count = Int(ck_accumulate_starts(starts.pointer, Int64(rows)))
    let indices = Buffer<Int32>(uninitialized: count)
    let values = Buffer<Scalar>(uninitialized: count)
    pool.forEach(tiles: tiles) { tile, _ in
      Scalar.csrCompress(
        starts.pointer, indices.pointer, values.pointer, buckets.starts.pointer, buckets.columns.pointer,
        buckets.values.pointer, rows: RowTiles.range(tile, of: rows))
    }
    return SparseMatrix(
      pattern: SparsityPattern(rows: rows, columns: columns, rowStarts: starts, columnIndices: indices),
      values: values)
  }
}
