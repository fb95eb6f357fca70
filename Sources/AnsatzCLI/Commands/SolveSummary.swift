import Ansatz
import Foundation

/// How a run ended, as text and as JSON.
struct SolveSummary {
  private let manifest: RunManifest
  private let folder: URL

  init(_ manifest: RunManifest, folder: URL) { (self.manifest, self.folder) = (manifest, folder) }

  /// The JSON object that `--json` prints.
  private struct Report: Encodable {
    struct Number: Encodable {
      var initial, final: Double?
    }
    var folder: String
    var status: RunStatus
    var message: String?
    var run: RunSettings
    var time: Double
    var frames: Int
    var numbers: [String: Number]
    var errors: [String: Double?]
    var statistics: RunStatistics
    var files: [String]
  }

  var json: String {
    get throws {
      let (errors, numbers) = (series.filter(\.isError), series.filter { !$0.isError })
      func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }
      let report = Report(
        folder: folder.path, status: manifest.status, message: manifest.message, run: manifest.run,
        time: manifest.time, frames: manifest.frames.count,
        numbers: Dictionary(
          numbers.map { ($0.name, .init(initial: finite($0.first), final: finite($0.last))) },
          uniquingKeysWith: { $1 }),
        errors: Dictionary(errors.map { ($0.name, finite($0.last)) }, uniquingKeysWith: { $1 }),
        statistics: manifest.statistics, files: manifest.files)
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(report), as: UTF8.self)
    }
  }

  private var series: [(name: String, isError: Bool, first: Double, last: Double)] {
    manifest.series.compactMap { series in
      guard let first = series.values.first, let last = series.values.last else { return nil }
      let isError = series.name.hasPrefix("error(") && series.name.hasSuffix(")")
      return (isError ? String(series.name.dropFirst(6).dropLast()) : series.name, isError, first, last)
    }
  }

  /// The closing lines.
  func lines(_ terminal: Terminal) -> [String] {
    let (run, statistics) = (manifest.run, manifest.statistics)
    let dot = terminal.showsUnicode ? " · " : ", "
    let by = terminal.showsUnicode ? " × " : " x "
    let arrow = terminal.showsUnicode ? "→" : "->"
    func bold(_ text: String) -> String { terminal.colors == .none ? text : "\u{1B}[1m\(text)\u{1B}[0m" }

    var head = bold(run.problem)
    if !run.parameters.isEmpty {
      head +=
        "  "
        + run.parameters.sorted { $0.key < $1.key }.map { "\($0.key) = \(format($0.value))" }
        .joined(separator: ", ")
    }
    // Finite elements sample their fields on a grid, whose size says nothing of the solution.
    let size =
      statistics.unknowns.map { "\($0) unknowns" } ?? manifest.points.map(String.init).joined(separator: by)
      + " points"
    var how = "\(run.method.name), \(size)"
    if let solver = statistics.solver {
      how += "\(dot)\(solver)"
      if let iterations = statistics.iterations, iterations > 1 { how += ", \(iterations) iterations" }
    }
    if let steps = statistics.newtonSteps { how += "\(dot)\(steps) Newton steps" }
    if let stepper = run.stepper {
      how += "\(dot)\(stepper), \(statistics.steps) steps"
      if let step = run.step {
        how += " of \(format(statistics.step ?? step))"
      } else if let control = run.control {
        how +=
          " (\(statistics.rejectedSteps) refused), relative tolerance \(format(control.relativeTolerance))"
      }
    }
    let perStep = statistics.secondsSolve / Double(max(1, statistics.steps))
    let each = statistics.steps > 0 ? " (\(seconds(perStep)) per step)" : ""
    let time =
      "\(seconds(statistics.secondsSolve)) solving\(each), \(seconds(statistics.secondsSetup)) setup, "
      + "\(statistics.threads) thread\(statistics.threads == 1 ? "" : "s")"
    var lines = [head, "  " + how, "  " + time]
    if manifest.status == .interrupted {
      lines.append(bold("  \(manifest.message ?? "interrupted") at t = \(format(manifest.time))"))
    }

    let numbers = series.filter { !$0.isError }
    let errors = series.filter(\.isError)
    if !numbers.isEmpty || !errors.isEmpty {
      lines.append("")
      let width = (numbers + errors).map { $0.name.count + ($0.isError ? 9 : 0) }.max() ?? 0
      let firsts = numbers.map { format($0.first, digits: 6) }
      let column = firsts.map(\.count).max() ?? 0
      for (number, first) in zip(numbers, firsts) {
        lines.append(
          run.until == nil
            ? "  \(number.name.padded(width))  \(first)"
            : "  \(number.name.padded(width))  \(first.leftPadded(column)) \(arrow) \(format(number.last, digits: 6))"
        )
      }
      for error in errors {
        lines.append(
          "  \(("error of " + error.name).padded(width))  \(format(error.last, digits: 3)) relative to the exact solution"
        )
      }
    }

    lines += [
      "",
      "\(manifest.frames.count) frame\(manifest.frames.count == 1 ? "" : "s") in \(bold(shortPath(folder) + "/"))",
    ]
    var rows: [(String, String)] = []
    let places: [(name: String, hint: String)] = [
      ("fields.pvd", "the fields over time: open it in ParaView"),
      ("preview.png", "the main field at a glance: open it in an image viewer"),
      ("animation.png", "the main field over time: open it in a web browser"),
      ("numbers.csv", "derived numbers by time"),
    ]
    for place in places where manifest.files.contains(place.name) { rows.append(place) }
    if run.formats.contains(.npy) { rows.append(("fields/*.npy", "the fields as NumPy arrays")) }
    if run.formats.contains(.csv), manifest.points.count == 1 {
      rows.append(("fields/*.csv", "the fields as tables"))
    }
    lines += TextTable.columns(rows).split(separator: "\n").map(String.init)
    if manifest.status == .interrupted {
      lines += ["", "Go on with: ansatz solve --resume \(shortPath(folder))"]
    }
    return lines
  }

  private func seconds(_ value: Double) -> String {
    if value < 1e-3 { return format(value * 1e6, digits: 3) + " µs" }
    if value < 1 { return format(value * 1e3, digits: 3) + " ms" }
    return value < 100 ? format(value, digits: 3) + " s" : ProgressLine.duration(value)
  }
}
