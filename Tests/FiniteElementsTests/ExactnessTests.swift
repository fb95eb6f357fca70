import Equations
import Foundation
import Geometry
import Testing

import FiniteElements

/// Solutions inside the space are found to rounding: more than a rate, this sees every wrong term.
@Suite("Solutions inside the space")
struct ExactnessTests {
  private static func polynomial(_ degree: Int, _ dimension: Int) -> ScalarField {
    let axes = [ScalarField.x, .y, .z].prefix(dimension)
    var sum: ScalarField = 1
    for (i, s) in axes.enumerated() {
      for k in 1...max(degree, 1) where degree > 0 { sum = sum + Double(i + k) * pow(s, k) / Double(k + 1) }
    }
    if degree > 1, dimension > 1 { sum = sum + 0.7 * axes[0] * axes[1] }
    if degree > 2, dimension > 1 { sum = sum - 1.3 * axes[0] * axes[0] * axes[1] }
    return sum
  }

  @Test(
    "Poisson with every continuous element on distorted meshes",
    arguments: [
      (CellShape.interval, 1), (.interval, 2), (.interval, 3), (.triangle, 1), (.triangle, 2), (.triangle, 3),
      (.tetrahedron, 1), (.tetrahedron, 2), (.tetrahedron, 3), (.quadrilateral, 1), (.quadrilateral, 2),
      (.hexahedron, 1), (.hexahedron, 2),
    ])
  func poisson(shape: CellShape, order: Int) throws {
    // Images of polynomials on distorted quadrilaterals are no polynomials: only those of degree 1 stay in the space.
    let jitter = shape.isSimplex || order == 1 ? 0.2 : 0
    let exact = Self.polynomial(order, shape.dimension)
    let system = try FiniteElementSystem(
      PDESystem(GivenProblem.poisson(exact, dimension: shape.dimension)),
      mesh: unitMesh(shape, shape.dimension == 3 ? 2 : 3, jitter: jitter, seed: 5), order: order)
    let errors = try system.solve().errors(of: "u")
    #expect(errors.l2 < 1e-9 && errors.h1Seminorm < 1e-9 && errors.maximum < 1e-9, "\(errors)")
  }

  @Test("Crouzeix–Raviart elements", arguments: [CellShape.triangle, .tetrahedron])
  func crouzeixRaviart(shape: CellShape) throws {
    let exact = Self.polynomial(1, shape.dimension)
    let system = try FiniteElementSystem(
      PDESystem(GivenProblem.poisson(exact, dimension: shape.dimension)),
      mesh: unitMesh(shape, 3, jitter: 0.2, seed: 7), elements: ["u": .crouzeixRaviart])
    let errors = try system.solve().errors(of: "u")
    #expect(errors.l2 < 1e-9 && errors.h1Seminorm < 1e-9, "\(errors)")
  }

  @Test(
    "projections on discontinuous elements",
    arguments: [CellShape.interval, .triangle, .tetrahedron, .quadrilateral, .hexahedron], [0, 1])
  func projection(shape: CellShape, order: Int) throws {
    let u = ScalarField.unknown("u")
    let exact = Self.polynomial(order, shape.dimension)
    let problem = GivenProblem(
      domain: .cube(0, 1, dimension: shape.dimension), equations: [u == exact], exact: [u == exact])
    let system = try FiniteElementSystem(
      PDESystem(problem), mesh: unitMesh(shape, 2, jitter: 0.2, seed: 3),
      elements: ["u": .discontinuous(order)])
    #expect(try system.solve().errors(of: "u").l2 < 1e-9)
  }

  @Test("variable coefficients, convection, reaction, Neumann and Robin conditions", arguments: [1, 2, 3])
  func boundaryConditions(order: Int) throws {
    let u = ScalarField.unknown("u")
    let (x, y) = (ScalarField.x, ScalarField.y)
    let exact = Self.polynomial(order, 2)
    let k = 1 + x * x + 0.5 * y
    let residual = { (w: ScalarField) in -div(k * grad(w)) + convect([y, 1 - x], w) + (2 + x) * w }
    let problem = GivenProblem(
      domain: .rectangle((0, 1), (0, 1)), equations: [residual(u) == residual(exact)],
      conditions: [
        .dirichlet(u == exact, on: .left), .neumann(dn(u) == dx(exact), on: .right),
        .robin(2 * dn(u) + 3 * u == 2 * dy(exact) + 3 * exact, on: .top),
        .flux(u == -k * dy(exact), on: .bottom),
      ], exact: [u == exact])
    let system = try FiniteElementSystem(
      PDESystem(problem), mesh: unitMesh(.triangle, 4, jitter: 0.2, seed: 2), order: order)
    let errors = try system.solve().errors(of: "u")
    #expect(errors.l2 < 1e-9 && errors.h1Seminorm < 1e-9, "\(errors)")
  }

