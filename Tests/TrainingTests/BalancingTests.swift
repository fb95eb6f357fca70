import Ansatz
import Foundation
import Testing

/// u′ = x on [0, 1], u(0) = 0, u(1) = 3.
private struct Slope: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(0, 1) }
  var equations: [Equation] { [dx(u) == x] }
  var conditions: [Condition] { [.dirichlet(u == 0, on: .left), .dirichlet(u == 3, on: .right)] }
}

/// u = a + b x.
private struct Line: Layer {
  typealias Scalar = Double
  @Parameter var intercept: Tensor<Double> = Tensor([0.5])
  @Parameter var slope: Tensor<Double> = Tensor([2])
  func callAsFunction(_ x: Tensor<Double>) -> Tensor<Double> { x * slope + intercept }
}

private struct Shock: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(-1, 1) }
  var equations: [Equation] { [dt(u) + u * dx(u) == 0.01 / .pi * dx(dx(u))] }
  var conditions: [Condition] { [.initial(u == -sin(.pi * x)), .dirichlet(u == 0)] }
}

@Suite("Balanced losses and growing sets of points")
struct BalancingTests {
  /// Four points at which u′ − x = 2 − x is 2, 1.75, 1.5, 1.
  private func slopeTask(_ balancing: LossBalancing) throws -> PhysicsTask<Line> {
    let system = try PointwiseSystem(Slope())
    let task = try PhysicsTask(
      system, network: PhysicsNetwork(system) { _ in Line() },
      settings: TrainingPoints(
        sampler: CollocationSampler(inside: 4, boundary: 1), balancing: balancing))
    return task
  }

  /// The line of the network in its own coordinate ξ = 2 x − 1: u = a + b ξ, so that u′ = 2 b.
  private func set(_ objective: PhysicsObjective<Double>) throws {
    try objective.setPoints(
      PointSet([
        .inside: Tensor(shape: [4, 1], [0, 0.25, 0.5, 1]),
        .side(Side(.x, upper: false)): Tensor(shape: [1, 1], [0]),
        .side(Side(.x, upper: true)): Tensor(shape: [1, 1], [1]),
      ]))
  }

