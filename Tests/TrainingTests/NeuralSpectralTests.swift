import AllocationCounter
import Ansatz
import Foundation
import Testing

private struct PeriodicPoisson: Problem {
  let u = ScalarField.unknown("u")
  let s = ScalarField.unknown("s")
  var dimension = 2
  var domain: Domain { .torus(0, 2, dimension: dimension) }
  var equations: [Equation] { [-laplacian(u) == s] }
}

/// −∇·(a ∇u) = 1 between plates at 0 and 1, with a field a.
private struct Conduction: Problem {
  let u = ScalarField.unknown("u")
  let a = ScalarField.unknown("a")
  var domain: Domain { .box((-1, 1), (0, 3), periodic: [.y]) }
  var equations: [Equation] { [-div(a * grad(u)) == exp(x)] }
  var conditions: [Condition] {
    [.dirichlet(u == cos(2 * .pi / 3 * y), on: .left), .dirichlet(u == 2, on: .right)]
  }
}

private struct Fisher: Problem {
  var nu = ScalarField.parameter("nu", 0.01, in: 1e-4...1)
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(0, 1, periodic: true) }
  var equations: [Equation] { [dt(u) == nu * dx(dx(u)) + 5 * u * (1 - u)] }
}

private struct Vorticity: Problem {
  let w = ScalarField.unknown("w")
  let psi = ScalarField.unknown("psi")
  var domain: Domain { .torus(0, 1, dimension: 2) }
  var equations: [Equation] {
    [dt(w) + convect(perp(psi), w) == 0.01 * laplacian(w), laplacian(psi) == -w]
  }
}

/// u_tt = u_xx + u³ + s between walls, from a state and a rate.
private struct Strings: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(0, 2) }
  var equations: [Equation] { [dt(dt(u)) == dx(dx(u)) + pow(u, 3)] }
  var conditions: [Condition] {
    [.initial(u == x * (2 - x)), .initial(dt(u) == pow(x, 2) * (2 - x)), .dirichlet(u == 0)]
  }
}

@Suite("Neural spectral methods")
struct NeuralSpectralTests {
  private static let process = FieldSampler.gaussianProcess(length: 0.3, points: 8)

  private static func operators() throws -> [SpectralOperator<Double>] {
    [
      try SpectralOperator(
        PeriodicPoisson(),
        inputs: [.init(.field("s"), .gaussianProcess(length: 0.3, points: 6, zeroMean: true))],
        settings: .init(points: [7, 8], width: 3, depth: 2), seed: 1),
      try SpectralOperator(
        Conduction(), inputs: [.init(.field("a"), .gaussianProcess(length: 0.5, points: 5, range: 1...2))],
        settings: .init(points: [9, 7], width: 3, depth: 1, activation: "tanh"), seed: 2),
      try SpectralOperator(
        Fisher(), inputs: [.init(.initial("u"), .gaussianProcess(length: 0.2, points: 9, range: 0...1))],
        settings: .init(points: [10, 6], until: 0.7, width: 3, depth: 1), parameters: ["nu": 0.05], seed: 3),
      try SpectralOperator(
        Vorticity(), inputs: [.init(.initial("w"), .gaussianProcess(length: 0.8, points: 5, zeroMean: true))],
        settings: .init(points: [5, 6, 4], until: 3, width: 2, depth: 1), seed: 4),
      try SpectralOperator(
        Strings(), inputs: [.init(.source(equation: 0), process)],
        settings: .init(points: [9, 8], width: 3, depth: 1), seed: 5),
    ]
  }

  /// Parameters away from those of the beginning.
  private func shake(_ model: SpectralOperator<Double>, seed: UInt64) {
    var stream = RandomStream(seed: seed)
    for named in model.trainableParameters {
      let value = named.parameter.wrappedValue
      named.parameter.wrappedValue = value + .randomUniform(value.shape, in: -0.3..<0.3, from: &stream)
    }
  }

