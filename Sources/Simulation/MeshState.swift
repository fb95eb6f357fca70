import Equations
import FiniteElements
import Geometry

/// A finite-element solution at one time.
///
/// Pictures and arrays sample it on a grid around the mesh, with NaN outside; integrals, norms and VTK files are those of
/// the elements.
struct MeshState: SolutionState {
  let solution: FiniteElementSolution
  let grid: RectilinearGrid
  private let locator: MeshLocator

  init(_ solution: FiniteElementSolution) throws {
    self.solution = solution
    locator = try MeshLocator(solution.system.mesh)
    grid = solution.system.mesh.samplingGrid
  }

  /// The state at another time, with the same grid.
  init(_ solution: FiniteElementSolution, like other: MeshState) {
    (self.solution, grid, locator) = (solution, other.grid, other.locator)
  }

  var system: PDESystem { solution.system.system }
  var time: Double { solution.time }
  var hidden: Set<Int> { [] }
  var mesh: Mesh? { solution.system.mesh }

  /// The rectangle rule, for fields that are asked for without their state.
  var weights: [[Double]] {
    zip(grid.shape, grid.spacing).map { Array(repeating: $1, count: $0) }
  }

  func values(of jets: [Jet]) throws -> [[Double]] { try evaluate(jets.map { .jet($0) }, at: nil) }
  func values(of jets: [Jet], at points: [[Double]]) throws -> [[Double]] {
    try evaluate(jets.map { .jet($0) }, at: points)
  }
  func evaluate(_ formulas: [Node], at points: [[Double]]?) throws -> [[Double]] {
    try solution.values(of: formulas, at: points ?? grid.points, locator: locator)
  }
  func meshValues(of formulas: [Node]) throws -> [[Double]] { try solution.pointValues(of: formulas) }
  func integral(of formula: Node) throws -> Double { try solution.integral(of: formula) }
}

extension Mesh {
  /// An even grid over the mesh's bounding box that is fine enough for pictures.
  var samplingGrid: RectilinearGrid {
    let box = boundingBox
    let most = [1025, 257, 65][dimension - 1]
    let longest = box.intervals.map(\.length).max()!
    let shape = box.intervals.map { max(9, Int((Double(most - 1) * $0.length / longest).rounded()) + 1) }
    return RectilinearGrid(
      coordinates: zip(box.intervals, shape).map { interval, n in
        (0..<n).map {
          $0 == n - 1 ? interval.upper : interval.lower + interval.length * Double($0) / Double(n - 1)
        }
      })
  }
}
