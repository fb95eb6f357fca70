import Tensors

/// One axis of a separable operator: couplings through the faces between unknowns, and the share of a cell that each
/// unknown stands for. Face i lies before unknown i; the last face closes a periodic axis, or holds the coupling with a
/// Dirichlet end.
struct SeparableAxis: Sendable {
  var faces: [Double]
  var mass: [Double]
  var isPeriodic: Bool

  var count: Int { mass.count }

  /// The axis of a grid for a coefficient of 1.
  init(_ axis: GridAxis, placement: GridPlacement) {
    let n = axis.count
    let coupling = 1 / (axis.spacing * axis.spacing)
    func end(_ boundary: GridBoundary) -> Double {
      switch boundary {
      case .dirichlet: return placement == .cells ? 2 * coupling : coupling
      case .neumann: return 0
      // The neighbour of a single unknown is itself.
      case .periodic: return n == 1 ? 0 : coupling
      }
    }
    faces = [Double](repeating: coupling, count: n + 1)
    (faces[0], faces[n]) = (end(axis.low), end(axis.high))
    mass = [Double](repeating: 1, count: n)
    if placement == .vertices {
      if axis.low == .neumann { mass[0] /= 2 }
      if axis.high == .neumann { mass[n - 1] /= 2 }
    }
    isPeriodic = axis.isPeriodic
  }

  /// The coarse axis: faces in series, and masses shared out as values are interpolated.
  init(coarsening fine: SeparableAxis, by transfer: GridTransfer) {
    isPeriodic = fine.isPeriodic
    guard transfer.factor == 2 else {
      (faces, mass) = (fine.faces, fine.mass)
      return
    }
    let n = fine.count
    func series(_ a: Double, _ b: Double) -> Double { a == 0 || b == 0 ? 0 : 1 / (1 / a + 1 / b) }
    faces = (0...transfer.coarse).map { index in
      let (first, second) = transfer.facesInSeries(before: index, fineCount: n)
      return second.map { series(fine.faces[first], fine.faces[$0]) } ?? fine.faces[first]
    }
    if isPeriodic && transfer.coarse == 1 { faces = [0, 0] }
    mass = transfer.transposed(fine.mass)
  }

  /// The coupling with the unknown before and after, and what they add to the diagonal, all per mass.
  var couplings: (before: [Double], after: [Double], diagonal: [Double]) {
    let n = count
    var before = (0..<n).map { faces[$0] / mass[$0] }
    var after = (0..<n).map { faces[$0 + 1] / mass[$0] }
    let diagonal = (0..<n).map { before[$0] + after[$0] }
    if !isPeriodic { (before[0], after[n - 1]) = (0, 0) }
    return (before, after, diagonal)
  }
}

/// Couplings through every face of a grid, integrated over cells: a symmetric operator with varying coefficients.
///
/// Axes are in the order of memory, the fastest first. Face arrays have one more element than the grid along their own
/// axis; missing axes have none.
final class FaceArrays: @unchecked Sendable {
  // Unchecked: nothing changes after the set-up that filled the arrays.

  let counts: [Int]
  let faces: [Buffer<Double>?]
  /// Reaction per unknown, or nil without one.
  let shift: Buffer<Double>?
  /// The axes with a coefficient of 1: distances, which interpolation goes by.
  let geometry: [SeparableAxis]

  init(geometry: [SeparableAxis], faces: [Buffer<Double>?], shift: Buffer<Double>?) {
    counts = geometry.map(\.count)
    (self.geometry, self.faces, self.shift) = (geometry, faces, shift)
  }

  static func faceCounts(_ counts: [Int], axis: Int) -> [Int] {
    var result = counts
    result[axis] += 1
    return result
  }
}
