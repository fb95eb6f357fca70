import Geometry
import Tensors

/// States on the cells of a uniform grid in one or two dimensions, with ghost cells around them.
///
/// Cells are numbered with x slowest. An array belongs to one solver, which decides who writes where.
final class CellArray: @unchecked Sendable {
  // Unchecked: the solver's regions write disjoint lines.

  /// Inner cells along each axis; 1 along y in one dimension.
  let counts: (Int, Int)
  /// Ghost cells at both ends along each axis; none along y in one dimension.
  let ghosts: (Int, Int)
  let states: Buffer<CellState>

  init(counts: [Int], ghosts: Int) {
    self.counts = (counts[0], counts.count > 1 ? counts[1] : 1)
    self.ghosts = (ghosts, counts.count > 1 ? ghosts : 0)
    states = Buffer(count: (self.counts.0 + 2 * self.ghosts.0) * (self.counts.1 + 2 * self.ghosts.1))
  }

  /// The distance of neighbours along x; along y it is 1.
  var rowLength: Int { counts.1 + 2 * ghosts.1 }

  /// The address of an inner (or ghost) cell.
  @inline(__always)
  func cell(_ i: Int, _ j: Int) -> UnsafeMutablePointer<CellState> {
    states.pointer + (i + ghosts.0) * rowLength + j + ghosts.1
  }

  /// Fills the ghost cells: first beyond the sides along x, then beyond those along y, corners included.
  func fillGhosts(_ sides: [[BoundaryTreatment]], _ law: some ConservationLaw) {
    for k in 0..<ghosts.0 {
      for j in 0..<counts.1 {
        fill(
          cell(-1 - k, j), sides[0][0], law, axis: 0,
          from: (cell(counts.0 - 1 - k, j), cell(0, j), cell(k, j)))
        fill(
          cell(counts.0 + k, j), sides[0][1], law, axis: 0,
          from: (cell(k, j), cell(counts.0 - 1, j), cell(counts.0 - 1 - k, j)))
      }
    }
    for k in 0..<ghosts.1 {
      for i in -ghosts.0..<counts.0 + ghosts.0 {
        fill(
          cell(i, -1 - k), sides[1][0], law, axis: 1,
          from: (cell(i, counts.1 - 1 - k), cell(i, 0), cell(i, k)))
        fill(
          cell(i, counts.1 + k), sides[1][1], law, axis: 1,
          from: (cell(i, k), cell(i, counts.1 - 1), cell(i, counts.1 - 1 - k)))
      }
    }
  }

  private func fill(
    _ ghost: UnsafeMutablePointer<CellState>, _ treatment: BoundaryTreatment, _ law: some ConservationLaw,
    axis: Int,
    from cells: (
      opposite: UnsafeMutablePointer<CellState>, last: UnsafeMutablePointer<CellState>,
      mirror: UnsafeMutablePointer<CellState>
    )
  ) {
    switch treatment {
    case .periodic: ghost.pointee = cells.opposite.pointee
    case .outflow: ghost.pointee = cells.last.pointee
    case .reflecting:
      ghost.pointee = law.turned(law.reflected(law.turned(cells.mirror.pointee, axis: axis)), axis: axis)
    case .fixed(let state): ghost.pointee = state
    }
  }
}
