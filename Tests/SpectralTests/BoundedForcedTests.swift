import Equations
import Foundation
import Geometry
import Spectral
import TestSupport
import Testing
import TimeStepping

/// Equations with sources and data that make a chosen field their solution: the error falls at the order of the method
/// in time, and is bounded.
@Suite("Bounded boxes: sources, data and products")
struct BoundedForcedTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var name: String
    var problem: ProblemSketch
    /// Nil where the basis is to be chosen.
    var basis: [AxisBasis]?
    var expected: [AxisBasis]
    var points: [Int]
    var order = 4.0
    /// Of the smallest step.
    var tolerance: Double
    var testDescription: String { name }
  }

  private static let square = Domain.box([(0, 1), (-1, 1)])

  static let lines: [Case] = {
    let exact = exp(-t) * cos(3 * x + 0.3)
    let slope = -3 * exp(-t) * sin(3 * x + 0.3)
    let source = (-1 + 9 * 0.2) * exact
    func line(_ name: String, _ conditions: Condition...) -> Case {
      Case(
        name: name,
        problem: ProblemSketch(
          dt(u) == 0.2 * dx(dx(u)) + source, on: .interval(-1, 1),
          conditions: conditions + [.start(u, exact)],
          exact: [u == exact]), expected: [.chebyshev], points: [29], tolerance: 5e-10)
    }
    return [
      line("Dirichlet data of time", .dirichlet(u == exact)),
      line(
        "Neumann data of time", .neumann(dn(u) == slope, on: .right), .neumann(dn(u) == -slope, on: .left)),
      line(
        "Robin data of time", .robin(2 * u + 0.5 * dn(u) == 2 * exact + 0.5 * slope, on: .right),
        .robin(3 * u + dn(u) == 3 * exact - slope, on: .left)),
      line("Mixed data of time", .dirichlet(u == exact, on: .left), .neumann(dn(u) == slope, on: .right)),
    ]
  }()

  static let boxes: [Case] = {
    let wave = 2 * Double.pi
    let tilted = exp(-t) * cos(x + 0.3) * sin(2 * y + 0.4)
    let tiltedSource = (-1 + 0.3 * 5) * tilted - tilted * tilted
    let reaction = dt(u) == 0.3 * laplacian(u) + u * u + tiltedSource
    let odd = exp(-t) * sin(wave * x) * cos(y)
    let even = exp(-t) * cos(wave * x) * cos(wave * y - t)
    let evenSource =
      -even + exp(-t) * cos(wave * x) * sin(wave * y - t) + 0.04 * wave * wave * even + even * even
    let channel = sin(wave * x - t) * cos(y + 0.2)
    let channelSource =
      (0.7 * wave - 1) * cos(wave * x - t) * cos(y + 0.2) + 0.05 * (wave * wave + 1) * channel
    let solid = exp(-t) * cos(wave * x) * sin(wave * y + 0.3) * cos(z + 0.1)
    let solidSource = (-1 + 0.05 * (2 * wave * wave + 1)) * solid + solid * solid
    let corner = exp(-t) * cos(wave * x) * sin(y + 0.3) * cos(z + 0.1)
    let cornerSource = (-1 + 0.05 * (wave * wave + 2)) * corner + corner * corner
    return [
      Case(
        name: "Dirichlet data on all sides",
        problem: ProblemSketch(
          reaction, on: square, conditions: [.dirichlet(u == tilted), .start(u, tilted)], exact: [u == tilted]
        ),
        expected: [.chebyshev, .chebyshev], points: [17, 21], order: 3.3, tolerance: 5e-9),
      Case(
        name: "all kinds of data",
        problem: ProblemSketch(
          reaction, on: square,
          conditions: [
            .neumann(dn(u) == -exp(-t) * sin(x + 0.3) * sin(2 * y + 0.4), on: .right),
            .robin(u + dn(u) == tilted + exp(-t) * sin(x + 0.3) * sin(2 * y + 0.4), on: .left),
            .dirichlet(u == tilted, on: .bottom),
            .neumann(dn(u) == 2 * exp(-t) * cos(x + 0.3) * cos(2 * y + 0.4), on: .top), .start(u, tilted),
          ], exact: [u == tilted]),
        expected: [.chebyshev, .chebyshev], points: [17, 21], order: 3.3, tolerance: 5e-9),
      Case(
        name: "products on a finer grid",
        problem: ProblemSketch(
          reaction, on: square, conditions: [.dirichlet(u == tilted), .start(u, tilted)], exact: [u == tilted]
        ),
        expected: [.chebyshev, .chebyshev], points: [25, 31], order: 3.3, tolerance: 5e-9),
      Case(
        name: "sine × Chebyshev",
        problem: ProblemSketch(
          dt(u) == 0.1 * laplacian(u) - pow(u, 3)
            + (-1 + 0.1 * (wave * wave + 1)) * odd + odd * odd * odd, on: square,
          conditions: [.dirichlet(u == odd), .start(u, odd)], exact: [u == odd]),
        expected: [.sine, .chebyshev], points: [16, 19], order: 3.7, tolerance: 5e-9),
      Case(
        name: "cosine × Fourier",
        problem: ProblemSketch(
          dt(u) == 0.02 * laplacian(u) - u * u + evenSource, on: .box([(0, 1), (0, 1)], periodic: [.y]),
          conditions: [.neumann(dn(u) == 0, on: .x), .start(u, even)], exact: [u == even]),
        expected: [.cosine, .fourier], points: [17, 16], tolerance: 2e-9),
      Case(
        name: "Fourier × Chebyshev, data that travel",
        problem: ProblemSketch(
          dt(u) + 0.7 * dx(u) == 0.05 * laplacian(u) + channelSource,
          on: .box([(0, 1), (-1, 1)], periodic: [.x]),
          conditions: [
            .dirichlet(u == channel, on: .bottom),
            .neumann(dn(u) == -sin(wave * x - t) * sin(y + 0.2), on: .top), .start(u, channel),
          ], exact: [u == channel]),
        expected: [.fourier, .chebyshev], points: [12, 18], tolerance: 1e-8),
      Case(
        name: "Fourier × Fourier × Chebyshev",
        problem: ProblemSketch(
          dt(u) == 0.05 * laplacian(u) - u * u + solidSource,
          on: .box([(0, 1), (0, 1), (0, 1)], periodic: [.x, .y]),
          conditions: [.dirichlet(u == solid, on: .z), .start(u, solid)], exact: [u == solid]),
        expected: [.fourier, .fourier, .chebyshev], points: [12, 14, 12], order: 3.3, tolerance: 5e-8),
      Case(
        name: "cosine × Chebyshev × Chebyshev",
        problem: ProblemSketch(
          dt(u) == 0.05 * laplacian(u) - u * u + cornerSource, on: .cube(0, 1, dimension: 3),
          conditions: [
            .neumann(dn(u) == 0, on: .x), .dirichlet(u == corner, on: [.y, .z]), .start(u, corner),
          ], exact: [u == corner]),
        expected: [.cosine, .chebyshev, .chebyshev], points: [13, 11, 12], order: 3.3, tolerance: 3e-8),
    ]
  }()

  @Test("Data that change with time do not lower the order", arguments: lines)
  func dataOfTime(_ test: Case) throws { try check(test, steps: [0.2, 0.1, 0.05, 0.025], until: 1) }

  @Test("Boxes with every basis and kind of data", arguments: boxes)
  func boxesOfAnyKind(_ test: Case) throws { try check(test, steps: [0.1, 0.05, 0.025, 0.0125], until: 0.5) }

  private func check(_ test: Case, steps: [Double], until end: Double) throws {
    let dealiasing: Dealiasing = test.name == "products on a finer grid" ? .fraction(0.67) : .automatic
    let errors = try steps.map { step in
      var run = try BoundedRun(test.problem, test.basis, points: test.points, dealiasing: dealiasing)
      #expect(run.system.basis == test.expected)
      try run.advance(ETDRK4(step: step), until: end)
      return try run.largestError()
    }
    // Data of time lower the order of products by up to one (Hochbruck & Ostermann, 2005).
    #expect(observedOrder(steps, errors) > test.order - 0.3, "\(errors)")
    #expect(observedOrder(steps, errors) < test.order + 0.7, "\(errors)")
    #expect(errors[3] < test.tolerance, "\(errors)")
  }

  @Test("The steady torsion of a square and a plate with one hot side")
  func steady() throws {
    let square = Domain.box([(0, 1), (0, 1)])
    // −Δu = 1: the centre is 0.0736713532815138 (series of Timoshenko & Goodier, 1951).
    var torsion = try BoundedRun(
      ProblemSketch(
        dt(u) == laplacian(u) + 1, on: square, conditions: [.dirichlet(u == 0), .initial(u == 0)]),
      [.chebyshev, .chebyshev], points: [40, 40])
    try torsion.advance(ETDRK4(step: 1), until: 5)
    #expect(abs(try torsion.values(at: [[0.5, 0.5]])[0] - 0.0736713532815138) < 2e-9)
    // Data that jump at corners: by symmetry the centre is a quarter of the hot side.
    let plate = ProblemSketch(
      dt(u) == laplacian(u), on: square,
      conditions: [
        .dirichlet(u == 1, on: .top), .dirichlet(u == 0, on: [.left, .right, .bottom]), .initial(u == 0),
      ])
    let errors = try [16, 32].map { points in
      var run = try BoundedRun(plate, points: [points, points])
      try run.advance(ETDRK4(step: 1), until: 5)
      return abs(try run.values(at: [[0.5, 0.5]])[0] - 0.25)
    }
    #expect(errors[1] < 5e-4)
    #expect(errors[1] < 0.3 * errors[0])
  }
}
