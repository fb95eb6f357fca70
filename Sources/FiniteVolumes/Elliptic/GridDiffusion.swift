import Algebra
import Equations
import Geometry

/// −∇·(D ∇u) + b·∇u + c u = f on the vertices of a uniform grid of a box, by finite volumes around the vertices.
///
/// Inside, a row is the second-order stencil: with D = 1 the familiar (2 d; −1, …)/h². Fluxes between neighbours take
/// the harmonic mean of the two coefficients, which keeps the flux continuous across jumps (Patankar 1980). Volumes of
/// vertices on Neumann and Robin sides are halved along the axis, so that the matrix stays symmetric where there is no
/// convection; values on Dirichlet sides are eliminated. Rows are scaled by a full cell's volume. Convection is
/// central, of second order: where it outweighs diffusion over a cell, use finite elements with streamline diffusion.
public struct GridDiffusion: Sendable {
  /// The vertices, those on the sides included.
  public let grid: RectilinearGrid
  /// Per axis, the vertices whose values are unknown: all but those on Dirichlet sides.
  public let free: [Range<Int>]
  /// Whether each axis is periodic.
  public let isPeriodic: [Bool]
  /// The matrix over the free vertices, x slowest.
  public let matrix: SparseMatrix<Double>
  /// The right-hand side.
  public let rightHandSide: [Double]
  /// The values on all vertices with zeros where they are unknown.
  public let prescribed: [Double]
  /// Whether only the constant is left undetermined: all sides Neumann or periodic, and no reaction.
  public let leavesConstantFree: Bool
  /// Whether the matrix is symmetric: there is no convection.
  public let isSymmetric: Bool

  /// The operator for geometric multigrid: without convection and mixed derivatives, and with a mean of Robin sides.
  ///
  /// - Throws: ``EquationError`` when coefficients differ by axis and vary in space, `GridOperatorError`.
  public func multigridOperator() throws -> GridOperator<Double> {
    guard let diffusion = multigrid.diffusion else {
      throw EquationError(
        "multigrid on grids takes a diffusion that is the same along all axes, or constant: use amg")
    }
    return try GridOperator(axes: multigrid.axes, diffusion: diffusion, reaction: multigrid.reaction)
  }

  /// What geometric multigrid needs to know.
  let multigrid: MultigridData

  struct MultigridData: Sendable {
    var axes: [GridAxis]
    var diffusion: GridCoefficient?
    var reaction: GridCoefficient
  }

  /// The free vertices along each axis.
  public var freeShape: [Int] { free.map(\.count) }

  /// The values on all vertices, x slowest, from those of the free ones.
  public func values(_ unknowns: [Double]) -> [Double] {
    precondition(
      unknowns.count == matrix.rows, "\(unknowns.count) values for \(matrix.rows) free vertices")
    var result = prescribed
    forEachFree { index, unknown in result[index] = unknowns[unknown] }
    return result
  }

  /// Calls `body` with the position among all vertices and among the free ones of every free vertex.
  private func forEachFree(_ body: (Int, Int) -> Void) {
    let shape = GridDiffusion.padded(grid.shape, with: 1)
    let ranges = free + Array(repeating: 0..<1, count: 3 - free.count)
    var unknown = 0
    for i in ranges[0] {
      for j in ranges[1] {
        for k in ranges[2] {
          body((i * shape[1] + j) * shape[2] + k, unknown)
          unknown += 1
        }
      }
    }
  }

  static func padded<T>(_ values: [T], with value: T) -> [T] {
    values + Array(repeating: value, count: 3 - values.count)
  }
}
