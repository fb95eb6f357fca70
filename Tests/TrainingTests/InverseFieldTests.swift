import Ansatz
import Foundation
import Testing

/// −(e^b u′)′ + u³ = f, with two conditions.
private struct Rod: Problem {
  let u = ScalarField.unknown("u")
  let logDiffusivity: ScalarField
  let reaction: ScalarField
  init(_ formula: ScalarField = 0, reaction: ScalarField = .parameter("reaction", 1, in: 0...10)) {
    logDiffusivity = .coefficient("b", formula)
    self.reaction = reaction
  }
  var domain: Domain { .interval(0, 2) }
  var equations: [Equation] { [-dx(exp(logDiffusivity) * dx(u)) + reaction * pow(u, 3) == 4 + x] }
  var conditions: [Condition] { [.dirichlet(u == 0, on: .left), .dirichlet(u == 1, on: .right)] }
  var derived: [Derived] { [.field("diffusivity", exp(logDiffusivity))] }
}

private struct Plate: Problem {
  let u = ScalarField.unknown("u")
  let b: ScalarField
  init(_ formula: ScalarField = 0) { b = .coefficient("b", formula) }
  var domain: Domain { .rectangle((0, 1), (-1, 1)) }
  var equations: [Equation] { [-div(exp(b) * grad(u)) + sin(b) * u == 5 * x + 1] }
  var conditions: [Condition] { [.dirichlet(u == x * y)] }
}

private struct Strip: Problem {
  let u = ScalarField.unknown("u")
  let speed = ScalarField.coefficient("speed", 1 + 0.5 * sin(.t))
  let decay = ScalarField.parameter("decay", 0.25, in: 0...4)
  var domain: Domain { .interval(0, 1, periodic: true) }
  var equations: [Equation] { [dt(u) + speed * dx(u) + decay * u == 0] }
  var conditions: [Condition] { [.initial(u == sin(2 * .pi * x))] }
}

private struct Stretched: Problem {
  let length = ScalarField.parameter("length", 1, in: 0.1...10)
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(0, length) }
  var equations: [Equation] { [-length * dx(dx(u)) == 1] }
  var conditions: [Condition] { [.dirichlet(u == 0)] }
}

private struct Doubled: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(0, 1) }
  var equations: [Equation] {
    [-dx(ScalarField.coefficient("b", 1) * dx(u)) + ScalarField.coefficient("b", 2) * u == 1]
  }
  var conditions: [Condition] { [.dirichlet(u == 0)] }
}

/// Columns that are given by formulas of the points, with one parameter that nothing depends on but the second column.
private struct Known: Layer {
  typealias Scalar = Double
  @Parameter var shift = Tensor<Double>([0])
  let columns: [(Tensor<Double>, Tensor<Double>) -> Tensor<Double>]
  func callAsFunction(_ p: Tensor<Double>) -> Tensor<Double> {
    let (x, y) = (p.slice(axis: 1, 0..<1), p.slice(axis: 1, 1..<2))
    return .concatenated(columns.enumerated().map { i, f in i == 1 ? f(x, y) + shift : f(x, y) }, axis: 1)
  }
}

@Suite("Coefficients that are to be found")
struct InverseFieldTests {
  // MARK: - The language

