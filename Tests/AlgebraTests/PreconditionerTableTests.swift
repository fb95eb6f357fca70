import Tensors
import Testing

import Algebra

/// Iterations of preconditioned conjugate gradients on Poisson's equation with 5 and 7 points, for a random right-hand
/// side in uniform(-1, 1), to a relative residual of 1e-8, against an independent implementation's counts.
@Suite("Iterations of preconditioners on Poisson's equation")
struct PreconditionerTableTests {
  struct Grid: CustomTestStringConvertible, Sendable {
    let points: Int
    let dimensions: Int
    let symmetricGaussSeidel: Int
    let overRelaxed: Int
    let relaxation: Double
    let incomplete: Int
    let modified: Int
    var testDescription: String { "\(points)^\(dimensions)" }
  }

  static let grids = [
    Grid(
      points: 32, dimensions: 2, symmetricGaussSeidel: 41, overRelaxed: 23, relaxation: 1.7, incomplete: 35,
      modified: 22),
    Grid(
      points: 64, dimensions: 2, symmetricGaussSeidel: 77, overRelaxed: 33, relaxation: 1.8, incomplete: 65,
      modified: 33),
    Grid(
      points: 128, dimensions: 2, symmetricGaussSeidel: 149, overRelaxed: 47, relaxation: 1.9,
      incomplete: 126,
      modified: 58),
    Grid(
      points: 256, dimensions: 2, symmetricGaussSeidel: 273, overRelaxed: 67, relaxation: 1.976,
      incomplete: 247, modified: 107),
    Grid(
      points: 16, dimensions: 3, symmetricGaussSeidel: 25, overRelaxed: 17, relaxation: 1.5, incomplete: 23,
      modified: 18),
    Grid(
      points: 32, dimensions: 3, symmetricGaussSeidel: 45, overRelaxed: 23, relaxation: 1.7, incomplete: 41,
      modified: 22),
    Grid(
      points: 48, dimensions: 3, symmetricGaussSeidel: 66, overRelaxed: 28, relaxation: 1.8, incomplete: 61,
      modified: 30),
  ]

  @Test("counts are those of the table, to 3 % and 2", arguments: grids)
  func counts(grid: Grid) throws {
    let a = PreconditionerSamples.laplacian(grid.points, dimensions: grid.dimensions)
    let b = PreconditionerSamples.uniform(a.rows)
    let columns: [(any Preconditioner, Int)] = [
      (SSORPreconditioner(), grid.symmetricGaussSeidel),
      (SSORPreconditioner(relaxation: grid.relaxation), grid.overRelaxed),
      (IncompleteCholesky(), grid.incomplete),
      (IncompleteCholesky.modified, grid.modified),
    ]
    for (preconditioner, count) in columns {
      let m = try preconditioner.prepare(a, pool: .shared)
      #expect(m.statistics.shift == 0)
      let iterations = PreconditionerSamples.iterations(a, b, m)
      #expect(
        iterations > 0 && Double(iterations) <= 1.03 * Double(count) + 2,
        "\(preconditioner.name): \(iterations) for \(count)")
    }
  }
}
