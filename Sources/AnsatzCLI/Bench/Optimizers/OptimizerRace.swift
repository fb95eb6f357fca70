import Ansatz
import Foundation

/// All optimizers on one task for the same seconds, the search for their rates included.
struct OptimizerRace: OptimizerCase {
  let task: OptimizerTask

  var name: String { "race-\(task.name)" }
  var summary: String { task.summary }

  /// Methods that begin with another one, as they are used in practice.
  private static let combined = ["adam:300,ssbroyden", "adam:300,lbfgs"]

  func run(_ options: BenchmarkOptions) throws -> [BenchmarkRecord] {
    let budget = seconds(options, quick: 20, full: 60)
    report(
      "\(Int(budget)) s for each; a method with a rate spends a quarter of them on finding it. Sorted by error at the end.\n"
    )
    report(
      "\(name.padded(22))  seconds     steps    ms/step       error  after \(String(task.equalSteps).padded(4))  optimizer"
    )
    var runs: [(name: String, run: OptimizerRun)] = []
    func attempt(_ name: String, _ train: () throws -> OptimizerRun) throws {
      guard Interruption.signalName == nil else { return }
      do {
        let run = try train()
        runs.append((name, run))
        report(row(name, run, equalSteps: task.equalSteps).line)
      } catch {
        // What a method cannot take is said in its row, and the others go on.
        report("\(name.padded(22)) \(error)")
      }
    }
    for text in options.optimizers ?? OptimizerText.names.map(\.name) + Self.combined {
      // A bare name has its rate found.
      let method = OptimizerText.names.first { $0.name == text }
      try attempt(text) {
        try method.map { try task.run($0, seconds: budget) } ?? task.run(text, seconds: budget)
      }
    }
    func last(_ run: OptimizerRun) -> Double { run.rows.last?.error ?? .infinity }
    runs.sort { last($0.run) < last($1.run) }
    report("\nFrom the best to the worst:")
    for (i, (name, run)) in runs.enumerated() {
      report(String(format: "%3d  %10.2e  ", i + 1, last(run)) + name)
    }
    report("")
    try plot(runs, options)
    return runs.map { row($0.name, $0.run, equalSteps: task.equalSteps).record }
  }
}
