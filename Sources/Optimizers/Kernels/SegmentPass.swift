import Tensors

/// A part of a segment.
struct SegmentTile: Sendable {
  var start, count: Int
  /// The number of the segment.
  var segment: Int
  var isComplex: Bool
}

/// A loop over a vector of parameters in fixed tiles, of which none lies in two segments, that may leave sums: what rules
/// use that look at the whole vector, or at each array of parameters, before they move.
final class SegmentPass<Scalar: OptimizerScalar> {
  typealias Operands = VectorPass<Scalar>.Operands

  /// What the kept region finds its operands in.
  private final class Box: @unchecked Sendable {
    // Unchecked: written by the owner between regions, read by the tiles.
    var operands = Operands()
  }

  /// Numbers per tile, as of a vector pass.
  private static var tile: Int { 1 << 14 }

  private let box = Box()
  private let region: ParallelRegion
  private let tiles: [SegmentTile]
  private let length: Int
  private let width: Int
  private let sums: Buffer<Double>

  /// A loop over the vector of a layout with `sums` sums per tile; `body` runs one tile and writes its sums.
  init(
    _ layout: ParameterLayout, sums width: Int = 0,
    _ body:
      @escaping @Sendable (
        _ operands: Operands, _ tile: SegmentTile, _ sums: UnsafeMutablePointer<Double>
      ) -> Void
  ) {
    let tiles = layout.segments.enumerated().flatMap { number, segment in
      stride(from: segment.range.lowerBound, to: segment.range.upperBound, by: Self.tile).map {
        SegmentTile(
          start: $0, count: min(Self.tile, segment.range.upperBound - $0), segment: number,
          isComplex: segment.isComplex)
      }
    }
    let (box, sums) = (box, Buffer<Double>(count: tiles.count * width))
    (self.tiles, self.width, self.sums, length) = (tiles, width, sums, layout.count)
    region = ParallelRegion(tiles: tiles.count) { tile, _ in
      body(box.operands, tiles[tile], sums.pointer + tile * width)
    }
  }

  /// Runs all tiles.
  func run(_ operands: Operands) {
    box.operands = operands
    // Few numbers are passed faster than a thread wakes up.
    if length > 1 << 15 { WorkerPool.shared.run(region) } else { region.runSerially() }
  }

  /// Sum `k` over the whole vector.
  func total(_ k: Int) -> Double {
    var total = 0.0
    for tile in 0..<tiles.count { total += sums.pointer[tile * width + k] }
    return total
  }

  /// Writes sum `k` of every segment.
  func totals(_ k: Int, into totals: UnsafeMutablePointer<Double>, segments: Int) {
    totals.update(repeating: 0, count: segments)
    for tile in 0..<tiles.count { totals[tiles[tile].segment] += sums.pointer[tile * width + k] }
  }
}
