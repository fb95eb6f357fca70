import Ansatz
import Foundation
import Testing

private struct Shock: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(-1, 1) }
  var equations: [Equation] { [dt(u) + u * dx(u) == 0.01 / .pi * dx(dx(u))] }
  var conditions: [Condition] { [.initial(u == -sin(.pi * x)), .dirichlet(u == 0)] }
}

private struct Membrane: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .cube(0, 1, dimension: 2) }
  var equations: [Equation] { [dt(dt(u)) == laplacian(u)] }
  var conditions: [Condition] {
    [
      .initial(u == x * y + sin(.pi * x) * sin(.pi * y)), .initial(dt(u) == sin(.pi * x) * y * (1 - y)),
      .dirichlet(u == x * y),
    ]
  }
}

/// u_t = ν u_xx + a sin πx from rest.
private struct HeatedRod: Problem {
  var diffusivity = ScalarField.parameter("diffusivity", 0.3, in: 0.01...2)
  var amplitude = ScalarField.parameter("amplitude", 0.5, in: 0...10)
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(0, 1) }
  var equations: [Equation] { [dt(u) == diffusivity * dx(dx(u)) + amplitude * sin(.pi * x)] }
  var conditions: [Condition] { [.initial(u == 0), .dirichlet(u == 0)] }
}

private struct HeldRod: Problem {
  var level = ScalarField.parameter("level", 0, in: -10...10)
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(0, 1) }
  var equations: [Equation] { [-dx(dx(u)) == .pi * .pi * sin(.pi * x)] }
  var conditions: [Condition] { [.dirichlet(u == level, on: .left), .dirichlet(u == 0, on: .right)] }
}

/// A layer and an equation of a user's own.
private struct GaussianBumps<Scalar: Real>: Layer {
  @Parameter var centres: Tensor<Scalar>
  @Parameter var widths: Tensor<Scalar>
  let mix: Dense<Scalar>

  init(_ count: Int, from stream: inout RandomStream) {
    centres = .randomUniform([count], in: -1..<1, from: &stream)
    widths = .full([count], 2)
    mix = Dense(count, 1, from: &stream)
  }

  func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> { mix(exp(-((x - centres) * widths).squared)) }
}

private struct Oscillator: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(0, 1) }
  var equations: [Equation] { [dx(dx(u)) + 4 * u == 5 * exp(x)] }
  var conditions: [Condition] {
    [.dirichlet(u == 1, on: .left), .dirichlet(u == .constant(2.718281828459045), on: .right)]
  }
  var exact: [Equation] { [u == exp(x)] }
}

private struct Jump: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(-1, 1, periodic: true) }
  var equations: [Equation] { [dt(u) + dx(u) == 0] }
  var conditions: [Condition] { [.initial(u == pow(x, 3))] }
}

private struct Tent: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(-1, 1, periodic: true) }
  var equations: [Equation] { [dt(u) + dx(u) == 0] }
  var conditions: [Condition] { [.initial(u == pow(x, 2))] }
}

extension ScalarField {
  fileprivate static func constant(_ value: Double) -> ScalarField { ScalarField(value) }
}

@Suite("Training of physics-informed networks")
struct PhysicsTrainingTests {
  @Test("hard conditions hold for any network")
  func hardConditions() throws {
    func check(_ problem: some Problem) throws {
      let system = try PointwiseSystem(problem)
      let conditions = try HardConditions(system, until: 2)
      #expect(conditions.remaining.isEmpty)
      var stream = RandomStream(seed: 3)
      let network = PhysicsNetwork(system, until: 2, conditions: conditions) {
        MLP<Double>([$0, 8, 1], from: &stream)
      }
      let sampler = CollocationSampler(inside: 1, boundary: 1, seed: 1)
      var tables: [PointwiseSystem.Place: Tensor<Double>] = [:]
      for condition in system.conditions {
        tables[condition.place] = sampler.points(condition.place, of: system, until: 2, count: 40)
      }
      tables[.inside] = sampler.points(.inside, of: system, until: 2, count: 40)
      let objective = try PhysicsObjective(system, model: network, points: PointSet(tables))
      _ = try objective.value(at: objective.parameterVector)
      for (term, loss) in zip(objective.terms, objective.termLosses) where term.place != .inside {
        #expect(loss <= 1e-24, "\(term.name) of \(problem.name): \(loss)")
      }
    }
    try check(Shock())
    try check(Membrane())
    try check(Oscillator())
  }

