import Equations
import Foundation
import Geometry
import Tensors
import Testing

import FiniteElements

@Suite("Orders of convergence")
struct ConvergenceTests {
  @Test(
    "Poisson with a smooth solution",
    arguments: [
      (CellShape.triangle, 1, [8, 16, 32, 64]), (.triangle, 2, [4, 8, 16, 32]),
      (.triangle, 3, [6, 9, 12, 18, 24]),
      (.quadrilateral, 1, [8, 16, 32, 64]), (.quadrilateral, 2, [4, 8, 16, 32]),
      (.interval, 3, [8, 16, 32, 64]),
      (.tetrahedron, 2, [3, 4, 6, 8]), (.hexahedron, 2, [2, 3, 4, 6]),
    ])
  func rates(shape: CellShape, order: Int, sizes: [Int]) throws {
    let axes = [ScalarField.x, .y, .z].prefix(shape.dimension)
    let exact = axes.dropFirst().reduce(sin(.pi * axes[0])) { $0 * sin(.pi * $1) }
    let problem = try PDESystem(GivenProblem.poisson(exact, dimension: shape.dimension))
    let errors = try sizes.map { n in
      try FiniteElementSystem(problem, mesh: unitMesh(shape, n), order: order).solve().errors(of: "u")
    }
    let h = sizes.map { 1 / Double($0) }
    // Coarse meshes in three dimensions are not yet in the asymptotic range.
    let slack = shape.dimension == 3 ? 0.15 : 0.05
    let (l2, h1) = (slope(h, errors.map(\.l2)), slope(h, errors.map(\.h1Seminorm)))
    #expect(abs(l2 - Double(order + 1)) < slack, "\(l2)")
    #expect(abs(h1 - Double(order)) < slack, "\(h1)")
    #expect(errors.last!.l2 < 2 * pow(h.last!, Double(order + 1)))
  }

  @Test("curved cells keep the order on a disc, straight ones lose it", arguments: [1, 2])
  func disc(geometry: Int) throws {
    // −Δu = 4 on the unit disc: u = 1 − r².
    let u = ScalarField.unknown("u")
    let (x, y) = (ScalarField.x, ScalarField.y)
    let f = exp(x) * (1 - x * x - y * y)
    let problem = GivenProblem(
      domain: .rectangle((-1, 1), (-1, 1)), equations: [-laplacian(u) == -laplacian(f)],
      conditions: [.dirichlet(u == 0)],
      exact: [u == f])
    let rings = [3, 5, 8, 12]
    let errors = try rings.map { n -> Double in
      let mesh = Mesh.disc(rings: n, order: geometry)
      return try FiniteElementSystem(PDESystem(problem, mesh: mesh), order: 2).solve().errors(of: "u").l2
    }
    let rate = slope(rings.map { 1 / Double($0) }, errors)
    #expect(geometry == 2 ? abs(rate - 3) < 0.3 : abs(rate - 2) < 0.3, "\(rate)")
  }

  @Test("the p-Laplacian on a disc", arguments: [1.6, 3, 4])
  func pLaplacian(p: Double) throws {
    // −div(|∇u|^(p−2) ∇u) = 2 on the unit disc: u = (1 − 1/p)(1 − r^(p/(p−1))).
    let u = ScalarField.unknown("u")
    let r2 = ScalarField.x * .x + .y * .y
    let exact = (1 - 1 / p) * (1 - pow(r2 + 1e-30, p / (p - 1) / 2))
    let g = grad(u)
    let problem = GivenProblem(
      domain: .rectangle((-1, 1), (-1, 1)),
      equations: [-div(pow(dot(g, g) + 1e-8, (p - 2) / 2) * g) == 2], conditions: [.dirichlet(u == 0)],
      exact: [u == exact])
    let rings = [4, 6, 9, 13]
    let errors = try rings.map { n in
      try FiniteElementSystem(PDESystem(problem, mesh: .disc(rings: n)), order: 1).solve().errors(of: "u").l2
    }
    let rate = slope(rings.map { 1 / Double($0) }, errors)
    #expect(abs(rate - 2) < 0.25, "\(rate)")
    #expect(errors.last! < 0.02)
  }

