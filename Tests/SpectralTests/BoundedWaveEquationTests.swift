import Equations
import Foundation
import Geometry
import Spectral
import TestSupport
import Testing
import TimeStepping

@Suite("Bounded boxes: waves")
struct BoundedWaveEquationTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var basis: AxisBasis
    var condition: Condition
    var exact: ScalarField
    var rate: ScalarField
    var testDescription: String { basis.rawValue + " " + condition.description }
  }

  static let cases: [Case] = {
    let k = 3 * Double.pi
    let (node, antinode) = (sin(k * x), cos(k * x))
    return [
      Case(
        basis: .sine, condition: .dirichlet(u == 0), exact: cos(2 * k * t) * node,
        rate: -2 * k * sin(2 * k * t) * node),
      Case(
        basis: .cosine, condition: .neumann(dn(u) == 0), exact: sin(2 * k * t) * antinode,
        rate: 2 * k * cos(2 * k * t) * antinode),
      Case(
        basis: .chebyshev, condition: .dirichlet(u == 0), exact: cos(2 * k * t) * node,
        rate: -2 * k * sin(2 * k * t) * node),
      Case(
        basis: .chebyshev, condition: .neumann(dn(u) == 0), exact: sin(2 * k * t) * antinode,
        rate: 2 * k * cos(2 * k * t) * antinode),
    ]
  }()

  @Test("Standing waves of the equation of second order", arguments: cases)
  func secondOrder(_ test: Case) throws {
    let problem = ProblemSketch(
      dt(dt(u)) == 4 * dx(dx(u)), on: .interval(0, 1),
      conditions: [test.condition, .start(u, test.exact), .initial(dt(u) == test.rate.initially)],
      exact: [u == test.exact])
    try check(problem, test.basis)
  }

  @Test("Standing waves of the system of first order: the velocity inherits the conditions", arguments: cases)
  func firstOrder(_ test: Case) throws {
    let problem = ProblemSketch(
      dt(u) == v, dt(v) == 4 * dx(dx(u)), on: .interval(0, 1),
      conditions: [test.condition, .start(u, test.exact), .start(v, test.rate)],
      exact: [u == test.exact, v == test.rate])
    try check(problem, test.basis)
  }

  private func check(_ problem: ProblemSketch, _ basis: AxisBasis) throws {
    var run = try BoundedRun(problem, [basis], points: [40])
    #expect(run.system.isCoupled)
    #expect(run.system.notes.isEmpty)
    // Exact for any step.
    try run.advance(ETDRK4(step: 0.1), until: 1.3)
    #expect(try run.largestError() < 1e-10)
  }

  @Test("A moving end drives waves at the method's order")
  func drivenEnd() throws {
    let exact = sin(2 * t) * sin(2 * (1 - x))
    let problem = ProblemSketch(
      dt(dt(u)) == dx(dx(u)), on: .interval(0, 1),
      conditions: [
        .dirichlet(u == 0, on: .right), .dirichlet(u == sin(2 * t) * Foundation.sin(2), on: .left),
        .start(u, exact), .initial(dt(u) == 2 * sin(2 * (1 - x))),
      ], exact: [u == exact])
    let steps = [0.1, 0.05, 0.025, 0.0125]
    let errors = try steps.map { step in
      var run = try BoundedRun(problem, [.chebyshev], points: [24])
      try run.advance(ETDRK4(step: step), until: 2)
      return try run.largestError()
    }
    // Modes resonate with the step or not, so that single ratios scatter.
    #expect(observedOrder(steps, errors) > 3.7)
    #expect(errors[3] < 1e-8)
  }

  @Test("A string under tension in a 2-D membrane: sine × Chebyshev")
  func membrane() throws {
    let omega = Double.pi * 5.0.squareRoot()
    let exact = cos(omega * t) * sin(.pi * x) * sin(2 * .pi * y)
    let problem = ProblemSketch(
      dt(dt(u)) == laplacian(u), on: .box([(0, 1), (0, 1)]),
      conditions: [.dirichlet(u == 0), .start(u, exact), .initial(dt(u) == 0)], exact: [u == exact])
    var run = try BoundedRun(problem, [.sine, .chebyshev], points: [12, 26])
    try run.advance(ETDRK4(step: 0.2), until: 1)
    #expect(try run.largestError() < 1e-11)
  }
}
