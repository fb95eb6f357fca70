import Ansatz
import Foundation
import Testing

/// u_t = −u at every point: u = u₀ e⁻ᵗ.
private struct Decay: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(0, 1, periodic: true) }
  var equations: [Equation] { [dt(u) == -u] }
  var conditions: [Condition] { [.initial(u == sin(2 * .pi * x) + 0.3)] }
  var exact: [Equation] { [u == (sin(2 * .pi * x) + 0.3) * exp(-t)] }
}

/// A string that is moved at its ends.
private struct MovedString: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(0, 1) }
  var equations: [Equation] { [dt(dt(u)) == dx(dx(u))] }
  var conditions: [Condition] {
    [
      .initial(u == sin(.pi * x)), .initial(dt(u) == x), .dirichlet(u == 0, on: .left),
      .dirichlet(u == t, on: .right),
    ]
  }
  var exact: [Equation] { [u == sin(.pi * x) * cos(.pi * t) + x * t] }
}

/// A steady and a moving unknown on a square that is periodic along y.
private struct Mixed: Problem {
  let u = ScalarField.unknown("u")
  let p = ScalarField.unknown("p")
  var domain: Domain { .box([(0, 2), (0, 1)], periodic: [.y]) }
  var equations: [Equation] { [dt(u) == laplacian(u) + t, laplacian(p) == u] }
  var conditions: [Condition] {
    [.initial(u == x * (2 - x) * cos(2 * .pi * y)), .dirichlet(u == 0), .dirichlet(p == 0)]
  }
}

private func training(
  _ problem: some Problem, windows: TimeWindows, until: Double = 1, inside: Int = 200, isHard: Bool = true,
  renew: Int? = 7, widths: [Int] = [10]
) throws -> WindowedTask<MLP<Double>> {
  let system = try PointwiseSystem(problem)
  var stream = RandomStream(seed: 4)
  return try WindowedTask(
    system, windows: windows,
    settings: TrainingPoints(
      sampler: CollocationSampler(pattern: .residual, inside: inside, boundary: 20, seed: 2),
      renewsEvery: renew, until: until), isHard: isHard
  ) { MLP<Double>([$0] + widths + [system.unknowns.count], from: &stream) }
}

@Suite("Windows of time")
struct WindowTests {
  @Test("a decay over windows is its exact solution")
  func decay() throws {
    for start in TimeWindows.Start.allCases {
      let task = try training(Decay(), windows: TimeWindows(3, start: start), until: 3, renew: nil)
      let result = try Trainer(
        task, optimizer: LevenbergMarquardt<Double>(), settings: .init(steps: 120, measuresEvery: 10)
      ).run()
      #expect(task.stage == 2)
      #expect(result.steps == 120)
      #expect(result.error! < 1e-3, "\(start): \(result.error!)")
      #expect(task.remarks.isEmpty)
      // Points in every window, against the closed form.
      for t in [0.0, 0.4, 1.0, 1.7, 2.0, 2.9] {
        let exact = (sin(0.2 * .pi) + 0.3) * exp(-t)
        let point = Tensor<Double>(shape: [1, 2], [0.1, t])
        #expect(abs(task.unknowns(at: point).elements[0] - exact) < 1e-3)
      }
    }
  }