  @Test("initial values with a kink where the period ends are left to the loss")
  func kinksAcrossPeriods() throws {
    // x² cos πx has slopes of both signs at ±1; x³ jumps by itself; sin πx is smooth.
    #expect(try HardConditions(PointwiseSystem(AllenCahn1D())).remaining.map(\.place) == [.initial])
    #expect(try HardConditions(PointwiseSystem(Jump())).remaining.map(\.place) == [.initial])
    #expect(try HardConditions(PointwiseSystem(Burgers())).remaining.isEmpty)
    #expect(try HardConditions(PointwiseSystem(Convection())).remaining.isEmpty)
    // Transport alone asks for continuity alone.
    #expect(try HardConditions(PointwiseSystem(Tent())).remaining.isEmpty)
  }

  private func task(seed: UInt64 = 2) throws -> PhysicsTask<MLP<Double>> {
    let system = try PointwiseSystem(Shock())
    let conditions = try HardConditions(system)
    var stream = RandomStream(seed: seed)
    let network = PhysicsNetwork(system, conditions: conditions) {
      MLP<Double>([$0, 10, 10, 1], from: &stream)
    }
    let points = TrainingPoints(
      sampler: CollocationSampler(pattern: .residual, inside: 200, boundary: 20, seed: seed), renewsEvery: 7)
    return try PhysicsTask(system, network: network, settings: points, conditions: conditions.remaining)
  }

