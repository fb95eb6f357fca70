import Equations
import Foundation
import Geometry
import Tensors

import FiniteElements

/// A problem put together in a test.
struct GivenProblem: Problem {
  var domain: Domain
  var equations: [Equation]
  var conditions: [Condition] = []
  var exact: [Equation] = []
  var derived: [Derived] = []
  var name: String { "given" }

  /// −Δu = −Δ(exact) with exact values on the whole boundary.
  static func poisson(_ exact: ScalarField, dimension: Int) -> GivenProblem {
    let u = ScalarField.unknown("u")
    return GivenProblem(
      domain: .cube(0, 1, dimension: dimension), equations: [-laplacian(u) == -laplacian(exact)],
      conditions: [.dirichlet(u == exact)], exact: [u == exact])
  }
}

/// The slope of log(error) over log(size) by least squares.
func slope(_ sizes: [Double], _ errors: [Double]) -> Double {
  let (x, y) = (sizes.map { log($0) }, errors.map { log($0) })
  let (mx, my) = (x.reduce(0, +) / Double(x.count), y.reduce(0, +) / Double(y.count))
  let top = zip(x, y).reduce(0) { $0 + ($1.0 - mx) * ($1.1 - my) }
  return top / x.reduce(0) { $0 + ($1 - mx) * ($1 - mx) }
}

/// The unit interval, square or cube in `n` cells per axis, points inside moved by up to `jitter` cell widths.
func unitMesh(
  _ shape: CellShape, _ n: Int, jitter: Double = 0, seed: UInt64 = 0, diagonals: Diagonals = .rising
) -> Mesh {
  var mesh: Mesh =
    switch shape {
    case .interval: .interval(cells: n)
    case .triangle, .quadrilateral:
      .rectangle(cells: [n, n], simplices: shape == .triangle, diagonals: diagonals)
    default: .box(cells: [n, n, n], simplices: shape == .tetrahedron)
    }
  var generator = RandomStream(seed: seed, stream: 0)
  for i in 0..<mesh.pointCount {
    let range = i * mesh.dimension..<(i + 1) * mesh.dimension
    let moves = range.map { _ in (2 * generator.nextUniform() - 1) * jitter / Double(n) }
    guard mesh.coordinates[range].allSatisfy({ $0 > 1e-9 && $0 < 1 - 1e-9 }) else { continue }
    for (k, move) in zip(range, moves) { mesh.coordinates[k] += move }
  }
  return mesh
}
