import Foundation
import Optimizers
import Tensors

/// The loop of a training: steps, measures, files.
///
/// All that a step depends on is a function of the checkpoint, so a training that was stopped goes on with the same bits;
/// the clock decides only when something is reported or saved.
public struct Trainer<Task: TrainingTask> {
  public typealias Scalar = Task.Scalar

  /// When to stop, and what to keep.
  public struct Settings: Sendable {
    /// The last step.
    public var steps: Int
    /// Seconds of training after which to stop, if there is such a limit.
    public var seconds: Double?
    /// Steps between two rows of metrics, which validate too.
    public var measuresEvery: Int
    /// Stop, or end the stage, when the validation has not become better for so many rows.
    public var patience: Int?
    /// The part of the loss at held-out points below which the loss at the points themselves says that these are learned by
    /// heart: the steps until the next draw, where the task has one, would teach nothing and are left out. Looked at with each
    /// row of metrics; never where nil, or where losses are not positive, as energies are not.
    public var memorizedPart: Double?
    /// Seconds between two checkpoints.
    public var secondsBetweenCheckpoints = 20.0
    /// The title of the plot.
    public var title = "training"
    /// Kept in the checkpoint for whoever resumes.
    public var notes: [String: String] = [:]

    public init(steps: Int, seconds: Double? = nil, measuresEvery: Int = 100, patience: Int? = nil) {
      precondition(steps >= 0 && measuresEvery > 0, "\(steps) steps, measured every \(measuresEvery)")
      (self.steps, self.seconds) = (steps, seconds)
      (self.measuresEvery, self.patience) = (measuresEvery, patience)
    }
  }

  /// What a callback sees after a step.
  public struct Progress: Sendable {
    public let step: Int
    public let steps: Int
    public let loss: Double
    public let stepLength: Double
    /// The latest validation.
    public let errors: [(name: String, value: Double)]
    public let seconds: Double
  }

  /// How a training ended.
  public struct Result: Sendable {
    public let steps: Int
    /// Why it ended.
    public let reason: String
    /// The last and the best parameters.
    public let parameters: Tensor<Scalar>
    public let bestParameters: Tensor<Scalar>
    /// The first measure of the validation at the best parameters.
    public let best: Double?
    /// What the task measures at the best parameters, by name.
    public let measures: [(name: String, value: Double)]
    public let metrics: TrainingMetrics
    public let seconds: Double
    /// The first measure that is an error, if there is anything to compare with.
    public var error: Double? { measures.first { $0.name.hasPrefix("error") }?.value }
    /// Whether a callback asked for the end.
    public let wasInterrupted: Bool
  }

  public let task: Task
  public var settings: Settings
  private var optimizer: any LeastSquaresOptimizer<Scalar>
  private let folder: TrainingFolder?

  /// A training of a task.
  ///
  /// - Parameter folder: Where files are kept, if anywhere.
  public init(
    _ task: Task, optimizer: any LeastSquaresOptimizer<Scalar>, settings: Settings,
    folder: TrainingFolder? = nil
  ) {
    (self.task, self.optimizer, self.settings, self.folder) = (task, optimizer, settings, folder)
  }

