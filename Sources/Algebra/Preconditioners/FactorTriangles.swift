import Tensors

/// Where the strict triangles of factors have entries, and how sweeps through them are scheduled.
final class FactorTriangles: @unchecked Sendable {
  // Unchecked: nothing changes after the initialiser.

  let rows: Int
  let lowerStarts: Buffer<Int32>
  let lowerColumns: Buffer<Int32>
  let upperStarts: Buffer<Int32>
  let upperColumns: Buffer<Int32>
  let lower: SweepTriangle
  let upper: SweepTriangle
  let forward: SweepSchedule
  let backward: SweepSchedule

  /// Triangles in compressed rows without a diagonal, columns ascending.
  init(
    rows: Int, lowerStarts: Buffer<Int32>, lowerColumns: Buffer<Int32>, upperStarts: Buffer<Int32>,
    upperColumns: Buffer<Int32>, pool: WorkerPool
  ) {
    self.rows = rows
    (self.lowerStarts, self.lowerColumns) = (lowerStarts, lowerColumns)
    (self.upperStarts, self.upperColumns) = (upperStarts, upperColumns)
    lower = SweepTriangle(
      rows: rows, backward: false, starts: lowerStarts.pointer, ends: lowerStarts.pointer + 1,
      columns: lowerColumns.pointer)
    upper = SweepTriangle(
      rows: rows, backward: true, starts: upperStarts.pointer, ends: upperStarts.pointer + 1,
      columns: upperColumns.pointer)
    (forward, backward) = SweepSchedule.pair(lower, upper, pool: pool)
  }

  /// Entries off the diagonal.
  var entryCount: Int { lowerColumns.count + upperColumns.count }

  /// Bytes of indices and schedules.
  var bytes: Int {
    4 * (lowerStarts.count + upperStarts.count + entryCount) + forward.bytes + backward.bytes
  }
}
