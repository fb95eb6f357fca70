import CKernels
import Tensors

/// Gauss–Seidel within blocks of rows and Jacobi between them, on one level: forward before the coarse correction and
/// backward after it, which makes a symmetric cycle.
///
/// The blocks depend on the order of the matrix alone. Where a matrix is not diagonally dominant between blocks, the
/// diagonal is enlarged so that the sweeps converge (A. H. Baker, R. D. Falgout, T. V. Kolev and U. M. Yang, SIAM
/// J. Sci. Comput. 33, 2011).
final class HybridSmoother: @unchecked Sendable {
  // Unchecked: nothing changes after the initialiser.

  let rows: Int
  /// Groups of four blocks, which are swept together.
  let groups: Int
  /// Where blocks begin, five numbers per group.
  let bounds: Buffer<Int64>
  private let lowerStarts: Buffer<Int32>
  private let lowerColumns: Buffer<Int32>
  private let lowerValues: Buffer<Float>
  private let restStarts: Buffer<Int32>
  private let restColumns: Buffer<Int32>
  private let restValues: Buffer<Float>
  private let inverse: Buffer<Float>

  var bytes: Int { 8 * (lowerColumns.count + restColumns.count + 3 * rows / 2) }

  var split: ck_amg_split {
    ck_amg_split(
      lowerStarts: lowerStarts.pointer, lowerColumns: lowerColumns.pointer, lowerValues: lowerValues.pointer,
      restStarts: restStarts.pointer, restColumns: restColumns.pointer, restValues: restValues.pointer,
      inverse: inverse.pointer)
  }

  init(_ matrix: SparseMatrix<Float>, pool: WorkerPool) {
    let n = matrix.rows
    rows = n
    // Blocks of 1/64 of the rows, but not so small that most neighbours are in other blocks.
    // Never close to a power of two: four blocks would then compete for the same lines of the cache.
    let blockRows = (max((n + 63) / 64, 2048) + 1023) / 1024 * 1024 + 272
    let blocks = (n + blockRows - 1) / blockRows
    groups = max((blocks + 3) / 4, 1)
    let bounds = Buffer<Int64>(uninitialized: 5 * groups)
    for group in 0..<groups {
      for k in 0..<5 { bounds.pointer[5 * group + k] = Int64(min((4 * group + k) * blockRows, n)) }
    }
    self.bounds = bounds
    let (lower, rest) = (Buffer<Int32>(uninitialized: n + 1), Buffer<Int32>(uninitialized: n + 1))
    let inverse = Buffer<Float>(uninitialized: n)
    let (pattern, values) = (matrix.pattern, matrix.values)
    func block(_ index: Int) -> (Int64, Int64) {
      (Int64(min(index * blockRows, n)), Int64(min((index + 1) * blockRows, n)))
    }
    pool.forEach(tiles: blocks) { index, _ in
      let (first, end) = block(index)
      ck_amg_split_count(
        lower.pointer + 1, rest.pointer + 1, inverse.pointer, pattern.rowStarts.pointer,
        pattern.columnIndices.pointer, values.pointer, first, end)
    }
    let lowerCount = Int(ck_accumulate_starts(lower.pointer, Int64(n)))
    let restCount = Int(ck_accumulate_starts(rest.pointer, Int64(n)))
    let (lowerColumns, lowerValues) = (
      Buffer<Int32>(uninitialized: lowerCount), Buffer<Float>(uninitialized: lowerCount)
    )
    let (restColumns, restValues) = (
      Buffer<Int32>(uninitialized: restCount), Buffer<Float>(uninitialized: restCount)
    )
    pool.forEach(tiles: blocks) { index, _ in
      let (first, end) = block(index)
      ck_amg_split_fill(
        lower.pointer, lowerColumns.pointer, lowerValues.pointer, rest.pointer, restColumns.pointer,
        restValues.pointer, inverse.pointer, pattern.rowStarts.pointer, pattern.columnIndices.pointer,
        values.pointer, first, end)
    }
    (lowerStarts, self.lowerColumns, self.lowerValues) = (lower, lowerColumns, lowerValues)
    (restStarts, self.restColumns, self.restValues) = (rest, restColumns, restValues)
    self.inverse = inverse
  }
}