  @Test(
    "a training that was stopped goes on with the same bits",
    arguments: [
      "adam:9,ssbroyden", "lm", "lbfgs", "adam:12,gn", "sgd@1e-2", "adam:8+cosine,newton-cg:8,hessian-cg",
      "adamw@2e-3+warmup=5+step=0.5:6+clip=0.1+ema=0.9,bfgs", "amsgrad+plateau=0.5:3+decay=1e-3",
      "schedule-free-adamw:13,ssbroyden1", "schedule-free-sgd", "nesterov:10+onecycle,ssbfgs",
    ])
  func resume(optimizer text: String) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "ansatz-resume-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    func trainer(_ steps: Int, _ folder: TrainingFolder?) throws -> Trainer<PhysicsTask<MLP<Double>>> {
      Trainer(
        try task(), optimizer: try OptimizerText.optimizer(text, Double.self),
        settings: .init(steps: steps, measuresEvery: 5), folder: folder)
    }
    let whole = try trainer(24, nil).run()
    let files = TrainingFolder(folder)
    try files.create()
    // Stopped between two draws of points, then once more.
    _ = try trainer(24, files).run { $0.step == 11 ? "enough" : nil }
    _ = try trainer(24, files).run(resuming: true) { $0.step == 17 ? "enough" : nil }
    let resumed = try trainer(24, files).run(resuming: true)
    #expect(resumed.steps == whole.steps)
    #expect(resumed.parameters == whole.parameters)
    #expect(resumed.metrics.steps.last == whole.metrics.steps.last)
  }

  @Test("damaged checkpoints are refused in words")
  func damage() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "ansatz-damage-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = TrainingFolder(folder)
    try files.create()
    let make = {
      Trainer(
        try self.task(), optimizer: try OptimizerText.optimizer("adam", Double.self),
        settings: .init(steps: 5, measuresEvery: 5), folder: files)
    }
    _ = try make().run()
    #expect(throws: TrainingError.self) { try files.create() }
    let text = folder.appendingPathComponent("checkpoint.json")
    let tensors = folder.appendingPathComponent("checkpoint-5.safetensors")
    let (goodText, goodTensors) = (try Data(contentsOf: text), try Data(contentsOf: tensors))
    var stream = RandomStream(seed: 6)
    for round in 0..<60 {
      let damagesText = round % 2 == 0
      var bytes = damagesText ? goodText : goodTensors
      if round % 3 == 0 {
        bytes = bytes.prefix(Int(stream.nextUniform() * Double(bytes.count)))
      } else {
        let end = damagesText ? bytes.count : min(bytes.count, 800)
        for _ in 0..<3 { bytes[Int(stream.nextUniform() * Double(end))] = UInt8(stream.nextUniform() * 256) }
      }
      try bytes.write(to: damagesText ? text : tensors)
      // Whatever was hit, it is an error or a training, and never the end of the program.
      do { _ = try make().run(resuming: true) } catch { #expect(!"\(error)".isEmpty) }
      try goodText.write(to: text)
      try goodTensors.write(to: tensors)
    }
    var other = try task()
    _ = try? other.objective.value(at: other.initialParameters)
    other = try PhysicsTask(
      try PointwiseSystem(Shock()),
      network: { () throws -> PhysicsNetwork<MLP<Double>> in
        var stream = RandomStream(seed: 2)
        return PhysicsNetwork(try PointwiseSystem(Shock())) { MLP<Double>([$0, 4, 1], from: &stream) }
      }(), settings: TrainingPoints(sampler: CollocationSampler(inside: 50, boundary: 10)))
    let wrong = Trainer(
      other, optimizer: try OptimizerText.optimizer("adam", Double.self), settings: .init(steps: 9),
      folder: files)
    let error = #expect(throws: TrainingError.self) { try wrong.run(resuming: true) }
    #expect(error?.description.contains("parameters") == true)
  }

  @Test("a loss that is not finite names step and term")
  func notFinite() throws {
    struct Logarithm: Problem {
      let u = ScalarField.unknown("u")
      var domain: Domain { .interval(0, 1) }
      var equations: [Equation] { [dx(u) == log(u - 1e6)] }
      var conditions: [Condition] { [.dirichlet(u == 0, on: .left)] }
    }
    let system = try PointwiseSystem(Logarithm())
    var stream = RandomStream(seed: 2)
    let network = PhysicsNetwork(system) { MLP<Double>([$0, 4, 1], from: &stream) }
    let task = try PhysicsTask(
      system, network: network,
      settings: TrainingPoints(sampler: CollocationSampler(inside: 50, boundary: 10)))
    let trainer = Trainer(
      task, optimizer: try OptimizerText.optimizer("adam", Double.self), settings: .init(steps: 9))
    let error = #expect(throws: TrainingError.self) { try trainer.run() }
    #expect(error?.description.contains("'equation' at step 1") == true, "\(String(describing: error))")
  }

  @Test("diffusivity and source amplitude are found from 200 noisy points within 2 %")
  func inverse() throws {
    let (diffusivity, amplitude) = (0.12, 1.7)
    let count = 200
    var stream = RandomStream(seed: 40)
    var (points, values) = ([Double](), [Double]())
    for _ in 0..<count {
      let (x, t) = (stream.nextUniform(), stream.nextUniform())
      let rate = diffusivity * Double.pi * Double.pi
      let u = amplitude / rate * (1 - Foundation.exp(-rate * t)) * Foundation.sin(Double.pi * x)
      points += [x, t]
      values.append(u)
    }
    let scale = values.map(abs).max()!
    values = values.map { $0 + 0.01 * scale * stream.nextNormal() }
    let data = MeasuredPoints(
      points: Tensor(shape: [count, 2], points), values: Tensor(shape: [count, 1], values), unknowns: [0],
      weight: 100)
    let system = try PointwiseSystem(HeatedRod(), free: ["diffusivity", "amplitude"])
    let conditions = try HardConditions(system)
    var weights = RandomStream(seed: 41)
    let network = PhysicsNetwork(system, conditions: conditions) {
      MLP<Double>([$0, 12, 12, 1], from: &weights)
    }
    let task = try PhysicsTask(
      system, network: network,
      settings: TrainingPoints(
        sampler: CollocationSampler(inside: 400, boundary: 1, seed: 42), renewsEvery: 20),
      conditions: conditions.remaining, data: data)
    let trainer = Trainer(
      task, optimizer: LevenbergMarquardt<Double>(), settings: .init(steps: 120, measuresEvery: 20))
    _ = try trainer.run()
    let found = task.found.map { $0.wrappedValue.elements[0] }
    #expect(abs(found[0] - diffusivity) <= 0.02 * diffusivity, "diffusivity \(found[0])")
    #expect(abs(found[1] - amplitude) <= 0.02 * amplitude, "amplitude \(found[1])")
  }

  @Test("boundary data are found from measurements inside")
  func boundaryInverse() throws {
    let level = -2.4
    let x = [0.35, 0.5, 0.62, 0.81]
    let u = x.map { Foundation.sin(Double.pi * $0) + level * (1 - $0) }
    let data = MeasuredPoints(
      points: Tensor(shape: [4, 1], x), values: Tensor(shape: [4, 1], u), unknowns: [0])
    let system = try PointwiseSystem(HeldRod(), free: ["level"])
    let conditions = try HardConditions(system)
    // What is to be found cannot be built in; the other end can.
    #expect(conditions.remaining.map(\.place) == [.side(Side(.x, upper: false))])
    var weights = RandomStream(seed: 5)
    let network = PhysicsNetwork(system, conditions: conditions) { MLP<Double>([$0, 12, 1], from: &weights) }
    let task = try PhysicsTask(
      system, network: network,
      settings: TrainingPoints(sampler: CollocationSampler(pattern: .grid, inside: 50, boundary: 1)),
      conditions: conditions.remaining, data: data)
    _ = try Trainer(
      task, optimizer: LevenbergMarquardt<Double>(), settings: .init(steps: 200, measuresEvery: 50)
    ).run()
    let found = task.found[0].wrappedValue.elements[0]
    #expect(abs(found - level) < 1e-5, "level \(found)")
  }

  @Test("a layer and an equation of one's own train, and come out as a solution")
  func ownModel() throws {
    let problem = Oscillator()
    let system = try PointwiseSystem(problem)
    var stream = RandomStream(seed: 9)
    let network = PhysicsNetwork(system) { _ in GaussianBumps<Double>(12, from: &stream) }
    let names = network.namedParameters.map(\.name)
    #expect(names == ["core.centres", "core.widths", "core.mix.weight", "core.mix.bias"])
    let task = try PhysicsTask(
      system, network: network,
      settings: TrainingPoints(sampler: CollocationSampler(pattern: .grid, inside: 60, boundary: 1)))
    let result = try Trainer(
      task, optimizer: LevenbergMarquardt<Double>(), settings: .init(steps: 150, measuresEvery: 10)
    ).run()
    let error = try #require(result.error)
    #expect(error < 1e-5, "error \(error)")
    let solution = try task.solution(of: problem, points: [65])
    let errors = try solution.last.exactErrors
    #expect(errors[0].value < 1e-5)
    let residual = try solution.field("residual")
    #expect(residual.maxNorm < 1e-2)
    let middle = try solution.field("u")(0.5)
    #expect(abs(middle[0] - Foundation.exp(0.5)) < 1e-4)
  }

  @Test("random features solve a linear equation in one step of Gauss-Newton")
  func randomFeatures() throws {
    struct Sines: Problem {
      let u = ScalarField.unknown("u")
      var domain: Domain { .cube(0, 1, dimension: 2) }
      var equations: [Equation] { [-laplacian(u) == 2 * pow(.pi, 2) * sin(.pi * x) * sin(.pi * y)] }
      var conditions: [Condition] { [.dirichlet(u == 0)] }
      var exact: [Equation] { [u == sin(.pi * x) * sin(.pi * y)] }
    }
    let system = try PointwiseSystem(Sines())
    var stream = RandomStream(seed: 12)
    let network = PhysicsNetwork(system) {
      RandomFeatureNetwork<Double>(inputs: $0, features: 300, outputs: 1, range: 2, from: &stream)
    }
    let task = try PhysicsTask(
      system, network: network,
      settings: TrainingPoints(
        sampler: CollocationSampler(pattern: .grid, inside: 900, boundary: 30), conditionWeight: 100))
    #expect(task.objective.layout.count == 301)
    let result = try Trainer(
      task, optimizer: GaussNewton<Double>(threshold: 1e-14), settings: .init(steps: 1, measuresEvery: 1)
    ).run()
    let error = try #require(result.error)
    #expect(error < 1e-8, "error \(error)")
  }

  @Test("optimizers that do not exist are refused with those that do")
  func optimizerText() throws {
    for (text, part) in [
      ("", "adam, "), ("adam,", "no optimizer ''"), ("nwton", "newton-cg"), ("adam:x", "adam:1000"),
      ("lm@1e-3", "no rate"), ("adam@-1", "no rate"), ("adam:0", "no number of steps"), ("adam:", "steps"),
      ("adam@", "no rate"), ("lbfgs+cosine", "cannot be modified"), ("adam+cosine", "adam:1000"),
      ("adam+cosin=5", "cosine=N"), ("adam+step=0.5", "step=F:N"), ("adam+step=2:5", "'2'"),
      ("adam+warmup=1.5", "whole"), ("adam+cosine=5:6", "too many"), ("adam+ema=1", "'1'"),
      ("adam:9+cosine+linear", "two schedules"), ("adam+", "''"), ("adam+clip=nan", "'nan'"),
      ("smb@0", "no rate"), ("oasis+cosine=5", "cannot be modified"),
      ("adafisher+clip=1", "cannot be modified"), ("lm+skip=0", "'0'"),
    ] {
      let error = #expect(throws: TrainingError.self) { try OptimizerText.optimizer(text, Double.self) }
      #expect(error?.description.contains(part) == true, "'\(text)': \(error?.description ?? "")")
    }
    _ = try OptimizerText.optimizer("adam:100@1e-2, ssbfgs:20, lbfgs", Float.self)
    _ = try OptimizerText.optimizer("adam:9@1e+0 + cosine + clip=1e+2, lm + skip", Float.self)
    _ = try OptimizerText.optimizer("smb:5@0.5 + skip=3, adafisher:9@1e-2+cosine, oasis@1e-2", Double.self)
  }

  @Test("a training with every optimizer in turn goes on with the same bits", arguments: [31, 77, 120])
  func resumeAmongAll(stop: Int) throws {
    let text = OptimizerText.names.map { "\($0.name):4" }.joined(separator: ",")
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(
      "all-\(stop)-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: url) }
    func run(_ folder: TrainingFolder?, until last: Int? = nil, resuming: Bool = false) throws
      -> Tensor<Double>
    {
      try Trainer(
        task(), optimizer: try OptimizerText.optimizer(text, Double.self),
        settings: .init(steps: 160, measuresEvery: 40), folder: folder
      ).run(resuming: resuming) { $0.step == last ? "enough" : nil }.parameters
    }
    let folder = TrainingFolder(url)
    try folder.create()
    _ = try run(folder, until: stop)
    #expect(try run(folder, resuming: true) == run(nil))
  }

  @Test("parts of the loss add up to it in every row, whatever the method evaluated last")
  func partsAddUp() throws {
    // Soft conditions, so that there are three terms; steps of each kind, refused trials among them.
    for text in ["adam:10,lm", "lm-geodesic", "ssbroyden", "adam@1e-2+ema=0.9", "engd"] {
      let system = try PointwiseSystem(Shock())
      var stream = RandomStream(seed: 3)
      let network = PhysicsNetwork(system) { MLP<Double>([$0, 8, 1], from: &stream) }
      let task = try PhysicsTask(
        system, network: network,
        settings: TrainingPoints(
          sampler: CollocationSampler(pattern: .uniform, inside: 60, boundary: 10, seed: 1)))
      let metrics = try Trainer(
        task, optimizer: try OptimizerText.optimizer(text, Double.self),
        settings: .init(steps: 40, measuresEvery: 1)
      ).run().metrics
      let parts = try metrics.names.filter { $0.hasPrefix("loss(") }.map { try #require(metrics.series($0)) }
      #expect(parts.count == 4, "\(text): \(metrics.names)")
      for (row, loss) in try #require(metrics.series("loss")).enumerated() {
        let sum = parts.reduce(0) { $0 + $1[row] }
        #expect(abs(sum - loss) <= 1e-6 * loss, "\(text), row \(row): \(sum) and \(loss)")
      }
    }
  }

  @Test("every optimizer by name lowers a loss, and schedules set the rate")
  func everyOptimizer() throws {
    for name in OptimizerText.names.map(\.name) {
      let task = try task()
      let before = try task.objective.value(at: task.initialParameters)
      let optimizer = try OptimizerText.optimizer(name, Double.self)
      let result = try Trainer(task, optimizer: optimizer, settings: .init(steps: 6, measuresEvery: 6)).run()
      let after = try task.objective.value(at: result.parameters)
      #expect(after < before, "\(name): \(before) to \(after) in \(result.steps) steps, \(result.reason)")
    }
    // The rate that each step takes, against the schedule in closed form.
    func rates(_ text: String, _ steps: Int) throws -> [Double] {
      let optimizer = try OptimizerText.optimizer(text, Double.self)
      return try Trainer(task(), optimizer: optimizer, settings: .init(steps: steps, measuresEvery: 1)).run()
        .metrics.series("rate")!
    }
    for (k, rate) in try rates("adam:8@1e-3+cosine", 8).enumerated() {
      #expect(abs(rate - 5e-4 * (1 + cos(Double.pi * Double(k) / 8))) < 1e-18)
    }
    let stepped = try rates("adam@1e-3+warmup=2+step=0.5:2", 6)
    for (rate, expected) in zip(stepped, [0.5, 1, 1, 1, 0.5, 0.5]) {
      #expect(abs(rate - 1e-3 * expected) < 1e-18)
    }
    let linear = try rates("sgd@1e-4+linear=4", 6)
    for (rate, expected) in zip(linear, [1, 0.75, 0.5, 0.25, 0, 0]) {
      #expect(abs(rate - 1e-4 * expected) < 1e-18)
    }
  }
}
