import Ansatz
import Foundation
import Testing

private struct Fine: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .box([(-1, 1), (0, 0.5)]) }
  var equations: [Equation] { [dt(u) == laplacian(u) + cos(12 * .pi * y)] }
  var conditions: [Condition] {
    [.initial(u == sin(7 * .pi * (x + 1)) * y * (0.5 - y)), .dirichlet(u == 0)]
  }
}

private struct Coarse: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(0, 1, periodic: true) }
  var equations: [Equation] { [dt(u) == dx(dx(u))] }
  var conditions: [Condition] { [.initial(u == sin(8 * .pi * x))] }
}

/// Twenty half-waves that fade.
private struct Ripple: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(0, 1) }
  var equations: [Equation] { [dt(u) == dx(dx(u)) / (400 * .pi * .pi)] }
  var conditions: [Condition] { [.initial(u == sin(20 * .pi * x)), .dirichlet(u == 0)] }
  var exact: [Equation] { [u == sin(20 * .pi * x) * exp(-t)] }
}

@Suite("Frequencies of a problem's data")
struct DataFrequencyTests {
  @Test("frequencies are those of initial values and sources, axis by axis")
  func frequencies() throws {
    // 7π (x + 1) = 14 π s along x; 12 π y = 6 π s along y; parabolas are below the first that count.
    #expect(try DataFrequencies(of: PointwiseSystem(Fine())).multiples == [[14], [6]])
    #expect(try DataFrequencies(of: PointwiseSystem(Coarse())).multiples == [[]])
    #expect(try DataFrequencies(of: PointwiseSystem(Ripple())).multiples == [[20]])
  }

  @Test("with them, a small network learns what it does not without")
  func ripple() throws {
    let system = try PointwiseSystem(Ripple())
    func error(_ frequencies: DataFrequencies?) throws -> Double {
      var stream = RandomStream(seed: 2)
      let network = PhysicsNetwork(
        system, frequencies: frequencies, conditions: try HardConditions(system)
      ) { MLP<Double>([$0, 12, 12, 1], from: &stream) }
      let task = try PhysicsTask(
        system, network: network,
        settings: TrainingPoints(sampler: CollocationSampler(pattern: .sobol, inside: 500, boundary: 1)),
        conditions: [])
      return try Trainer(
        task, optimizer: LevenbergMarquardt<Double>(), settings: .init(steps: 60, measuresEvery: 10)
      ).run().error!
    }
    let with = try error(DataFrequencies(of: system))
    #expect(with < 0.1, "\(with)")
    let without = try error(nil)
    #expect(without > 3 * with, "\(without) without, \(with) with")
  }
}
