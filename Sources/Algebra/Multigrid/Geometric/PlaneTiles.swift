import Tensors

/// How the planes of a grid are cut into tiles: by their sizes alone.
struct PlaneTiles: Sendable {
  let planes: Int
  let planesPerTile: Int

  /// - Parameter counts: unknowns along the axes, the fastest first.
  /// - Parameter least: the fewest planes per tile, for passes that recompute planes at the seams.
  init(_ counts: [Int], least: Int = 1) {
    planes = counts[2]
    // At least 2^14 unknowns, so that taking a tile costs nothing; about 16 tiles on large grids. Even, so that coarse
    // tiles are their halves.
    let size = counts[0] * counts[1]
    planesPerTile = (max(least, ((1 << 14) + size - 1) / size, (planes + 15) / 16) + 1) / 2 * 2
  }

  init(planes: Int, perTile: Int) {
    (self.planes, planesPerTile) = (planes, max(perTile, 1))
  }

  var count: Int { (planes + planesPerTile - 1) / planesPerTile }

  subscript(tile: Int) -> Range<Int> {
    tile * planesPerTile..<min((tile + 1) * planesPerTile, planes)
  }
}

/// Multiplies the rows of a separable operator per mass by their masses, which differ from 1 at ends only.
struct GridMasses<Scalar: SparseScalar>: Sendable {
  private let planes: [Scalar]
  private let rows: [Scalar]
  private let columns: [Scalar]
  private let inPlane: Bool

  init(_ masses: [[Double]]) {
    columns = masses[0].map { Scalar($0) }
    rows = masses[1].map { Scalar($0) }
    planes = masses[2].map { Scalar($0) }
    inPlane = columns.contains { $0 != 1 } || rows.contains { $0 != 1 }
  }

  func multiply(_ values: UnsafeMutablePointer<Scalar>, plane z: Int) {
    if !inPlane && planes[z] == 1 { return }
    let n = columns.count
    for y in rows.indices {
      let (row, factor) = (values + y * n, planes[z] * rows[y])
      if factor != 1 { Scalar.scale(row, by: factor, count: n) }
      row[0] *= columns[0]
      if n > 1 { row[n - 1] *= columns[n - 1] }
    }
  }
}
