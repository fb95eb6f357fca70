import Equations
import Foundation
import Geometry
import Spectral
import TestSupport
import Testing
import TimeStepping

/// Linear homogeneous equations, which exponential methods solve exactly in time: what is left is the error in space.
@Suite("Bounded boxes: linear equations")
struct BoundedLinearTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var name: String
    var basis: [AxisBasis]
    var points: [Int]
    var problem: ProblemSketch
    var tolerance = 1e-12
    var testDescription: String { name }
  }

  private static func heat(
    _ name: String, _ basis: AxisBasis, _ points: Int, _ exact: ScalarField, _ conditions: Condition...,
    on domain: Domain = .interval(0, 1)
  ) -> Case {
    let equation = dt(u) == 0.1 * dx(dx(u))
    return Case(
      name: name, basis: [basis], points: [points],
      problem: ProblemSketch(
        equation, on: domain, conditions: conditions + [.start(u, exact)], exact: [u == exact]))
  }

  /// The decay factor of a mode with wavenumber k.
  private static func decay(_ k: Double) -> ScalarField { exp(-0.1 * k * k * t) }

  static let cases: [Case] = {
    let odd = decay(2 * .pi) * sin(2 * .pi * x)
    let even = 1 + decay(3 * .pi) * cos(3 * .pi * x)
    let quarter = decay(.pi / 2) * sin(.pi / 2 * x)
    // cos κx on [−1, 1] obeys u + ∂u/∂n = 0 if κ tan κ = 1; sin κx on [0, 1] obeys u + ∂u/∂n = 0 at 1 if tan κ = −κ.
    let (robin, mixed) = (0.8603335890193798, 2.028757838110434)
    let plane = decay(.pi) * sin(.pi * x) * exp(-0.1 * 4 * .pi * .pi * t) * cos(2 * .pi * y)
    let square = Domain.box([(0, 1), (0, 1)])
    let channel = Domain.box([(0, 1), (0, 2)], periodic: [.x])
    // Advection along the periodic axis moves the wave.
    let moving = sin(2 * .pi * (x - 0.5 * t)) * exp(-0.1 * (4 + 0.25) * .pi * .pi * t) * cos(0.5 * .pi * y)
    return [
      heat("sine", .sine, 16, odd, .dirichlet(u == 0)),
      heat("sine, odd count", .sine, 17, odd, .dirichlet(u == 0)),
      heat("cosine", .cosine, 16, even, .neumann(dn(u) == 0)),
      heat("Chebyshev, Dirichlet", .chebyshev, 28, odd, .dirichlet(u == 0)),
      heat("Chebyshev, Dirichlet, many points", .chebyshev, 401, odd, .dirichlet(u == 0)),
      heat("Chebyshev, Neumann", .chebyshev, 33, even, .neumann(dn(u) == 0)),
      heat(
        "Chebyshev, Dirichlet and Neumann", .chebyshev, 20, quarter, .dirichlet(u == 0, on: .left),
        .neumann(dn(u) == 0, on: .right)),
      heat(
        "Chebyshev, Robin", .chebyshev, 24, decay(robin) * cos(robin * x), .robin(u + dn(u) == 0),
        on: .interval(-1, 1)),
      heat(
        "Chebyshev, Dirichlet and Robin", .chebyshev, 24, decay(mixed) * sin(mixed * x),
        .dirichlet(u == 0, on: .left), .robin(2 * u + 2 * dn(u) == 0, on: .right)),
      heat(
        "Chebyshev, inhomogeneous Dirichlet", .chebyshev, 28, odd + 3 - 2 * x, .dirichlet(u == 3, on: .left),
        .dirichlet(u == 1, on: .right)),
      heat(
        "Chebyshev, inhomogeneous Neumann", .chebyshev, 33, even + x, .neumann(dn(u) == -1, on: .left),
        .neumann(dn(u) == 1, on: .right)),
      heat(
        "Chebyshev, inhomogeneous Robin", .chebyshev, 24, decay(robin) * cos(robin * x) + 2 + x,
        .robin(u + dn(u) == 0, on: .left), .robin(u + dn(u) == 4, on: .right), on: .interval(-1, 1)),
      Case(
        name: "sine × cosine", basis: [.sine, .cosine], points: [12, 16],
        problem: ProblemSketch(
          dt(u) == 0.1 * laplacian(u), on: square,
          conditions: [.dirichlet(u == 0, on: .x), .neumann(dn(u) == 0, on: .y), .start(u, plane)],
          exact: [u == plane])),
      Case(
        name: "Chebyshev × Chebyshev", basis: [.chebyshev, .chebyshev], points: [22, 28],
        problem: ProblemSketch(
          dt(u) == 0.1 * laplacian(u), on: square,
          conditions: [.dirichlet(u == 0, on: .x), .neumann(dn(u) == 0, on: .y), .start(u, plane)],
          exact: [u == plane])),
      Case(
        name: "Fourier × Chebyshev", basis: [.fourier, .chebyshev], points: [8, 22],
        problem: ProblemSketch(
          dt(u) + 0.5 * dx(u) == 0.1 * laplacian(u), on: channel,
          conditions: [
            .neumann(dn(u) == 0, on: .bottom), .neumann(dn(u) == 0, on: .top), .start(u, moving),
          ], exact: [u == moving])),
      Case(
        name: "Fourier × cosine", basis: [.fourier, .cosine], points: [8, 12],
        problem: ProblemSketch(
          dt(u) + 0.5 * dx(u) == 0.1 * laplacian(u), on: channel,
          conditions: [
            .neumann(dn(u) == 0, on: .bottom), .neumann(dn(u) == 0, on: .top), .start(u, moving),
          ], exact: [u == moving])),
    ]
  }()

  @Test("Heat flows as the closed form says", arguments: cases)
  func heat(_ test: Case) throws {
    var run = try BoundedRun(test.problem, test.basis, points: test.points)
    #expect(run.system.notes.isEmpty)
    #expect(try run.largestError() < test.tolerance)
    try run.advance(ETDRK4(step: 0.05), until: 0.5)
    #expect(try run.largestError() < test.tolerance)
    // The field must have changed, or the bound above would say nothing.
    #expect(abs(run.state[0].reduce(0, +)) > 1e-3)
  }

  @Test(
    "Eigenvalues of the second derivative keep their digits at any resolution", arguments: [32, 129, 400])
  func eigenvalues(points: Int) throws {
    let problem = ProblemSketch(
      dt(u) == dx(dx(u)), on: .interval(0, 2), conditions: [.dirichlet(u == 0), .initial(u == 0)])
    let system = try BoundedRun(problem, [.chebyshev], points: [points]).system
    let found = (0..<system.modeCount).map { system.linearPart($0)[0, 0].real }.sorted(by: >)
    for k in 1...points / 5 {
      let exact = -pow(.pi * Double(k) / 2, 2)
      #expect(abs(found[k - 1] / exact - 1) < 1e-13)
    }
  }

  @Test("Joint eigenvectors take advection and diffusion implicitly")
  func advectionDiffusion() throws {
    // u = exp(cx/2ν) v turns the equation into v_t = ν v_xx − c²/(4ν) v.
    let (c, nu) = (0.8, 0.25)
    let exact = exp(-(nu * .pi * .pi + c * c / (4 * nu)) * t) * exp(c / (2 * nu) * x) * sin(.pi * x)
    let problem = ProblemSketch(
      dt(u) + c * dx(u) == nu * dx(dx(u)), on: .interval(0, 1),
      conditions: [.dirichlet(u == 0), .start(u, exact)], exact: [u == exact])
    var run = try BoundedRun(problem, [.chebyshev], points: [28])
    #expect(run.system.notes.isEmpty)
    try run.advance(ETDRK4(step: 0.25), until: 0.5)
    #expect(try run.largestError() < 1e-12)
  }

  @Test("Strong advection is stepped explicitly and noted")
  func strongAdvection() throws {
    let (c, nu) = (30.0, 1.0)
    let exact = exp(-(nu * .pi * .pi + c * c / (4 * nu)) * t + c / (2 * nu) * (x - 1)) * sin(.pi * x)
    let problem = ProblemSketch(
      dt(u) + c * dx(u) == nu * dx(dx(u)), on: .interval(0, 1),
      conditions: [.dirichlet(u == 0), .start(u, exact)], exact: [u == exact])
    var run = try BoundedRun(problem, [.chebyshev], points: [36])
    #expect(run.system.notes.count == 2)
    #expect(run.system.notes.last?.contains("∂x u in '∂t u + 30 ∂x u = ∂xx u' is stepped explicitly") == true)
    try run.advance(ETDRK4(step: 2e-5), until: 0.01)
    let error = try run.largestError()
    #expect(error < 1e-9)
  }

  @Test("Transport leaves through the side without condition")
  func transport() throws {
    let exact = sin(2 * (x - t))
    let problem = ProblemSketch(
      dt(u) + dx(u) == 0, on: .interval(0, 1),
      conditions: [.dirichlet(u == exact, on: .left), .start(u, exact)], exact: [u == exact])
    var run = try BoundedRun(problem, [.chebyshev], points: [20])
    #expect(run.system.notes.count == 1)
    try run.advance(RK4(step: 1e-3), until: 1.5)
    #expect(try run.largestError() < 1e-9)
  }

  @Test("Time derivatives of derivatives, fourth derivatives and shared time derivatives")
  func otherOperators() throws {
    let k = 3 * Double.pi
    // (1 − ∂xx) u_t = 0.2 u_xx − 1e-3 u_xxxx by sine series.
    let rate = -(0.2 * k * k + 1e-3 * k * k * k * k) / (1 + k * k)
    let long = exp(rate * t) * sin(k * x)
    var run = try BoundedRun(
      ProblemSketch(
        dt(u) - dt(dx(dx(u))) == 0.2 * dx(dx(u)) - 1e-3 * dx(dx(dx(dx(u)))), on: .interval(0, 1),
        conditions: [.dirichlet(u == 0), .start(u, long)], exact: [u == long]), [.sine], points: [12])
    try run.advance(ETDRK4(step: 0.5), until: 1)
    #expect(try run.largestError() < 1e-13)

    // 2 u_t + v_t = u_xx + v_xx, u_t − v_t = u − v: with cosines, w = (u, v) obeys M w' = K w.
    let both = exp(-2 * k * k / 3 * t) * cos(k * x)
    let shared = ProblemSketch(
      2 * dt(u) + dt(v) == dx(dx(u)) + dx(dx(v)), dt(u) - dt(v) == u - v, on: .interval(0, 1),
      conditions: [.neumann(dn(u) == 0), .neumann(dn(v) == 0), .start(u, both), .start(v, both)],
      exact: [u == both, v == both])
    for basis in [AxisBasis.cosine, .chebyshev] {
      var run = try BoundedRun(shared, [basis], points: [32])
      #expect(run.system.isCoupled)
      try run.advance(ETDRK4(step: 0.1), until: 0.2)
      #expect(try run.largestError() < 1e-10)
    }
  }

  @Test("A quantum particle in a box: complex unknowns")
  func schroedinger() throws {
    let psi = ScalarField.complexUnknown("psi")
    let (energy, k) = (2 * Double.pi * Double.pi, 2 * Double.pi)
    let exact = exp(-ScalarField.i * energy * t) * sin(k * x)
    let problem = ProblemSketch(
      ScalarField.i * dt(psi) == -0.5 * dx(dx(psi)), on: .interval(0, 1),
      conditions: [.dirichlet(psi == 0), .initial(psi == sin(k * x))], exact: [psi == exact])
    for basis in [AxisBasis.sine, .chebyshev] {
      var run = try BoundedRun(problem, [basis], points: [30])
      try run.advance(ETDRK4(step: 0.125), until: 1)
      #expect(try run.largestError() < 1e-10)
    }
  }
}