  @Test("the sum of squared coefficients is the mean square of the residual in space")
  func parseval() throws {
    for model in try Self.operators() {
      shake(model, seed: 7)
      let x = model.samples(2, seed: 3)
      let fields = try model.fields(x)
      let coefficients = try model.residual(fields)
      // Points of the same mean that are no points of the loss, with all derivatives and products formed there.
      let places = model.residual.residualGrid.axes.map { $0.with(points: 2 * $0.points + 3).coordinates }
      let values = try model.residual.values(fields, at: places)
      #expect(coefficients.count == values.count && !values.isEmpty)
      for (c, v) in zip(coefficients, values) {
        for entry in 0..<2 {
          let sum = c.slice(axis: 0, entry..<entry + 1).squared.sum()
          let mean = v.slice(axis: 0, entry..<entry + 1).squared.mean()
          // Functions of the coordinates, here exp(x) on nine points, are interpolated.
          let tolerance = model.outputs == ["u"] && model.inputs[0].name == "a" ? 1e-7 : 1e-10
          #expect(
            sum > 0 && abs(sum - mean) <= tolerance * mean, "\(model.inputs[0].name): \(sum), \(mean)")
        }
      }
      let objective = SpectralObjective(model, batch: 2)
      let x0 = SpectralTask(model, batch: 2).initialParameters
      let loss = try x.withUnsafeBufferPointer { input in
        objective.bind(input: input.baseAddress!)
        return try objective.value(at: x0)
      }
      let expected = coefficients.reduce(0) { $0 + $1.squared.sum() } / 4
      #expect(abs(loss - expected) <= 1e-12 * expected)
      var residuals = Tensor<Double>.zeros([objective.residualCount])
      try x.withUnsafeBufferPointer { input in
        objective.bind(input: input.baseAddress!)
        try objective.residuals(at: x0, into: &residuals)
      }
      #expect(abs(residuals.squared.sum() / 2 - loss) <= 1e-12 * loss)
    }
  }

  @Test("gradients are those of central differences")
  func gradients() throws {
    for model in try Self.operators() {
      shake(model, seed: 9)
      let objective = SpectralObjective(model, batch: 3)
      let input = model.samples(3, seed: 5)
      let x = SpectralTask(model, batch: 3).initialParameters
      var stream = RandomStream(seed: 6)
      let direction = Tensor<Double>.randomUniform(x.shape, in: -1..<1, from: &stream)
      try input.withUnsafeBufferPointer { input in
        objective.bind(input: input.baseAddress!)
        var gradient = x + 0
        _ = try objective.valueAndGradient(at: x, gradient: &gradient)
        let differences = try [1e-4, 5e-5].map { h in
          (try objective.value(at: x + direction * h) - objective.value(at: x - direction * h)) / (2 * h)
        }
        let expected = (4 * differences[1] - differences[0]) / 3
        let actual = gradient.dot(direction)
        #expect(abs(actual - expected) <= 1e-7 * abs(expected), "\(actual), \(expected)")
      }
    }
  }

  @Test("conditions hold for any network")
  func mollifiers() throws {
    let models = try Self.operators()
    for model in models { shake(model, seed: 11) }
    func values(_ model: SpectralOperator<Double>, _ field: Int, _ places: [[Double]]) -> [Double] {
      let v = model.values(model.samples(2, seed: 8), at: places)
      return v.slice(axis: v.rank - 1, field..<field + 1).elements
    }
    // Zero mean.
    let poisson = models[0](models[0].samples(2, seed: 8))
    #expect(abs(poisson[0, 0, 0, 0]) == 0 && poisson.maxMagnitude() > 0)
    // Values on sides, of which one is a cosine and one a number.
    let y = [0, 0.4, 2.2]
    for (value, place) in zip(values(models[1], 0, [[-1], y]), y + y) {
      #expect(abs(value - cos(2 * .pi / 3 * place)) <= 1e-12)
    }
    for value in values(models[1], 0, [[1], y]) { #expect(abs(value - 2) <= 1e-12) }
    // Initial states.
    for index in [2, 3] {
      let model = models[index]
      let input = model.samples(2, seed: 8)
      let spatial = Array(repeating: [0, 0.3, 0.71], count: index - 1)
      let expected = SpectralResidual<Double>.evaluation(
        model.grid, orders: model.grid.axes.map { _ in 0 }, at: spatial + [[0.5]])(input)
      let w = values(model, 0, spatial + [[0]])
      for (value, other) in zip(w, expected.elements) { #expect(abs(value - other) <= 1e-12) }
      let later = values(model, 0, spatial + [[0.5]])
      #expect(zip(later, w).contains { abs($0 - $1) > 1e-4 })
    }
    // A state, a rate and walls.
    let wave = models[4]
    let places = [0.2, 0.9, 1.6]
    let h = 1e-4
    let states = [0, h, 2 * h].map { values(wave, 0, [places, [$0]]) }
    for (i, place) in (places + places).enumerated() {
      #expect(abs(states[0][i] - place * (2 - place)) <= 1e-12)
      let change: Double = 4 * states[1][i] - states[2][i] - 3 * states[0][i]
      let expected: Double = place * place * (2 - place)
      #expect(abs(change / (2 * h) - expected) <= 1e-7)
    }
    for side in [0.0, 2] {
      for value in values(wave, 0, [[side], [0, 0.3, 1]]) { #expect(abs(value) <= 1e-12) }
    }
    // The other gauge.
    let gauged = try SpectralOperator<Double>(
      PeriodicPoisson(), inputs: [.init(.field("s"), .gaussianProcess(length: 0.3, zeroMean: true))],
      settings: .init(points: [7, 7], width: 2, depth: 1, mollifier: Mollifier(.zeroAtOrigin)))
    shake(gauged, seed: 12)
    #expect(values(gauged, 0, [[0], [0]]).allSatisfy { abs($0) <= 1e-14 })
    #expect(values(gauged, 0, [[0.3], [0.2]]).allSatisfy { abs($0) > 1e-9 })
  }

  @Test("residuals of known solutions vanish")
  func knownSolutions() throws {
    let models = try Self.operators()
    func coefficients(_ grid: SpectralGrid, _ f: ([Double]) -> Double) -> Tensor<Double> {
      var places: [[Double]] = [[]]
      for axis in grid.axes { places = places.flatMap { p in axis.coordinates.map { p + [$0] } } }
      return grid.coefficients(of: Tensor(shape: [1] + grid.points + [1], places.map(f)))
    }
    // −Δ sin πx cos 2πy = 5π² …
    let poisson = models[0]
    let wave = { (x: [Double]) -> Double in sin(Double.pi * x[0]) * cos(2 * Double.pi * x[1]) }
    var fields: [Tensor<Double>?] = [
      coefficients(poisson.grid, wave), coefficients(poisson.grid) { 5 * Double.pi * Double.pi * wave($0) },
    ]
    #expect(try poisson.residual(fields)[0].maxMagnitude() <= 1e-12)
    fields[1] = coefficients(poisson.grid) { 4 * Double.pi * Double.pi * wave($0) }
    #expect(abs(try poisson.residual(fields)[0].norm() - .pi * .pi / 2) <= 1e-11)
    // Cells of Taylor and Green decay like exp(−8π²νt), and do not move.
    let flow = try SpectralOperator<Double>(
      Vorticity(), inputs: [.init(.initial("w"), Self.process)],
      settings: .init(points: [5, 5, 14], width: 2, depth: 1))
    #expect(flow.residual.eliminated.map(\.unknown) == [1] && flow.residual.solved == [0])
    let decay = { (x: [Double]) -> Double in
      let cells: Double = sin(2 * Double.pi * x[0]) * sin(2 * Double.pi * x[1])
      return exp(-0.08 * Double.pi * Double.pi * x[2]) * cells
    }
    let state = flow.residual.completed([coefficients(flow.grid, decay), nil])
    #expect((state[1]! - state[0]! * (1 / (8 * .pi * .pi))).maxMagnitude() <= 1e-15)
    #expect(try flow.residual(state)[0].maxMagnitude() <= 1e-10)
    // A cubic term: u = x at all times has the residual −x³.
    let strings = models[4]
    let line = coefficients(strings.grid) { $0[0] }
    let zero = Tensor<Double>.zeros([1] + strings.grid.modes + [1])
    let cube = try strings.residual([line, zero])[0]
    let mean = cube.squared.sum()
    // The mean of (1 + ξ)⁶ over 1/(π√(1 − ξ²)) is C(12, 6)/2⁶ = 231/16.
    #expect(abs(mean - 231.0 / 16) <= 1e-10)
  }

  @Test("processes have the covariance that they are said to have")
  func samplers() throws {
    let grid = SpectralGrid([
      SpectralAxis(.fourier, points: 9, interval: 0...2),
      SpectralAxis(.chebyshev, points: 8, interval: 0...1),
    ])
    let sampler = try PreparedSampler(.gaussianProcess(length: 0.4), grid: grid, hasTime: false)
    let count = 4000
    var (variance, along, across) = (0.0, 0.0, 0.0)
    for i in 0..<count {
      let c = sampler.sample(seed: 3, index: UInt64(i)).reshaped([1] + grid.modes + [1])
      let v = grid.values(of: c)
      variance += v[0, 2, 3, 0] * v[0, 2, 3, 0] / Double(count)
      along += v[0, 2, 3, 0] * v[0, 4, 3, 0] / Double(count)
      across += v[0, 2, 3, 0] * v[0, 2, 6, 0] / Double(count)
    }
    let y = grid.axes[1].coordinates
    let (sine, distance): (Double, Double) = (sin(2 * .pi / 9), y[6] - y[3])
    let periodic: Double = exp(-sine * sine / 0.32)
    let bounded: Double = exp(-distance * distance / 0.32)
    // Five standard deviations of the estimates.
    func bound(_ c: Double) -> Double { 5 * ((1 + c * c) / Double(count)).squareRoot() }
    #expect(abs(variance - 1) <= bound(1))
    #expect(abs(along - periodic) <= bound(periodic))
    #expect(abs(across - bounded) <= bound(bounded))

    let ranged = try PreparedSampler(
      .gaussianProcess(length: 0.3, range: 0.5...2, amplitude: 2), grid: grid, hasTime: false)
    let values = grid.values(
      of: ranged.sample(seed: 1, index: 0).reshaped([1] + grid.modes + [1]))
    #expect(abs(values.min() - 1) <= 1e-12 && abs(values.max() - 4) <= 1e-12)
    let centred = try PreparedSampler(
      .gaussianProcess(length: 0.3, points: 7, zeroMean: true), grid: grid, hasTime: true)
    let c = centred.sample(seed: 1, index: 0)
    #expect(abs(c[0, 0]) <= 1e-14 && c.slice(axis: 1, 1..<8).maxMagnitude() == 0 && c.maxMagnitude() > 0.1)
    let constant = try PreparedSampler(.constant(in: 3...4), grid: grid, hasTime: false)
    let number = constant.sample(seed: 1, index: 5)
    #expect((3...4).contains(number[0, 0]) && abs(number.norm() - number[0, 0]) <= 1e-12)
  }

  private func task(_ seed: UInt64 = 2) throws -> SpectralTask<Float> {
    let model = try SpectralOperator<Float>(
      PeriodicPoisson(dimension: 1),
      inputs: [.init(.field("s"), .gaussianProcess(length: 0.3, zeroMean: true))],
      settings: .init(points: [15], width: 8, depth: 2), seed: seed)
    return SpectralTask(
      model, batch: 8, seed: seed, reference: try model.reference(8, seed: 77, points: [32]))
  }

  @Test("an operator is learned from the equation alone")
  func learning() throws {
    let result = try Trainer(
      task(), optimizer: try OptimizerText.optimizer("adam:500@5e-3+cosine", Float.self),
      settings: .init(steps: 500, measuresEvery: 250)
    ).run()
    let error = try #require(result.error)
    #expect(error < 0.06, "\(error)")
  }

  @Test("a training that was stopped goes on with the same bits, and threads do not change any")
  func resume() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "ansatz-spectral-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    func trainer(_ folder: TrainingFolder?) throws -> Trainer<SpectralTask<Float>> {
      Trainer(
        try task(), optimizer: try OptimizerText.optimizer("adam:10,muon", Float.self),
        settings: .init(steps: 20, measuresEvery: 5), folder: folder)
    }
    let whole = try trainer(nil).run()
    let files = TrainingFolder(folder)
    try files.create()
    _ = try trainer(files).run { $0.step == 7 ? "enough" : nil }
    let resumed = try trainer(files).run(resuming: true)
    #expect(resumed.parameters == whole.parameters && resumed.steps == 20)
    nonisolated(unsafe) var serial: Tensor<Float>?
    WorkerPool.shared.forEach(tiles: 1) { _, _ in serial = try? trainer(nil).run().parameters }
    #expect(serial == whole.parameters)
  }

  @Test("a step allocates nothing after the first ones")
  func allocations() throws {
    guard allocation_count_is_available() != 0 else { return }
    let task = try task()
    var (adam, x) = (Adam<Float>(), task.initialParameters)
    var before: Int64 = 0
    for step in 0..<8 {
      if step == 4 { before = allocation_count() }
      _ = try task.prepare(step: step, at: x)
      _ = try adam.step(task.objective, at: &x)
    }
    #expect(allocation_count() - before == 0)
  }

  @Test("references are the classical solver's")
  func references() throws {
    let model = try task().model
    let reference = try model.reference(2, seed: 5, points: [32])
    // u″ = −s mode by mode.
    let input = reference.inputs.elements
    for (j, x) in reference.places[0].enumerated() {
      var u = 0.0
      for k in 1..<15 {
        let w = Double.pi * Double((k + 1) / 2)
        let function: Double = k % 2 == 1 ? cos(w * x) : sin(w * x)
        u += input[k] / (w * w) * 2.0.squareRoot() * function
      }
      #expect(abs(reference.fields[0].values[0, j] - u) <= 1e-11)
    }
    // A bounded box, and an evolution, whose solutions have small residuals.
    let square = try SpectralOperator<Double>(
      HeldSquare(), inputs: [.init(.field("s"), .gaussianProcess(length: 0.5, points: 5))],
      settings: .init(points: [24, 24], width: 2, depth: 1))
    let held = try square.reference(1, seed: 4, points: [24, 24], places: [3, 3]).fields[0].values
    #expect(abs(held[0, 0, 1]) <= 1e-10 && abs(held[0, 1, 1]) > 1e-4)
    let fisher = try Self.operators()[2]
    let run = try fisher.reference(1, seed: 4, points: [48], frames: 3, step: 5e-3, places: [4])
    #expect(run.places == [[0, 0.25, 0.5, 0.75], [0, 0.35, 0.7]])
    let initial = fisher.grid.axes[0].evaluation(at: run.places[0])
    let start = matmul(initial, run.inputs.reshaped([9, 6]).slice(axis: 1, 0..<1))
    for j in 0..<4 { #expect(abs(run.fields[0].values[0, j, 0] - start[j, 0]) <= 1e-10) }
  }

  @Test("what cannot be taken is refused in words")
  func refusals() throws {
    func refused(
      _ problem: some Problem, _ inputs: [OperatorInput], _ settings: SpectralSettings, _ words: [String],
      location: SourceLocation = #_sourceLocation
    ) {
      let error = #expect(throws: EquationError.self, sourceLocation: location) {
        _ = try SpectralOperator<Double>(problem, inputs: inputs, settings: settings)
      }
      for word in words {
        #expect(
          error?.description.contains(word) == true, "\(String(describing: error))", sourceLocation: location)
      }
    }
    let field = OperatorInput(.field("s"), Self.process)
    let flat = SpectralSettings(points: [7, 7], width: 2, depth: 1)
    refused(PeriodicPoisson(), [], flat, ["none", "pinn"])
    refused(PeriodicPoisson(), [.init(.field("q"), Self.process)], flat, ["'q'", "u, s"])
    refused(PeriodicPoisson(), [.init(.parameter("k"), Self.process)], flat, ["'k'"])
    refused(PeriodicPoisson(), [.init(.source(equation: 3), Self.process)], flat, ["number 3"])
    refused(PeriodicPoisson(), [field, field], flat, ["same place"])
    refused(PeriodicPoisson(), [field], SpectralSettings(points: [7]), ["2 axes"])
    refused(
      PeriodicPoisson(), [field], SpectralSettings(points: [7, 7], activation: "sigmoidal"),
      ["sigmoidal", "gelu"])
    refused(
      PeriodicPoisson(), [field], SpectralSettings(points: [7, 7], mollifier: Mollifier(.dirichlet)),
      ["contradicts", "zeroMean"])
    refused(
      Fisher(), [.init(.initial("u"), Self.process)],
      SpectralSettings(points: [7, 7], mollifier: Mollifier(.zeroMean)), ["contradicts", "initial"])
    refused(Fisher(), [.init(.parameter("nu"), Self.process)], flat, ["no initial condition"])
    refused(
      HeldSquare(), [field], SpectralSettings(points: [7, 7], mollifier: Mollifier(.unconstrained)),
      ["contradicts"])
    refused(Kinked(), [field], flat, ["abs", "kinks"])
    refused(OneSided(), [field], flat, ["1 of the two sides"])
    refused(Insulated(), [field], flat, ["no mollifier meets", "pinn"])
    refused(
      Fisher(), [.init(.initial("u"), Self.process)], SpectralSettings(points: [7, 7], until: -1), ["-1"])
    refused(OnMesh(), [field], flat, ["mesh", "pinn"])
    refused(
      Walls(), [.init(.initial("u"), Self.process)], flat, ["contradicts"])
    refused(Underdetermined(), [field], flat, ["1 equations", "u, v"])
  }
}

