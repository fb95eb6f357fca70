import Ansatz
import Foundation
import Testing

private struct Disc: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .region(.disc(center: (0, 0), radius: 1)) }
  var equations: [Equation] { [-laplacian(u) == 1] }
  var conditions: [Condition] { [.dirichlet(u == 0)] }
  var exact: [Equation] { [u == 0.25 * (1 - x * x - y * y)] }
}

/// −(k u′)′ + c u = f with every kind of condition: energy and minimiser in closed form.
private struct Rod: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(0, 1) }
  var equations: [Equation] { [-div((1 + x) * grad(u)) + 2 * u == 2 * x * x - 4 * x - 2] }
  // u = x²: (1 + x) u′ = 2 at x = 1 has u′ = 2, and u + u′ = 3.
  var conditions: [Condition] { [.dirichlet(u == 0, on: .left), .robin(u + dn(u) == 3, on: .right)] }
  var exact: [Equation] { [u == x * x] }
}

private struct Any2D: Problem {
  var name: String { "any" }
  let u = ScalarField.unknown("u")
  var equation: @Sendable (ScalarField) -> Equation
  var domain: Domain { .cube(0, 1, dimension: 2) }
  var equations: [Equation] { [equation(u)] }
  var conditions: [Condition] { [.dirichlet(u == 0)] }
  init(_ equation: @escaping @Sendable (ScalarField) -> Equation) { self.equation = equation }
}

