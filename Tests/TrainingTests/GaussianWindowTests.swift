import Ansatz
import Foundation
import Testing

/// Diffusion of a wave on a circle: u = e^{−νk²t} sin kx, k = 2π, ν k² = 1.
private struct Fading: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(0, 1, periodic: true) }
  var equations: [Equation] { [dt(u) == dx(dx(u)) / (4 * .pi * .pi)] }
  var conditions: [Condition] { [.initial(u == sin(2 * .pi * x) + 0.5)] }
  var exact: [Equation] { [u == sin(2 * .pi * x) * exp(-t) + 0.5] }
}

/// A string of which one end moves, second order in time.
private struct PulledString: Problem {
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

private func training(
  _ problem: some Problem, windows: TimeWindows, count: Int = 30, until: Double, isHard: Bool = false,
  growth: GaussianGrowth? = nil, renew: Int? = nil
) throws -> WindowedGaussianTask {
  try WindowedGaussianTask(
    try PointwiseSystem(problem), windows: windows, start: GaussianStart(count: count, seed: 1),
    settings: TrainingPoints(
      sampler: CollocationSampler(pattern: .residual, inside: 250, boundary: 40, seed: 2), renewsEvery: renew,
      until: until, conditionWeight: 100), growth: growth, isHard: isHard)
}

@Suite("Gaussians in windows of time")
struct GaussianWindowTests {
  @Test(
    "windows together are the exact solution, of first and second order in time",
    arguments: TimeWindows.Start.allCases)
  func exactness(_ start: TimeWindows.Start) throws {
    func error(_ task: WindowedGaussianTask) throws -> Double {
      let result = try Trainer(
        task, optimizer: VariableProjection(), settings: .init(steps: 60, measuresEvery: 5)
      ).run()
      #expect(task.stage == 2)
      #expect(task.remarks.isEmpty)
      return result.error!
    }
    let fading = try error(training(Fading(), windows: TimeWindows(3, start: start), until: 3))
    #expect(fading < 2e-4, "\(fading)")
    let string = try error(
      training(PulledString(), windows: TimeWindows(3, start: start), count: 40, until: 1.5))
    #expect(string < 2e-3, "\(string)")
    // Conditions that are met by a change of variables are part of what is handed on.
    let lifted = try error(
      training(PulledString(), windows: TimeWindows(3, start: start), count: 40, until: 1.5, isHard: true))
    #expect(lifted < 2e-3, "\(lifted)")
  }

  @Test("fields of all windows are one solution")
  func fields() throws {
    let task = try training(Fading(), windows: TimeWindows(ends: [0.3, 1]), until: 2)
    _ = try Trainer(
      task, optimizer: VariableProjection(), settings: .init(steps: 40, measuresEvery: 5)
    ).run()
    let solution = try task.solution(of: Fading(), points: [64], frames: 9)
    #expect(solution.times.last == 2)
    for frame in solution.frames {
      let error = try frame.exactErrors[0].value
      #expect(error < 1e-3, "\(error) at t = \(frame.time)")
    }
  }

  @Test(
    "a training that is stopped in any window goes on with the same bits, with Gaussians that come and go")
  func resume() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("gaussians-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: url) }
    func task() throws -> WindowedGaussianTask {
      try training(
        Fading(), windows: TimeWindows(3), count: 12, until: 1.5,
        growth: GaussianGrowth(every: 4, added: 3, limit: 18), renew: 5)
    }
    func trainer(_ task: WindowedGaussianTask, _ folder: TrainingFolder? = nil) -> Trainer<
      WindowedGaussianTask
    > {
      Trainer(
        task, optimizer: VariableProjection(), settings: .init(steps: 30, measuresEvery: 3), folder: folder)
    }
    let whole = try task()
    let expected = try trainer(whole).run()
    for stop in [3, 10, 11, 24] {
      let folder = TrainingFolder(url.appendingPathComponent("\(stop)"))
      try folder.create()
      let first = try trainer(try task(), folder).run { $0.step >= stop ? "enough" : nil }
      #expect(first.wasInterrupted)
      let rest = try task()
      let result = try trainer(rest, folder).run(resuming: true)
      #expect(result.parameters.elements == expected.parameters.elements, "stopped after \(stop) steps")
      #expect(result.bestParameters.elements == expected.bestParameters.elements)
      #expect(rest.stage == whole.stage)
    }
  }

  @Test("what has no windows is refused")
  func refusals() throws {
    struct Steady: Problem {
      let u = ScalarField.unknown("u")
      var domain: Domain { .interval(0, 1) }
      var equations: [Equation] { [dx(dx(u)) == 1] }
      var conditions: [Condition] { [.dirichlet(u == 0)] }
    }
    let error = #expect(throws: TrainingError.self) {
      try training(Steady(), windows: TimeWindows(2), until: 1)
    }
    #expect(error?.description.contains("no derivative in time") == true)
  }
}