  @Test("steps of implicit schemes", arguments: ImplicitScheme.allCases)
  func timeStepping(scheme: ImplicitScheme) throws {
    // Inside the space of order 2, so that the error is that of the steps alone.
    let u = ScalarField.unknown("u")
    let (x, y, t) = (ScalarField.x, ScalarField.y, ScalarField.t)
    let exact = (1 + x + 2 * y * y - x * y) * exp(sin(2 * t))
    let problem = GivenProblem(
      domain: .rectangle((0, 1), (0, 1)),
      equations: [dt(u) == laplacian(u) - u * u + dt(exact) - laplacian(exact) + exact * exact],
      conditions: [
        .initial(u == 1 + x + 2 * y * y - x * y), .dirichlet(u == exact, on: .left),
        .neumann(dn(u) == dx(exact), on: .right),
        .neumann(dn(u) == dy(exact), on: .top), .neumann(dn(u) == -dy(exact), on: .bottom),
      ], exact: [u == exact])
    let system = try FiniteElementSystem(PDESystem(problem), mesh: unitMesh(.triangle, 2), order: 2)
    let counts = [32, 64, 128, 256]
    let errors = try counts.map { n -> Double in
      let evolution = try FiniteElementEvolution(system, scheme: scheme)
      try evolution.advance(until: 1, step: 1 / Double(n))
      return try evolution.solution.errors(of: "u").l2
    }
    let rate = slope(counts.map { 1 / Double($0) }, errors)
    #expect(abs(rate - Double(scheme.order)) < 0.15, "\(rate)")
    #expect(errors.last! < (scheme.order == 1 ? 2e-2 : 5e-4))
  }

  @Test(
    "the force of an evolution takes its rate: the heat that leaves a rod", arguments: ImplicitScheme.allCases
  )
  func reaction(scheme: ImplicitScheme) throws {
    // u_t = u″, u = 0 at both ends: the slowest mode decays as exp(−π²t), and π exp(−π²t) leaves at each end.
    let (u, x) = (ScalarField.unknown("u"), ScalarField.x)
    let problem = GivenProblem(
      domain: .interval(0, 1), equations: [dt(u) == laplacian(u)],
      conditions: [.initial(u == sin(.pi * x)), .dirichlet(u == 0)])
    let system = try FiniteElementSystem(PDESystem(problem), mesh: .interval(cells: 16), order: 3)
    let evolution = try FiniteElementEvolution(system, scheme: scheme)
    #expect(evolution.rate == nil)
    let step = 1.0 / 2048
    try evolution.advance(until: 0.125, step: step)
    #expect(evolution.factorizations == (scheme == .bdf2 ? 2 : 1))
    // The equations of the midpoint rule hold half a step earlier, with the mean of both ends.
    let time = scheme == .midpoint ? 0.125 - step / 2 : 0.125
    let flux = Double.pi * exp(-Double.pi * Double.pi * time)
    let part = WeakForm.BoundaryPart(["left"])
    let found = -(try evolution.solution.reaction(of: "u", on: part))
    let tolerance = scheme == .backwardEuler ? 5e-3 : scheme == .midpoint ? 3e-3 : 2e-4
    #expect(abs(found / flux - 1) < tolerance, "\(found) for \(flux)")
    // The integral of derivatives needs no rate, and agrees.
    let slope = -(try evolution.solution.integral(dn(u), over: .boundary(part)))
    #expect(abs(found / slope - 1) < (scheme == .midpoint ? 5e-3 : 1e-3), "\(found) and \(slope)")
  }

