import Ansatz
import Foundation

/// The training of a task as a command line asks for it: progress, Ctrl-C, files, a report at the end.
struct TrainingRun: TaskUser {
  let request: TrainRequest
  let folder: TrainingFolder
  let isResuming: Bool
  /// What a user has to know before it starts, in sentences.
  let notes: [String]

  /// Trains, and writes the fields of those tasks that have some.
  ///
  /// - Parameter title: The model in a few words, for plots.
  /// - Throws: `UsageError` for an optimizer that cannot take the model, and what training and files throw.
  func callAsFunction<Task: TrainingTask>(_ task: Task, title: String) throws -> ExitCode
  where Task.Scalar: OptimizerScalar {
    let result = try train(task, title)
    var remarks: [String] = []
    if let fields = task as? any FieldTask<Task.Scalar> {
      try write(fields, steps: result.steps, seconds: result.seconds)
      remarks = fields.remarks
    }
    if !request.isQuiet { report(task, result, remarks) }
    return result.wasInterrupted ? .interrupted : .success
  }

  private func write(_ task: some FieldTask, steps: Int, seconds: Double) throws {
    let solution = try task.solution(
      of: request.problem, parameters: request.parameters, points: request.points, frames: request.frames,
      steps: steps, seconds: seconds)
    let run = RunFolder(folder.url.appendingPathComponent("solution"), replacing: true)
    try run.write(solution, summary: request.problem.summary, seed: request.seed)
  }

  private func train<Task: TrainingTask>(_ task: Task, _ title: String) throws -> Trainer<Task>.Result
  where Task.Scalar: OptimizerScalar {
    let optimizer = try request.optimizer(for: task)
    // Only when all that was asked for is there: a mistake leaves nothing behind.
    if !isResuming { try folder.create(replacing: request.replaces) }
    if !request.isQuiet { for note in notes { Output.error("note: \(note)") } }
    var settings = Trainer<Task>.Settings(
      steps: request.steps, seconds: request.seconds, measuresEvery: request.measuresEvery,
      patience: request.patience)
    settings.title = "\(request.problem.name), \(title), \(request.optimizer)"
    settings.memorizedPart = request.memorizedPart
    settings.secondsBetweenCheckpoints = request.checkpointSeconds
    settings.notes = ["command": request.words.joined(separator: "\u{1F}")]
    let trainer = Trainer(task, optimizer: optimizer, settings: settings, folder: folder)
    Interruption.listen()
    var line = TrainingLine(isShown: !request.isQuiet, limit: request.seconds)
    defer { line.clear() }
    return try trainer.run(resuming: isResuming) { progress in
      if let signal = Interruption.signalName { return "interrupted by \(signal)" }
      line.update(
        step: progress.step, steps: progress.steps, loss: progress.loss, rate: progress.stepLength,
        error: progress.errors.first { $0.name.hasPrefix("error") } ?? progress.errors.first,
        seconds: progress.seconds)
      return nil
    }
  }

  private func report<Task: TrainingTask>(_ task: Task, _ result: Trainer<Task>.Result, _ remarks: [String])
  where Task.Scalar: OptimizerScalar {
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
    lines += remarks
    lines.append(
      (task is any FieldTask<Task.Scalar> ? "\(path)/solution holds its fields and pictures, " : "")
        + "\(path)/model.safetensors holds the best parameters.")
    if result.wasInterrupted { lines.append("Go on with: ansatz train --resume \(path)") }
    Output.print(lines.joined(separator: "\n"))
  }
}
