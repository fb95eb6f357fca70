import Geometry

/// Values at the points of a mesh, carried to a grid around it by the functions of the cells; NaN outside.
///
/// Cells are looked for once: each frame of a run costs a few products per point of the grid.
struct MeshSampler {
  let grid: RectilinearGrid
  /// Where the mesh's points of each grid point begin in `points` and `weights`.
  private let starts: [Int]
  private let points: [Int32]
  private let weights: [Double]

  /// - Throws: `MeshError` for a mesh without cells.
  init(_ mesh: Mesh) throws {
    let grid = mesh.samplingGrid
    let locations = try MeshLocator(mesh).locate(points: grid.points.flatMap { $0 })
    let shapes = mesh.cells.map { ReferenceCell($0.shape, order: $0.order) }
    var (starts, points, weights): ([Int], [Int32], [Double]) = ([0], [], [])
    for location in locations {
      if let location {
        let reference = (0..<mesh.dimension).map { location.reference[$0] }
        points += mesh.cells[location.block].nodes(of: location.element)
        weights += shapes[location.block].values(at: reference)
      }
      starts.append(points.count)
    }
    (self.grid, self.starts, self.points, self.weights) = (grid, starts, points, weights)
  }

  /// One value per grid point, x slowest.
  func values(_ pointValues: [Double]) -> [Double] {
    (0..<starts.count - 1).map { i in
      guard starts[i] < starts[i + 1] else { return .nan }
      return (starts[i]..<starts[i + 1]).reduce(0) { $0 + weights[$1] * pointValues[Int(points[$1])] }
    }
  }
}
