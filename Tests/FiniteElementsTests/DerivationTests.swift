import Equations
import Geometry
import Testing

import FiniteElements

@Suite("Weak forms from equations")
struct DerivationTests {
  private func weak(
    _ equations: [Equation], _ conditions: [Condition] = [], dimension: Int = 2
  ) throws -> WeakProblem {
    try WeakProblem(
      PDESystem(
        GivenProblem(
          domain: .cube(0, 1, dimension: dimension), equations: equations, conditions: conditions)))
  }

  @Test("however an equation is written, diffusion comes out positive and the matrix the same")
  func signs() throws {
    let u = ScalarField.unknown("u")
    let (x, y) = (ScalarField.x, ScalarField.y)
    let k = 2 + x
    let writings: [Equation] = [
      -div(k * grad(u)) == y, div(k * grad(u)) + y == 0, y == -div(k * grad(u)),
      -(k * laplacian(u)) - dx(u) == y, -dx(k * dx(u)) - dy(k * dy(u)) == y,
    ]
    let mesh = unitMesh(.triangle, 4, jitter: 0.2)
    let values = try writings.map { equation in
      try FiniteElementSystem(
        PDESystem(
          GivenProblem(
            domain: .rectangle((0, 1), (0, 1)), equations: [equation],
            conditions: [.dirichlet(u == 0, on: .left), .neumann(dn(u) == 1, on: .right)])), mesh: mesh,
        order: 2
      ).solve().values
    }
    for other in values.dropFirst() {
      #expect(zip(values[0], other).allSatisfy { abs($0 - $1) < 1e-10 })
    }
  }

  @Test("pressures are recognised, whatever the order of the equations")
  func multipliers() throws {
    let (u, p, c) = (VectorField.unknown("u"), ScalarField.unknown("p"), ScalarField.unknown("c"))
    let momentum = convect(u, u) + grad(p) - laplacian(u) == [c, 0]
    let transport = convect(u, c) - laplacian(c) == 1
    #expect(try weak([momentum, div(u) == 0, transport]).multipliers == [2])
    let other = try weak([transport, div(u) == 0, momentum])
    let names = try PDESystem(
      GivenProblem(domain: .cube(0, 1, dimension: 2), equations: [transport, div(u) == 0, momentum])
    ).unknowns.map(\.name)
    #expect(other.multipliers.map { names[$0] } == ["p"])
    // A first-order system without a constraint has none.
    #expect(try weak([dx(c) + c == 1], dimension: 1).multipliers.isEmpty)
  }

  @Test("conditions that contradict the flux are refused, with what to write instead")
  func refusals() throws {
    let (u, p) = (VectorField.unknown("u"), ScalarField.unknown("p"))
    let equations: [Equation] = [grad(p) - laplacian(u) == [0, 0], div(u) == 0]
    let error = #expect(throws: EquationError.self) {
      try weak(equations, [.neumann(dn(u) == [0, 0], on: .right)])
    }
    #expect(error?.description.contains(".flux") == true)
    let c = ScalarField.unknown("c")
    #expect(throws: EquationError.self) {
      try weak([dx(c) + c == 1], [.neumann(dn(c) == 0, on: .right)], dimension: 1)
    }
    #expect(throws: EquationError.self) { try weak([-laplacian(c) + dx(dx(dy(c))) == 1]) }
    #expect(throws: EquationError.self) { try weak([-div(dx(dx(c)) * grad(c)) == 1]) }
  }

  @Test("tensors, normals and regions print and lower")
  func language() throws {
    let u = VectorField.unknown("u")
    let stress = 2 * symmetric(grad(u)) + div(u) * TensorField.identity
    #expect("\(dot(grad(u), VectorField.normal))" == "∇u n")
    #expect("\(ScalarField.region("steel"))" == "[steel]")
    #expect("\(div(stress))".hasPrefix("∇·("))
    #expect("\(VectorField.normal.x)" == "n_x")
    let problem = try PDESystem(
      GivenProblem(domain: .cube(0, 1, dimension: 2), equations: [-div(stress) == [0, 0]]))
    // ∂x(3 ∂x u + ∂y v) + ∂y(∂y u + ∂x v) in the first row.
    let row = problem.rows[0].linear.map { [$0.unknown, $0.orders.x, $0.orders.y, Int(-$0.coefficient)] }
    #expect(Set(row) == [[0, 2, 0, 3], [0, 0, 2, 1], [1, 1, 1, 2]])
    // The normal belongs on a boundary.
    #expect(throws: EquationError.self) {
      try PDESystem(
        GivenProblem(
          domain: .cube(0, 1, dimension: 2), equations: [-laplacian(u) == VectorField.normal]))
    }
  }
}
