import CKernels
import Tensors

/// The room that a factorisation by magnitude works in.
final class ThresholdWork {
  private let matrix: SparseMatrix<Double>
  private let diagonals: Buffer<Int32>
  private let isSymmetric: Bool
  private var work = ck_threshold()
  private let lowerStarts: Buffer<Int32>
  private let upperStarts: Buffer<Int32>
  private let lowerColumns: Buffer<Int32>
  private let upperColumns: Buffer<Int32>
  private let lower: Buffer<Double>
  private let upper: Buffer<Double>
  private let inversePivots: Buffer<Double>
  private let sums: Buffer<Double>
  private let scratch: Buffer<Int32>

  init(
    _ matrix: SparseMatrix<Double>, _ diagonals: Buffer<Int32>, isSymmetric: Bool, tolerance: Double,
    fill: Int
  ) throws(SparseMatrixError) {
    let n = matrix.rows
    (self.matrix, self.diagonals, self.isSymmetric) = (matrix, diagonals, isSymmetric)
    // The most entries that rows may have: those of A and the fill, or all.
    let starts = matrix.pattern.rowStarts.pointer
    var (below, above) = (0, 0)
    for i in 0..<n {
      let middle = diagonals.pointer[i]
      below += min(Int(middle - starts[i]) + min(fill, n), i)
      above += min(Int(starts[i + 1] - middle) - 1 + min(fill, n), n - 1 - i)
    }
    guard max(below, above) <= Int(Int32.max) else { throw .tooManyEntries(max(below, above)) }
    (lowerStarts, upperStarts) = (Buffer(uninitialized: n + 1), Buffer(uninitialized: n + 1))
    (lowerStarts.pointer[0], upperStarts.pointer[0]) = (0, 0)
    if isSymmetric { below = 0 }
    (lowerColumns, lower) = (Buffer(uninitialized: below), Buffer(uninitialized: below))
    (upperColumns, upper) = (Buffer(uninitialized: above), Buffer(uninitialized: above))
    (inversePivots, sums) = (Buffer(uninitialized: n), Buffer(uninitialized: n))
    scratch = Buffer(uninitialized: 4 * n)
    work.rows = Int64(n)
    work.starts = UnsafePointer(starts)
    work.columns = UnsafePointer(matrix.pattern.columnIndices.pointer)
    work.values = UnsafePointer(matrix.values.pointer)
    work.diagonals = UnsafePointer(diagonals.pointer)
    (work.tolerance, work.fill) = (tolerance, Int64(min(fill, n)))
    (work.lowerStarts, work.lowerColumns, work.lower) = (
      lowerStarts.pointer, lowerColumns.pointer, lower.pointer
    )
    (work.upperStarts, work.upperColumns, work.upper) = (
      upperStarts.pointer, upperColumns.pointer, upper.pointer
    )
    (work.inversePivots, work.sums) = (inversePivots.pointer, sums.pointer)
    (work.found, work.marks) = (scratch.pointer, scratch.pointer + n)
    (work.next, work.cursors) = (scratch.pointer + 2 * n, scratch.pointer + 3 * n)
  }

  /// Whether the factorisation with this shift goes through.
  func factorize(shift: Double) -> Bool {
    work.shift = shift
    return (isSymmetric ? ck_threshold_cholesky(&work) : ck_threshold_lu(&work)) < 0
  }

  /// The factors in arrays of their own size.
  func factors<Scalar: SparseScalar>(precision: FactorPrecision, pool: WorkerPool) -> (
    FactorTriangles, TriangularFactors<Scalar>
  ) {
    let n = matrix.rows
    let count = Int(upperStarts.pointer[n])
    let u = SparseMatrix(
      pattern: SparsityPattern(
        rows: n, columns: n, rowStarts: upperStarts, columnIndices: upperColumns.prefix(count)),
      values: upper.prefix(count))
    let l: SparseMatrix<Double>
    if isSymmetric {
      l = u.transposed(pool: pool)
    } else {
      let count = Int(lowerStarts.pointer[n])
      l = SparseMatrix(
        pattern: SparsityPattern(
          rows: n, columns: n, rowStarts: lowerStarts, columnIndices: lowerColumns.prefix(count)),
        values: lower.prefix(count))
    }
    let triangles = FactorTriangles(
      rows: n, lowerStarts: l.pattern.rowStarts, lowerColumns: l.pattern.columnIndices,
      upperStarts: u.pattern.rowStarts, upperColumns: u.pattern.columnIndices, pool: pool)
    return (
      triangles,
      TriangularFactors(
        triangles, lower: l.values, upper: u.values, inversePivots: inversePivots,
        single: precision.isSingle(inversePivots.elements), pool: pool)
    )
  }
}

extension Buffer {
  /// A copy of the first elements.
  fileprivate func prefix(_ count: Int) -> Buffer {
    let copy = Buffer(uninitialized: count)
    copy.pointer.update(from: pointer, count: count)
    return copy
  }
}
