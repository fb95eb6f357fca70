import Equations
import Foundation
import Geometry
import Tensors
import Testing

import FiniteElements

@Suite("Systems")
struct SystemTests {
  @Test("the same bits with one and two threads", arguments: [1, 2, 3])
  func determinism(order: Int) throws {
    let u = ScalarField.unknown("u")
    let (x, y) = (ScalarField.x, ScalarField.y)
    let problem = try PDESystem(
      GivenProblem(
        domain: .rectangle((0, 1), (0, 1)),
        equations: [-div((1 + x * y) * grad(u)) + dx(u) == sin(x) * exp(y)],
        conditions: [.dirichlet(u == x)]))
    let mesh = unitMesh(.triangle, 60, jitter: 0.2, seed: 4)
    let systems = try [1, 2, 3].map { threads in
      try FiniteElementSystem(problem, mesh: mesh, order: order, pool: WorkerPool(threads: threads))
        .assemble()
    }
    for other in systems.dropFirst() {
      #expect(other.rightHandSide == systems[0].rightHandSide)
      #expect(Array(other.matrix.values.elements) == Array(systems[0].matrix.values.elements))
      #expect(
        Array(other.matrix.pattern.columnIndices.elements)
          == Array(systems[0].matrix.pattern.columnIndices.elements))
    }
  }

  @Test("points outside of the mesh give NaN, points inside the field and its derivatives")
  func points() throws {
    let exact = 1 + ScalarField.x * .y + 2 * .y * .y
    let u = ScalarField.unknown("u")
    let solution = try FiniteElementSystem(
      PDESystem(GivenProblem.poisson(exact, dimension: 2)), mesh: unitMesh(.triangle, 4, jitter: 0.2),
      order: 2
    ).solve()
    let points = [[0.3, 0.7], [1.2, 0.5], [0.5, -1e-3], [1, 1], [0, 0.25]]
    let values = try solution.values(of: "u", at: points)
    let slopes = try solution.values(of: dy(u), at: points)
    let curvatures = try solution.values(of: dx(dy(u)) + dy(dy(u)), at: points)
    for (i, point) in points.enumerated() {
      if i == 1 || i == 2 {
        #expect(values[i].isNaN && slopes[i].isNaN)
      } else {
        #expect(abs(values[i] - (1 + point[0] * point[1] + 2 * point[1] * point[1])) < 1e-11)
        #expect(abs(slopes[i] - (point[0] + 4 * point[1])) < 1e-9)
        #expect(abs(curvatures[i] - 5) < 1e-8)
      }
    }
    let nodal = try solution.pointValues(of: "u")
    let mesh = solution.system.mesh
    for i in 0..<mesh.pointCount {
      let (x, y) = (mesh.coordinates[2 * i], mesh.coordinates[2 * i + 1])
      #expect(abs(nodal[i] - (1 + x * y + 2 * y * y)) < 1e-11)
    }
  }

  @Test("norms and integrals")
  func norms() throws {
    let exact = ScalarField.x * .y
    let u = ScalarField.unknown("u")
    let solution = try FiniteElementSystem(
      PDESystem(GivenProblem.poisson(exact, dimension: 2)), mesh: unitMesh(.triangle, 3), order: 2
    ).solve()
    #expect(abs(try solution.l2Norm(of: "u") - 1.0 / 3) < 1e-12)
    #expect(abs(try solution.h1Seminorm(of: "u") - (2.0 / 3).squareRoot()) < 1e-12)
    #expect(abs(try solution.integral(u) - 0.25) < 1e-12)
    #expect(abs(try solution.integral(u, over: .boundary(.init(["right"]))) - 0.5) < 1e-12)
    // The flux through a side, from derivatives and from the equations there: ∫₀¹ y dy and ∫₀¹ x dx.
    #expect(abs(try solution.integral(dn(u), over: .boundary(.init(["right"]))) - 0.5) < 1e-12)
    #expect(abs(try solution.reaction(of: "u", on: .init()) - 0) < 1e-12)
    // Gauss's theorem: ∮ x n_x ds is the area.
    let outward = ScalarField.x * VectorField.normal.x
    #expect(abs(try solution.integral(outward, over: .boundary(.init())) - 1) < 1e-12)
  }

  @Test("meshes whose cells are in no order give the same solution")
  func scattered() throws {
    var mesh = unitMesh(.triangle, 40, jitter: 0.2)
    // Cells in the order of a multiplicative sequence: 3200 and 1201 have no common divisor.
    let count = mesh.cells[0].count
    mesh.cells[0] = Mesh.Block(
      shape: .triangle, nodes: (0..<count).flatMap { Array(mesh.cells[0].nodes(of: $0 * 1201 % count)) })
    #expect(CellOrder.orders(mesh)[0] != nil)
    #expect(CellOrder.orders(unitMesh(.triangle, 40))[0] == nil)
    let exact = ScalarField.x * .y - .x
    let problem = try PDESystem(GivenProblem.poisson(exact, dimension: 2))
    let solution = try FiniteElementSystem(problem, mesh: mesh, order: 2).solve()
    #expect(try solution.errors(of: "u").maximum < 1e-11)
    // Integrals belong to their cells: the volume of each is that of its corners.
    let volumes = try CellIntegrals(solution.system, [.one]).values(solution.values)[0]
    for cell in stride(from: 0, to: count, by: 97) {
      let p = mesh.cells[0].nodes(of: cell).map { Array(mesh.point(Int($0))) }
      let area = ((p[1][0] - p[0][0]) * (p[2][1] - p[0][1]) - (p[1][1] - p[0][1]) * (p[2][0] - p[0][0])) / 2
      #expect(abs(volumes[cell] - area) < 1e-15)
    }
  }

  @Test("triangles beside quadrilaterals", arguments: [1, 2])
  func mixedShapes(order: Int) throws {
    // Two squares: one whole, one halved by a diagonal.
    let mesh = Mesh(
      dimension: 2, coordinates: [0, 0, 1, 0, 2, 0, 0, 1, 1, 1, 2, 1],
      cells: [
        .init(shape: .quadrilateral, nodes: [0, 1, 4, 3]),
        .init(shape: .triangle, nodes: [1, 2, 5, 1, 5, 4]),
      ])
    let u = ScalarField.unknown("u")
    let exact = order == 1 ? 2 * .x - .y : ScalarField.x * .x - .x * .y + 2 * .y
    let problem = GivenProblem(
      domain: .mesh(mesh), equations: [-laplacian(u) == -laplacian(exact)],
      conditions: [.dirichlet(u == exact)],
      exact: [u == exact])
    let fine = try mesh.refined(times: 2)
    let errors = try FiniteElementSystem(PDESystem(problem), mesh: fine, order: order).solve().errors(of: "u")
    #expect(errors.l2 < 1e-12 && errors.h1Seminorm < 1e-11)
  }

  @Test("fields have norms, values at points of the mesh and everywhere; derived ones too")
  func fields() throws {
    let u = VectorField.unknown("u")
    let (x, y) = (ScalarField.x, ScalarField.y)
    let exact: VectorField = [x * y, x - y]
    var problem = GivenProblem(
      domain: .rectangle((0, 1), (0, 1)), equations: [-laplacian(u) == -laplacian(exact)],
      conditions: [.dirichlet(u == exact)], exact: [u == exact])
    problem.derived = [
      .field("rotation", rot(u)), .mean("energy", dot(u, u)), .integral("area", 1 + 0 * u.x),
    ]
    let solution = try FiniteElementSystem(PDESystem(problem), mesh: unitMesh(.triangle, 3), order: 2).solve()
    #expect(solution.fieldNames == ["u", "rotation"])
    let field = try solution.field("u")
    #expect(field.componentNames == ["u_x", "u_y"])
    #expect(abs(try field.l2Norm - (1.0 / 9 + 1.0 / 6).squareRoot()) < 1e-12)
    #expect(abs(try field.h1Seminorm - (2.0 / 3 + 2).squareRoot()) < 1e-12)
    #expect(abs(try field.maxNorm - 1) < 1e-12)
    #expect(zip(try field(0.25, 0.5), [0.125, -0.25]).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(zip(try field.integrals, [0.25, 0]).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(abs(try solution.field("rotation")(0.25, 0.5)[0] - 0.75) < 1e-10)
    let numbers = try solution.numbers
    #expect(numbers.map(\.name) == ["energy", "area"])
    #expect(abs(numbers[0].value - (1.0 / 9 + 1.0 / 6)) < 1e-12 && abs(numbers[1].value - 1) < 1e-12)
    #expect(try field.pointValues[0].count == solution.system.mesh.pointCount)
    #expect(throws: FiniteElementError.self) { try solution.field("w") }
  }

  @Test("a pure Neumann problem has the mean zero; one that does not balance is refused")
  func neumann() throws {
    let u = ScalarField.unknown("u")
    let exact = cos(.pi * ScalarField.x)
    let problem = GivenProblem(
      domain: .rectangle((0, 1), (0, 1)), equations: [-laplacian(u) == -laplacian(exact)],
      conditions: [.neumann(dn(u) == 0)], exact: [u == exact])
    let solution = try FiniteElementSystem(PDESystem(problem), mesh: unitMesh(.triangle, 16), order: 2)
      .solve()
    #expect(try solution.errors(of: "u").l2 < 1e-3)
    let unbalanced = GivenProblem(
      domain: problem.domain, equations: [-laplacian(u) == 1], conditions: problem.conditions)
    #expect(throws: FiniteElementError.self) {
      try FiniteElementSystem(PDESystem(unbalanced), mesh: unitMesh(.triangle, 4)).solve()
    }
  }

  @Test("coefficients by region")
  func regions() throws {
    // −(k u′)′ = 0 with k = 1 on the left half and 4 on the right: slopes 8/5 and 2/5.
    let u = ScalarField.unknown("u")
    let mesh = Mesh.interval(cells: 4).taggingRegion("steel") { $0[0] > 0.5 }
    let k = 1 + 3 * ScalarField.region("steel")
    let problem = GivenProblem(
      domain: .mesh(mesh), equations: [-div(k * grad(u)) == 0],
      conditions: [.dirichlet(u == 0, on: "left"), .dirichlet(u == 1, on: "right")])
    let solution = try FiniteElementSystem(PDESystem(problem)).solve()
    #expect(abs(try solution.values(of: "u", at: [[0.5]])[0] - 0.8) < 1e-12)
  }

  @Test("what finite elements cannot take is refused in one sentence")
  func refusals() throws {
    let (u, p) = (ScalarField.unknown("u"), ScalarField.unknown("p"))
    let v = VectorField.unknown("v")
    let square = Domain.rectangle((0, 1), (0, 1))
    let mesh = unitMesh(.triangle, 2)
    let attempts: [(GivenProblem, Int)] = [
      (GivenProblem(domain: square, equations: [biharmonic(u) == 1], conditions: [.dirichlet(u == 0)]), 1),
      (GivenProblem(domain: .torus(0, 1, dimension: 2), equations: [-laplacian(u) == 1]), 1),
      (
        GivenProblem(
          domain: square, equations: [-laplacian(v) + grad(p) == [0, 0], div(v) == 0],
          conditions: [.dirichlet(v == [0, 0])]),
        1
      ),
    ]
    for (problem, order) in attempts {
      #expect(throws: (any Error).self) {
        try FiniteElementSystem(PDESystem(problem), mesh: mesh, order: order)
      }
    }
    let good = try PDESystem(GivenProblem.poisson(.x, dimension: 2))
    #expect(throws: FiniteElementError.self) { try FiniteElementSystem(good) }
    #expect(throws: FiniteElementError.self) { try FiniteElementSystem(good, mesh: .interval(cells: 3)) }
    #expect(throws: FiniteElementError.self) { try FiniteElementSystem(good, mesh: mesh, order: 4) }
    #expect(throws: FiniteElementError.self) {
      try FiniteElementSystem(good, mesh: mesh, elements: ["w": .lagrange(1)])
    }
    #expect(throws: FiniteElementError.self) {
      try FiniteElementSystem(good, mesh: mesh, stabilization: .streamline)
    }
  }
}
