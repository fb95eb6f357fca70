import Ansatz
import Foundation

/// Physics-informed networks: the error that they reach in given times, beside random features and classical methods.
struct PinnSuite: BenchmarkSuite {
  let name = "pinns"
  let summary =
    "Physics-informed networks: errors after given seconds, beside random features and classical methods"

  func run(_ options: BenchmarkOptions) throws -> [BenchmarkRecord] {
    try options.check(PinnCase.all.map(\.name))
    Interruption.listen()
    let threads = WorkerPool.shared.threadCount
    report(
      "pinns, double precision, \(threads) thread\(threads == 1 ? "" : "s"); relative L2 errors at the parameters that "
        + "validate best\n")
    report(
      "problem      recipe                 seed  parameters   steps   seconds       error      limit  reached after"
    )
    var records: [BenchmarkRecord] = []
    for item in PinnCase.all where options.includes(item.name) {
      let marks = item.marks.filter { !options.isQuick || $0.isQuick }
      guard !marks.isEmpty else { continue }
      records += try run(item, marks, options)
      if Interruption.signalName != nil { break }
    }
    return records
  }

  private func run(_ item: PinnCase, _ marks: [PinnCase.Mark], _ options: BenchmarkOptions) throws
    -> [BenchmarkRecord]
  {
    let reference = try PinnReference(item)
    var records: [BenchmarkRecord] = []
    var curves: [LinePlot.Curve] = []
    let label = item.name.padded(12)
    report(
      "\(label) \(reference.method.padded(22)) "
        + String(
          format: "   -           -       -  %8.3f  %10.2e", reference.classicalSeconds,
          reference.classicalError)
    )
    records.append(
      BenchmarkRecord(
        name: item.name, program: reference.method,
        figures: ["seconds": reference.classicalSeconds, "relative L2 error": reference.classicalError]))
    let end = marks.map(\.seconds).max()!
    var errors: [Double] = []
    for (index, recipe) in item.recipes.enumerated() {
      var best: PinnTraining?
      var bestSeed: UInt64 = 1
      for seed in 1...UInt64(index == 0 ? item.starts : 1) {
        let training = try PinnTraining(
          item, recipe, seconds: end, seed: seed, reference: reference.points
        ) { row in
          if !options.isQuick { report("  \(row)") }
        }
        if Interruption.signalName != nil { return records }
        let error = training.error(by: end) ?? .infinity
        if error < best?.error(by: end) ?? .infinity { (best, bestSeed) = (training, seed) }
        if index == 0, let limit = marks.last?.limit, error <= limit { break }
      }
      guard let training = best else { continue }
      let rows = index == 0 ? marks : [PinnCase.Mark(seconds: end, limit: .infinity, isQuick: true)]
      for mark in rows {
        let error = training.error(by: mark.seconds) ?? .infinity
        let reached = training.seconds(below: mark.limit)
        let isAsked = mark.limit.isFinite
        let hasPassed: Bool? = isAsked ? error <= mark.limit : nil
        report(
          "\(label) \(recipe.name.padded(22)) "
            + String(
              format: "%4d  %10d  %6d  %8.1f  %10.2e  %9@  %@", Int(bestSeed), training.parameters,
              training.steps,
              min(training.seconds, mark.seconds), error,
              isAsked ? String(format: "%.0e", mark.limit) as NSString : "-",
              isAsked ? (reached.map { String(format: "%.0f s", $0) } ?? "never") as NSString : "")
            + (hasPassed == false ? "   fail" : ""))
        records.append(
          BenchmarkRecord(
            name: "\(item.name) \(recipe.name) \(Int(mark.seconds)) s",
            figures: [
              "seconds": min(training.seconds, mark.seconds), "steps": Double(training.steps),
              "parameters": Double(training.parameters), "relative L2 error": error,
            ], hasPassed: hasPassed))
        if mark.seconds == end { errors.append(error) }
      }
      curves.append(
        LinePlot.Curve(
          name: recipe.name, x: training.curve.map(\.seconds), y: training.curve.map(\.error)))
    }
    if let gain = item.gain, let first = errors.first, let last = errors.last {
      let hasPassed = last >= gain * first
      report(
        "\(label) \(item.recipes.last!.name) / \(item.recipes[0].name): "
          + String(format: "%.1f times the error, at least %.0f are asked", last / first, gain)
          + (hasPassed ? "" : "   fail"))
      records.append(
        BenchmarkRecord(
          name: "\(item.name) gain", figures: ["ratio of errors": last / first], hasPassed: hasPassed))
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
}