  @Test("states are handed on exactly, with their derivatives in time where the equation is of second order")
  func continuity() throws {
    let problem = MovedString()
    let task = try training(problem, windows: TimeWindows(ends: [0.2, 0.5, 1]), until: 2)
    _ = try Trainer(
      task, optimizer: LevenbergMarquardt<Double>(), settings: .init(steps: 30, measuresEvery: 5)
    ).run()
    for (k, t) in [(1, 0.4), (2, 1.0)] {
      let x = (0...10).map { Double($0) / 10 }
      func table(_ time: Double) -> Tensor<Double> {
        Tensor(shape: [11, 2], x.flatMap { [$0, time] })
      }
      // One side of the border and the other: u and ∂u/∂t agree to first order in the distance.
      let h = 1e-5
      let (before, at, after) = (
        task.unknowns(at: table(t - h)), task.unknowns(at: table(t)), task.unknowns(at: table(t + h))
      )
      let jump = (after - 2 * at + before).maxMagnitude()
      #expect(jump < 1e-7, "a kink of \(jump / h) at the beginning of window \(k + 1)")
      // The sides are met on both.
      for side in [before, after] { #expect(abs(side.elements[0]) < 1e-11) }
      #expect(abs(after.elements[10] - (t + h)) < 1e-11)
    }
    #expect(task.current.objective.terms.map(\.place) == [.inside])
  }

  @Test("unknowns without a derivative in time are handed nothing; conditions may be left to the loss")
  func mixed() throws {
    let hard = try training(Mixed(), windows: TimeWindows(2), inside: 60)
    try hard.beginNextStage(after: hard.initialParameters)
    #expect(hard.objective.terms.map(\.place) == [.inside, .inside])
    let soft = try training(Mixed(), windows: TimeWindows(2), inside: 60, isHard: false)
    #expect(soft.objective.terms.contains { $0.place == .initial })
    try soft.beginNextStage(after: soft.initialParameters)
    #expect(!soft.objective.terms.contains { $0.place == .initial })
    #expect(soft.objective.terms.contains { $0.place == .side(Side(.x, upper: true)) })
    // Also those begin with what was.
    let points = Tensor<Double>(shape: [3, 3], [0.3, 0.2, 0.5, 1.1, 0.9, 0.5, 2, 0.4, 0.5])
    let own = soft.unknowns(at: points)
    let next = soft.current.network(points - Tensor<Double>(shape: [1, 3], [0, 0, 0.5]))
    for i in [0, 2, 4] { #expect(abs(own.elements[i] - next.elements[i]) < 1e-10) }
  }

  @Test("a training that is stopped in any window goes on with the same bits")
  func resume() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("windows-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: url) }
    func task() throws -> WindowedTask<MLP<Double>> {
      try training(Decay(), windows: TimeWindows(3, rule: StageRule(patience: 3)), until: 2, inside: 50)
    }
    func trainer(_ task: WindowedTask<MLP<Double>>, _ folder: TrainingFolder? = nil)
      throws -> Trainer<WindowedTask<MLP<Double>>>
    {
      Trainer(
        task, optimizer: try OptimizerText.optimizer("adam:5,ssbroyden", Double.self),
        settings: .init(steps: 66, measuresEvery: 4), folder: folder)
    }
    let whole = try task()
    let expected = try trainer(whole).run()
    for stop in [3, 22, 23, 50] {
      let folder = TrainingFolder(url.appendingPathComponent("\(stop)"))
      try folder.create()
      let first = try trainer(try task(), folder).run { $0.step >= stop ? "enough" : nil }
      #expect(first.wasInterrupted && first.steps >= stop)
      let rest = try task()
      let result = try trainer(rest, folder).run(resuming: true)
      #expect(result.parameters == expected.parameters, "stopped after \(stop) steps")
      #expect(result.bestParameters == expected.bestParameters)
      #expect(rest.stage == whole.stage)
      #expect(rest.state == whole.state)
      let time = result.metrics.names.firstIndex(of: "seconds")!
      for (a, b) in zip(result.metrics.rows, expected.metrics.rows) {
        for i in a.indices where i != time { #expect(a[i] == b[i]) }
      }
      // Every window's parameters are in the file.
      let model = try folder.model(Double.self)
      #expect(
        model["windows.0.core.layers.0.weight"] != nil && model["windows.2.core.layers.0.weight"] != nil)
    }
  }

  @Test("a stage ends at its rule, or with its share")
  func rules() throws {
    func end(_ rule: StageRule, steps: Int) throws -> [Int] {
      let task = try training(Decay(), windows: TimeWindows(3, rule: rule), inside: 50)
      var ends: [Int] = []
      var window = 0
      _ = try Trainer(
        task, optimizer: LevenbergMarquardt<Double>(), settings: .init(steps: steps, measuresEvery: 2)
      ).run { progress in
        if task.stage != window { ends.append(progress.step) }
        window = task.stage
        return nil
      }
      return ends
    }
    #expect(try end(StageRule(), steps: 31) == [10, 20])
    #expect(try end(StageRule(steps: 4), steps: 31) == [4, 8])
    let early = try end(StageRule(tolerance: 1), steps: 31)
    #expect(early.count == 2 && early[0] < 10)
  }

  @Test("what has no windows is refused")
  func refusals() throws {
    #expect(throws: TrainingError.self) {
      _ = try training(PoissonManufactured(), windows: TimeWindows(2))
    }
    let system = try PointwiseSystem(Burgers(), free: ["viscosity"])
    #expect(throws: TrainingError.self) {
      _ = try WindowedTask(
        system, windows: TimeWindows(2),
        settings: TrainingPoints(sampler: CollocationSampler(inside: 10, boundary: 1))
      ) {
        var stream = RandomStream(seed: 1)
        return MLP<Double>([$0, 4, 1], from: &stream)
      }
    }
    let task = try training(Decay(), windows: TimeWindows(2))
    #expect(throws: TrainingError.self) { try task.restore([:]) }
    #expect(throws: TrainingError.self) { try task.restore(["window": Tensor([1.0])]) }
  }
}

