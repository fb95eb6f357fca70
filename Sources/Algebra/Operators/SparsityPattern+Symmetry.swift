import CKernels
import Foundation
import Tensors

extension SparsityPattern {
  /// Whether every entry has one at its mirror image.
  func isSymmetric(pool: WorkerPool) -> Bool { isSquare && equals(transposed(pool: pool).pattern) }

  private func equals(_ other: SparsityPattern) -> Bool {
    memcmp(other.rowStarts.pointer, rowStarts.pointer, 4 * (rows + 1)) == 0
      && memcmp(other.columnIndices.pointer, columnIndices.pointer, 4 * entryCount) == 0
  }

  /// This pattern, or the union with that of the transpose where it is not symmetric.
  func symmetrized(pool: WorkerPool) -> SparsityPattern {
    precondition(isSquare, "the symmetric part of a pattern of \(rows) × \(columns)")
    let mirror = transposed(pool: pool).pattern
    if equals(mirror) { return self }
    let starts = Buffer<Int32>(uninitialized: rows + 1)
    ck_csr_sum_count(
      starts.pointer + 1, rowStarts.pointer, columnIndices.pointer, mirror.rowStarts.pointer,
      mirror.columnIndices.pointer, 0, Int64(rows))
    let count = Int(ck_accumulate_starts(starts.pointer, Int64(rows)))
    let (indices, ignored) = (Buffer<Int32>(uninitialized: count), Buffer<Float>(uninitialized: count))
    let zeros = Buffer<Float>(count: entryCount)
    ck_csr_sum_fill_f(
      starts.pointer, indices.pointer, ignored.pointer, 1, rowStarts.pointer, columnIndices.pointer,
      zeros.pointer, 1, mirror.rowStarts.pointer, mirror.columnIndices.pointer, zeros.pointer, 0, Int64(rows))
    return SparsityPattern(rows: rows, columns: columns, rowStarts: starts, columnIndices: indices)
  }
}