@Suite("Energies of problems, and networks that make them least")
struct EnergyTests {
  @Test("energies in closed form")
  func closedForms() throws {
    func energy(_ problem: some Problem, at value: (u: Double, x: Double, y: Double)) throws -> Double {
      let form = try VariationalForm(problem, PointwiseSystem(problem))
      return try form.density.replacingTerminals { terminal in
        guard case .jet(let jet) = terminal else { return nil }
        return .constant(jet.orders == .zero ? value.u : jet.orders.x > 0 ? value.x : value.y)
      }.value(at: [0.5, 0.25])
    }
    let state = (u: 0.7, x: -0.4, y: 1.3)
    let square = 0.4 * 0.4 + 1.3 * 1.3
    #expect(abs(try energy(Any2D { -laplacian($0) == 1 }, at: state) - (0.5 * square - 0.7)) < 1e-14)
    // The sign of the equation does not matter.
    #expect(abs(try energy(Any2D { laplacian($0) == -1 }, at: state) - (0.5 * square - 0.7)) < 1e-14)
    #expect(
      abs(
        try energy(Any2D { -laplacian($0) + pow($0, 3) == 0 }, at: state) - (0.5 * square + pow(0.7, 4) / 4))
        < 1e-14)
    #expect(
      abs(
        try energy(Any2D { -laplacian($0) + exp($0) == 0 }, at: state)
          - (0.5 * square + Foundation.exp(0.7) - 1))
        < 1e-12)
    let coefficient = Any2D { -div((1 + ScalarField.x) * grad($0)) + ScalarField.y * $0 == 0 }
    #expect(abs(try energy(coefficient, at: state) - (0.75 * square + 0.125 * 0.49)) < 1e-14)
    // Conditions: the flux at x = 1 is 2 (3 − u).
    let rod = try VariationalForm(Rod(), PointwiseSystem(Rod()))
    #expect(rod.boundary.map(\.place) == [.side(Side(.x, upper: true))] && rod.isConvex)
    let end = try rod.boundary[0].density.replacingTerminals {
      if case .jet = $0 { .constant(0.5) } else { nil }
    }.value(at: [1])
    #expect(abs(end - 2 * (0.5 * 0.25 - 3 * 0.5)) < 1e-14)
  }

  @Test("equations without an energy are refused with the reason")
  func refusals() throws {
    func text(_ problem: some Problem) -> String {
      do { _ = try VariationalForm(problem, PointwiseSystem(problem)) } catch { return "\(error)" }
      return ""
    }
    #expect(text(Any2D { -laplacian($0) + dx($0) == 0 }).contains("dependence on ∂u/∂x"))
    #expect(text(Any2D { dx(dx($0)) - dy(dy($0)) == 0 }).contains("falls along some waves"))
    #expect(text(Any2D { -laplacian($0) - 90 * $0 == 1 }).contains("need not be a minimum"))
    #expect(text(Burgers()).contains("changes in time"))
    #expect(text(LidDrivenCavity()).contains("pinn"))
    #expect(text(Any2D { -laplacian($0) + pow($0, 3) - $0 == 0 }) == "")
  }

  private func task(
    _ problem: some Problem, hard: Bool = true, pattern: CollocationSampler.Pattern = .sobol,
    inside: Int = 256
  ) throws -> EnergyTask<MLP<Double>> {
    let system = try PointwiseSystem(problem)
    let conditions = hard ? try HardConditions(system) : nil
    var stream = RandomStream(seed: 5)
    let network = PhysicsNetwork(system, conditions: conditions) {
      MLP<Double>([$0, 16, 16, 1], from: &stream)
    }
    return try EnergyTask(
      problem, system, network: network,
      settings: TrainingPoints(
        sampler: CollocationSampler(pattern: pattern, inside: inside, boundary: 32, seed: 1), renewsEvery: 1,
        conditionWeight: 200),
      conditions: conditions?.remaining)
  }

  @Test("the least energy is that of the exact solution", arguments: [true, false])
  func minimum(hard: Bool) throws {
    let task = try task(Rod(), hard: hard)
    let optimizer = try OptimizerText.optimizer("adam@1e-2+cosine=1500", Double.self)
    let result = try Trainer(task, optimizer: optimizer, settings: .init(steps: 1500, measuresEvery: 100))
      .run()
    let error = try #require(result.error)
    #expect(error < (hard ? 5e-3 : 5e-2), "error \(error)")
    // ∫ (1 + x) 2x² + x⁴ − (2x² − 4x − 2) x² dx over the rod, and 2 (½ − 3) at its end.
    let least = 2 * (1 / 3.0 + 1 / 4.0) + 1 / 5.0 - (2 / 5.0 - 1 - 2 / 3.0) - 5
    let found = try #require(result.measures.first { $0.name == "validation" }?.value)
    #expect(abs(found - least) < (hard ? 1e-3 : 0.02), "energy \(found), least \(least)")
  }

  @Test("a disc, whose values are met exactly")
  func disc() throws {
    let task = try task(Disc(), inside: 512)
    let optimizer = try OptimizerText.optimizer("adam@1e-2+cosine=800", Double.self)
    let result = try Trainer(task, optimizer: optimizer, settings: .init(steps: 800, measuresEvery: 100))
      .run()
    let error = try #require(result.error)
    #expect(error < 1e-2, "error \(error)")
    #expect(try task.solution(of: Disc(), points: [17, 17]).last.exactErrors[0].value < 1e-2)
  }

  @Test("energies resume bit for bit, and refuse optimizers of squares and points by residuals")
  func resume() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("energy-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: url) }
    func run(_ folder: TrainingFolder?, until last: Int? = nil, resuming: Bool = false) throws
      -> Tensor<Double>
    {
      try Trainer(
        task(Rod(), inside: 32), optimizer: try OptimizerText.optimizer("adam:20,ssbroyden", Double.self),
        settings: .init(steps: 40, measuresEvery: 20), folder: folder
      ).run(resuming: resuming) { $0.step == last ? "enough" : nil }.parameters
    }
    let folder = TrainingFolder(url)
    try folder.create()
    _ = try run(folder, until: 27)
    #expect(try run(folder, resuming: true) == run(nil))
    let refused = #expect(throws: TrainingError.self) {
      try Trainer(task(Rod()), optimizer: LevenbergMarquardt<Double>(), settings: .init(steps: 3)).run()
    }
    #expect(refused?.description.contains("no sum of squares") == true)
    #expect(throws: TrainingError.self) { try task(Rod(), pattern: .residual) }
  }
}
