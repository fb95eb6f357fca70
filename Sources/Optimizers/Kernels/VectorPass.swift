import Tensors

/// One fused loop over a vector of parameters, prepared once: in fixed tiles on all threads, without allocating.
final class VectorPass<Scalar: OptimizerScalar> {
  /// What the loop works on, and with which numbers. The vectors are those of the whole layout.
  struct Operands {
    var x: UnsafeMutablePointer<Scalar>?
    var gradient: UnsafeMutablePointer<Scalar>?
    var first: UnsafeMutablePointer<Scalar>?
    var second: UnsafeMutablePointer<Scalar>?
    var third: UnsafeMutablePointer<Scalar>?
    var coefficients = SIMD8<Double>()
  }

  /// A part of the vector, all real or all complex.
  struct Tile: Sendable {
    var start: Int
    var count: Int
    var isComplex: Bool
  }

  /// What the kept region finds its operands in.
  private final class Box: @unchecked Sendable {
    // Unchecked: written by the owner between regions, read by the tiles.
    var operands = Operands()
  }

  /// Numbers per tile: four arrays of doubles are half of a typical second-level cache. A multiple of a lane's width.
  private static var tile: Int { 1 << 14 }

  private let box = Box()
  private let region: ParallelRegion
  private let pool: WorkerPool

  /// A loop over the vector of a layout; `body` runs one tile.
  convenience init(
    _ layout: ParameterLayout, _ body: @escaping @Sendable (_ operands: Operands, _ tile: Tile) -> Void
  ) {
    self.init(runs: layout.runs, body)
  }

  /// A loop over parts of a vector.
  init(
    runs: [(range: Range<Int>, isComplex: Bool)], pool: WorkerPool = .shared,
    _ body: @escaping @Sendable (_ operands: Operands, _ tile: Tile) -> Void
  ) {
    let tiles = runs.flatMap { run in
      stride(from: run.range.lowerBound, to: run.range.upperBound, by: Self.tile).map {
        Tile(start: $0, count: min(Self.tile, run.range.upperBound - $0), isComplex: run.isComplex)
      }
    }
    self.pool = pool
    let box = box
    region = ParallelRegion(tiles: tiles.count) { tile, _ in body(box.operands, tiles[tile]) }
  }

  /// Runs all tiles.
  func run(_ operands: Operands) {
    box.operands = operands
    // Few numbers are updated faster than a thread wakes up.
    if region.tiles > 2 { pool.run(region) } else { region.runSerially() }
  }
}
