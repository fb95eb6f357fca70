import Ansatz
import Foundation
import Testing

/// Equations of one's own on a box, each `residual == 0`, with soft conditions on none of the sides.
private struct Given: Problem {
  var equations: [Equation]
  var domain: Domain = .box((-1, 1), (0, 2))
  var conditions: [Condition] = []
  var exact: [Equation] = []
}

private let u = ScalarField.unknown("u")
private let v = ScalarField.unknown("v")

/// The derivative of order n of e^(−z²/2) in z, over e^(−z²/2), from the written-out Hermite polynomials.
private func hermite(_ n: Int, _ z: Double) -> Double {
  let values = [
    1, -z, z * z - 1, -(pow(z, 3) - 3 * z), pow(z, 4) - 6 * z * z + 3, -(pow(z, 5) - 10 * pow(z, 3) + 15 * z),
    pow(z, 6) - 15 * pow(z, 4) + 45 * z * z - 15,
  ]
  return values[n]
}

private func derivative(_ x: ScalarField, _ alongX: Int, _ alongY: Int) -> ScalarField {
  var result = x
  for _ in 0..<alongX { result = dx(result) }
  for _ in 0..<alongY { result = dy(result) }
  return result
}

private func points(_ system: PointwiseSystem, inside: Int, boundary: Int = 12, seed: UInt64 = 3) -> PointSet<
  Double
> {
  let sampler = CollocationSampler(pattern: .sobol, inside: inside, boundary: boundary, seed: seed)
  var places: [PointwiseSystem.Place] = [.inside]
  for condition in system.conditions where !places.contains(condition.place) {
    places.append(condition.place)
  }
  return PointSet(
    Dictionary(
      uniqueKeysWithValues: places.map { place in
        (place, sampler.points(place, of: system, count: place == .inside ? inside : boundary))
      }))
}

/// Weights, means and widths drawn for an objective.
private func parameters(_ objective: GaussianObjective, seed: UInt64) -> Tensor<Double> {
  var stream = RandomStream(seed: seed)
  let axes = objective.system.dimension + (objective.system.isEvolution ? 1 : 0)
  return .concatenated(
    [
      .randomNormal([objective.linearCount], deviation: 1, from: &stream),
      .randomUniform([axes * objective.count], in: -1..<1, from: &stream),
      .randomUniform([axes * objective.count], in: -1.2..<0, from: &stream),
      .ones([objective.system.free.count]),
    ], axis: 0)
}

