import Tensors

/// A factor Q of P = QᵀQ for the whole vector of parameters, with fewer numbers than a dense one.
protocol FlatFactor: Sendable {
  /// The same form for vectors of a length.
  func sized(_ count: Int) -> Self

  /// Begins with Q = scale · I, or near it.
  mutating func reset(scale: Double, _ fitting: LieGroupFitting)

  /// One step of the fit to P E[h hᵀ] P = E[v vᵀ].
  mutating func fit(
    _ v: UnsafePointer<Double>, _ h: UnsafePointer<Double>, _ fitting: LieGroupFitting, step: Int)

  /// out = QᵀQ x
  mutating func apply(_ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>)

  /// What a state holds of it.
  var numbers: [String: Double] { get }
  var doubles: [String: Tensor<Double>] { get }

  /// The same form, of a state for vectors of a length.
  func restored<Scalar>(from state: OptimizerState<Scalar>, count: Int) throws(OptimizerError) -> Self
}

/// Tiles of a vector and sums over them, for passes of a fixed set that allocate nothing.
final class FlatTiles: @unchecked Sendable {
  // Unchecked: every tile writes to its own part of the sums.

  /// Numbers per tile.
  static var tile: Int { 1 << 11 }

  let count, width, tiles: Int
  private let sums: Buffer<Double>

  /// Tiles of `count` numbers with up to `width` sums each.
  init(count: Int, width: Int) {
    (self.count, self.width) = (count, width)
    tiles = (count + Self.tile - 1) / Self.tile
    sums = Buffer(count: tiles * width)
  }

  /// A pass over all tiles; the sums of a tile are zero before its body.
  func region(
    _ body: @escaping @Sendable (_ first: Int, _ count: Int, _ sums: UnsafeMutablePointer<Double>) -> Void
  ) -> ParallelRegion {
    let (count, width, sums) = (count, width, sums)
    return ParallelRegion(tiles: tiles) { tile, _ in
      let (first, own) = (tile * Self.tile, sums.pointer + tile * width)
      own.update(repeating: 0, count: width)
      body(first, min(Self.tile, count - first), own)
    }
  }

  /// Runs a pass.
  func run(_ region: ParallelRegion) {
    // Few numbers are passed faster than a thread wakes up.
    if tiles > 4 { WorkerPool.shared.run(region) } else { region.runSerially() }
  }

  /// Sum `k` over all tiles.
  func total(_ k: Int) -> Double {
    var total = 0.0
    for tile in 0..<tiles { total += sums.pointer[tile * width + k] }
    return total
  }

  /// Sums from `k` on, over all tiles.
  func totals(_ k: Int, into out: UnsafeMutablePointer<Double>, count: Int) {
    for i in 0..<count { out[i] = total(k + i) }
  }

  /// The largest of the tiles' numbers `k`.
  func largest(_ k: Int) -> Double {
    (0..<tiles).reduce(0) { max($0, sums.pointer[$1 * width + k]) }
  }
}
