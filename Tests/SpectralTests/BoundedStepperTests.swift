import Equations
import Foundation
import Geometry
import Spectral
import Tensors
import TestSupport
import Testing
import TimeStepping

@Suite("Bounded boxes: stepping")
struct BoundedStepperTests {
  /// A reaction with diffusion whose products and source are odd about the sides, as the field is: nothing lowers the
  /// order.
  private static let odd: ProblemSketch = {
    let exact = (2 + cos(12 * t)) * sin(.pi * x)
    let source = -12 * sin(12 * t) * sin(.pi * x) + 0.01 * .pi * .pi * exact + exact * exact * exact
    return ProblemSketch(
      dt(u) == 0.01 * dx(dx(u)) - pow(u, 3) + source, on: .interval(0, 1),
      conditions: [.dirichlet(u == 0), .start(u, exact)], exact: [u == exact])
  }()

  @Test("Every method runs at its order", arguments: Steppers.all.map(\.name), [AxisBasis.chebyshev, .sine])
  func orders(name: String, basis: AxisBasis) throws {
    let method = try Steppers.named(name)
    // Enough steps for the asymptotic order and for the stability of explicit methods, few enough for rounding.
    let counts =
      method.order >= 5 ? [160, 200, 250, 320] : [80, 160, 320, 640].map { method.order == 1 ? 4 * $0 : $0 }
    let errors = try counts.map { count in
      var run = try BoundedRun(Self.odd, [basis], points: [basis == .sine ? 17 : 15])
      try run.advance(method.with(.fixed(1 / Double(count))), until: 1)
      return try run.largestError()
    }
    let order = observedOrder(counts.map { 1 / Double($0) }, errors)
    #expect(abs(order - Double(method.order)) < 0.15, "\(errors)")
    #expect(errors[3] < [1: 1e-2, 2: 1e-4, 3: 1e-6, 4: 1e-7, 5: 1e-9][method.order]!)
  }

  @Test("A front of bistable reaction between insulated ends, by cosine series")
  func front() throws {
    // u = 1/(1 + exp((x − ct)/√2)) with c = √2 (1/2 − a) solves u_t = u_xx + u(1 − u)(u − a) (McKean, 1970).
    let a = 0.25
    let speed = 2.0.squareRoot() * (0.5 - a)
    let exact = 1 / (1 + exp((x - speed * t) / 2.0.squareRoot()))
    let problem = ProblemSketch(
      dt(u) == dx(dx(u)) + u * (1 - u) * (u - a), on: .interval(-40, 40),
      conditions: [.neumann(dn(u) == 0), .start(u, exact)], exact: [u == exact])
    var run = try BoundedRun(problem, [.cosine], points: [257])
    try run.advance(ETDRK4(step: 0.05), until: 10)
    #expect(try run.largestError() < 1e-7)
  }

  @Test("Layers of Allen and Cahn stay between insulated ends and lose energy")
  func allenCahn() throws {
    let problem = ProblemSketch(
      dt(u) == 0.01 * laplacian(u) + u - pow(u, 3), on: .box([(0, 1), (0, 1)]),
      conditions: [.neumann(dn(u) == 0), .initial(u == 0.5 * cos(.pi * x) * cos(2 * .pi * y) + 0.1)])
    var fields: [[Double]] = []
    for basis in [[AxisBasis.cosine, .cosine], [.chebyshev, .chebyshev]] {
      var run = try BoundedRun(problem, basis, points: basis[0] == .cosine ? [97, 97] : [49, 49])
      try run.advance(ETDRK4(step: 0.02), until: 2)
      fields.append(try run.values(at: [[0.1, 0.2], [0.37, 0.71], [0.5, 0.5], [1, 0]]))
    }
    // Two discretisations agree.
    #expect(zip(fields[0], fields[1]).allSatisfy { abs($0 - $1) < 1e-6 })
    #expect(fields[0].allSatisfy { abs($0) < 1 } && fields[0].contains { abs($0) > 0.5 })
  }

  @Test("The number of threads does not change a bit", arguments: [0, 1, 2])
  func threads(which: Int) throws {
    let moving = sin(x + 2 * y - t)
    let problems = [
      ProblemSketch(
        dt(u) == 0.3 * laplacian(u) + u * dx(u) + moving, on: .box([(0, 1), (-1, 1)]),
        conditions: [.dirichlet(u == moving), .start(u, moving)]),
      ProblemSketch(
        dt(u) + u * dx(u) == 0.01 * laplacian(u) + moving, on: .box([(0, 2 * .pi), (-1, 1)], periodic: [.x]),
        conditions: [.dirichlet(u == moving), .start(u, moving)]),
      ProblemSketch(
        dt(u) + u * dx(u) == 0.01 * dx(dx(u)), on: .interval(0, 1),
        conditions: [.dirichlet(u == 0), .initial(u == sin(.pi * x))]),
    ]
    let points = [[90, 70], [96, 70], [700]][which]
    let states = try [1, 2, 3].map { threads in
      var run = try BoundedRun(
        problems[which],
        which == 1 ? [.fourier, .chebyshev] : [.chebyshev, .chebyshev].suffix(points.count).map { $0 },
        points: points)
      try run.advance(ETDRK4(step: 1e-3), until: 0.005, pool: WorkerPool(threads: threads))
      return run.state
    }
    #expect(states[0] == states[1] && states[0] == states[2])
    #expect(states[0][0].contains { $0 != 0 })
  }

  @Test("A stepper goes on from a saved state and history bit by bit")
  func resume() throws {
    let start = try BoundedRun(Self.odd, [.chebyshev], points: [15])
    let first = makeStepper(SBDF3(step: 0.01), start.system, start.state, 0, 0)
    first.history = (1...2).map { q in
      StepHistory(state: start.state[0].map { $0 * (1 + 0.01 * Double(q)) }, nonlinear: start.state[0])
    }
    for _ in 0..<5 { first.advance() }
    let second = makeStepper(SBDF3(step: 0.01), start.system, first.state, first.time, first.stepIndex)
    second.history = first.history
    for _ in 0..<5 {
      first.advance()
      second.advance()
    }
    #expect(first.state == second.state)
    #expect(first.time == second.time)
  }

  @Test("The embedded error measures the error of a step")
  func errorEstimate() throws {
    let start = try BoundedRun(Self.odd, [.sine], points: [17])
    let norms = [0.02, 0.01].map { step -> Double in
      let stepper = makeStepper(DormandPrince54(step: step), start.system, start.state, 0, 0)
      stepper.attempt()
      return stepper.errorNorm(absolute: 1, relative: 0)
    }
    // The estimate of an embedded solution of order 4 falls with the fifth power.
    #expect(abs(log2(norms[0] / norms[1]) - 5) < 0.4)
    let stepper = makeStepper(ETDRK4(step: 0.1), start.system, start.state, 0, 0)
    // The initial field is 3 sin πx.
    #expect(abs(stepper.meanSquares[0] - 4.5) < 1e-13)
  }

  private func makeStepper(
    _ method: some SemilinearMethod, _ system: BoundedSystem, _ state: [[Double]], _ time: Double,
    _ index: Int
  ) -> any SpectralStepper {
    guard case .fixed(let step) = method.stepSize else { preconditionFailure("a fixed step") }
    return system.makeStepper(
      StepCoefficients(method, step: step, system: system), state: state, time: time, stepIndex: index,
      pool: .shared)
  }
}
