import CKernels
import Foundation
import Tensors

/// One level of geometric multigrid: its operator in single precision, and how it is coarsened.
final class GridLevel: @unchecked Sendable {
  // Unchecked: nothing changes after the initialiser.

  let stencil: GridStencil<Float>
  /// The transfers to the next level, by axis in memory order; none on the coarsest.
  let transfers: [GridTransfer]
  /// Whether the level can be coloured like a chessboard.
  let isColorable: Bool

  var size: Int { stencil.planeSize * stencil.planes }

  init(stencil: GridStencil<Float>, transfers: [GridTransfer]) {
    (self.stencil, self.transfers) = (stencil, transfers)
    isColorable = (0..<3).allSatisfy {
      !stencil.isPeriodic[$0] || stencil.counts[$0] % 2 == 0 || stencil.counts[$0] == 1
    }
  }
}

/// The levels of geometric multigrid, the finest first, and the inverse of the coarsest operator.
final class GridHierarchy: @unchecked Sendable {
  // Unchecked: nothing changes after the initialiser.

  let levels: [GridLevel]
  /// The inverse (or, for a singular operator, the pseudo-inverse) of the coarsest operator, row by row.
  let coarsestInverse: Buffer<Float>
  /// What single-precision couplings were multiplied by: a power of two that brings them near 1.
  let scale: Double
  let dimension: Int

  init(_ finest: GridCoefficients, settings: GeometricMultigrid, dimension: Int) throws(FactorizationError) {
    self.dimension = dimension
    let largest = finest.largestDiagonal
    scale = largest > 0 ? Foundation.exp2(-(Foundation.log2(largest)).rounded()) : 1
    var (levels, current): ([GridLevel], GridCoefficients) = ([], finest)
    // The geometry, with a coefficient of 1, gives interpolation and masses; its couplings times the mean coefficient
    // say which axes are strongly coupled.
    while true {
      let stencil = GridStencil<Float>(current, scale: scale)
      let directions = current.coarsenedAxes(coarsest: settings.coarsestSize)
      guard directions.contains(true) else {
        levels.append(GridLevel(stencil: stencil, transfers: []))
        break
      }
      let (next, transfers) = current.coarsened(directions)
      levels.append(GridLevel(stencil: stencil, transfers: transfers))
      current = next
    }
    self.levels = levels
    coarsestInverse = try current.denseInverse(scale: scale)
  }

  var bytes: Int {
    var faces = 0
    for level in levels where level.stencil.plane(0).pointee.rowStride != 0 { faces += 4 * 4 * level.size }
    return faces + 4 * coarsestInverse.count
  }
}