/// u″ = f with a solution of one wave, on an interval or a circle.
private struct Steady: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(-1, 1) }
  var equations: [Equation] { [dx(dx(u)) == -9 * .pi * .pi * sin(3 * .pi * x)] }
  var conditions: [Condition] { [.dirichlet(u == 0)] }
  var exact: [Equation] { [u == sin(3 * .pi * x)] }
}

private struct Reaction: Problem {
  var strength = ScalarField.parameter("strength", 2, in: 0...10)
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(0, 1) }
  var equations: [Equation] { [dx(u) == strength * u] }
  var conditions: [Condition] { [.dirichlet(u == 1, on: .left)] }
  var exact: [Equation] { [u == exp(strength * x)] }
}

@Suite("Partitions and curricula")
struct PartitionTests {
  @Test("windows of a partition sum to one, and are zero where another network is in charge")
  func unity() {
    var stream = RandomStream(seed: 3)
    let axes = [PartitionAxis(4, overlap: 1.5), PartitionAxis(3, periodic: true), PartitionAxis(1)]
    let network = PartitionedNetwork(axes) { MLP<Double>([$0, 3, 1], from: &stream) }
    #expect(network.parts.count == 12)
    let count = 200
    let unit = Tensor<Double>.randomUniform([count, 3], in: -1..<1, from: &stream)
    let angle = unit.slice(axis: 1, 1..<2) * Double.pi
    let features = Tensor.concatenated(
      [unit.slice(axis: 1, 0..<1), cos(angle), sin(angle), unit.slice(axis: 1, 2..<3)], axis: 1)
    let weights = network.weights(features)
    #expect(weights.shape == [count, 12])
    let sums = weights.sum(axis: 1).elements
    #expect(sums.allSatisfy { abs($0 - 1) < 1e-14 })
    #expect(weights.elements.allSatisfy { $0 >= 0 && $0 <= 1 })
    // Along the first axis a window reaches 1.5/4 from its centre.
    for i in 0..<count {
      let x = unit[i, 0]
      for j in 0..<4 where abs(x - (-1 + (2 * Double(j) + 1) / 4)) >= 1.5 / 4 {
        #expect(weights.slice(axis: 0, i..<i + 1).elements[3 * j..<3 * j + 3].allSatisfy { $0 == 0 })
      }
    }
    // Networks that are all the same constant give that constant.
    for part in network.parts {
      for named in part.trainableParameters {
        named.parameter.wrappedValue =
          named.name.hasSuffix("1.bias") ? Tensor([2.5]) : 0 * named.parameter.wrappedValue
      }
    }
    #expect(network(features).elements.allSatisfy { abs($0 - 2.5) < 1e-13 })
  }

