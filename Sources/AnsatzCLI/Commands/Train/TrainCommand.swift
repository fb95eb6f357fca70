import Ansatz
import Foundation

/// `ansatz train`: trains a model against a problem, or goes on with a training.
struct TrainCommand: Command {
  let name = "train"
  let summary = "Train a neural model against a problem and write a run folder"
  let usage = "MODEL --problem PROBLEM [--PARAMETER V …] [options] | --resume DIR"
  var discussion: String {
    """
    Models: \(TrainableModels.all.map { "\($0.name) (\($0.summary))" }.joined(separator: "; ")).
    Every parameter of a problem is an option of its own; --find names those that are to be found from the data.
    Optimizers: \(OptimizerText.names.map { "\($0.name) (\($0.summary))" }.joined(separator: ", ")).
    A comma joins stages, :N ends one after N steps, @R sets a rate, + adds to it: adam:1000@1e-3+cosine,ssbroyden.
    There are \(OptimizerText.modifiers.map { "+\($0.form) (\($0.summary))" }.joined(separator: ", ")).
    Ctrl-C keeps a checkpoint, and --resume goes on from it bit by bit.
    """
  }
  var options: [Option] {
    TrainableModels.all.reduce(TrainRequest.options) { options, model in
      options + model.options.filter { own in !options.contains { $0.name == own.name } }
    }
  }
  let examples: [(line: String, what: String)] = [
    (
      "train pinn --problem poisson-manufactured --optimizer gn --widths 64",
      "Poisson's equation by Gauss-Newton"
    ),
    (
      "train pinn --problem burgers --optimizer adam:1000,ssbroyden --seconds 120",
      "Burgers' equation, two stages, two minutes"
    ),
    ("train --resume burgers.train", "Go on after Ctrl-C"),
  ]

  func run(_ words: [String]) throws -> ExitCode {
    if words.contains("--help") || words.contains("-h") {
      _ = try parse(words)
      return .success
    }
    if let i = words.firstIndex(where: { $0 == "--resume" || $0.hasPrefix("--resume=") }) {
      let path =
        words[i].hasPrefix("--resume=")
        ? String(words[i].dropFirst(9)) : i + 1 < words.count ? words[i + 1] : ""
      guard !path.isEmpty else { throw UsageError("--resume needs a value: write --resume DIR") }
      let folder = TrainingFolder(URL(fileURLWithPath: path))
      let (_, settings) = try folder.settings()
      guard let line = settings["command"] else {
        throw UsageError("\(path) was written by a program of its own: resume it there")
      }
      let rest = Array(words[..<i]) + Array(words.dropFirst(words[i].hasPrefix("--resume=") ? i + 1 : i + 2))
      var request = try TrainRequest(line.split(separator: "\u{1F}").map(String.init))
      try request.change(by: rest)
      return try train(request, in: folder, isResuming: true)
    }
    let request = try TrainRequest(words)
    let folder = request.folder()
    return try train(request, in: folder, isResuming: false)
  }

  private func train(_ request: TrainRequest, in folder: TrainingFolder, isResuming: Bool) throws -> ExitCode
  {
    _ = try WorkerPool.requestedThreads()
    let notes = !isResuming && request.kind.needsConditions ? try missingConditions(of: request) : []
    return try request.hand(
      to: TrainingRun(request: request, folder: folder, isResuming: isResuming, notes: notes))
  }

  /// What is missing among the conditions of the problem, in sentences.
  ///
  /// - Throws: `UsageError` for conditions that contradict each other.
  private func missingConditions(of request: TrainRequest) throws -> [String] {
    guard request.free.isEmpty, request.fields.isEmpty,
      let system = try? PointwiseSystem(
        request.problem, parameters: request.parameters, on: request.placement)
    else { return [] }
    let found = WellPosedness(system, until: request.until)
    if let contradiction = found.contradictions.first { throw UsageError(contradiction) }
    return found.remarks
  }
}