  /// Trains from the beginning, or from the folder's checkpoint.
  ///
  /// - Parameters:
  ///   - isResuming: Whether to go on from the checkpoint.
  ///   - onStep: Called after each step; returns why to stop, or nil to go on.
  /// - Throws: `TrainingError` for a loss that is not finite (the last checkpoint is kept) or a checkpoint that does not
  ///   fit, and what files and objectives throw.
  public func run(resuming isResuming: Bool = false, onStep: (Progress) -> String? = { _ in nil }) throws
    -> Result
  {
    var optimizer = self.optimizer
    var x = task.initialParameters
    var (best, bestX) = (Double?.none, x)
    var (step, before, metrics) = (0, 0.0, TrainingMetrics())
    // An optimizer that is at its end has no more steps to make, after a resume either.
    var optimizerEnd: String?
    // The best measure when the optimizer last waited for other samples.
    var bestAtWait: Double?
    var stage = TrainingFolder.StageProgress()
    if isResuming, let folder {
      let saved = try folder.read(Scalar.self)
      // A state may change the number of parameters; where it does not fit, that number tells more than what it lacks.
      let restored = Swift.Result<Void, any Error> { try task.restore(saved.task) }
      guard saved.parameters.shape == task.initialParameters.shape else {
        throw TrainingError(
          "the checkpoint has \(saved.parameters.count) parameters and the model \(task.initialParameters.count): give the "
            + "settings of the training that was begun")
      }
      try restored.get()
      (step, x, best, bestX) = (saved.step, saved.parameters, saved.best, saved.bestParameters)
      (before, metrics, optimizerEnd) = (saved.seconds, saved.metrics, saved.end)
      (bestAtWait, stage) = (saved.bestAtWait, saved.stage)
      try optimizer.prepare(for: task.objective.layout)
      try optimizer.restore(saved.optimizer)
    } else {
      try optimizer.prepare(for: task.objective.layout)
    }
    let start = DispatchTime.now().uptimeNanoseconds
    func seconds() -> Double { before + Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9 }
    var savedAt = seconds()
    var errors: [(name: String, value: Double)] = []
    var point = x

    func save() throws {
      guard let folder else { return }
      try folder.write(
        TrainingFolder.Checkpoint(
          step: step, parameters: x, bestParameters: bestX, best: best, optimizer: optimizer.state,
          task: task.state, metrics: metrics, seconds: seconds(), end: optimizerEnd, bestAtWait: bestAtWait,
          stage: stage, settings: settings.notes))
      try folder.write(model: task.modelTensors(at: best == nil ? point : bestX))
      try folder.write(metrics, title: settings.title)
      savedAt = seconds()
    }

    var reason = optimizerEnd ?? "\(settings.steps) steps are made"
    var isInterrupted = false

    /// Why the stage is at its end by its steps or seconds, if it is: by its rule, or where that says nothing by a fair share
    /// of what is left.
    func stageEnd() -> String? {
      let (rule, parts) = (task.stageRule, task.stagesLeft + 1)
      let steps = rule.steps ?? (parts > 1 ? max((settings.steps - stage.step) / parts, 1) : nil)
      if let limit = steps, step - stage.step >= limit {
        return "\(limit) steps of its last stage are made"
      }
      let share = parts > 1 ? settings.seconds.map { ($0 - stage.seconds) / Double(parts) } : nil
      guard let limit = rule.seconds ?? share else { return nil }
      return seconds() - stage.seconds >= limit ? "\(limit) seconds of its last stage have passed" : nil
    }

    func beginNextStage() throws {
      try task.beginNextStage(after: best == nil ? point : bestX)
      x = task.initialParameters
      (point, bestX, best, bestAtWait, optimizerEnd) = (x, x, nil, nil, nil)
      stage = TrainingFolder.StageProgress(step: step, seconds: seconds())
      try optimizer.prepare(for: task.objective.layout)
    }

    // A training may have been stopped where a stage ends.
    if isResuming, step < settings.steps, let over = optimizerEnd ?? stageEnd() {
      if task.stagesLeft > 0 { try beginNextStage() } else { (reason, optimizerEnd) = (over, over) }
    }
    while step < settings.steps, optimizerEnd == nil {
      switch try task.prepare(step: step, at: x) {
      case .none: break
      case .samples: optimizer.samplesChanged()
      case .objective: optimizer.objectiveChanged()
      case .parameters:
        x = task.initialParameters
        point = x
        try optimizer.prepare(for: task.objective.layout)
      }
      let report: StepReport
      do {
        report = try optimizer.leastSquaresStep(task.objective, at: &x)
      } catch let error as OptimizerError {
        throw explained(error, step)
      }
      step += 1
      if report.status.isEnd { optimizerEnd = report.status.description }
      var end: String?
      if let limit = settings.seconds, seconds() >= limit { end = "\(Int(limit)) seconds have passed" }
      var stageEnd = stageEnd()
      let isMeasured =
        step % settings.measuresEvery == 0 || step == settings.steps || end != nil || stageEnd != nil
        || optimizerEnd != nil
      if isMeasured {
        optimizer.copyEvaluationPoint(of: x, into: &point)
        errors = try task.validate(at: point)
        try refreshTerms(report.loss, at: x)
        metrics.append(
          step: step,
          [("loss", report.loss)] + task.terms.map { ("loss(\($0.name))", $0.loss) } + errors
            + task.numbers + [("rate", report.stepLength), ("seconds", seconds())])
        if let value = errors.first?.value {
          if value < best ?? .infinity {
            (best, bestX, stage.rowsWithoutGain) = (value, point + 0, 0)
          } else {
            stage.rowsWithoutGain += 1
          }
          if let patience = task.stageRule.patience ?? settings.patience, stage.rowsWithoutGain >= patience {
            stageEnd = stageEnd ?? "no better for \(patience) rows"
          }
          if let tolerance = task.stageRule.tolerance, value <= tolerance {
            stageEnd = stageEnd ?? "\(errors[0].name) is down to \(value)"
          }
        }
      }
      if report.status.isEnd {
        // Samples that the optimizer is done with may be followed by others that teach more, as long as they did.
        if report.status.mayGoOnElsewhere, let next = task.nextChange(from: step), let best,
          best < 0.99 * (bestAtWait ?? .infinity)
        {
          (bestAtWait, optimizerEnd, step) = (best, nil, next)
        } else {
          stageEnd = stageEnd ?? optimizerEnd
        }
      }
      if let part = settings.memorizedPart, isMeasured, let heldOut = errors.first?.value, heldOut > 0,
        report.loss < part * heldOut, let next = task.nextChange(from: step)
      {
        step = max(step, next)
      }
      if let stageEnd, end == nil {
        if task.stagesLeft > 0, step < settings.steps {
          try beginNextStage()
        } else {
          end = stageEnd
        }
      }
      let progress = Progress(
        step: min(step, settings.steps), steps: settings.steps, loss: report.loss,
        stepLength: report.stepLength, errors: errors,
        seconds: seconds())
      if let asked = onStep(progress) {
        (reason, isInterrupted) = (asked, true)
        break
      }
      if let end {
        reason = end
        break
      }
      if seconds() - savedAt > settings.secondsBetweenCheckpoints { try save() }
    }
    optimizer.copyEvaluationPoint(of: x, into: &point)
    try save()
    let final = best == nil ? point : bestX
    let measures = try task.validate(at: final)
    task.apply(final)
    return Result(
      steps: min(step, settings.steps), reason: reason, parameters: point, bestParameters: final, best: best,
      measures: measures,
      metrics: metrics, seconds: seconds(), wasInterrupted: isInterrupted)
  }

  /// Makes the parts of the loss those of the loss that is reported, where the last evaluation was a trial that was refused.
  private func refreshTerms(_ loss: Double, at x: Tensor<Task.Scalar>) throws {
    let terms = task.terms
    guard !terms.isEmpty, abs(terms.reduce(0) { $0 + $1.loss } - loss) > 1e-6 * abs(loss) else { return }
    _ = try task.objective.value(at: x)
  }

  /// A loss that is not finite, with the step and the part of the loss.
  private func explained(_ error: OptimizerError, _ step: Int) -> TrainingError {
    guard case .notFinite(let method, _, let loss, let norm) = error else { return TrainingError("\(error)") }
    let culprits = task.terms.filter { !$0.loss.isFinite }.map { "'\($0.name)'" }
    let what =
      culprits.isEmpty
      ? "a gradient of norm \(norm)" : "a loss of \(loss), from \(culprits.joined(separator: " and "))"
    let kept = folder.map { "; the last checkpoint in \($0.url.path) is as it was" } ?? ""
    return TrainingError(
      "\(method) meets \(what) at step \(step + 1)\(kept): lower the rate, clip the gradient, or look for a division by "
        + "zero or a logarithm in the equation")
  }
}
