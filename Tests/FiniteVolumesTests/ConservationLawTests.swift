import FiniteVolumes
import Foundation
import Geometry
import Tensors
import TestSupport
import Testing

private func interval(_ a: Double, _ b: Double, periodic: Bool = true) -> Box {
  Box([.init(a, b, periodic: periodic)])
}
private func square(_ a: Double, _ b: Double, periodic: Bool = true) -> Box {
  Box([.init(a, b, periodic: periodic), .init(a, b, periodic: periodic)])
}

@Suite("Scalar conservation laws")
struct ScalarLawTests {
  /// The L¹ error of sin advected over half a period, against exact averages.
  private func advectionError(_ n: Int, _ scheme: Reconstruction) throws -> Double {
    let solver = FiniteVolumeSolver(
      LinearAdvection(1), box: interval(0, 2 * .pi), cells: [n], reconstruction: scheme, solver: .rusanov
    ) { CellState(sin($0[0]), 0, 0, 0) }
    try solver.advance(to: .pi, cfl: 0.3)
    let h = 2 * Double.pi / Double(n)
    let u = solver.averages(0)
    return (0..<n).reduce(0) { sum, i in
      let exact = (cos(Double(i) * h - .pi) - cos(Double(i + 1) * h - .pi)) / h
      return sum + h * abs(u[i] - exact)
    }
  }

  @Test(
    "orders on a smooth wave",
    arguments: [
      (Reconstruction.constant, 1.0, 0.2), (.muscl(.minmod), 1.85, 0.25),
      (.muscl(.monotonizedCentral), 2.1, 0.3),
      (.muscl(.vanLeer), 2.1, 0.3),
    ])
  func orders(scheme: Reconstruction, order: Double, tolerance: Double) throws {
    let sizes = [40, 80, 160, 320]
    let errors = try sizes.map { try advectionError($0, scheme) }
    #expect(abs(observedOrder(sizes.map { 1 / Double($0) }, errors) - order) < tolerance, "\(errors)")
    #expect(errors[3] < (scheme == .constant ? 0.15 : 4e-3))
  }

  // At a fixed CFL number the time stepper's third order bounds the fifth in space.
  @Test("WENO5 with SSP-RK3 at a fixed CFL number", arguments: WENOWeights.allCases)
  func weno(weights: WENOWeights) throws {
    let sizes = [20, 40, 80, 160]
    let errors = try sizes.map { try advectionError($0, .weno5(weights)) }
    let order = observedOrder(sizes.map { 1 / Double($0) }, errors)
    #expect(order > 2.8 && order < 5.2, "\(order) \(errors)")
    #expect(errors[3] < 2e-5)
  }

  @Test("limiters do not increase the total variation", arguments: Limiter.allCases)
  func totalVariation(limiter: Limiter) throws {
    let solver = FiniteVolumeSolver(
      InviscidBurgers(), box: interval(0, 1), cells: [100], reconstruction: .muscl(limiter), solver: .rusanov
    ) { CellState($0[0] > 0.25 && $0[0] < 0.6 ? 1 : -0.3, 0, 0, 0) }
    var variation = Double.infinity
    for _ in 0..<60 {
      try solver.advance(to: solver.time + 0.004, cfl: 0.4)
      let u = solver.averages(0)
      let now = u.indices.reduce(0) { $0 + abs(u[($1 + 1) % u.count] - u[$1]) }
      #expect(now < variation + 1e-12)
      variation = now
    }
    #expect(variation > 1)
  }

  // Rankine & Hugoniot: the speed of a shock between 1 and 0 is 1/2.
  @Test("a shock of Burgers' equation moves at the mean of its states", arguments: RiemannSolver.allCases)
  func shock(solver: RiemannSolver) throws {
    let run = FiniteVolumeSolver(
      InviscidBurgers(), box: interval(0, 1, periodic: false), cells: [200], reconstruction: .weno5(.z),
      solver: solver,
      boundary: [[.fixed(CellState(1, 0, 0, 0)), .outflow]]
    ) { CellState($0[0] < 0.25 ? 1 : 0, 0, 0, 0) }
    try run.advance(to: 0.8)
    let position = run.averages(0).reduce(0, +) / 200
    #expect(abs(position - (0.25 + 0.4)) < 1e-10)
  }

