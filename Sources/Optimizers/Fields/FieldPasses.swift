import Tensors

/// Loops over fields in fixed tiles on all threads, whose sums are added in the order of the tiles.
final class FieldPasses {
  let count: Int
  let weights: Buffer<Double>?
  private let region: (extrapolation: ParallelRegion, wells: ParallelRegion, distance: ParallelRegion)
  private let operands = Operands()
  private let sums: Buffer<Double>
  private let pool = WorkerPool.shared

  /// What the kept regions find their operands in.
  private final class Operands: @unchecked Sendable {
    // Unchecked: written by the owner between regions, read by the tiles.
    var u, before: UnsafePointer<Double>?
    var v, f: UnsafeMutablePointer<Double>?
    var (beta, identity, slope) = (0.0, 0.0, 0.0)
  }

  private static var tile: Int { 1 << 12 }

  init(count: Int, weights: [Double]?, well: DoubleWell) {
    self.count = count
    let own = weights.map { weights in
      let buffer = Buffer<Double>(count: count)
      for k in 0..<count { buffer.pointer[k] = weights[k] }
      return buffer
    }
    self.weights = own
    let tiles = (count + Self.tile - 1) / Self.tile
    let sums = Buffer<Double>(count: tiles)
    self.sums = sums
    let operands = operands
    @Sendable func range(_ tile: Int) -> (start: Int, count: Int) {
      (tile * Self.tile, min(Self.tile, count - tile * Self.tile))
    }
    let extrapolation = ParallelRegion(tiles: tiles) { tile, _ in
      let (start, count) = range(tile)
      let (u, before) = (operands.u! + start, operands.before! + start)
      let (v, f) = (operands.v! + start, operands.f! + start)
      let (beta, identity, slope) = (operands.beta, operands.identity, operands.slope)
      for i in 0..<count { v[i] = u[i] + beta * (u[i] - before[i]) }
      well.writeSlopes(v, into: f, count: count)
      for i in 0..<count { f[i] = identity * v[i] + slope * f[i] }
    }
    let wells = ParallelRegion(tiles: tiles) { tile, _ in
      let (start, count) = range(tile)
      sums.pointer[tile] = well.sum(
        operands.u! + start, weights: own.map { UnsafePointer($0.pointer + start) }, count: count)
    }
    let distance = ParallelRegion(tiles: tiles) { tile, _ in
      let (start, count) = range(tile)
      let (u, before) = (operands.u! + start, operands.before! + start)
      var sum = 0.0
      for i in 0..<count { sum += (u[i] - before[i]) * (u[i] - before[i]) }
      sums.pointer[tile] = sum
    }
    region = (extrapolation, wells, distance)
  }

  private func total(_ region: ParallelRegion) -> Double {
    pool.run(region)
    var total = 0.0
    for tile in 0..<sums.count { total += sums.pointer[tile] }
    return total
  }

  /// v = u + β (u − u′), f = identity v + slope W'(v).
  func extrapolate(
    _ u: UnsafePointer<Double>, _ before: UnsafePointer<Double>, beta: Double,
    into v: UnsafeMutablePointer<Double>, force f: UnsafeMutablePointer<Double>, identity: Double,
    slope: Double
  ) {
    (operands.u, operands.before, operands.v, operands.f) = (u, before, v, f)
    (operands.beta, operands.identity, operands.slope) = (beta, identity, slope)
    pool.run(region.extrapolation)
  }

  /// Σ wᵢ W(uᵢ)
  func wells(_ u: UnsafePointer<Double>) -> Double {
    operands.u = u
    return total(region.wells)
  }

  /// ‖a − b‖₂
  func distance(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>) -> Double {
    (operands.u, operands.before) = (a, b)
    return total(region.distance).squareRoot()
  }
}
