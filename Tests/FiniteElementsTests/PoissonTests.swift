import Equations
import Foundation
import Geometry
import Testing

import FiniteElements

/// −Δu = 2π² sin(πx) sin(πy) on the unit square.
private struct SineProblem: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .rectangle((0, 1), (0, 1)) }
  var equations: [Equation] { [-laplacian(u) == 2 * .pi * .pi * sin(.pi * x) * sin(.pi * y)] }
  var conditions: [Condition] { [.dirichlet(u == 0)] }
  var exact: [Equation] { [u == sin(.pi * x) * sin(.pi * y)] }
}

@Suite("Poisson")
struct PoissonTests {
  /// The figures are those of an independent program with a rule of 36 points.
  @Test(
    "errors on squares halved by the diagonal",
    arguments: [
      (1, 8, 2.113277e-2, 4.317983e-1), (1, 16, 5.377435e-3, 2.175363e-1), (1, 32, 1.350436e-3, 1.089754e-1),
      (1, 64, 3.379923e-4, 5.451370e-2), (2, 4, 4.327631e-3, 1.293890e-1), (2, 8, 5.480619e-4, 3.338685e-2),
      (2, 16, 6.873916e-5, 8.419136e-3), (2, 32, 8.600535e-6, 2.109524e-3),
    ])
  func table(order: Int, n: Int, l2: Double, h1: Double) throws {
    let system = try FiniteElementSystem(
      PDESystem(SineProblem()), mesh: .rectangle(cells: [n, n], diagonals: .rising), order: order)
    let errors = try system.solve().errors(of: "u")
    #expect(abs(errors.l2 / l2 - 1) < 5e-5, "\(errors.l2)")
    #expect(abs(errors.h1Seminorm / h1 - 1) < 5e-5, "\(errors.h1Seminorm)")
  }
}
