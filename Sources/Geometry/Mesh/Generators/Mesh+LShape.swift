extension Mesh {
  /// The L-shaped domain (−1, 1)² without [0, 1) × (−1, 0], whose corner of 270° at the origin limits the smoothness of
  /// solutions; the boundary is `boundary` (tag 1).
  ///
  /// - Parameter cells: the number of squares along a unit of length.
  public static func lShape(cells: Int, simplices: Bool = true, diagonals: Diagonals = .rising) -> Mesh {
    let grid = uniformGrid([-1...1, -1...1], cells: [2 * cells, 2 * cells])
    var mesh = plane(grid, simplices, diagonals) { i, j in i < cells || j >= cells }
    mesh.boundaryNames = [1: "boundary"]
    mesh.tagBoundary { _ in 1 }
    return mesh
  }

  /// A channel that widens downwards at x = 0, for the flow over a backward-facing step, with the boundaries `inflow`,
  /// `outflow` and `walls` (tags 1 to 3).
  ///
  /// The channel is 0 ≤ y ≤ `step` + `inlet` behind the step and `step` ≤ y before it. The defaults are those of
  /// Gartling (1990) with an inlet channel in front: expansion 1:2, length 15 channel heights.
  ///
  /// - Parameters:
  ///   - step: the height of the step.
  ///   - inlet: the height of the channel before the step.
  ///   - upstream: the length of the channel before the step.
  ///   - downstream: the length of the channel behind the step.
  ///   - cells: the number of cells along the height of the step; other numbers follow, so that cells are near to
  ///     squares.
  public static func backwardFacingStep(
    step: Double = 0.5, inlet: Double = 0.5, upstream: Double = 1, downstream: Double = 15, cells: Int,
    simplices: Bool = true, diagonals: Diagonals = .alternating
  ) -> Mesh {
    precondition(
      min(step, inlet, upstream, downstream) > 0 && cells >= 1, "the lengths of a channel are positive")
    let size = step / Double(cells)
    func count(_ length: Double) -> Int { max(1, Int((length / size).rounded())) }
    let before = count(upstream)
    let x = uniformGrid([-upstream...0, 0...downstream], cells: [before, count(downstream)]).coordinates
    let y = uniformGrid([0...step, step...(step + inlet)], cells: [cells, count(inlet)]).coordinates
    let grid = RectilinearGrid(coordinates: [x[0] + x[1].dropFirst(), y[0] + y[1].dropFirst()])
    var mesh = plane(grid, simplices, diagonals) { i, j in i >= before || j >= cells }
    mesh.boundaryNames = [1: "inflow", 2: "outflow", 3: "walls"]
    mesh.tagBoundary { points in
      points.allSatisfy { $0[$0.startIndex] == -upstream }
        ? 1 : (points.allSatisfy { $0[$0.startIndex] == downstream } ? 2 : 3)
    }
    return mesh
  }
}