private struct HeldSquare: Problem {
  let u = ScalarField.unknown("u")
  let s = ScalarField.unknown("s")
  var domain: Domain { .cube(0, 1, dimension: 2) }
  var equations: [Equation] { [-laplacian(u) == s] }
  var conditions: [Condition] { [.dirichlet(u == 0)] }
}

private struct Kinked: Problem {
  let u = ScalarField.unknown("u")
  let s = ScalarField.unknown("s")
  var domain: Domain { .torus(0, 1, dimension: 2) }
  var equations: [Equation] { [-laplacian(u) + abs(u) == s] }
}

private struct OneSided: Problem {
  let u = ScalarField.unknown("u")
  let s = ScalarField.unknown("s")
  var domain: Domain { .box((0, 1), (0, 1), periodic: [.y]) }
  var equations: [Equation] { [-laplacian(u) == s] }
  var conditions: [Condition] { [.dirichlet(u == 0, on: .left)] }
}

private struct Insulated: Problem {
  let u = ScalarField.unknown("u")
  let s = ScalarField.unknown("s")
  var domain: Domain { .box((0, 1), (0, 1), periodic: [.y]) }
  var equations: [Equation] { [-laplacian(u) + u == s] }
  var conditions: [Condition] { [.neumann(dn(u) == 0)] }
}

private struct OnMesh: Problem {
  let u = ScalarField.unknown("u")
  let s = ScalarField.unknown("s")
  var domain: Domain { .mesh(.lShape(cells: 2)) }
  var equations: [Equation] { [-laplacian(u) == s] }
}

private struct Walls: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(0, 1) }
  var equations: [Equation] { [dt(u) == dx(dx(u))] }
  var conditions: [Condition] { [.dirichlet(u == 0)] }
}

private struct Underdetermined: Problem {
  let u = ScalarField.unknown("u")
  let v = ScalarField.unknown("v")
  let s = ScalarField.unknown("s")
  var domain: Domain { .torus(0, 1, dimension: 2) }
  var equations: [Equation] { [-laplacian(u) + u * v == s] }
}
