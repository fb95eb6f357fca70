import Ansatz
import Foundation

/// A part of the suite of optimizers.
protocol OptimizerCase: Sendable {
  var name: String { get }
  /// A line on what is compared.
  var summary: String { get }
  /// Runs the measurements and prints their table.
  func run(_ options: BenchmarkOptions) throws -> [BenchmarkRecord]
}

extension OptimizerCase {
  /// Writes curves of errors over seconds.
  func plot(_ runs: [(name: String, run: OptimizerRun)], _ options: BenchmarkOptions) throws {
    guard let folder = options.plots, !runs.isEmpty else { return }
    let curves = runs.map { name, run in
      LinePlot.Curve(name: name, x: run.rows.map(\.seconds), y: run.rows.map(\.error))
    }
    let plot = LinePlot(
      title: "\(name): \(summary)", xLabel: "seconds", yLabel: "relative L2 error", xScale: .logarithmic,
      yScale: .logarithmic, curves: curves)
    try SVGPlot.write(plot, to: folder.appendingPathComponent("\(name).svg"), width: 1000, height: 700)
  }

  /// The line of a table, and the record, of one training.
  func row(
    _ label: String, _ run: OptimizerRun, equalSteps: Int? = nil, limit: Double? = nil, hasPassed: Bool? = nil
  ) -> (line: String, record: BenchmarkRecord) {
    let error = run.rows.last?.error ?? .infinity
    var figures = [
      "seconds": run.seconds, "seconds of the search for a rate": run.searchSeconds,
      "steps": Double(run.steps),
      "milliseconds per step": 1e3 * run.secondsPerStep, "parameters": Double(run.parameters),
      "relative L2 error": error,
    ]
    var line =
      "\(label.padded(22)) "
      + String(format: "%8.1f  %8d  %9.3f  %10.2e", run.seconds, run.steps, 1e3 * run.secondsPerStep, error)
    if let equalSteps {
      let own = run.error(afterSteps: equalSteps)
      line += "  " + (own.map { String(format: "%10.2e", $0) } ?? "         -")
      figures["relative L2 error after \(equalSteps) steps"] = own
    }
    if let limit {
      let reached = run.reached(limit)
      line += "  " + (reached.map { String(format: "%7.1f s, step %d", $0.seconds, $0.steps) } ?? "never")
      figures["seconds to \(limit)"] = reached?.seconds
      figures["steps to \(limit)"] = reached.map { Double($0.steps) }
    }
    line += "  \(run.optimizer)"
    if let end = run.end { line += ", \(end)" }
    if hasPassed == false { line += "   fail" }
    return (line, BenchmarkRecord(name: "\(name) \(label)", figures: figures, hasPassed: hasPassed))
  }
}

/// The seconds of a training, shorter for quick runs.
func seconds(_ options: BenchmarkOptions, quick: Double, full: Double) -> Double {
  options.isQuick ? quick : full
}