  @Test("a coefficient is its formula for classical solvers")
  func formula() throws {
    let formula = 0.4 * cos(.pi * .x) * .y
    let stated = try solve(Plate(formula), with: FiniteElementMethod(order: 2, cells: [8, 8]))
    let given = try solve(
      Plate().setting(coefficients: ["b": formula]), with: FiniteElementMethod(order: 2, cells: [8, 8]))
    let points = [[0.31, 0.2], [0.77, -0.6]]
    let (a, b) = (try stated.field("u").values(at: points)[0], try given.field("u").values(at: points)[0])
    for (a, b) in zip(a, b) { #expect(abs(a - b) < 1e-13) }
    // The value by hand: the equation's residual of the solution is small only with this formula.
    #expect("\(Plate(formula).equations[0])".contains("exp(b)"))
    #expect(throws: EquationError.self) { try Plate().setting(coefficients: ["c": 1]) }
  }

  @Test("derivatives of a coefficient enter by the product rule")
  func productRule() throws {
    let system = try PointwiseSystem(Plate(), fields: ["b"])
    #expect(system.functions == 2 && system.name(of: 1) == "b")
    let u: (Tensor<Double>, Tensor<Double>) -> Tensor<Double> = { sin(2 * $0) * cos($1) }
    let b: (Tensor<Double>, Tensor<Double>) -> Tensor<Double> = { 0.5 * cos(3 * $0 + $1) + $0 * $1 }
    var stream = RandomStream(seed: 1)
    let points = PointSet<Double>([.inside: .randomUniform([40, 2], in: 0..<1, from: &stream)])
    let found = try PhysicsObjective(
      system, model: Known(columns: [u, b]), points: points, conditions: [])
    let stated = try PhysicsObjective(
      PointwiseSystem(Plate(0.5 * cos(3 * .x + .y) + .x * .y)), model: Known(columns: [u]), points: points,
      conditions: [])
    func residuals(_ objective: PhysicsObjective<Double>) throws -> [Double] {
      var r = Tensor<Double>.zeros([40])
      try objective.residuals(at: objective.parameterVector, into: &r)
      return r.elements
    }
    let pairs = zip(try residuals(found), try residuals(stated))
    #expect(pairs.allSatisfy { (a: Double, b: Double) in abs(a - b) < 1e-12 * (1 + abs(b)) })
  }

  @Test("what cannot be found is said")
  func refusals() throws {
    func message(_ body: () throws -> Void) -> String {
      do {
        try body()
        return ""
      } catch { return "\(error)" }
    }
    #expect(message { _ = try PointwiseSystem(Rod(), fields: ["c"]) }.contains("no coefficient 'c'"))
    #expect(message { _ = try PointwiseSystem(Rod(), free: ["b"]) }.contains("find it as a field"))
    #expect(message { _ = try PointwiseSystem(Rod(), fields: ["b", "b"]) }.contains("twice"))
    #expect(
      message { _ = try PointwiseSystem(Rod(), free: ["reaction"], fields: ["reaction"]) }.contains("twice"))
    #expect(
      message { _ = try PointwiseSystem(Rod(), parameters: ["reaction": 2], fields: ["reaction"]) }
        .contains("given and to be found"))
    #expect(message { _ = try PointwiseSystem(Stretched(), fields: ["length"]) }.contains("domain"))
    #expect(message { _ = try PDESystem(Doubled()) }.contains("two quantities named 'b'"))
    let rod = try PointwiseSystem(Rod(), fields: ["b"])
    #expect(
      message { _ = try FieldModel<Double>(0, of: rod, as: FieldSearch(.modes([3, 3]))) }.contains("modes"))
    #expect(
      message {
        _ = try FieldModel<Double>(0, of: rod, as: FieldSearch(.network([4]), prior: ModePrior()))
      }.contains("prior"))
    let strip = try PointwiseSystem(Strip(), fields: ["speed"])
    #expect(
      message { _ = try FieldModel<Double>(0, of: strip, as: FieldSearch(.modes([3]))) }.contains("periodic"))
    #expect(
      message {
        _ = try CoefficientMap(
          Strip(), coefficient: "decay", modes: CosineModes([2], on: [0...1]),
          method: FiniteElementMethod(cells: [8]), measuring: ["u"], at: [[0.5]])
      } != "")
    #expect(
      message {
        _ = try CoefficientMap(
          Rod(), coefficient: "b", modes: CosineModes([2], on: [0...2]),
          method: FiniteElementMethod(cells: [8]), measuring: ["u"], at: [[2.5]])
      }.contains("outside"))
    #expect(message { _ = try task(rod, data: nil, .modes([3])) }.contains("no measurements"))
  }

  // MARK: - The classical way

  @Test("sensitivities are the derivatives of the map", arguments: ["b", "reaction"])
  func sensitivities(coefficient: String) throws {
    let modes = CosineModes([4], on: [0...2])
    let map = try CoefficientMap(
      Rod(), coefficient: coefficient, modes: modes, method: FiniteElementMethod(order: 2, cells: [20]),
      measuring: ["u"], at: [[0.3], [0.9], [1.234], [1.7]])
    let c = [0.2, -0.3, 0.25, 0.1]
    let (values, jacobian) = try map.derivative(at: c)
    for k in 0..<4 {
      let h = 1e-5
      var (up, down) = (c, c)
      up[k] += h
      down[k] -= h
      for (i, (a, b)) in zip(try map(up), try map(down)).enumerated() {
        #expect(abs((a - b) / (2 * h) - jacobian[i, k]) < 1e-6 * (1e-3 + abs(jacobian[i, k])))
      }
    }
    // The state is that of the problem with the formula put in.
    var formula = modes.formula(c, dimension: 1)
    if coefficient == "reaction" { formula = formula + .one }
    let direct =
      coefficient == "b"
      ? try FiniteElementSystem(
        PDESystem(Rod(ScalarField(formula))), mesh: .interval(0...2, cells: 40), order: 3
      ).solve()
      : try FiniteElementSystem(
        PDESystem(Rod(reaction: ScalarField(formula))), mesh: .interval(0...2, cells: 40), order: 3
      ).solve()
    for (a, b) in zip(values, try direct.values(of: "u", at: [[0.3], [0.9], [1.234], [1.7]])) {
      #expect(abs(a - b) < 2e-4)
    }
  }

  @Test("one factorisation per coefficient of a linear problem")
  func factorizations() throws {
    let map = try CoefficientMap(
      Plate(), coefficient: "b", modes: CosineModes([2, 2], on: [0...1, -1...1]),
      method: FiniteElementMethod(order: 2, cells: [6, 6]), measuring: ["u"], at: [[0.5, 0.1]])
    _ = try map.derivative(at: [0.1, 0.2, 0, 0])
    #expect(map.factorizations == 1)
    _ = try map([0.1, 0.2, 0, 0])
    #expect(map.factorizations == 1)
    _ = try map.derivative(at: [0.1, 0.2, 0.3, 0])
    #expect(map.factorizations == 2)
  }

  private static let truth = [0.3, -0.4, 0.2]

  /// Exact values of the rod with the true coefficient, at points.
  private static func rodValues(_ points: [[Double]]) throws -> [Double] {
    let modes = CosineModes([3], on: [0...2])
    return try FiniteElementSystem(
      PDESystem(Rod(ScalarField(modes.formula(truth, dimension: 1)))), mesh: .interval(0...2, cells: 150),
      order: 3
    ).solve().values(of: "u", at: points)
  }

  @Test("Gauss-Newton finds the coefficient, and its functional is least there")
  func gaussNewton() throws {
    let points = (1...30).map { [2 * Double($0) / 31] }
    let data = try Self.rodValues(points)
    let modes = CosineModes([3], on: [0...2])
    var errors: [Double] = []
    for cells in [8, 16, 32, 64] {
      let map = try CoefficientMap(
        Rod(), coefficient: "b", modes: modes, method: FiniteElementMethod(order: 1, cells: [cells]),
        measuring: ["u"], at: points)
      let result = try GaussNewtonInversion(prior: ModePrior(deviation: 100)).run(
        map, measurements: data, noise: 1e-3)
      #expect(result.hasConverged)
      func functional(_ c: [Double]) throws -> Double {
        let misfit = zip(data, try map(c)).reduce(0) { $0 + pow(($1.0 - $1.1) / 1e-3, 2) }
        return 0.5 * misfit + 0.5 * c.reduce(0) { $0 + pow($1 / 100, 2) }
      }
      #expect(abs(try functional(result.coefficients) - result.value) < 1e-9 * (1 + result.value))
      for k in 0..<3 {
        for h in [-1e-3, 1e-3] {
          var c = result.coefficients
          c[k] += h
          #expect(try functional(c) > result.value)
        }
      }
      errors.append(modes.norm(zip(result.coefficients, Self.truth).map { $0 - $1 }))
    }
    // Second order in the cells, as the state is.
    let slope = (Foundation.log2(errors[0]) - Foundation.log2(errors[3])) / 3
    #expect((1.7...2.6).contains(slope) && errors[3] < 2e-3)
  }

  @Test("the discrepancy principle stops at the noise, and deviations cover the error")
  func discrepancy() throws {
    let points = (1...40).map { [2 * Double($0) / 41] }
    var stream = RandomStream(seed: 5)
    let noise = Tensor<Double>.randomNormal([40], from: &stream).elements
    let sigma = 0.01
    let data = zip(try Self.rodValues(points), noise).map { $0 + sigma * $1 }
    let modes = CosineModes([6], on: [0...2])
    let map = try CoefficientMap(
      Rod(), coefficient: "b", modes: modes, method: FiniteElementMethod(order: 2, cells: [40]),
      measuring: ["u"], at: points)
    let prior = ModePrior(deviation: 0.5, smoothness: 1)
    let posterior = try GaussNewtonInversion(prior: prior).run(map, measurements: data, noise: sigma)
    for (k, (c, s)) in zip(posterior.coefficients, posterior.deviations).enumerated() {
      #expect(abs(c - (k < 3 ? Self.truth[k] : 0)) < 4 * s)
      #expect(s < prior.deviations(modes)[k])
    }
    let stopped = try GaussNewtonInversion(prior: prior, weight: .discrepancy(tau: 1.1)).run(
      map, measurements: data, noise: sigma)
    #expect(stopped.misfit <= 1.21 * 40 && stopped.misfit > 0.8 * 1.21 * 40)
    #expect(stopped.weight > 1)
  }

  // MARK: - The loss

  private func task(
    _ system: PointwiseSystem, data: MeasuredPoints?, _ form: FieldSearch.Form, prior: ModePrior? = nil,
    slope: Double = 0, equation: Double = 1, inside: Int = 60
  ) throws -> PhysicsTask<MLP<Double>> {
    let hard = try HardConditions(system)
    let fields = try system.fields.indices.map {
      try FieldModel<Double>(
        $0, of: system, as: FieldSearch(form, prior: prior, priorWeight: 0.7, slopeWeight: slope), seed: 2)
    }
    var stream = RandomStream(seed: 4)
    let network = PhysicsNetwork(system, conditions: hard, fields: fields) {
      MLP<Double>([$0, 12, system.unknowns.count], from: &stream)
    }
    return try PhysicsTask(
      system, network: network,
      settings: TrainingPoints(
        sampler: CollocationSampler(pattern: .sobol, inside: inside, boundary: 1, seed: 1),
        equationWeight: equation),
      conditions: hard.remaining, data: data)
  }

  @Test(
    "gradient, Jacobian and products of a loss with fields agree with differences",
    arguments: [FieldSearch.Form.modes([3]), .network([5])])
  func derivatives(form: FieldSearch.Form) throws {
    let isModes = form == .modes([3])
    let points = (1...7).map { 2 * Double($0) / 8 }
    let data = MeasuredPoints(
      points: Tensor(shape: [7, 1], points), values: Tensor(shape: [7, 1], points.map { $0 * $0 }),
      unknowns: [0], weight: 30)
    let task = try task(
      PointwiseSystem(Rod(0.2 * .x), free: ["reaction"], fields: ["b"]), data: data, form,
      prior: isModes ? ModePrior(deviation: 0.4, smoothness: 1) : nil, slope: 0.3)
    let objective = task.objective
    #expect(objective.terms.map(\.name) == ["equation", "slope(b,x)", "data"])
    var stream = RandomStream(seed: 8)
    let x =
      objective.parameterVector + 0.2 * Tensor<Double>.randomNormal([objective.layout.count], from: &stream)
    let v = Tensor<Double>.randomNormal([objective.layout.count], from: &stream)
    var gradient = Tensor<Double>.zeros(x.shape)
    let value = try objective.valueAndGradient(at: x, gradient: &gradient)
    let h = 1e-5
    let (up, down) = (try objective.value(at: x + h * v), try objective.value(at: x - h * v))
    let slope = (gradient * v).sum(axes: nil).elements[0]
    #expect(abs((up - down) / (2 * h) - slope) < 1e-6 * (1 + abs(slope)))
    let rows = objective.residualCount
    #expect(rows == 60 + 60 + 7 + (isModes ? 3 : 0))
    var residuals = Tensor<Double>.zeros([rows])
    var jacobian = Tensor<Double>.zeros([rows, x.count])
    try objective.jacobian(at: x, residuals: &residuals, jacobian: &jacobian)
    #expect(abs(0.5 * residuals.squared.sum(axes: nil).elements[0] - value) < 1e-10 * (1 + value))
    let back = matmul(residuals.reshaped([1, rows]), jacobian).reshaped([x.count])
    #expect((back - gradient).maxMagnitude() < 1e-10 * (1 + gradient.maxMagnitude()))
    var product = Tensor<Double>.zeros(x.shape)
    try objective.gaussNewtonProduct(at: x, v, into: &product)
    let pushed = matmul(jacobian, v.reshaped([x.count, 1]))
    let expected = matmul(pushed.reshaped([1, rows]), jacobian).reshaped([x.count])
    #expect((product - expected).maxMagnitude() < 1e-9 * (1 + expected.maxMagnitude()))
    var (plus, minus) = (Tensor<Double>.zeros(x.shape), Tensor<Double>.zeros(x.shape))
    _ = try objective.valueAndGradient(at: x + h * v, gradient: &plus)
    _ = try objective.valueAndGradient(at: x - h * v, gradient: &minus)
    var hessian = Tensor<Double>.zeros(x.shape)
    try objective.hessianProduct(at: x, v, into: &hessian)
    let difference = (plus - minus) * (1 / (2 * h))
    #expect((difference - hessian).maxMagnitude() < 1e-5 * (1 + hessian.maxMagnitude()))
  }

  // MARK: - Training

  @Test(
    "a coefficient is found from values of the solution",
    arguments: [FieldSearch.Form.modes([3]), .network([6])])
  func training(form: FieldSearch.Form) throws {
    let points = (1...25).map { [2 * Double($0) / 26] }
    let data = MeasuredPoints(
      points: Tensor(shape: [25, 1], points.flatMap { $0 }),
      values: Tensor(shape: [25, 1], try Self.rodValues(points)), unknowns: [0], weight: 1000)
    let task = try task(
      PointwiseSystem(Rod(), fields: ["b"]), data: data, form, slope: form == .modes([3]) ? 0 : 1e-8)
    let result = try Trainer(
      task, optimizer: LevenbergMarquardt<Double>(), settings: .init(steps: 250, measuresEvery: 25)
    ).run()
    task.apply(result.parameters)
    let solution = try task.solution(of: Rod(), points: [65])
    let places = (0...20).map { [0.1 * Double($0)] }
    let found = try solution.field("b").values(at: places)[0]
    let modes = CosineModes([3], on: [0...2])
    let truth = try places.map { try modes.formula(Self.truth, dimension: 1).value(at: $0) }
    let error = zip(found, truth).reduce(0) { max($0, abs($1.0 - $1.1)) }
    #expect(error < (form == .modes([3]) ? 5e-3 : 5e-2))
    // Derived quantities are those of what was found.
    let diffusivity = try solution.field("diffusivity").values(at: places)[0]
    for (a, b) in zip(diffusivity, found) { #expect(abs(a - Foundation.exp(b)) < 1e-9) }
    if case .modes = form {
      let coefficients = try #require(task.network.fields[0].coefficients)
      for (a, b) in zip(coefficients, Self.truth) { #expect(abs(a - b) < 5e-3) }
    }
  }

  @Test("a field of time alone, with modes in time")
  func time() throws {
    let system = try PointwiseSystem(Strip(), fields: ["decay"])
    let model = try FieldModel<Double>(0, of: system, as: FieldSearch(.modes([1, 3])), until: 2)
    let points = Tensor<Double>(shape: [3, 2], [0.1, 0, 0.5, 0.7, 0.9, 2])
    #expect(model(points).elements == [0.25, 0.25, 0.25])
    model.trainableParameters[0].parameter.wrappedValue = Tensor(shape: [3, 1], [0.1, 0.2, -0.3])
    for (value, t) in zip(model(points).elements, [0, 0.7, 2]) {
      let expected = 0.25 + 0.1 + 0.2 * Foundation.cos(.pi * t / 2) - 0.3 * Foundation.cos(.pi * t)
      #expect(abs(value - expected) < 1e-14)
    }
  }

  @Test("a resumed search has the same bits, whatever the number of threads")
  func resume() throws {
    let points = (1...9).map { [2 * Double($0) / 10] }
    let data = MeasuredPoints(
      points: Tensor(shape: [9, 1], points.flatMap { $0 }),
      values: Tensor(shape: [9, 1], try Self.rodValues(points)), unknowns: [0], weight: 100)
    let folder = URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    func trainer(_ steps: Int, _ folder: TrainingFolder?) throws -> Trainer<PhysicsTask<MLP<Double>>> {
      let task = try task(
        PointwiseSystem(Rod(), free: ["reaction"], fields: ["b"]), data: data, .modes([4]),
        prior: ModePrior(deviation: 0.5, smoothness: 1))
      return Trainer(
        task, optimizer: try OptimizerText.optimizer("adam:10,ssbroyden", Double.self),
        settings: .init(steps: steps, measuresEvery: 10), folder: folder)
    }
    let whole = try trainer(40, nil).run()
    let kept = TrainingFolder(folder)
    try kept.create()
    _ = try trainer(20, kept).run()
    let resumed = try trainer(40, kept).run(resuming: true)
    #expect(resumed.parameters.elements == whole.parameters.elements)
  }
}