@Suite("Sums of Gaussians")
struct GaussianTests {
  @Test(
    "derivatives of every order are those of the closed forms",
    arguments: [(0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (3, 0), (2, 2), (0, 5), (4, 2), (6, 6)])
  func derivatives(order: (Int, Int)) throws {
    let system = try PointwiseSystem(Given(equations: [derivative(u, order.0, order.1) == 0]))
    let set = points(system, inside: 50)
    let objective = try GaussianObjective(system, count: 35, points: set)
    let x = parameters(objective, seed: 1)
    var r = Tensor<Double>.zeros([objective.residualCount])
    try objective.residuals(at: x, into: &r)
    let (p, table) = (x.elements, set.tables[.inside]!.elements)
    for n in 0..<50 {
      var (sum, size) = (0.0, 0.0)
      for k in 0..<35 {
        let (sx, sy) = (exp(p[35 * 3 + k]), exp(p[35 * 4 + k]))
        let (zx, zy) = ((table[2 * n] - p[35 + k]) / sx, (table[2 * n + 1] - p[35 * 2 + k]) / sy)
        let term =
          p[k] * hermite(order.0, zx) * hermite(order.1, zy) * exp(-0.5 * (zx * zx + zy * zy))
          / (pow(sx, Double(order.0)) * pow(sy, Double(order.1)))
        sum += term
        size += abs(term)
      }
      #expect(abs(r[n] * 50.0.squareRoot() - sum) <= 1e-12 * (1 + size))
    }
  }

  private struct Mixed: Problem {
    var domain: Domain { .box((-1, 1), (0, 2), periodic: [.x]) }
    let diffusivity = ScalarField.parameter("diffusivity", 1, in: 0...2)
    var equations: [Equation] {
      [
        dt(u) + u * dx(v) - diffusivity * laplacian(u) == sin(x) * exp(-t) + pow(u, 3),
        dx(dy(v)) - tanh(u) * v == cos(y),
      ]
    }
    var conditions: [Condition] {
      [.initial(u == cos(.pi * x)), .dirichlet(v == 0, on: .bottom), .robin(u * u + dn(u) == 1, on: .top)]
    }
  }

  @Test("Jacobians and gradients of a nonlinear periodic system agree with central differences")
  func jacobian() throws {
    let system = try PointwiseSystem(Mixed(), free: ["diffusivity"])
    let objective = try GaussianObjective(system, count: 7, points: points(system, inside: 40)) {
      $0.place == .inside ? 1 : 3
    }
    let x = parameters(objective, seed: 2)
    let (m, n) = (objective.residualCount, objective.layout.count)
    #expect(m == 2 * 40 + 3 * 12 && n == 7 * (2 + 2 * 3) + 1)
    var (r, j) = (Tensor<Double>.zeros([m]), Tensor<Double>.zeros([m, n]))
    try objective.jacobian(at: x, residuals: &r, jacobian: &j)
    var linear = Tensor<Double>.zeros([m, objective.linearCount])
    try objective.linearJacobian(at: x, residuals: &r, jacobian: &linear)
    #expect((linear - j.slice(axis: 1, 0..<objective.linearCount)).maxMagnitude() <= 1e-12 * j.maxMagnitude())
    var g = Tensor<Double>.zeros([n])
    let loss = try objective.valueAndGradient(at: x, gradient: &g)
    #expect(abs(loss - 0.5 * r.squared.sum()) <= 1e-12 * loss)
    for k in 0..<n {
      func moved(_ h: Double) throws -> Tensor<Double> {
        var values = x.elements
        values[k] += h
        var r = Tensor<Double>.zeros([m])
        try objective.residuals(at: Tensor(values), into: &r)
        return r
      }
      // Richardson's extrapolation of central differences: an error of fourth order.
      let (a, b) = (
        try (moved(2e-3) - moved(-2e-3)) * (1 / 4e-3), try (moved(1e-3) - moved(-1e-3)) * (1 / 2e-3)
      )
      let expected = (4 * b - a) * (1 / 3.0)
      let column = j.slice(axis: 1, k..<k + 1).reshaped([m])
      #expect((column - expected).maxMagnitude() <= 1e-7 * (1 + column.maxMagnitude()), "column \(k)")
      #expect(abs((r * column).sum() - g[k]) <= 1e-11 * (1 + r.norm() * column.norm()))
    }
  }

  @Test("the layer gives the fields that the objective sees, periodic or not, lifted or not")
  func layer() throws {
    for (isPeriodic, isHard) in [(false, false), (true, false), (false, true)] {
      var problem = Given(equations: [u == 0])
      problem.domain = isPeriodic ? .box((-1, 1), (0, 2), periodic: [.x, .y]) : .box((-1, 1), (0, 2))
      if isHard { problem.conditions = [.dirichlet(u == ScalarField.x * ScalarField.y)] }
      let system = try PointwiseSystem(problem)
      let task = try GaussianTask(
        system, start: GaussianStart(count: 9, fitsWidths: false),
        settings: TrainingPoints(sampler: CollocationSampler(pattern: .halton, inside: 30, boundary: 5)),
        isHard: isHard)
      let x = parameters(task.objective, seed: 6)
      task.apply(x)
      var r = Tensor<Double>.zeros([task.objective.residualCount])
      try task.objective.residuals(at: x, into: &r)
      let sampler = CollocationSampler(pattern: .halton, inside: 30, boundary: 5)
      let table: Tensor<Double> = sampler.points(.inside, of: system, count: 30)
      let values = task.model(table).reshaped([30])
      #expect((values - r.slice(axis: 0, 0..<30) * 30.0.squareRoot()).maxMagnitude() < 1e-11)
      if isHard {
        let side: Tensor<Double> = sampler.points(.side(Side(.x, upper: true)), of: system, count: 5)
        #expect(
          (task.model(side).reshaped([5]) - side.slice(axis: 1, 1..<2).reshaped([5])).maxMagnitude() < 1e-12)
      }
    }
  }