  @Test(
    "factors of earlier steps serve later ones, and the steps stay those of the scheme",
    arguments: ImplicitScheme.allCases)
  func reusedFactors(scheme: ImplicitScheme) throws {
    // A vortex that is carried around: the matrix of every step is another one.
    let (u, p) = (VectorField.unknown("u"), ScalarField.unknown("p"))
    let (x, y) = (ScalarField.x, ScalarField.y)
    let problem = GivenProblem(
      domain: .rectangle((0, .pi), (0, .pi)),
      equations: [dt(u) + convect(u, u) + grad(p) == 0.02 * laplacian(u), div(u) == 0],
      conditions: [
        .initial(u == [-sin(x) * sin(x) * sin(2 * y), sin(2 * x) * sin(y) * sin(y)]),
        .dirichlet(u == [0, 0]),
      ])
    let mesh = Mesh.rectangle(x: 0...Double.pi, y: 0...Double.pi, cells: [12, 12])
    let system = try FiniteElementSystem(PDESystem(problem), mesh: mesh, order: 2)
    let evolution = try FiniteElementEvolution(system, scheme: scheme)
    var exact = NewtonOptions.steps
    exact.relativeTolerance = 1e-12
    let accurate = try FiniteElementEvolution(system, scheme: scheme, newton: exact)
    try evolution.advance(until: 1, step: 0.02)
    try accurate.advance(until: 1, step: 0.02)
    #expect(evolution.steps == 50)
    #expect(evolution.factorizations < 25, "\(evolution.factorizations)")
    #expect(evolution.linearIterations >= evolution.steps)
    let difference = zip(evolution.state, accurate.state).map { abs($0 - $1) }.max()!
    let size = accurate.state.map(abs).max()!
    #expect(difference < 1e-5 * size, "\(difference)")
    #expect(evolution.state != accurate.state)
  }

  @Test("the wave equation, reduced to first order in time")
  func wave() throws {
    let u = ScalarField.unknown("u")
    let (x, y, t) = (ScalarField.x, ScalarField.y, ScalarField.t)
    let exact = (x + 2 * y * y) * cos(3 * t)
    let problem = GivenProblem(
      domain: .rectangle((0, 1), (0, 1)),
      equations: [dt(dt(u)) - laplacian(u) == dt(dt(exact)) - laplacian(exact)],
      conditions: [
        .initial(u == x + 2 * y * y), .initial(dt(u) == 0), .dirichlet(u == exact, on: .left),
        .neumann(dn(u) == dx(exact), on: .right), .neumann(dn(u) == dy(exact), on: .top),
        .neumann(dn(u) == -dy(exact), on: .bottom),
      ], exact: [u == exact])
    let system = try FiniteElementSystem(PDESystem(problem), mesh: unitMesh(.triangle, 2), order: 2)
    let counts = [16, 32, 64, 128]
    let errors = try counts.map { n -> Double in
      let evolution = try FiniteElementEvolution(system, scheme: .midpoint)
      try evolution.advance(until: 1, step: 1 / Double(n))
      return try evolution.solution.errors(of: "u").l2
    }
    let rate = slope(counts.map { 1 / Double($0) }, errors)
    #expect(abs(rate - 2) < 0.1, "\(errors)")
    #expect(errors.last! < 1e-3)
  }

  @Test("the decaying Taylor–Green vortex: unsteady Navier–Stokes with Taylor–Hood elements")
  func taylorGreen() throws {
    let (u, p) = (VectorField.unknown("u"), ScalarField.unknown("p"))
    let (x, y, t) = (ScalarField.x, ScalarField.y, ScalarField.t)
    let nu = 0.05
    let decay = exp(-2 * nu * t)
    let velocity: VectorField = [-cos(x) * sin(y) * decay, sin(x) * cos(y) * decay]
    let start: VectorField = [-cos(x) * sin(y), sin(x) * cos(y)]
    let problem = GivenProblem(
      domain: .rectangle((0, .pi), (0, .pi)),
      equations: [dt(u) + convect(u, u) + grad(p) == nu * laplacian(u), div(u) == 0],
      conditions: [.initial(u == start), .dirichlet(u == velocity)], exact: [u == velocity])
    let system = try PDESystem(problem)
    let sizes = [8, 11, 14, 18]
    let errors = try sizes.map { n -> Double in
      let mesh = Mesh.rectangle(x: 0...Double.pi, y: 0...Double.pi, cells: [n, n])
      let evolution = try FiniteElementEvolution(
        FiniteElementSystem(system, mesh: mesh, order: 2), scheme: .bdf2)
      try evolution.advance(until: 0.5, step: 0.05)
      let (first, second) = (
        try evolution.solution.errors(of: "u_x").l2, try evolution.solution.errors(of: "u_y").l2
      )
      return (first * first + second * second).squareRoot()
    }
    let rate = slope(sizes.map { 1 / Double($0) }, errors)
    // On coarse meshes the error of the convected vortex falls faster than with the third power.
    #expect(rate > 2.7 && rate < 4.2, "\(errors)")
    #expect(errors.last! < 1e-3)
  }

