import Ansatz
import Foundation
import Testing

/// u″ = f with three half-waves.
private struct Steady: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(-1, 1) }
  var equations: [Equation] { [dx(dx(u)) == -9 * .pi * .pi * sin(3 * .pi * x)] }
  var conditions: [Condition] { [.dirichlet(u == 0)] }
  var exact: [Equation] { [u == sin(3 * .pi * x)] }
}

/// Transport once around a circle.
private struct Turning: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(0, 1, periodic: true) }
  var equations: [Equation] { [dt(u) + dx(u) == 0] }
  var conditions: [Condition] { [.initial(u == sin(2 * .pi * x))] }
  var exact: [Equation] { [u == sin(2 * .pi * (x - t))] }
}

private func task(
  _ problem: some Problem, counts: [Int], until: Double = 1, inside: Int, renew: Int? = nil, width: Int = 6
) throws -> InterfaceTask<MLP<Double>> {
  let system = try PointwiseSystem(problem)
  let conditions = try HardConditions(system, until: until)
  var stream = RandomStream(seed: 5)
  let network = try SplitNetwork(system, counts: counts, until: until, conditions: conditions) {
    MLP<Double>([$0, width, 1], from: &stream)
  }
  return try InterfaceTask(
    system, network: network,
    settings: TrainingPoints(
      sampler: CollocationSampler(pattern: .sobol, inside: inside, boundary: 10, seed: 3),
      renewsEvery: renew, until: until), conditions: conditions.remaining)
}

@Suite("Networks that meet at interfaces")
struct InterfaceTests {
  @Test("every cell has its own network, and neighbours have terms in common, around circles too")
  func cells() throws {
    let line = try task(Steady(), counts: [4], inside: 40)
    // Of each of three interfaces: u, u′ and the residual.
    #expect(line.objective.terms.count == 4 + 3 * 3)
    let circle = try task(Turning(), counts: [3, 2], inside: 60)
    // Three interfaces along the circle for each of two times, three in time: u and the residual.
    #expect(circle.objective.terms.count == 6 + (6 + 3) * 2)
    // Networks that are constants in their cells: N = k in cell k, u = G + d N.
    for (k, part) in line.network.parts.enumerated() {
      for named in part.trainableParameters {
        named.parameter.wrappedValue =
          named.name.hasSuffix("1.bias") ? Tensor([Double(k)]) : 0 * named.parameter.wrappedValue
      }
    }
    let x = Tensor<Double>(shape: [5, 1], [-0.9, -0.5, -0.1, 0.3, 0.8])
    // d = 4 s (1 − s) with s from 0 to 1; a border belongs to the upper cell.
    let expected = zip(x.elements, [0, 1, 1, 2, 3]).map { (1 - $0 * $0) * Double($1) }
    for (a, b) in zip(line.network(x).elements, expected) { #expect(abs(a - b) < 1e-14) }
    // The jumps of u, u′ and u″ at the three borders are d, d′ and d″ times one.
    var residuals = Tensor<Double>.zeros([line.objective.residualCount])
    try line.objective.residuals(at: line.objective.parameterVector, into: &residuals)
    let jumps = residuals.elements.suffix(9)
    let wanted: [Double] = [-0.5, 0, 0.5].flatMap { (x: Double) -> [Double] in [x * x - 1, 2 * x, 2] }
    for (a, b) in zip(jumps, wanted) { #expect(abs(a - b) < 1e-12, "\(a) for \(b)") }
  }

  @Test("networks of boxes learn a solution together")
  func learning() throws {
    let line = try task(Steady(), counts: [3], inside: 90)
    let result = try Trainer(
      line, optimizer: LevenbergMarquardt<Double>(), settings: .init(steps: 80, measuresEvery: 10)
    ).run()
    #expect(result.error! < 1e-2, "\(result.error!)")
    let solution = try line.solution(of: Steady(), points: [65])
    #expect(abs(try solution.field("u").values(at: [[0.5]])[0][0] + 1) < 5e-2)
    let circle = try task(Turning(), counts: [2, 2], inside: 200, width: 10)
    let other = try Trainer(
      circle, optimizer: LevenbergMarquardt<Double>(), settings: .init(steps: 60, measuresEvery: 10)
    ).run()
    #expect(other.error! < 1e-2, "\(other.error!)")
  }

  @Test("a training that was stopped goes on with the same bits; parameters to be found are refused")
  func resume() throws {
    func trainer(_ folder: TrainingFolder?) throws -> Trainer<InterfaceTask<MLP<Double>>> {
      Trainer(
        try task(Turning(), counts: [2, 1], inside: 60, renew: 5),
        optimizer: try OptimizerText.optimizer("adam:6,ssbroyden", Double.self),
        settings: .init(steps: 20, measuresEvery: 5), folder: folder)
    }
    let whole = try trainer(nil).run()
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("interfaces-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: url) }
    let folder = TrainingFolder(url)
    try folder.create()
    _ = try trainer(folder).run { $0.step == 13 ? "enough" : nil }
    let resumed = try trainer(folder).run(resuming: true)
    #expect(resumed.parameters == whole.parameters && resumed.bestParameters == whole.bestParameters)
    let system = try PointwiseSystem(Burgers(), free: ["viscosity"])
    var stream = RandomStream(seed: 5)
    let network = try SplitNetwork(system, counts: [2, 1]) { MLP<Double>([$0, 4, 1], from: &stream) }
    #expect(throws: TrainingError.self) {
      _ = try InterfaceTask(
        system, network: network,
        settings: TrainingPoints(sampler: CollocationSampler(inside: 10, boundary: 2)))
    }
    #expect(throws: TrainingError.self) {
      _ = try SplitNetwork(system, counts: [2]) { MLP<Double>([$0, 4, 1], from: &stream) }
    }
  }
}
