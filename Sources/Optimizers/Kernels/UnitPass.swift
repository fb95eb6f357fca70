import Tensors

/// A loop over units of unlike work, prepared once: units that follow one another are joined into tiles worth a thread's
/// while, by their costs alone, so that results do not depend on the number of threads.
final class UnitPass {
  private let region: ParallelRegion
  private let pool: WorkerPool

  /// The cost, in multiplications, from which on a tile is full.
  static var tile: Int { 1 << 20 }

  init(
    costs: [Int], pool: WorkerPool = .shared, _ body: @escaping @Sendable (_ unit: Int, _ worker: Int) -> Void
  ) {
    var tiles: [Range<Int>] = []
    var (start, cost) = (0, 0)
    for unit in costs.indices {
      cost += costs[unit]
      if cost >= Self.tile || unit == costs.count - 1 {
        tiles.append(start..<unit + 1)
        (start, cost) = (unit + 1, 0)
      }
    }
    self.pool = pool
    let units = tiles
    region = ParallelRegion(tiles: tiles.count) { tile, worker in
      for unit in units[tile] { body(unit, worker) }
    }
  }

  /// Runs all units.
  func run() {
    // Little work is done faster than a thread wakes up.
    if region.tiles > 1 { pool.run(region) } else { region.runSerially() }
  }

  /// Strips of `count` rows, each worth a tile if it can be without being too thin for a product of matrices: the other
  /// operand is packed anew for each strip, which costs as much as 64 rows of the product for wide matrices.
  static func strips(_ count: Int, costPerRow: Int) -> [Range<Int>] {
    let height = max(64, min(256, count / 16 / 8 * 8), (tile / max(costPerRow, 1) + 7) / 8 * 8)
    return stride(from: 0, to: count, by: height).map { $0..<min($0 + height, count) }
  }
}