  @Test(
    "a uniform state stays uniform in two dimensions",
    arguments: [Reconstruction.muscl(.vanLeer), .weno5(.jiangShu)])
  func freestream(scheme: Reconstruction) throws {
    let gas = Euler(dimension: 2)
    let state = gas.state(density: 1.3, velocity: (0.4, -0.7), pressure: 2)
    let solver = FiniteVolumeSolver(
      gas, box: Box([.init(0, 1, periodic: true), .init(0, 2, periodic: false)]), cells: [20, 30],
      reconstruction: scheme
    ) { _ in state }
    for _ in 0..<20 { solver.advance(by: 0.5 * solver.signalTime) }
    for found in solver.states { for lane in 0..<4 { #expect(abs(found[lane] - state[lane]) < 1e-13) } }
  }
}

@Suite("Euler's equations")
struct EulerTests {
  private func tube(_ cells: Int, _ scheme: Reconstruction, _ solver: RiemannSolver) -> FiniteVolumeSolver<
    Euler
  > {
    let gas = Euler()
    return FiniteVolumeSolver(
      gas, box: interval(0, 1, periodic: false), cells: [cells], reconstruction: scheme, solver: solver,
      boundary: [[.reflecting, .reflecting]]
    ) {
      $0[0] < 0.5
        ? gas.state(density: 1, velocity: (0, 0), pressure: 1)
        : gas.state(density: 0.125, velocity: (0, 0), pressure: 0.1)
    }
  }

  // The values of the first test of Toro (2009), table 4.2.
  @Test("the exact solver gives the tabulated pressure and velocity of Sod's tube")
  func exact() {
    let exact = ExactRiemannSolver(
      .init(density: 1, velocity: 0, pressure: 1), .init(density: 0.125, velocity: 0, pressure: 0.1),
      gamma: 1.4)
    #expect(abs(exact.starPressure - 0.30313) < 1e-5)
    #expect(abs(exact.starVelocity - 0.92745) < 1e-5)
    #expect(abs(exact.state(0.9).density - 0.42632) < 1e-5)
    #expect(abs(exact.state(1).density - 0.26557) < 1e-5)
  }

  @Test(
    "Sod's tube converges at first order in L¹ and conserves",
    arguments: [
      (Reconstruction.muscl(.monotonizedCentral), RiemannSolver.hllc), (.muscl(.vanLeer), .hll),
      (.weno5(.z), .hllc), (.weno5(.jiangShu), .rusanov),
    ])
  func sod(scheme: Reconstruction, solver: RiemannSolver) throws {
    let exact = ExactRiemannSolver(
      .init(density: 1, velocity: 0, pressure: 1), .init(density: 0.125, velocity: 0, pressure: 0.1),
      gamma: 1.4)
    let sizes = [100, 200, 400, 800]
    let errors = try sizes.map { n in
      let run = tube(n, scheme, solver)
      let before = run.totals
      try run.advance(to: 0.2, cfl: 0.5)
      // Between walls; the waves have not reached them, so that the pressure difference alone changes the momentum.
      let after = run.totals
      #expect(abs(after[0] - before[0]) < 1e-12 && abs(after[2] - before[2]) < 1e-12)
      #expect(abs(after[1] - before[1] - 0.2 * 0.9) < 1e-9)
      let density = run.averages(0)
      return (0..<n).reduce(0) { sum, i in
        let average = (0..<8).reduce(0.0) {
          $0 + exact.state(((Double(i) + (Double($1) + 0.5) / 8) / Double(n) - 0.5) / 0.2).density / 8
        }
        return sum + abs(density[i] - average) / Double(n)
      }
    }
    let order = observedOrder(sizes.map { 1 / Double($0) }, errors)
    #expect(order > 0.8 && order < 1.2, "\(order) \(errors)")
    #expect(errors[3] < 2.5e-3, "\(errors)")
  }

  /// The L¹ error of the density of an isentropic vortex (Shu 1998) after t = 1.
  private func vortexError(_ n: Int, _ scheme: Reconstruction, _ solver: RiemannSolver) throws -> Double {
    let gas = Euler(dimension: 2)
    let strength = 5.0
    func state(_ x: Double, _ y: Double) -> CellState {
      let r2 = x * x + y * y
      let swirl = strength / (2 * .pi) * exp(0.5 * (1 - r2))
      let temperature = 1 - 0.4 * strength * strength / (8 * 1.4 * .pi * .pi) * exp(1 - r2)
      let density = pow(temperature, 2.5)
      return gas.state(
        density: density, velocity: (1 - swirl * y, 1 + swirl * x), pressure: density * temperature)
    }
    let box = square(-6, 6)
    let run = FiniteVolumeSolver(gas, box: box, cells: [n, n], reconstruction: scheme, solver: solver) {
      state($0[0], $0[1])
    }
    try run.advance(to: 1, cfl: 0.6)
    let reference = FiniteVolumeSolver(gas, box: box, cells: [n, n], reconstruction: scheme) {
      state($0[0] - 1, $0[1] - 1)
    }
    let area = 144.0 / Double(n * n)
    return zip(run.averages(0), reference.averages(0)).reduce(0) { $0 + area * abs($1.0 - $1.1) }
  }

  @Test(
    "a smooth vortex at a fixed CFL number: above second order with WENO, second with limited slopes",
    arguments: [
      (Reconstruction.weno5(.z), RiemannSolver.hllc, 2.8, 5.4), (.weno5(.z), .rusanov, 2.8, 5.4),
      (.muscl(.monotonizedCentral), .hllc, 1.9, 2.8),
    ])
  func vortex(scheme: Reconstruction, solver: RiemannSolver, lowest: Double, highest: Double) throws {
    let sizes = [36, 54, 80, 120]
    let errors = try sizes.map { try vortexError($0, scheme, solver) }
    let order = observedOrder(sizes.map { 1 / Double($0) }, errors)
    #expect(order > lowest && order < highest, "\(order) \(errors)")
    #expect(errors[3] < (lowest > 2 ? 5e-3 : 0.1), "\(errors)")
  }

  @Test("a blast in a closed box stays physical, symmetric and conserves")
  func blast() throws {
    let gas = Euler(dimension: 2)
    let run = FiniteVolumeSolver(
      gas, box: square(0, 1, periodic: false), cells: [64, 64], reconstruction: .weno5(.z),
      boundary: [[.reflecting, .reflecting], [.reflecting, .reflecting]]
    ) { x in
      let r2 = (x[0] - 0.5) * (x[0] - 0.5) + (x[1] - 0.5) * (x[1] - 0.5)
      return gas.state(density: 1, velocity: (0, 0), pressure: r2 < 0.01 ? 100 : 0.1)
    }
    let before = run.totals
    try run.advance(to: 0.1)
    #expect(run.states.allSatisfy(gas.isAdmissible))
    #expect(abs(run.totals[0] - before[0]) < 1e-12 && abs(run.totals[3] - before[3]) < 1e-11 * before[3])
    let density = run.averages(0)
    for i in 0..<64 { for j in 0..<i { #expect(abs(density[i * 64 + j] - density[j * 64 + i]) < 1e-9) } }
  }

  @Test("the number of threads does not change a bit")
  func threads() throws {
    let gas = Euler(dimension: 2)
    func run(_ threads: Int) throws -> [CellState] {
      let solver = FiniteVolumeSolver(
        gas, box: square(0, 1), cells: [40, 52], reconstruction: .weno5(.z),
        pool: WorkerPool(threads: threads)
      ) {
        gas.state(density: 1 + 0.5 * sin(2 * .pi * $0[0]), velocity: (1, cos(2 * .pi * $0[1])), pressure: 1)
      }
      try solver.advance(to: 0.05)
      return solver.states
    }
    #expect(try run(1) == run(2))
  }

  @Test("a vacuum is reported with its time and cell")
  func inadmissible() {
    let gas = Euler()
    let solver = FiniteVolumeSolver(gas, box: interval(0, 1), cells: [50]) { _ in
      gas.state(density: 1, velocity: (0, 0), pressure: -1)
    }
    let error = #expect(throws: FiniteVolumeError.self) { try solver.advance(to: 0.1) }
    #expect(error == .inadmissible(time: 0, cell: [0]))
  }
}

@Suite("Shallow water")
struct ShallowWaterTests {
  private func bump(_ x: [Double]) -> Double {
    let r2 = x.reduce(0) { $0 + ($1 - 0.5) * ($1 - 0.5) }
    return 0.8 * exp(-30 * r2)
  }

  @Test("a lake at rest stays at rest, with and without dry land", arguments: [1.0, 0.5], [1, 2])
  func lake(level: Double, dimension: Int) throws {
    let water = ShallowWater(dimension: dimension)
    let box = dimension == 1 ? interval(0, 1, periodic: false) : square(0, 1, periodic: false)
    let solver = FiniteVolumeSolver(
      water, box: box, cells: Array(repeating: dimension == 1 ? 100 : 40, count: dimension),
      reconstruction: .muscl(.monotonizedCentral),
      boundary: Array(repeating: [.reflecting, .reflecting], count: dimension)
    ) { x in
      // Piecewise constant per cell, so that averages are at rest as the points are.
      let n = dimension == 1 ? 100.0 : 40
      let centre = x.map { (($0 * n).rounded(.down) + 0.5) / n }
      let b = bump(centre)
      return CellState(max(0, level - b), 0, 0, b)
    }
    let before = solver.states
    try solver.advance(to: 0.5)
    for (a, b) in zip(before, solver.states) {
      #expect(abs(a.x - b.x) < 1e-13 && abs(b.y) < 1e-12 && abs(b.z) < 1e-12 && a.w == b.w)
    }
  }

  @Test(
    "a dam breaks over a bump and dry ground: depths stay positive, mass stays",
    arguments: RiemannSolver.allCases)
  func damBreak(solver: RiemannSolver) throws {
    let water = ShallowWater()
    let run = FiniteVolumeSolver(
      water, box: interval(0, 2, periodic: false), cells: [400], reconstruction: .muscl(.minmod),
      solver: solver,
      boundary: [[.reflecting, .reflecting]]
    ) { x in
      let b = 0.3 * exp(-50 * (x[0] - 1.2) * (x[0] - 1.2))
      return CellState(x[0] < 0.7 ? 1 - b : 0, 0, 0, b)
    }
    let before = run.totals[0]
    for _ in 0..<20 {
      try run.advance(to: run.time + 0.05)
      #expect(run.averages(0).allSatisfy { $0 >= 0 })
    }
    #expect(abs(run.totals[0] - before) < 1e-12)
    #expect(run.averages(0)[399] > 1e-3)
  }

  // Ritter (1892): h = (2 c₀ − x/t)²/(9 g) between −c₀ t and 2 c₀ t.
  @Test("a dam break onto dry ground follows Ritter's solution")
  func ritter() throws {
    let water = ShallowWater(gravity: 1)
    let sizes = [100, 200, 400, 800]
    let errors = try sizes.map { n in
      let run = FiniteVolumeSolver(
        water, box: interval(-1, 1.5, periodic: false), cells: [n],
        reconstruction: .muscl(.monotonizedCentral)
      ) { CellState($0[0] < 0 ? 1 : 0, 0, 0, 0) }
      try run.advance(to: 0.5)
      let depths = run.averages(0)
      let h = 2.5 / Double(n)
      return (0..<n).reduce(0) { sum, i in
        let average = (0..<8).reduce(0.0) { partial, k in
          let s = (-1 + (Double(i) + (Double(k) + 0.5) / 8) * h) / 0.5
          return partial + (s < -1 ? 1 : s > 2 ? 0 : (2 - s) * (2 - s) / 9) / 8
        }
        return sum + h * abs(depths[i] - average)
      }
    }
    let order = observedOrder(sizes.map { 1 / Double($0) }, errors)
    #expect(order > 0.8 && order < 1.6, "\(order) \(errors)")
    #expect(errors[3] < 2e-3)
  }
}
