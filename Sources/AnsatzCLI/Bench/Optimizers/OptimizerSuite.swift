import Ansatz
import Foundation

/// Optimizers: all of them at equal seconds and equal steps, and what single ones must reach.
struct OptimizerSuite: BenchmarkSuite {
  let name = "optimizers"
  let summary =
    "Optimizers: errors at equal seconds and equal steps, on five tasks, and what single methods reach"

  static let cases: [any OptimizerCase] =
    OptimizerTask.all.map { OptimizerRace(task: $0) }
    + [
      StepCost(), AnchorMarks(), SmoothMarks(), KroneckerMarks(), HighDimensionMarks(interval: 1),
      HighDimensionMarks(interval: 100),
    ]
    + PreconditioningCase.all

  func run(_ options: BenchmarkOptions) throws -> [BenchmarkRecord] {
    try options.check(Self.cases.map(\.name))
    for text in options.optimizers ?? [] { _ = try OptimizerText.optimizer(text, Double.self) }
    Interruption.listen()
    let threads = WorkerPool.shared.threadCount
    report(
      "optimizers, \(threads) thread\(threads == 1 ? "" : "s"); relative L2 errors at the parameters that validate best\n"
    )
    var records: [BenchmarkRecord] = []
    for item in Self.cases where options.includes(item.name) && Interruption.signalName == nil {
      report("\(item.name): \(item.summary)")
      records += try item.run(options)
    }
    return records
  }
}
