import Ansatz
import Foundation
import Testing

/// A wave equation with a square, whose coefficients vary, in two dimensions and time.
private struct Basin: Problem {
  let u = ScalarField.unknown("u")
  private var value: ScalarField { (x + 0.5 * y) * cos(2 * t) + x * y * sin(t) }
  private var source: ScalarField {
    -4 * (x + 0.5 * y) * cos(2 * t) - x * y * sin(t) + (1 + x) * value * value - 0.3 * y * cos(2 * t)
      - 0.3 * y * y * sin(t)
  }
  var domain: Domain { .rectangle((-1, 1), (0, 2)) }
  var equations: [Equation] {
    [dt(dt(u)) - laplacian(u) + (1 + x) * u * u - 0.3 * y * dx(u) == source]
  }
  var conditions: [Condition] {
    [.initial(u == x + 0.5 * y), .initial(dt(u) == x * y), .dirichlet(u == value)]
  }
  var exact: [Equation] { [u == value] }
}

private struct Ring: Problem {
  let u = ScalarField.unknown("u")
  let v = ScalarField.unknown("v")
  var domain: Domain { .torus(0, 2 * .pi, dimension: 1) }
  var equations: [Equation] { [dx(dx(u)) - v == 0, dx(v) + u * v == cos(x)] }
}

@Suite("Separable networks")
struct SeparableTests {
  private func task(
    _ problem: some Problem, points: [Int], widths: [Int] = [8], rank: Int = 4, renewsEvery: Int? = nil
  ) throws -> SeparableTask<Double> {
    let system = try PointwiseSystem(problem)
    var stream = RandomStream(seed: 3)
    let network = SeparableNetwork<Double>(system, until: 1, widths: widths, rank: rank, from: &stream)
    return try SeparableTask(
      system, network: network, points: points,
      settings: TrainingPoints(
        sampler: CollocationSampler(inside: 1, boundary: 1, seed: 4), renewsEvery: renewsEvery,
        conditionWeight: 3))
  }

  /// The points of a tensor grid, the last axis fastest.
  private func scattered(_ axes: [Tensor<Double>]) -> Tensor<Double> {
    let rows = axes.reduce([[Double]]([[]])) { rows, axis in
      rows.flatMap { row in axis.elements.map { row + [$0] } }
    }
    return Tensor(shape: [rows.count, axes.count], rows.flatMap { $0 })
  }

  /// The loss of the same network at the same points, with derivatives of the whole.
  private func compare(_ task: SeparableTask<Double>) throws {
    let objective = task.objective
    var tables: [PointwiseSystem.Place: Tensor<Double>] = [:]
    for term in objective.terms { tables[term.place] = scattered(objective.axes(at: term.place)) }
    let whole = try PhysicsObjective(
      task.system, model: task.network, points: PointSet(tables),
      weight: { $0.place == .inside ? 1 : 3 })
    let x = objective.parameterVector
    var (own, other) = (Tensor<Double>.zeros(x.shape), Tensor<Double>.zeros(x.shape))
    let (a, b) = (
      try objective.valueAndGradient(at: x, gradient: &own),
      try whole.valueAndGradient(at: x, gradient: &other)
    )
    #expect(abs(a - b) < 1e-11 * (1 + abs(b)))
    #expect((own - other).maxMagnitude() < 1e-10 * (1 + other.maxMagnitude()))
    #expect(objective.residualCount == whole.residualCount)
    var (r, s) = (
      Tensor<Double>.zeros([objective.residualCount]), Tensor<Double>.zeros([whole.residualCount])
    )
    try objective.residuals(at: x, into: &r)
    try whole.residuals(at: x, into: &s)
    #expect((r - s).maxMagnitude() < 1e-10 * (1 + s.maxMagnitude()))
  }

  @Test("losses and gradients on a tensor grid are those at its points")
  func grids() throws {
    try compare(task(Basin(), points: [5, 4, 3]))
    try compare(task(Ring(), points: [9]))
  }

  @Test("a wave is learned, and written as fields")
  func training() throws {
    let task = try task(Basin(), points: [10, 10, 10], widths: [12, 12], rank: 6, renewsEvery: 100)
    let result = try Trainer(
      task, optimizer: try OptimizerText.optimizer("adam:200@5e-3,ssbroyden", Double.self),
      settings: .init(steps: 700, measuresEvery: 50)
    ).run()
    #expect(try #require(result.error) < 2e-2)
    let solution = try task.solution(of: Basin(), points: [9, 9], frames: 3)
    let value = try solution.field("u").values(at: [[0.5, 1.5]])[0][0]
    #expect(abs(value - (1.25 * Foundation.cos(2) + 0.75 * Foundation.sin(1))) < 0.1)
  }

  @Test("a resumed training has the same bits, and so has one on one thread")
  func resume() throws {
    let folder = URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    func trainer(_ steps: Int, _ folder: TrainingFolder?) throws -> Trainer<SeparableTask<Double>> {
      Trainer(
        try task(Basin(), points: [6, 5, 4], renewsEvery: 7),
        optimizer: try OptimizerText.optimizer("adam", Double.self),
        settings: .init(steps: steps, measuresEvery: 5), folder: folder)
    }
    let whole = try trainer(25, nil).run()
    let kept = TrainingFolder(folder)
    try kept.create()
    _ = try trainer(10, kept).run()
    #expect(try trainer(25, kept).run(resuming: true).parameters.elements == whole.parameters.elements)
    nonisolated(unsafe) var serial: [Double] = []
    WorkerPool.shared.forEach(tiles: 2) { tile, _ in
      if tile == 0 { serial = (try? trainer(25, nil).run().parameters.elements) ?? [] }
    }
    #expect(serial == whole.parameters.elements)
  }

  @Test("methods that need a Jacobian are refused with others to take")
  func refusals() throws {
    let task = try task(Basin(), points: [4, 4, 4])
    #expect(throws: TrainingError.self) {
      _ = try Trainer(task, optimizer: LevenbergMarquardt<Double>(), settings: .init(steps: 1)).run()
    }
    #expect(throws: EquationError.self) {
      let system = try PointwiseSystem(Decaying(), free: ["rate"])
      var stream = RandomStream(seed: 3)
      _ = try SeparableTask(
        system, network: SeparableNetwork<Double>(system, widths: [4], rank: 2, from: &stream),
        points: [4, 4], settings: TrainingPoints(sampler: CollocationSampler(inside: 1, boundary: 1)))
    }
  }
}

private struct Decaying: Problem {
  let rate = ScalarField.parameter("rate", 1, in: 0...2)
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(0, 1) }
  var equations: [Equation] { [dt(u) + rate * u == 0] }
  var conditions: [Condition] { [.initial(u == x)] }
}