  @Test("weights by gradients make all terms pull equally, and keep a part of the old ones")
  func gradientNorms() throws {
    let task = try slopeTask(LossBalancing(.gradientNorm, every: 5, momentum: 0))
    let objective = task.objective
    try set(objective)
    let x = Tensor<Double>([0.5, 2])
    // Residuals: 2 b − x with mean 4 − 0.4375 and slope 2 in b; a − b; a + b − 3.
    let norms = [2 * (4 - 0.4375), 1.5 * 2.0.squareRoot(), 0.5 * 2.0.squareRoot()]
    let found = try objective.gradientNorms(at: x)
    for (a, b) in zip(found, norms) { #expect(abs(a - b) <= 1e-14 * b, "\(found)") }
    #expect(try task.prepare(step: 3, at: x) == .none)
    #expect(try task.prepare(step: 5, at: x) == .objective)
    let mean = norms.reduce(0, +) / 3
    for (term, norm) in zip(objective.terms, norms) {
      #expect(abs(term.weight * norm - mean) <= 1e-13 * mean)
    }
    #expect(task.numbers.map(\.name) == ["weight(equation)", "weight(left)", "weight(right)"])
    #expect(task.numbers.map(\.value) == objective.terms.map(\.weight))

    let slow = try slopeTask(LossBalancing(.gradientNorm, every: 5, momentum: 0.9))
    try set(slow.objective)
    _ = try slow.prepare(step: 0, at: x)
    for (term, norm) in zip(slow.objective.terms, norms) {
      #expect(abs(term.weight - (0.9 + 0.1 * mean / norm)) <= 1e-13)
    }
  }

  @Test("self-adaptive weights of points and of terms ascend the loss, the steepest by η")
  func selfAdaptive() throws {
    let x = Tensor<Double>([0.5, 2])
    // At the points u′ − x is 4 − x, at the ends −1.5 and −0.5.
    let residuals = [4, 3.75, 3.5, 3.0]
    let points = try slopeTask(LossBalancing(.selfAdaptive, rate: 0.5))
    try set(points.objective)
    #expect(try points.prepare(step: 0, at: x) == .samples)
    let first = residuals.map { 1 + 0.5 * $0 * $0 / 16 }
    for (a, b) in zip(points.objective.pointFactors(at: .inside).elements, first) {
      #expect(abs(a - b) <= 1e-15 * b)
    }
    #expect(points.objective.pointFactors(at: .side(Side(.x, upper: false))).elements == [1.5])
    _ = try points.prepare(step: 1, at: x)
    let second = zip(first, residuals).map { $0 * (1 + 0.5 * $1 * $1 / (1.5 * 16)) }
    for (a, b) in zip(points.objective.pointFactors(at: .inside).elements, second) {
      #expect(abs(a - b) <= 1e-14 * b)
    }

    let terms = try slopeTask(LossBalancing(.selfAdaptiveTerms, rate: 0.5))
    try set(terms.objective)
    _ = try terms.prepare(step: 0, at: x)
    let means = [residuals.reduce(0) { $0 + $1 * $1 } / 4, 1.5 * 1.5, 0.5 * 0.5]
    for (term, mean) in zip(terms.objective.terms, means) {
      let root = 1 + 0.5 * mean / means[0]
      #expect(abs(term.weight - root * root) <= 1e-13)
    }
  }

  @Test("weights by the neural tangent kernel are the mean of its traces over the own")
  func kernelTraces() throws {
    let task = try slopeTask(LossBalancing(.ntk, momentum: 0))
    try set(task.objective)
    // ∂r/∂(a, b): (0, 2), (1, −1), (1, 1).
    let traces = try task.objective.kernelTraces(at: Tensor([0.5, 2]))
    for (a, b) in zip(traces, [4.0, 2, 2]) { #expect(abs(a - b) <= 1e-13, "\(traces)") }
    // Weights that there are do not count.
    task.objective.setWeights([3, 5, 7])
    #expect(try task.prepare(step: 0, at: Tensor([0.5, 2])) == .objective)
    for (term, trace) in zip(task.objective.terms, [4.0, 2, 2]) {
      #expect(abs(term.weight - 8 / 3 / trace) <= 1e-13)
    }
  }

  @Test("a term that is met does not get an infinite weight")
  func metTerm() throws {
    let task = try slopeTask(LossBalancing(.gradientNorm, momentum: 0))
    try set(task.objective)
    _ = try task.prepare(step: 0, at: Tensor([2, 2]))
    let weights = task.objective.terms.map(\.weight)
    #expect(weights[1] == 1e5 && weights.allSatisfy(\.isFinite))
  }

  @Test("attention multiplies every residual before it is squared")
  func attention() throws {
    let task = try slopeTask(LossBalancing(.residualAttention, decay: 0.9, rate: 0.2))
    let objective = task.objective
    try set(objective)
    let x = Tensor<Double>([0.5, 1])
    // u′ − x at the four points; λ begins at η/(1 − γ) = 2.
    let residuals: [Double] = [2, 1.75, 1.5, 1]
    for at in 1...2 {
      #expect(try task.prepare(step: at, at: x) == .samples)
      let expected = residuals.map { r -> Double in
        (0..<at).reduce(2) { lambda, _ in 0.9 * lambda + 0.2 * r / 2 }
      }
      let found = objective.pointFactors(at: .inside).elements
      for (a, b) in zip(found, expected) { #expect(abs(a - b) <= 1e-14, "\(found) \(expected)") }
      _ = try objective.value(at: x)
      let loss = 0.5 * zip(expected, residuals).reduce(0) { $0 + ($1.0 * $1.1) * ($1.0 * $1.1) } / 4
      #expect(abs(objective.termLosses[0] - loss) <= 1e-14)
      let mean = expected.reduce(0) { $0 + $1 * $1 } / 4
      #expect(abs(task.numbers[0].value - mean) <= 1e-14)
    }
  }

  private func shockTask(
    _ pattern: CollocationSampler.Pattern, _ balancing: LossBalancing, isHard: Bool = false
  ) throws -> PhysicsTask<MLP<Double>> {
    let system = try PointwiseSystem(Shock())
    let conditions = isHard ? try HardConditions(system) : nil
    var stream = RandomStream(seed: 5)
    let network = PhysicsNetwork(system, conditions: conditions) {
      MLP<Double>([$0, 9, 9, 1], from: &stream)
    }
    let points = TrainingPoints(
      sampler: CollocationSampler(
        pattern: pattern, inside: 120, boundary: 20, seed: 3, added: 25, limit: 180),
      renewsEvery: 6, balancing: balancing)
    return try PhysicsTask(
      system, network: network, settings: points, conditions: conditions?.remaining ?? system.conditions)
  }

  @Test(
    "a training with changing weights and points goes on with the same bits",
    arguments: LossBalancing.Rule.allCases, [CollocationSampler.Pattern.residual, .refinement, .greedy])
  func resume(rule: LossBalancing.Rule, pattern: CollocationSampler.Pattern) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "ansatz-balance-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    func trainer(_ folder: TrainingFolder?) throws -> Trainer<PhysicsTask<MLP<Double>>> {
      Trainer(
        try shockTask(pattern, LossBalancing(rule, every: rule == .residualAttention ? 1 : 4)),
        optimizer: try OptimizerText.optimizer("adam:8,ssbroyden", Double.self),
        settings: .init(steps: 22, measuresEvery: 5), folder: folder)
    }
    let whole = try trainer(nil).run()
    let files = TrainingFolder(folder)
    try files.create()
    _ = try trainer(files).run { $0.step == 7 ? "enough" : nil }
    _ = try trainer(files).run(resuming: true) { $0.step == 16 ? "enough" : nil }
    let resumed = try trainer(files).run(resuming: true)
    #expect(resumed.steps == 22 && resumed.parameters == whole.parameters)
    #expect(resumed.metrics.rows.last?.dropLast() == whole.metrics.rows.last?.dropLast())
    let names = whole.metrics.names
    #expect(names.contains("weight(equation)") == (rule != .none))
    #expect(names.contains("points") == pattern.grows)
    if pattern.grows { #expect(whole.metrics.series("points")?.last == 180) }
  }

  @Test("refinement adds points where the residual is large, up to its limit")
  func growth() throws {
    for pattern in [CollocationSampler.Pattern.refinement, .greedy] {
      let task = try shockTask(pattern, LossBalancing(.residualAttention), isHard: true)
      let x = task.initialParameters
      let system = task.system
      let first = task.objective.points(at: .inside)
      _ = try task.prepare(step: 5, at: x)
      let attended = task.objective.pointFactors(at: .inside)
      #expect(try task.prepare(step: 6, at: x) == .objective)
      let grown = task.objective.points(at: .inside)
      #expect(grown.shape == [145, 2])
      #expect(grown.slice(axis: 0, 0..<120) == first)
      // Old points keep their weights and have been attended to once more; new ones began at the bound.
      let factors = task.objective.pointFactors(at: .inside).elements
      #expect(factors[..<120].elementsEqual(attended.elements) == false && factors.allSatisfy { $0 <= 1 })
      #expect(factors[120...].min()! >= 0.999)
      let candidates: Tensor<Double> = task.settings.sampler.points(
        .inside, of: system, until: 1, round: 1, count: 1200)
      let sizes = try task.objective.residualSizes(at: candidates, .inside, x)
      let added = try task.objective.residualSizes(at: grown.slice(axis: 0, 120..<145), .inside, x)
      if pattern == .greedy {
        #expect(added.sorted() == sizes.sorted().suffix(25))
      } else {
        // The expected size of a draw is mean |r|³ / mean r², without replacement a little less.
        let expected = sizes.reduce(0) { $0 + $1 * $1 * $1 } / sizes.reduce(0) { $0 + $1 * $1 }
        let mean = added.reduce(0, +) / 25
        #expect(abs(mean / expected - 1) < 0.35, "\(mean) for \(expected)")
        #expect(mean > 1.2 * sizes.reduce(0, +) / 1200)
      }
      for step in [12, 18, 24] { _ = try task.prepare(step: step, at: x) }
      #expect(task.objective.points(at: .inside).shape == [180, 2])
      // The loss is still that of all its points.
      var gradient = Tensor<Double>.zeros(x.shape)
      let loss = try task.objective.valueAndGradient(at: x, gradient: &gradient)
      #expect(abs(loss - (try task.objective.value(at: x))) <= 1e-13 * loss)
    }
  }
}
