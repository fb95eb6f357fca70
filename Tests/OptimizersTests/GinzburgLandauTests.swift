import Algebra
import AllocationCounter
import Foundation
import Optimizers
import Tensors
import Testing

@Suite("Ginzburg-Landau energies")
struct GinzburgLandauTests {
  private typealias Minimizer = GinzburgLandau<GridLaplacian>

  private static let line = GridLaplacian(periodic: [256], lengths: [1])
  private static let start = Tensor(
    (0..<256).map { k -> Double in
      let x = Double(k) / 256
      return 0.3 * sin(2 * .pi * x) + 0.2 * cos(6 * .pi * x) + 0.05 * sin(10 * .pi * x)
    })

  /// The energy with slopes by differences of neighbours.
  private func energy(_ u: Tensor<Double>) -> Double {
    (0..<256).reduce(0) { sum, k in
      let (slope, w) = ((u[(k + 1) % 256] - u[k]) * 256, 1 - u[k] * u[k])
      return sum + (0.5 * 0.05 * slope * slope + 0.25 * w * w / 0.05) / 256
    }
  }

  /// The energies after each step, and the last one.
  private func path(_ momentum: Minimizer.Momentum, tau: Double) throws -> (energies: [Double], end: Double) {
    var (method, u) = (
      Minimizer(Self.line, width: 0.05, step: tau, momentum: momentum, restarts: false), Self.start
    )
    var energies = [energy(u)]
    for _ in 0..<2000 {
      _ = try method.step(&u)
      energies.append(energy(u))
    }
    return (energies, energies.last!)
  }

  private func steps(_ path: (energies: [Double], end: Double)) -> Int {
    path.energies.firstIndex { $0 - path.end < 1e-6 }!
  }