  @Test("streamline stabilisation removes oscillations of a boundary layer")
  func streamline() throws {
    // −k u″ + u′ = 1, u = 0 at both ends.
    let u = ScalarField.unknown("u")
    let k = 1e-3
    let problem = try PDESystem(
      GivenProblem(
        domain: .interval(0, 1), equations: [-k * laplacian(u) + dx(u) == 1], conditions: [.dirichlet(u == 0)]
      ))
    let mesh = Mesh.interval(cells: 32)
    let plain = try FiniteElementSystem(problem, mesh: mesh).solve()
    let stable = try FiniteElementSystem(problem, mesh: mesh, stabilization: .streamline).solve()
    let error = { (solution: FiniteElementSolution) in
      try (1..<30).map { i in
        abs(try solution.values(of: "u", at: [[Double(i) / 32]])[0] - Double(i) / 32)
      }.max()!
    }
    #expect(try error(plain) > 0.1)
    #expect(try error(stable) < 0.02)
  }
}

@Suite("Adaptivity")
struct AdaptivityTests {
  /// r^(2/3) sin(2φ/3) around the corner of the L-shape, harmonic.
  private static let corner: PDESystem.Type = PDESystem.self

  private func problem() -> GivenProblem {
    let u = ScalarField.unknown("u")
    let (x, y) = (ScalarField.x, ScalarField.y)
    let s = 0.5.squareRoot()
    let (a, b) = (s * (y - x), -s * (x + y))
    let r2 = x * x + y * y
    let angle = 3 * Double.pi / 4 + 2 * atan(b / (sqrt(r2) + a + 1e-300))
    let exact = pow(r2, 1.0 / 3) * sin(2.0 / 3 * angle)
    return GivenProblem(
      domain: .rectangle((-1, 1), (-1, 1)), equations: [-laplacian(u) == 0],
      conditions: [.dirichlet(u == exact)],
      exact: [u == exact])
  }

  @Test(
    "uniform refinement of the L-shape has order 2/3, adaptive refinement the optimal order in unknowns",
    arguments: [1, 2])
  func lShape(order: Int) throws {
    let uniform = try [4, 8, 16, 32].map { n in
      try FiniteElementSystem(PDESystem(problem(), mesh: .lShape(cells: n)), order: order).solve().errors(
        of: "u"
      ).h1Seminorm
    }
    #expect(abs(slope([4, 8, 16, 32].map { 1 / $0 }, uniform) - 2.0 / 3) < 0.05)
    var (unknowns, errors, ratios): ([Double], [Double], [Double]) = ([], [], [])
    let mesh = Mesh.lShape(cells: 4)
    try solveAdaptively(
      PDESystem(problem(), mesh: mesh), order: order, maximumDofs: order == 1 ? 12000 : 8000,
      observe: { step in
        let error = try step.solution.errors(of: "u").h1Seminorm
        unknowns.append(Double(step.solution.system.dofCount))
        errors.append(error)
        ratios.append(step.estimate.total / error)
      })
    let tail = unknowns.indices.filter { unknowns[$0] > 500 }
    let rate = slope(tail.map { unknowns[$0] }, tail.map { errors[$0] })
    #expect(abs(rate + Double(order) / 2) < 0.08, "\(rate)")
    // The estimate follows the error within fixed factors.
    #expect(ratios.max()! / ratios.min()! < 2.5 && ratios.min()! > 1, "\(ratios)")
    #expect(errors.last! < uniform.last!)
  }

  @Test("marked cells carry the share asked for, and no fewer would")
  func marking() throws {
    let solution = try FiniteElementSystem(PDESystem(problem(), mesh: .lShape(cells: 6))).solve()
    let estimate = try ErrorEstimate(solution)
    let total = estimate.squares.reduce(0, +)
    for fraction in [0.2, 0.5, 0.9] {
      let marked = estimate.marked(fraction: fraction)
      let sum = marked.reduce(0) { $0 + estimate.squares[$1] }
      #expect(sum >= fraction * total)
      #expect(sum - marked.map { estimate.squares[$0] }.min()! < fraction * total)
    }
  }
}
