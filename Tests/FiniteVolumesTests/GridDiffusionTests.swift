import Algebra
import Equations
import FiniteVolumes
import Foundation
import Geometry
import TestSupport
import Testing

/// −∇·(k ∇u) + b·∇u + c u = f with every kind of side and u = cos(x + y/2) eˣ, from which f and the data are made.
private struct Manufactured: Problem {
  let u = ScalarField.unknown("u")
  var convection = 0.0
  var mixed = 0.0
  var isPeriodicInY = false
  var name: String { "manufactured" }

  var domain: Domain {
    .box([(0, 1), (0, isPeriodicInY ? 4 * .pi : 2)], periodic: isPeriodicInY ? [.y] : [])
  }
  var solution: ScalarField { cos(x + y / 2) * exp(x) }
  var k: ScalarField { 1 + x * x + (isPeriodicInY ? sin(y / 2) : y) / 2 }
  func left(_ u: ScalarField) -> ScalarField {
    let mixing = mixed == 0 ? 0 * u : dx(mixed * k * dy(u)) + dy(mixed * k * dx(u))
    return -div(k * grad(u)) - mixing + convection * (dx(u) - 2 * dy(u)) + exp(-x) * u
  }
  var equations: [Equation] { [left(u) == left(solution)] }
  var conditions: [Condition] {
    let onAxisX: [Condition] = [
      .dirichlet(u == solution, on: .left),
      mixed == 0 ? .neumann(dn(u) == dx(solution), on: .right) : .dirichlet(u == solution, on: .right),
    ]
    if isPeriodicInY { return onAxisX }
    if mixed != 0 { return onAxisX + [.dirichlet(u == solution, on: .y)] }
    return onAxisX + [
      .robin(3 * u + 2 * dn(u) == 3 * solution - 2 * dy(solution), on: .bottom),
      .dirichlet(u == solution, on: .top),
    ]
  }
  var exact: [Equation] { [u == solution] }
}

@Suite("Diffusion on grids")
struct GridDiffusionTests {
  private func assembled(_ problem: some Problem, _ points: [Int]) throws -> (PDESystem, GridDiffusion) {
    let system = try PDESystem(problem)
    let equation = try SecondOrderEquation.read(system, for: "the test")[0]
    return (
      system, try GridDiffusion(equation, of: system, points: points) { _, grid in grid.coordinates[0] }
    )
  }

  /// By dense LU, which knows nothing of grids.
  private func solution(_ system: GridDiffusion) throws -> [Double] {
    let n = system.matrix.rows
    var dense = Matrix<Double>(rows: n, columns: n)
    for i in 0..<n {
      for p in system.matrix.pattern.entries(ofRow: i) {
        dense[i, Int(system.matrix.pattern.columnIndices.pointer[p])] = system.matrix.values.pointer[p]
      }
    }
    return system.values(try LUFactorization(dense).solve(system.rightHandSide))
  }

  @Test(
    "second order with variable coefficients and all kinds of sides",
    arguments: [(0.0, 0.0, false), (3, 0, false), (0, 0.4, false), (2, 0, true)])
  func order(convection: Double, mixed: Double, isPeriodicInY: Bool) throws {
    let problem = Manufactured(convection: convection, mixed: mixed, isPeriodicInY: isPeriodicInY)
    let sizes = [8, 12, 16, 24, 32]
    let errors = try sizes.map { n in
      let (system, grid) = try assembled(problem, [n + 1, isPeriodicInY ? n : n + 1])
      #expect(grid.isSymmetric == (convection == 0))
      let exact = try grid.grid.values(of: system.exact[0]!)
      return zip(try solution(grid), exact).reduce(0) { max($0, abs($1.0 - $1.1)) }
    }
    #expect(abs(observedOrder(sizes.map { 1 / Double($0) }, errors) - 2) < 0.15, "\(errors)")
    #expect(errors[4] < 0.02, "\(errors)")
  }

  @Test("symmetric where there is no convection")
  func symmetry() throws {
    let a = try assembled(Manufactured(), [7, 6]).1.matrix
    let b = try assembled(Manufactured(mixed: 0.3), [7, 6]).1.matrix
    for matrix in [a, b] {
      for i in 0..<matrix.rows { for j in 0..<i { #expect(abs(matrix[i, j] - matrix[j, i]) < 1e-12) } }
    }
  }

  private struct TwoLayers: Problem {
    let u = ScalarField.unknown("u")
    var domain: Domain { .interval(0, 1) }
    var equations: [Equation] { [-dx((1 + 99 * step(x - 0.5)) * dx(u)) == 0] }
    var conditions: [Condition] { [.dirichlet(u == 0, on: .left), .dirichlet(u == 1, on: .right)] }
  }

  // Series resistances: the flux through two layers of half the length is 1 / (0.5/1 + 0.5/100).
  @Test("the flux through a jump of the coefficient is that of resistances in series")
  func jump() throws {
    let grid = try assembled(TwoLayers(), [128]).1
    let u = try solution(grid)
    let h = 1.0 / 127
    let flux = (u[1] - u[0]) / h
    #expect(abs(flux - 1 / (0.5 + 0.005)) < 1e-10)
  }

  private struct Interior: Problem {
    let u = ScalarField.unknown("u")
    var domain: Domain { .cube(0, 1, dimension: 3) }
    var equations: [Equation] { [-laplacian(u) == 1] }
    var conditions: [Condition] { [.dirichlet(u == 0)] }
  }

  @Test("with a constant coefficient the rows are the seven-point stencil")
  func stencil() throws {
    let matrix = try assembled(Interior(), [5, 5, 5]).1.matrix
    #expect(matrix.rows == 27)
    let centre = 13
    #expect(abs(matrix[centre, centre] - 6 * 16) < 1e-12)
    for offset in [1, 3, 9] {
      #expect(abs(matrix[centre, centre + offset] + 16) < 1e-12)
      #expect(abs(matrix[centre, centre - offset] + 16) < 1e-12)
    }
    #expect(matrix.pattern.entries(ofRow: centre).count == 7)
    #expect(matrix.pattern.entries(ofRow: 0).count == 4)
  }

  private struct Refused: Problem {
    let kind: Int
    let u = ScalarField.unknown("u")
    let v = ScalarField.unknown("v")
    var domain: Domain { .cube(0, 1, dimension: 2) }
    var equations: [Equation] {
      switch kind {
      case 0: [-laplacian(u) + u * u == 1]
      case 1: [biharmonic(u) == 1]
      case 2: [-laplacian(u) + v == 1, -laplacian(v) == u]
      case 3: [-div((x - 0.5) * grad(u)) == 1]
      default: [-div(sqrt(x - 2) * grad(u)) == 1]
      }
    }
    var conditions: [Condition] {
      [.dirichlet(u == 0), .dirichlet(v == 0)].prefix(kind == 2 ? 2 : 1).map { $0 }
    }
  }

  @Test(
    "what the stencil cannot take is refused",
    arguments: zip(0..<5, ["nonlinear", "order 4", "couples u and v", "changes sign", "not finite"]))
  func refusal(kind: Int, words: String) throws {
    let error = #expect(throws: EquationError.self) { try assembled(Refused(kind: kind), [9, 9]) }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
  }
}