  // MARK: - Variable projection

  /// −Δu + u = f for a solution that is a sum of three Gaussians.
  private static func threeGaussians() -> Given {
    func bump(_ w: Double, _ a: Double, _ b: Double, _ s: Double, _ t: Double) -> ScalarField {
      let (p, q) = ((ScalarField.x - a) / s, (ScalarField.y - b) / t)
      return w * exp(-0.5 * (p * p + q * q))
    }
    let value = bump(1, -0.4, 0.7, 0.3, 0.4) + bump(-2, 0.3, 1.2, 0.5, 0.35) + bump(0.7, 0.5, 0.5, 0.25, 0.6)
    return Given(
      equations: [u - laplacian(u) == value - laplacian(value)], conditions: [.dirichlet(u == value)],
      exact: [u == value])
  }

  private static func task(
    count: Int, growth: GaussianGrowth? = nil, renewsEvery: Int? = nil, fitsWidths: Bool = false,
    trainsShapes: Bool = true
  ) throws -> GaussianTask {
    try GaussianTask(
      PointwiseSystem(threeGaussians()), start: GaussianStart(count: count, fitsWidths: fitsWidths),
      settings: TrainingPoints(
        sampler: CollocationSampler(pattern: .sobol, inside: 150, boundary: 15, seed: 2),
        renewsEvery: renewsEvery, conditionWeight: 10),
      growth: growth, trainsShapes: trainsShapes)
  }

  @Test(
    "a step of variable projection is that of a dense joint Gauss-Newton method with damping on the shapes")
  func joint() throws {
    let objective = try Self.task(count: 6).objective
    let linear = objective.linearCount
    var x = try Self.task(count: 6).initialParameters
    // The weights' own minimum first.
    let shapes = x.slice(axis: 0, linear..<x.count)
    objective.setCount(6, trainsShapes: false)
    var projection = VariableProjection()
    _ = try projection.leastSquaresStep(objective, at: &x)
    #expect(x.slice(axis: 0, linear..<x.count) == shapes)
    objective.setCount(6, trainsShapes: true)
    let (m, n) = (objective.residualCount, x.count)
    var (r, j) = (Tensor<Double>.zeros([m]), Tensor<Double>.zeros([m, n]))
    try objective.jacobian(at: x, residuals: &r, jacobian: &j)
    let gradient = matmul(j.transposed([1, 0]), r.reshaped([m, 1])).reshaped([n])
    #expect(gradient.slice(axis: 0, 0..<linear).maxMagnitude() < 1e-9 * gradient.maxMagnitude())
    var scale = Tensor<Double>.zeros([n - linear])
    objective.stepScale(at: x, into: &scale)

    var next = x
    var method = VariableProjection(initialDamping: 1)
    let report = try method.leastSquaresStep(objective, at: &next)
    let damping = try #require(report.diagnostics["damping"])
    let jacobian = j.elements
    // (JᵀJ + λ D²) d = −Jᵀ r by Gauss-Jordan elimination.
    var rows = (0..<n).map { i in
      (0..<n).map { k -> Double in
        var sum = 0.0
        for l in 0..<m { sum += jacobian[l * n + i] * jacobian[l * n + k] }
        if i == k, i >= linear { sum += damping / (scale[i - linear] * scale[i - linear]) }
        return sum
      } + [-gradient[i]]
    }
    for i in 0..<n {
      let pivot = (i..<n).max { abs(rows[$0][i]) < abs(rows[$1][i]) }!
      rows.swapAt(i, pivot)
      for k in 0..<n where k != i {
        let factor = rows[k][i] / rows[i][i]
        for l in i...n { rows[k][l] -= factor * rows[i][l] }
      }
    }
    for i in linear..<n {
      let step = rows[i][n] / rows[i][i]
      #expect(abs(next[i] - x[i] - step) < 1e-6 * (1e-3 + abs(step)), "parameter \(i)")
    }
    #expect(report.loss < 0.5 * r.squared.sum())
  }

