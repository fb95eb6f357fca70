import Spectral
import TimeStepping

extension Checkpoint: SavedState {
  /// What is not an array.
  private struct Numbers: Codable {
    var time: Double
    var clock: Clock
    var framesKept: Int
    var adaptive: AdaptiveState?
    var stepperIndex: Int
    var initialNorm: Double
    var history: Int
    var starting: Int?
  }

  var numbers: any Encodable {
    Numbers(
      time: time, clock: clock, framesKept: framesKept, adaptive: adaptive, stepperIndex: stepperIndex,
      initialNorm: initialNorm, history: history.count, starting: starting?.count)
  }

  var arrays: [String: [Double]] {
    var result: [String: [Double]] = [:]
    for (v, values) in state.enumerated() { result["state.\(v)"] = values }
    for (name, steps) in [("history", history), ("starting", starting ?? [])] {
      for (i, step) in steps.enumerated() {
        result["\(name).\(i).state"] = step.state
        result["\(name).\(i).nonlinear"] = step.nonlinear
      }
    }
    return result
  }

  /// The state in a file, for a system whose sizes it must have.
  ///
  /// - Throws: ``RunFolderError``.
  init(_ file: RunCheckpoint, for system: any SpectralSystem) throws {
    let numbers = try file.numbers(as: Numbers.self)
    let all = system.variables.count * system.coefficientCount
    func steps(_ name: String, _ count: Int) throws -> [StepHistory] {
      try (0..<max(0, count)).map {
        StepHistory(
          state: try file.array("\(name).\($0).state", count: all),
          nonlinear: try file.array("\(name).\($0).nonlinear", count: all))
      }
    }
    self.init(
      time: numbers.time, clock: numbers.clock, framesKept: numbers.framesKept, adaptive: numbers.adaptive,
      stepperIndex: numbers.stepperIndex, starting: try numbers.starting.map { try steps("starting", $0) },
      state: try system.variables.indices.map {
        try file.array("state.\($0)", count: system.coefficientCount)
      },
      history: try steps("history", numbers.history), initialNorm: numbers.initialNorm)
  }
}