  @Test("a partition learns what its small networks together can", arguments: ["lm", "ssbroyden"])
  func partition(optimizer: String) throws {
    let system = try PointwiseSystem(Steady())
    var stream = RandomStream(seed: 5)
    let axes = try PartitionAxis.axes(of: system, counts: [3])
    let network = PhysicsNetwork(system, conditions: try HardConditions(system)) { _ in
      PartitionedNetwork(axes) { MLP<Double>([$0, 6, 1], from: &stream) }
    }
    let task = try PhysicsTask(
      system, network: network,
      settings: TrainingPoints(sampler: CollocationSampler(pattern: .grid, inside: 80, boundary: 1)),
      conditions: [])
    let result = try Trainer(
      task, optimizer: try OptimizerText.optimizer(optimizer, Double.self),
      settings: .init(steps: optimizer == "lm" ? 60 : 400)
    ).run()
    #expect(result.error! < 1e-3, "\(result.error!)")
    #expect(throws: TrainingError.self) { _ = try PartitionAxis.axes(of: system, counts: [3, 2]) }
  }

  @Test("a curriculum ends with the problem that is meant, and resumes with the same bits")
  func curriculum() throws {
    func task() throws -> CurriculumTask<MLP<Double>> {
      var stream = RandomStream(seed: 5)
      let stages = try [0.5, 1, 3].map {
        try PointwiseSystem(Reaction(), parameters: ParameterValues(["strength": $0]))
      }
      return try CurriculumTask(
        stages,
        settings: TrainingPoints(sampler: CollocationSampler(inside: 30, boundary: 1), renewsEvery: 7)
      ) { MLP<Double>([$0, 8, 1], from: &stream) }
    }
    func trainer(_ task: CurriculumTask<MLP<Double>>, _ folder: TrainingFolder? = nil) -> Trainer<
      CurriculumTask<MLP<Double>>
    > {
      Trainer(
        task, optimizer: LevenbergMarquardt<Double>(), settings: .init(steps: 60, measuresEvery: 5),
        folder: folder)
    }
    let whole = try task()
    let expected = try trainer(whole).run()
    #expect(whole.stage == 2 && expected.error! < 1e-2, "\(expected.error!)")
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("stages-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: url) }
    let folder = TrainingFolder(url)
    try folder.create()
    _ = try trainer(try task(), folder).run { $0.step >= 27 ? "enough" : nil }
    let rest = try task()
    let result = try trainer(rest, folder).run(resuming: true)
    #expect(result.parameters == expected.parameters && result.bestParameters == expected.bestParameters)
    let other = try PointwiseSystem(Steady())
    #expect(throws: TrainingError.self) {
      _ = try CurriculumTask([try PointwiseSystem(Reaction()), other], settings: whole.current.settings) {
        var stream = RandomStream(seed: 5)
        return MLP<Double>([$0, 8, 1], from: &stream)
      }
    }
  }

  @Test("the number of threads changes no bit of windows and partitions")
  func threads() throws {
    func run() throws -> Tensor<Double> {
      let system = try PointwiseSystem(Decay())
      let axes = try PartitionAxis.axes(of: system, counts: [2, 2])
      var stream = RandomStream(seed: 4)
      let task = try WindowedTask(
        system, windows: TimeWindows(2),
        settings: TrainingPoints(
          sampler: CollocationSampler(pattern: .residual, inside: 300, boundary: 20, seed: 2), renewsEvery: 3,
          balancing: LossBalancing(.selfAdaptive))
      ) { _ in PartitionedNetwork(axes) { MLP<Double>([$0, 5, 1], from: &stream) } }
      return try Trainer(
        task, optimizer: try OptimizerText.optimizer("adam:3,ssbroyden", Double.self),
        settings: .init(steps: 16, measuresEvery: 4)
      ).run().parameters
    }
    let own = try run()
    nonisolated(unsafe) var serial: Tensor<Double>?
    // A region inside a region runs serially.
    WorkerPool.shared.forEach(tiles: 2) { tile, _ in if tile == 0 { serial = try? run() } }
    #expect(serial == own)
  }
}