  @Test("steps to the end on a line, with and without momentum, in small steps and in large ones")
  func counts() throws {
    let (plain, fista, constant) = (
      try path(.none, tau: 0.01), try path(.fista, tau: 0.01), try path(.constant(0.9), tau: 0.01)
    )
    for path in [plain, fista, constant] { #expect(abs(path.end - 1.885410) < 1e-6) }
    #expect(steps(plain) == 48)
    #expect(steps(fista) == 31)
    #expect(steps(constant) == 28)
    // Without momentum the energy falls in every step until rounding; with it, it rises now and then.
    let falls = zip(plain.energies, plain.energies.dropFirst()).prefix(48)
    #expect(falls.allSatisfy { $0 > $1 })
    let rises = zip(constant.energies, constant.energies.dropFirst()).map { $1 - $0 }
    #expect(abs(rises.max()! - 5e-2) < 5e-3)
    #expect(steps(try path(.none, tau: 1)) == 15)
    #expect(steps(try path(.fista, tau: 1)) == 14)
    #expect(steps(try path(.constant(0.9), tau: 1)) == 16)
  }

  @Test("with restarts the energy never rises, and no more steps are taken", arguments: [0.01, 0.1, 1])
  func restarts(tau: Double) throws {
    var (method, u) = (Minimizer(Self.line, width: 0.05, step: tau, momentum: .constant(0.9)), Self.start)
    let end = try Minimizer(Self.line, width: 0.05, step: 1, momentum: .none).ended(Self.start)
    #expect(abs(end - 1.8856017599839) < 1e-10)
    var (last, restarted) = (try method.energy(of: u), 0.0)
    for _ in 0..<200 {
      let report = try method.step(&u)
      #expect(report.loss <= last + 1e-14)
      restarted += try #require(report.diagnostics["restarted"])
      last = report.loss
    }
    #expect(restarted > 0)
    #expect(abs(last - end) < 1e-6)
  }

  @Test("one step solves (1 + τ (c/ε − ε Δ)) u⁺ = v − τ (W'(v) − c v)/ε with the three-point stencil")
  func oneStep() throws {
    let (n, h, epsilon, tau, beta) = (16, 0.125, 0.1, 0.05, 0.4)
    let laplacian = GridLaplacian(
      axes: [GridAxis(count: n, spacing: h, boundary: .dirichlet)], placement: .vertices, symbol: .stencil)
    var method = Minimizer(
      laplacian, width: epsilon, step: tau, momentum: .constant(beta), restarts: false,
      fidelity: FieldFidelity(points: [3, 9], values: [1, -1], strength: 7))
    var fields = [Tensor((0..<n).map { 0.5 * sin(0.7 * Double($0)) })]
    for _ in 0..<4 {
      var u = fields.last!
      _ = try method.step(&u)
      fields.append(u)
    }
    for k in 1..<4 {
      let (u, before, next) = (fields[k].elements, fields[k - 1].elements, fields[k + 1].elements)
      let total = 2 / epsilon + 7
      for i in 0..<n {
        let v = u[i] + beta * (u[i] - before[i])
        let hold = i == 3 ? 7 * (v - 1) : i == 9 ? 7 * (v + 1) : 0
        let second = (2 * next[i] - (i > 0 ? next[i - 1] : 0) - (i < n - 1 ? next[i + 1] : 0)) / (h * h)
        let left = next[i] + tau * (total * next[i] + epsilon * second)
        #expect(abs(left - (v - tau * (v * (v * v - 1) / epsilon + hold - total * v))) < 1e-12)
      }
    }
  }

  @Test("the end is a critical point: −ε u'' + W'(u)/ε = 0, and a wall between two phases costs 2√2/3")
  func interface() throws {
    // Half a period with Neumann walls holds one interface.
    let laplacian = GridLaplacian(axes: [GridAxis(count: 400, spacing: 1 / 400.0, boundary: .neumann)])
    var method = Minimizer(laplacian, width: 0.02, step: 0.02)
    var u = Tensor((0..<400).map { $0 < 200 ? -0.5 : 0.5 })
    let report = try method.minimize(&u, tolerance: 1e-9, limit: 20_000)
    #expect(report.status.isEnd && report.gradientNorm <= 1e-9)
    #expect(abs(report.loss - 2 * 2.0.squareRoot() / 3) < 1e-6)
    // The profile is tanh(x / √2 ε).
    for k in 0..<400 {
      let x = (Double(k) + 0.5) / 400 - 0.5
      #expect(abs(u[k] - tanh(x / (2.0.squareRoot() * 0.02))) < 1e-4)
    }
  }

  @Test("in a plane and in space a straight wall costs its area", arguments: [2, 3])
  func dimensions(rank: Int) throws {
    var axes = [GridAxis(count: 96, spacing: 1 / 96.0, boundary: .neumann)]
    for _ in 1..<rank { axes.append(GridAxis(count: 8, spacing: 0.25, boundary: .periodic)) }
    let laplacian = GridLaplacian(axes: axes)
    var u = Tensor<Double>(
      shape: laplacian.shape,
      (0..<laplacian.count).map { k in
        let x = Double(k / (laplacian.count / 96))
        return (x < 48 ? -0.5 : 0.5) + 0.1 * sin(Double(k))
      })
    var method = Minimizer(laplacian, width: 0.04, step: 0.05)
    let report = try method.minimize(&u, tolerance: 1e-7, limit: 5000)
    let area = Foundation.pow(2, Double(rank - 1))
    #expect(abs(report.loss - area * 2 * 2.0.squareRoot() / 3) < 1e-4)
  }

  @Test("a state saved and taken up goes on with the same bits, and does not depend on threads")
  func resume() throws {
    let laplacian = GridLaplacian(periodic: [48, 40], lengths: [1, 1])
    let start = Tensor<Double>(shape: [48, 40], (0..<1920).map { sin(Double($0 * $0 % 977)) })
    func method() -> Minimizer { Minimizer(laplacian, width: 0.05, step: 0.1) }
    func run(_ interruption: Int?) throws -> [Double] {
      var (current, u) = (method(), start)
      for k in 0..<12 {
        if k == interruption {
          let text = try JSONEncoder().encode(current.state)
          current = method()
          try current.restore(try JSONDecoder().decode(OptimizerState<Double>.self, from: text))
        }
        _ = try current.step(&u)
      }
      return u.elements
    }
    let whole = try run(nil)
    for k in [0, 1, 5, 11] { #expect(try run(k) == whole) }
    #expect(try serially { try run(nil) } == whole)
    var other = Minimizer(GridLaplacian(periodic: [40, 48], lengths: [1, 1]), width: 0.05, step: 0.1)
    var (own, u) = (method(), start)
    _ = try own.step(&u)
    #expect(throws: OptimizerError.self) { try other.restore(own.state) }
    var damaged = own.state
    damaged.tensors = [:]
    #expect(throws: OptimizerError.self) { try own.restore(damaged) }
  }

  @Test("a field with a NaN is refused, and stays as it was")
  func notFinite() throws {
    var (method, u) = (Minimizer(Self.line, width: 0.05, step: 0.1), Self.start)
    u[17] = .nan
    #expect(throws: OptimizerError.self) { try method.step(&u) }
    #expect(u[17].isNaN && u[16] == Self.start[16])
  }

  @Test("steps allocate nothing")
  func allocations() throws {
    try #require(allocation_count_is_available() != 0)
    var (method, u) = (Minimizer(Self.line, width: 0.05, step: 0.1), Self.start)
    for _ in 0..<3 { _ = try method.step(&u) }
    let before = allocation_count()
    for _ in 0..<5 { _ = try method.step(&u) }
    #expect(allocation_count() == before)
  }
}

extension GinzburgLandau {
  /// The energy after many steps.
  fileprivate func ended(_ start: Tensor<Double>) throws -> Double {
    var (method, u) = (self, start)
    return try method.minimize(&u, tolerance: 1e-10, limit: 10_000).loss
  }
}
