import Ansatz
import Foundation

/// What `ansatz solve` tells while it runs and afterwards.
struct SolveReport {
  private let isJSON: Bool
  private let isQuiet: Bool

  init(_ arguments: ParsedArguments) throws {
    isJSON = arguments.has("json")
    isQuiet = arguments.has("quiet")
    if isJSON && isQuiet { throw UsageError("--json and --quiet exclude each other: give one") }
  }

  /// Runs `body` with callbacks that show progress and stop on signals, then reports how it ended.
  func follow<State>(
    until: Double, folder: URL,
    _ body: (StepCallback<State>, (Solution.Frame) throws -> Void) throws -> RunResult
  ) throws -> ExitCode {
    Interruption.listen()
    var progress = ProgressLine(isShown: !isQuiet && !isJSON, until: until)
    let result: RunResult
    do {
      result = try body(
        { context, _ in
          if let signal = Interruption.signalName { return .stop(reason: "interrupted by \(signal)") }
          progress.update(context)
          return .proceed
        },
        { frame in
          guard progress.isVisible else { return }
          let (name, values) = try MainField.values(of: frame)
          // Grids around meshes have points without values.
          let inside = values.filter(\.isFinite)
          let squares = inside.reduce(0) { $0 + $1 * $1 }
          progress.rms = (name, (squares / Double(max(1, inside.count))).squareRoot())
        })
      progress.clear()
    } catch let error as SolveError {
      progress.clear()
      if isJSON, let manifest = try? RunManifest.read(folder) {
        try Output.print(SolveSummary(manifest, folder: folder).json)
      } else if !isQuiet, let manifest = try? RunManifest.read(folder) {
        // What was reached is output; what went wrong is the one sentence on the other stream.
        let count = manifest.frames.count
        Output.print(
          "\(count) frame\(count == 1 ? "" : "s") up to t = \(format(manifest.frames.last?.time ?? 0)) "
            + "\(count == 1 ? "is" : "are") in \(shortPath(folder)).")
      }
      throw error
    } catch {
      progress.clear()
      throw error
    }
    return try tell(result)
  }

  /// Reports a finished run.
  func tell(_ result: RunResult) throws -> ExitCode {
    if isJSON {
      try Output.print(SolveSummary(result.manifest, folder: result.folder).json)
    } else if !isQuiet {
      try Output.print(text(result))
    }
    return result.manifest.status == .interrupted ? .interrupted : .success
  }

  private func text(_ result: RunResult) throws -> String {
    let terminal = Terminal(STDOUT_FILENO)
    let manifest = result.manifest
    let (name, values) = try MainField.values(of: result.last)
    var lines: [String] = [""]
    let drawing = FieldDrawing(terminal: terminal).lines(values, on: try result.last.fields[0].grid)
    if !drawing.isEmpty {
      let range = ColorMap.range(of: [values])
      let plane = manifest.points.count == 3 ? " on the middle plane" : ""
      let time = manifest.run.until == nil ? "" : " at t = \(format(result.last.time))"
      lines += drawing
      lines += [
        "",
        "  \(name)\(plane)\(time), from \(format(range.lowerBound)) to \(format(range.upperBound))",
        "",
      ]
    }
    lines += SolveSummary(manifest, folder: result.folder).lines(terminal)
    return lines.joined(separator: "\n")
  }
}

/// A path relative to the working directory where it lies in it.
func shortPath(_ url: URL) -> String {
  let here = FileManager.default.currentDirectoryPath + "/"
  return url.path.hasPrefix(here) ? String(url.path.dropFirst(here.count)) : url.path
}
