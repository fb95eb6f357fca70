import Ansatz
import Foundation

/// `ansatz train`: trains a model against a problem, or goes on with a training.
struct TrainCommand: Command {
  let name = "train"
  let summary = "Train a neural model against a problem and write a run folder"
  let usage = "pinn --problem PROBLEM [--PARAMETER V …] [options] | --resume DIR"
  var discussion: String {
    """
    pinn: a physics-informed network, trained on the equation and its conditions alone, and on data where --data gives
    some. Every parameter of a problem is an option of its own; --find names those that are to be found from the data.
    Optimizers: \(OptimizerText.names.map { "\($0.name) (\($0.summary))" }.joined(separator: ", ")).
    A comma joins stages, :N ends one after N steps, @R sets a rate, + adds to it: adam:1000@1e-3+cosine,ssbroyden.
    There are \(OptimizerText.modifiers.map { "+\($0.form) (\($0.summary))" }.joined(separator: ", ")).
    Ctrl-C keeps a checkpoint, and --resume goes on from it bit by bit.
    """
  }
  let options = TrainRequest.options
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
    return request.isSingle
      ? try train(request, in: folder, isResuming, Float.self)
      : try train(request, in: folder, isResuming, Double.self)
  }

  private func train<Scalar: OptimizerScalar>(
    _ request: TrainRequest, in folder: TrainingFolder, _ isResuming: Bool, _ type: Scalar.Type
  ) throws -> ExitCode {
    let system = try PointwiseSystem(request.problem, parameters: request.parameters, free: request.free)
    return try request.network.build(
      outputs: system.unknowns.count,
      for: Training<Scalar>(
        command: self, request: request, system: system, folder: folder, isResuming: isResuming))
  }

  /// The training of a network whose type is now known.
  private struct Training<Scalar: OptimizerScalar>: NetworkUser {
    let command: TrainCommand
    let request: TrainRequest
    let system: PointwiseSystem
    let folder: TrainingFolder
    let isResuming: Bool

    func use<Core: Layer>(_ make: (Int) -> Core) throws -> ExitCode where Core.Scalar == Scalar {
      let conditions = request.isHard ? try HardConditions(system, until: request.until) : nil
      let network = PhysicsNetwork(
        system, until: request.until, waves: request.waves, conditions: conditions, core: make)
      let task = try PhysicsTask(
        system, network: network, settings: request.settings,
        conditions: conditions?.remaining ?? system.conditions, data: try request.data(for: system),
        reference: try request.reference(for: system))
      try OptimizerText.check(request.optimizer, parameters: task.objective.layout.count)
      return try command.run(request, task, in: folder, isResuming)
    }
  }

  private func run<Core: Layer>(
    _ request: TrainRequest, _ task: PhysicsTask<Core>, in folder: TrainingFolder, _ isResuming: Bool
  ) throws -> ExitCode where Core.Scalar: OptimizerScalar {
    let optimizer = try OptimizerText.optimizer(request.optimizer, Core.Scalar.self)
    // Only when all that was asked for is there: a mistake leaves nothing behind.
    if !isResuming { try folder.create(replacing: request.replaces) }
    var settings = Trainer<PhysicsTask<Core>>.Settings(
      steps: request.steps, seconds: request.seconds, measuresEvery: request.measuresEvery,
      patience: request.patience)
    settings.title = "\(request.problem.name), \(request.network.kind), \(request.optimizer)"
    settings.secondsBetweenCheckpoints = request.checkpointSeconds
    settings.notes = ["command": request.words.joined(separator: "\u{1F}")]
    let trainer = Trainer(task, optimizer: optimizer, settings: settings, folder: folder)
    Interruption.listen()
    var line = TrainingLine(isShown: !request.isQuiet, limit: request.seconds)
    let result: Trainer<PhysicsTask<Core>>.Result
    do {
      result = try trainer.run(resuming: isResuming) { progress in
        if let signal = Interruption.signalName { return "interrupted by \(signal)" }
        line.update(
          step: progress.step, steps: progress.steps, loss: progress.loss, rate: progress.stepLength,
          error: progress.errors.first { $0.name.hasPrefix("error") } ?? progress.errors.first,
          seconds: progress.seconds)
        return nil
      }
      line.clear()
    } catch {
      line.clear()
      throw error
    }
    let solution = try task.solution(
      of: request.problem, parameters: request.parameters, points: request.points, frames: request.frames,
      steps: result.steps, seconds: result.seconds)
    let run = RunFolder(folder.url.appendingPathComponent("solution"), replacing: true)
    try run.write(solution, summary: request.problem.summary, seed: request.seed)
    if !request.isQuiet { report(request, task, result, folder) }
    return result.wasInterrupted ? .interrupted : .success
  }

  private func report<Core: Layer>(
    _ request: TrainRequest, _ task: PhysicsTask<Core>, _ result: Trainer<PhysicsTask<Core>>.Result,
    _ folder: TrainingFolder
  ) where Core.Scalar: OptimizerScalar {
    let path = shortPath(folder.url)
    var lines = [
      "\(request.problem.name): \(task.objective.layout.count) parameters, \(result.steps) steps in "
        + "\(ProgressLine.duration(result.seconds)) (\(result.reason))"
    ]
    let last = result.metrics.rows.last ?? []
    for (name, value) in zip(result.metrics.names, last) where !["seconds", "rate"].contains(name) {
      lines.append("  \(name.padded(24)) \(format(value, digits: 4))")
    }
    lines.append("at the best parameters, by the loss at points that were not trained on:")
    for (name, value) in result.measures { lines.append("  \(name.padded(24)) \(format(value, digits: 4))") }
    lines.append(
      "\(path)/solution holds its fields and pictures, \(path)/model.safetensors the best parameters.")
    if result.wasInterrupted { lines.append("Go on with: ansatz train --resume \(path)") }
    Output.print(lines.joined(separator: "\n"))
  }
}