  @Test("a target that is a sum of Gaussians is found to rounding")
  func exactness() throws {
    let objective = try Self.task(count: 3).objective
    // Means and widths a tenth off.
    var x = Tensor(
      [0, 0, 0, -0.35, 0.2, 0.6, 0.8, 1.1, 0.45] + [0.33, 0.46, 0.27, 0.36, 0.38, 0.55].map { log($0) })
    var method = VariableProjection()
    for _ in 0..<40 where try objective.value(at: x) > 1e-26 {
      _ = try method.leastSquaresStep(objective, at: &x)
    }
    let exact =
      [1, -2, 0.7, -0.4, 0.3, 0.5, 0.7, 1.2, 0.5] + [0.3, 0.5, 0.25, 0.4, 0.35, 0.6].map { log($0) }
    for (found, expected) in zip(x.elements, exact) { #expect(abs(found - expected) < 1e-9) }
  }

  // MARK: - More and fewer

  @Test("Gaussians that repeat others or do nothing are left out, and no other")
  func reduction() throws {
    let task = try Self.task(count: 3)
    let objective = task.objective
    // Two of three Gaussians of the solution, the first one twice, and one far away.
    let (means, widths) = (
      [-0.4, 0.3, -0.4, 40, 0.7, 1.2, 0.7, 1], [0.3, 0.5, 0.3, 0.2, 0.4, 0.35, 0.4, 0.2]
    )
    let shapes = Tensor(means + widths.map { log($0) })
    objective.setCount(4, trainsShapes: false)
    var x = Tensor<Double>.concatenated([Tensor([0.3, -1, 0.2, 1]), shapes], axis: 0)
    var projection = VariableProjection()
    _ = try projection.leastSquaresStep(objective, at: &x)
    objective.setCount(4, trainsShapes: true)
    let removed = try GaussianReduction(tolerance: 1e-3).removals(of: objective, at: x, limit: 3)
    #expect(removed.count == 2 && removed.contains(3))
    #expect(removed.contains(0) != removed.contains(2))
    #expect(try GaussianReduction(tolerance: 1e-3).removals(of: objective, at: x, limit: 1).count == 1)
  }

  @Test("Gaussians are added where the residual is, with about the widths that are missing")
  func selection() throws {
    let task = try Self.task(count: 3)
    let objective = task.objective
    objective.setCount(2, trainsShapes: true)
    let x = Tensor(
      [1, -2] + [-0.4, 0.3, 0.7, 1.2] + [0.3, 0.5, 0.4, 0.35].map { log($0) })
    let added = try GaussianSelection(candidates: 2000, seed: 4).additions(
      1, to: objective, at: x, until: 1, round: 1)
    #expect(added.count == 1)
    let shape = try #require(added.first)
    #expect(abs(shape[0] - 0.5) < 0.15 && abs(shape[1] - 0.5) < 0.35, "\(shape)")
    #expect(abs(shape[2] - log(0.25)) < 0.6 && abs(shape[3] - log(0.6)) < 0.9, "\(shape)")
  }

  @Test(
    "growing from one Gaussian, a training reaches what three need, resumes to the bit and ignores threads")
  func growth() throws {
    let growth = GaussianGrowth(
      every: 6, added: 1, limit: 6, selection: GaussianSelection(candidates: 300, seed: 5))
    func trainer(_ steps: Int, _ folder: TrainingFolder? = nil) throws -> Trainer<GaussianTask> {
      Trainer(
        try Self.task(count: 1, growth: growth, renewsEvery: 9, fitsWidths: true),
        optimizer: VariableProjection(), settings: .init(steps: steps, measuresEvery: 7), folder: folder)
    }
    let whole = try trainer(40).run()
    #expect(whole.parameters.count > 15)
    let counts = try #require(whole.metrics.series("gaussians"))
    #expect(counts.first! < counts.last! && counts.last! <= 6)
    #expect(try #require(whole.error) < 0.02)
    for interruption in [6, 8, 21] {
      let url = FileManager.default.temporaryDirectory.appendingPathComponent("ansatz-gaussians-\(UUID())")
      defer { try? FileManager.default.removeItem(at: url) }
      let folder = TrainingFolder(url)
      try folder.create()
      _ = try trainer(interruption, folder).run()
      let resumed = try trainer(40, folder).run(resuming: true)
      #expect(resumed.parameters == whole.parameters, "after \(interruption) steps")
      #expect(resumed.bestParameters.count == whole.bestParameters.count)
    }
    nonisolated(unsafe) var serial: Tensor<Double>?
    nonisolated(unsafe) let run = { serial = try trainer(40).run().parameters }
    // Two tiles, so that there is a region, in which regions run on one thread; the other is empty.
    WorkerPool.shared.forEach(tiles: 2) { tile, _ in if tile == 0 { try? run() } }
    #expect(serial == whole.parameters)
  }

  // MARK: - Fixed Gaussians, refusals

  @Test("fixed Gaussians take one least-squares step, with a minimum in the weights")
  func fixed() throws {
    let task = try Self.task(count: 49, fitsWidths: true, trainsShapes: false)
    let result = try Trainer(
      task, optimizer: VariableProjection(), settings: .init(steps: 3, measuresEvery: 1)
    ).run()
    #expect(try #require(result.error) < 0.05)
    let objective = task.objective
    let (m, n) = (objective.residualCount, objective.layout.count)
    var (g, r, j) = (
      Tensor<Double>.zeros([n]), Tensor<Double>.zeros([m]), Tensor<Double>.zeros([m, n])
    )
    let loss = try objective.valueAndGradient(at: result.parameters, gradient: &g)
    try objective.jacobian(at: result.parameters, residuals: &r, jacobian: &j)
    #expect(g.maxMagnitude() < 1e-8 * (2 * loss).squareRoot() * j.norm())
    // Shapes have not moved, and do not count.
    #expect(j.slice(axis: 1, 49..<n).maxMagnitude() == 0)
    let widths = Set(task.model.sum.logWidths.slice(axis: 0, 0..<1).elements)
    #expect(widths.count == 1)
  }

  @Test("what Gaussians cannot take is refused")
  func refusals() throws {
    let high = try PointwiseSystem(Given(equations: [derivative(u, 8, 0) == 0]))
    let error = #expect(throws: EquationError.self) {
      try GaussianObjective(high, count: 3, points: points(high, inside: 9))
    }
    #expect("\(error!)".contains("order 8") && "\(error!)".contains("u"))
    let system = try PointwiseSystem(Self.threeGaussians())
    #expect(throws: EquationError.self) {
      try GaussianObjective(system, count: 3, points: PointSet([.inside: .zeros([4, 3])]))
    }
    let task = try Self.task(count: 3)
    var state = task.state
    state["gaussians"] = nil
    #expect(throws: TrainingError.self) { try task.restore(state) }
    state = task.state
    state["points/left"] = .zeros([1, 2])
    #expect(throws: TrainingError.self) { try task.restore(state) }
  }
}