  @Test("an anisotropic tensor, its flux prescribed")
  func anisotropic() throws {
    let u = ScalarField.unknown("u")
    let exact = Self.polynomial(2, 2)
    let flux = { (w: ScalarField) -> VectorField in [3 * dx(w) + dy(w), dx(w) + 2 * dy(w)] }
    let problem = GivenProblem(
      domain: .rectangle((0, 1), (0, 1)), equations: [-div(flux(u)) == -div(flux(exact))],
      conditions: [
        .dirichlet(u == exact, on: [.left, .top, .bottom]), .flux(u == flux(exact).x, on: .right),
      ],
      exact: [u == exact])
    let system = try FiniteElementSystem(
      PDESystem(problem), mesh: unitMesh(.triangle, 3, jitter: 0.2), order: 2)
    #expect(system.isSymmetric)
    #expect(try system.solve().errors(of: "u").l2 < 1e-9)
    let refused = GivenProblem(
      domain: problem.domain, equations: problem.equations,
      conditions: [.dirichlet(u == 0, on: .left), .neumann(dn(u) == 1, on: .right)])
    #expect(throws: EquationError.self) {
      try FiniteElementSystem(PDESystem(refused), mesh: unitMesh(.triangle, 3))
    }
  }

  @Test("a nonlinear coefficient k(u)", arguments: [1, 2])
  func nonlinear(order: Int) throws {
    let u = ScalarField.unknown("u")
    let exact = Self.polynomial(order, 2)
    let residual = { (w: ScalarField) in -div((1 + w * w) * grad(w)) + pow(w, 3) }
    let problem = GivenProblem(
      domain: .rectangle((0, 1), (0, 1)), equations: [residual(u) == residual(exact)],
      conditions: [.dirichlet(u == exact)], exact: [u == exact])
    let system = try FiniteElementSystem(
      PDESystem(problem), mesh: unitMesh(.triangle, 4, jitter: 0.2), order: order)
    #expect(!system.isLinear)
    let solution = try system.solve()
    #expect(try solution.errors(of: "u").l2 < 1e-9)
    // Newton's method converges quadratically: the last step squares the residual, up to rounding.
    #expect(solution.statistics.iterations < 12)
  }

  @Test(
    "Stokes' equations with Taylor–Hood elements",
    arguments: [CellShape.triangle, .quadrilateral, .tetrahedron, .hexahedron], [2, 3])
  func stokes(shape: CellShape, order: Int) throws {
    guard order == 2 || shape == .triangle else { return }
    let (u, p) = (VectorField.unknown("u"), ScalarField.unknown("p"))
    let (x, y, z) = (ScalarField.x, ScalarField.y, ScalarField.z)
    let d = shape.dimension
    let velocity: VectorField =
      d == 2 ? [x * x + 2 * y * y, -x * x] : [x * x + 2 * y * y, z * z - x * x, x * y]
    let pressure = d == 2 ? x + 3 * y - 2 : x + 3 * y - z - 1.5
    let problem = GivenProblem(
      domain: .cube(0, 1, dimension: d),
      equations: [
        -2 * laplacian(u) + grad(p) == -2 * laplacian(velocity) + grad(pressure), div(u) == div(velocity),
      ],
      conditions: [.dirichlet(u == velocity)], exact: [u == velocity, p == pressure])
    let system = try FiniteElementSystem(
      PDESystem(problem),
      mesh: unitMesh(
        shape, d == 2 ? 4 : 2, jitter: shape.isSimplex ? 0.1 : 0, seed: 1),
      order: order)
    #expect(system.isSymmetric)
    let solution = try system.solve()
    for name in ["u_x", "u_y", "p"] { #expect(try solution.errors(of: name).l2 < 1e-9, "\(name)") }
  }

  @Test("the steady Navier–Stokes equations with an outflow")
  func navierStokes() throws {
    let (u, p) = (VectorField.unknown("u"), ScalarField.unknown("p"))
    let (x, y) = (ScalarField.x, ScalarField.y)
    let velocity: VectorField = [x * x + 2 * y * y, -2 * x * y]
    let pressure = x + 3 * y
    let nu = 0.1
    let problem = GivenProblem(
      domain: .rectangle((0, 1), (0, 1)),
      equations: [
        convect(u, u) + grad(p) - nu * laplacian(u)
          == convect(velocity, velocity) + grad(pressure) - nu * laplacian(velocity), div(u) == 0,
      ],
      conditions: [
        .dirichlet(u == velocity, on: [.left, .bottom, .top]),
        .flux(u == nu * dx(velocity) - [pressure, 0], on: .right),
      ], exact: [u == velocity, p == pressure])
    let system = try FiniteElementSystem(
      PDESystem(problem), mesh: unitMesh(.triangle, 4, jitter: 0.2), order: 2)
    let solution = try system.solve()
    for name in ["u_x", "u_y", "p"] { #expect(try solution.errors(of: name).l2 < 1e-9, "\(name)") }
  }

  @Test("linear elasticity with a traction", arguments: [CellShape.triangle, .hexahedron])
  func elasticity(shape: CellShape) throws {
    let u = VectorField.unknown("u")
    let (x, y, z) = (ScalarField.x, ScalarField.y, ScalarField.z)
    let d = shape.dimension
    let displacement: VectorField =
      d == 2 ? [x * y + y * y, x * x - 2 * x * y] : [x * y + z * z, x * x - 2 * x * y, y * z]
    let (lambda, mu) = (1.3, 0.8)
    let stress = { (w: VectorField) in
      2 * mu * symmetric(grad(w)) + (lambda * div(w)) * TensorField.identity
    }
    let unit: VectorField = d == 2 ? [1, 0] : [1, 0, 0]
    let problem = GivenProblem(
      domain: .cube(0, 1, dimension: d), equations: [-div(stress(u)) == -div(stress(displacement))],
      conditions: [
        .dirichlet(u == displacement, on: .left), .dirichlet(u == displacement, on: .y),
        .dirichlet(u == displacement, on: d == 2 ? .left : .z),
        .flux(u == dot(stress(displacement), unit), on: .right),
      ].enumerated().filter { d == 3 || $0.offset != 2 }.map(\.element), exact: [u == displacement])
    let system = try FiniteElementSystem(
      PDESystem(problem), mesh: unitMesh(shape, 2, jitter: shape.isSimplex ? 0.2 : 0), order: 2)
    #expect(system.isSymmetric)
    let solution = try system.solve()
    for name in ["u_x", "u_y"] { #expect(try solution.errors(of: name).l2 < 1e-9, "\(name)") }
  }

  @Test("patch test: linear functions on 20 random meshes", arguments: 0..<20)
  func patch(seed: Int) throws {
    let shapes: [CellShape] = [.triangle, .quadrilateral, .tetrahedron, .hexahedron]
    let shape = shapes[seed % 4]
    let exact = Self.polynomial(1, shape.dimension)
    let order = shape.isSimplex ? 1 + seed / 4 % 2 : 1
    let system = try FiniteElementSystem(
      PDESystem(GivenProblem.poisson(exact, dimension: shape.dimension)),
      mesh: unitMesh(shape, shape.dimension == 2 ? 6 : 3, jitter: 0.25, seed: UInt64(seed)), order: order)
    #expect(try system.solve().errors(of: "u").maximum < 1e-12)
  }

  @Test("a form of one's own gives the same matrix and right-hand side as the equation")
  func ownForm() throws {
    let u = ScalarField.unknown("u")
    let (x, y) = (ScalarField.x, ScalarField.y)
    let (k, f, g) = (1 + x * y, exp(x), 2 + y)
    let problem = try PDESystem(
      GivenProblem(
        domain: .rectangle((0, 1), (0, 1)), equations: [-div(k * grad(u)) + dx(u) == f],
        conditions: [.dirichlet(u == 0, on: .left), .flux(u == g, on: .right)]))
    let v = test(u)
    let form = try WeakForm(
      problem, integral(k * dot(grad(u), grad(v)) + dx(u) * v - f * v) - integral(g * v, on: "right"))
    let mesh = unitMesh(.triangle, 5)
    let derived = try FiniteElementSystem(problem, mesh: mesh, order: 2).assemble()
    let own = try FiniteElementSystem(problem, mesh: mesh, order: 2, form: form).assemble()
    #expect(zip(derived.rightHandSide, own.rightHandSide).allSatisfy { abs($0 - $1) < 1e-14 })
    #expect(
      zip(derived.matrix.values.elements, own.matrix.values.elements).allSatisfy { abs($0 - $1) < 1e-14 })
    #expect(throws: EquationError.self) { try WeakForm(problem, integral(u * v * v)) }
    #expect(throws: EquationError.self) { try WeakForm(problem, integral(f * u)) }
  }
}
