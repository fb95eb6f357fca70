import Algebra
import Equations
import Foundation
import Geometry
import Testing

import FiniteElements

@Suite("Flows")
struct FlowTests {
  /// Horizontal velocities on the vertical centre line (Ghia, Ghia & Shin, J. Comput. Phys. 48, 1982, table I).
  private static let heights = [
    0.9766, 0.9688, 0.9609, 0.9531, 0.8516, 0.7344, 0.6172, 0.5, 0.4531, 0.2813, 0.1719, 0.1016, 0.0703,
    0.0625,
    0.0547,
  ]
  private static let velocities: [Double: [Double]] = [
    100: [
      0.84123, 0.78871, 0.73722, 0.68717, 0.23151, 0.00332, -0.13641, -0.20581, -0.21090, -0.15662, -0.10150,
      -0.06434, -0.04775, -0.04192, -0.03717,
    ],
    400: [
      0.75837, 0.68439, 0.61756, 0.55892, 0.29093, 0.16256, 0.02135, -0.11477, -0.17119, -0.32726, -0.24299,
      -0.14612, -0.10338, -0.09266, -0.08186,
    ],
  ]

  @Test("the lid-driven cavity", arguments: [(100.0, 0.01), (400.0, 0.02)])
  func cavity(reynolds: Double, tolerance: Double) throws {
    let (u, p) = (VectorField.unknown("u"), ScalarField.unknown("p"))
    let problem = GivenProblem(
      domain: .rectangle((0, 1), (0, 1)),
      equations: [convect(u, u) + grad(p) - (1 / reynolds) * laplacian(u) == [0, 0], div(u) == 0],
      conditions: [
        .dirichlet(u == [1, 0], on: .top), .dirichlet(u == [0, 0], on: [.left, .right, .bottom]),
      ])
    let mesh = Mesh.rectangle(cells: [24, 24], diagonals: .alternating)
    let solution = try FiniteElementSystem(PDESystem(problem), mesh: mesh, order: 2).solve()
    let found = try solution.values(of: "u_x", at: Self.heights.map { [0.5, $0] })
    for (value, reference) in zip(found, Self.velocities[reynolds]!) {
      #expect(abs(value - reference) < tolerance)
    }
  }

  @Test("the steady flow around a cylinder in a channel (Schäfer & Turek 1996, case 2D-1)")
  func cylinder() throws {
    let (u, p) = (VectorField.unknown("u"), ScalarField.unknown("p"))
    let y = ScalarField.y
    let nu = 1e-3
    let inflow: VectorField = [4 * 0.3 / (0.41 * 0.41) * y * (0.41 - y), 0]
    let mesh = Mesh.cylinderChannel(cells: 12, order: 2)
    let problem = GivenProblem(
      domain: .mesh(mesh),
      equations: [convect(u, u) + grad(p) - nu * laplacian(u) == [0, 0], div(u) == 0],
      conditions: [
        .dirichlet(u == inflow, on: "inflow"), .dirichlet(u == [0, 0], on: "walls", "cylinder"),
      ])
    let solution = try FiniteElementSystem(PDESystem(problem), order: 3).solve()
    // Forces over ρ Ū² D / 2 with Ū = 0.2 and D = 0.1; the domain's normal points into the cylinder.
    let drag = -500 * (try solution.reaction(of: "u_x", on: .init(["cylinder"])))
    let lift = -500 * (try solution.reaction(of: "u_y", on: .init(["cylinder"])))
    let pressures = try solution.values(of: "p", at: [[0.15 - 1e-9, 0.2], [0.25 + 1e-9, 0.2]])
    #expect(abs(drag / 5.5795 - 1) < 0.005, "\(drag)")
    #expect(abs(lift / 0.0106 - 1) < 0.05, "\(lift)")
    #expect(abs((pressures[0] - pressures[1]) / 0.11752 - 1) < 0.005, "\(pressures)")
  }

  @Test("LU of Taylor–Hood matrices: pivots near the diagonal fill less, though pressures have none")
  func fill() throws {
    let (u, p) = (VectorField.unknown("u"), ScalarField.unknown("p"))
    let problem = GivenProblem(
      domain: .mesh(.cylinderChannel(cells: 6)),
      equations: [convect(u, u) + grad(p) - 1e-3 * laplacian(u) == [0, 0], div(u) == 0],
      conditions: [
        .dirichlet(u == [1, 0], on: "inflow"), .dirichlet(u == [0, 0], on: "walls", "cylinder"),
      ])
    let system = try FiniteElementSystem(PDESystem(problem), order: 2)
    let matrix = try system.jacobian((0..<system.dofCount).map { sin(Double($0)) })
    let b = (0..<system.dofCount).map { cos(Double($0)) }
    let factors = try [UMFPACK.Strategy.symmetric, .unsymmetric].map {
      try UMFPACK(ordering: .nestedDissection, strategy: $0).prepare(matrix)
    }
    #expect(factors[0].statistics.factorEntries < factors[1].statistics.factorEntries * 3 / 4)
    for factors in factors {
      let residual = zip(matrix.multiply(factors.solve(b)), b).map { abs($0 - $1) }.max()!
      #expect(residual < 1e-9, "\(residual)")
    }
  }
}
