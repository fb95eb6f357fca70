import Ansatz
import Foundation

/// Physics-informed models: the error that they reach in given times, beside random features and classical methods.
struct PinnSuite: BenchmarkSuite {
  let name = "pinns"
  let summary =
    "Physics-informed models: errors after given seconds, beside random features and classical methods"

  func run(_ options: BenchmarkOptions) throws -> [BenchmarkRecord] {
    let studies: [any PinnStudy] = [LossLandscape(), PermeabilityCase(), WakeCase()]
    try options.check(PinnCase.all.map(\.name) + studies.map(\.name))
    Interruption.listen()
    let threads = WorkerPool.shared.threadCount
    report(
      """
      pinns, \(threads) thread\(threads == 1 ? "" : "s"); relative L2 errors at the parameters that validate best, median and \
      worst of the starts

      case          row                    starts  parameters    steps   seconds      median       worst  asked           \
      reached after
      """)
    var records: [BenchmarkRecord] = []
    for item in PinnCase.all where options.includes(item.name) {
      let marks = item.marks.filter { !options.isQuick || $0.isQuick }
      guard !marks.isEmpty else { continue }
      records += try run(item, marks, options)
      if Interruption.signalName != nil { return records }
    }
    for study in studies where options.includes(study.name) {
      records += try study.run(options)
      if Interruption.signalName != nil { return records }
    }
    return records
  }

  /// The trainings of a row, best first.
  private struct Row {
    let row: PinnRow
    let runs: [PinnTraining]

    /// Errors of the starts at a time, in order.
    func errors(by seconds: Double) -> [Double] { runs.map { $0.error(by: seconds) }.sorted() }

    /// What counts of the starts.
    func error(by seconds: Double) -> Double {
      let errors = errors(by: seconds)
      return row.takesBestStart ? errors[0] : errors[errors.count / 2]
    }

    /// The start that counts.
    func run(by seconds: Double) -> PinnTraining {
      let wanted = error(by: seconds)
      return runs.first { $0.error(by: seconds) == wanted } ?? runs[0]
    }
  }

  private func run(_ item: PinnCase, _ marks: [PinnMark], _ options: BenchmarkOptions) throws
    -> [BenchmarkRecord]
  {
    var records: [BenchmarkRecord] = []
    let reference = item.hasOwnReference ? nil : try PinnReference(item)
    let label = item.name.padded(13)
    if let (method, error, seconds) = reference?.classical {
      report(
        "\(label) \(method.padded(22))      -           -        - "
          + String(format: "%9.3f  %10.2e           -", seconds, error))
      records.append(
        BenchmarkRecord(
          name: item.name, program: method, figures: ["seconds": seconds, "relative L2 error": error]))
    } else if case .none(let reason) = item.classical {
      report("\(label) no classical row: \(reason)")
    }
    let end = marks.map(\.seconds).max()!
    // Runs of minutes have one start, and a quick run has.
    let starts = end > 300 || options.isQuick ? 1 : 3
    var rows: [String: Row] = [:]
    var curves: [LinePlot.Curve] = []
    for row in item.rows {
      var runs: [PinnTraining] = []
      for seed in 1...UInt64(row.takesBestStart ? 3 : starts) {
        let training: PinnTraining
        do {
          training = try PinnTraining(
            item, row, seconds: end, seed: seed, reference: reference?.points
          ) { if !options.isQuick { report("  \(row.name): \($0)") } }
        } catch let error as TrainingError {
          // A method that breaks down is a result too.
          report("\(label) \(row.name.padded(22)) \(error)")
          continue
        }
        if Interruption.signalName != nil { return records }
        runs.append(training)
        if row.takesBestStart, !marks.contains(where: { $0.isMissed(by: training, row.name) }) { break }
      }
      guard !runs.isEmpty else { continue }
      let result = Row(row: row, runs: runs)
      rows[row.name] = result
      var own = marks.filter { $0.row == row.name }
      if own.isEmpty { own = [.record(of: row.name, after: end)] }
      for mark in own { records.append(record(mark, result, rows, item, label)) }
      let shown = result.run(by: end)
      curves.append(
        LinePlot.Curve(name: row.name, x: shown.curve.map(\.seconds), y: shown.curve.map(\.error)))
      if let folder = options.plots, let reference, let solution = shown.solution {
        let map = PinnErrorMap(title: "\(item.name), \(row.name)", model: solution, reference: reference)
        if let image = try map.image() {
          let file = "\(item.name)-\(row.name.asFileName)-error.png"
          try AtomicFile.write(PNG.encode(image), to: folder.appendingPathComponent(file))
        }
      }
    }
    if let folder = options.plots {
      let plot = LinePlot(
        title: item.name, xLabel: "seconds", yLabel: "relative L2 error", xScale: .logarithmic,
        yScale: .logarithmic, curves: curves)
      try SVGPlot.write(
        plot, to: folder.appendingPathComponent("\(item.name).svg"), width: 900, height: 620)
    }
    return records
  }

  /// A line of the table.
  private func record(
    _ mark: PinnMark, _ result: Row, _ rows: [String: Row], _ item: PinnCase, _ label: String
  ) -> BenchmarkRecord {
    let errors = result.errors(by: mark.seconds)
    let error = result.error(by: mark.seconds)
    let run = result.run(by: mark.seconds)
    var (asked, reached, hasPassed) = ("-", "", Bool?.none)
    switch mark.demand {
    case .none: break
    case .atMost(let limit):
      asked = String(format: "<= %.3g", limit)
      reached = run.seconds(below: limit).map { String(format: "%.0f s", $0) } ?? "never"
      hasPassed = error <= limit
    case .atLeast(let limit):
      asked = String(format: ">= %.3g", limit)
      hasPassed = error >= limit
    case .timesAbove(let factor, let other):
      let best = rows[other]?.error(by: mark.seconds) ?? .infinity
      asked = String(format: ">= %.3g times %@", factor, other)
      reached = String(format: "%.1f times", error / best)
      hasPassed = error >= factor * best
    }
    report(
      "\(label) \(result.row.name.padded(22)) "
        + String(
          format: "%6d  %10d  %7d  %8.1f  %10.2e  %10.2e  ", result.runs.count, run.parameters, run.steps,
          min(run.seconds, mark.seconds), error, errors.last!)
        + "\(asked.padded(15)) \(reached)" + (hasPassed == false ? "   fail" : ""))
    return BenchmarkRecord(
      name: "\(item.name) \(result.row.name) \(Int(mark.seconds)) s",
      figures: [
        "seconds": min(run.seconds, mark.seconds), "steps": Double(run.steps),
        "parameters": Double(run.parameters), "relative L2 error": error, "worst": errors.last!,
        "starts": Double(result.runs.count),
      ], hasPassed: hasPassed)
  }
}

extension PinnMark {
  /// Whether a training of a row is short of what is asked of it alone.
  fileprivate func isMissed(by training: PinnTraining, _ row: String) -> Bool {
    guard self.row == row, case .atMost(let limit) = demand else { return false }
    return training.error(by: seconds) > limit
  }
}

extension String {
  /// Letters and digits in lower case, with a hyphen for all between them.
  var asFileName: String {
    lowercased().split { !$0.isLetter && !$0.isNumber }.joined(separator: "-")
  }
}
