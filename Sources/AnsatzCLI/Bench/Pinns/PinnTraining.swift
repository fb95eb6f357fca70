import Ansatz
import Foundation

/// One training of the suite: the error of the parameters of the lowest validation loss, against the seconds.
struct PinnTraining {
  let parameters, steps: Int
  let seconds: Double
  /// Rows of metrics.
  let curve: [(seconds: Double, validation: Double, error: Double)]
  /// The model's fields, of tasks that have some.
  let solution: Solution?

  /// The error at the parameters that validate best among those of the first seconds.
  func error(by seconds: Double) -> Double {
    let rows = curve.filter { $0.seconds <= seconds * 1.02 + 0.5 && $0.validation.isFinite }
    return rows.min { $0.validation < $1.validation }?.error ?? .infinity
  }

  /// The seconds after which parameters that validate best have an error below a limit, if there are any.
  func seconds(below limit: Double) -> Double? {
    var best = Double.infinity
    for row in curve where row.validation < best {
      best = row.validation
      if row.error <= limit { return row.seconds }
    }
    return nil
  }

  /// Trains a row of a case.
  ///
  /// - Parameter onRow: Called every twenty seconds with a line for whoever waits.
  init(
    _ item: PinnCase, _ row: PinnRow, seconds: Double, seed: UInt64, reference: MeasuredPoints?,
    onRow: (String) -> Void
  ) throws {
    let words =
      row.command.split(separator: " ").map(String.init) + [
        "--until", "\(item.until)", "--seconds", "\(seconds)", "--seed", "\(seed)",
      ]
    var request = try TrainRequest(words, problem: item.problem)
    if !item.hasOwnReference { request.suppliedReference = reference }
    self = try withoutActuallyEscaping(onRow) { onRow in
      try request.hand(to: Measurement(item: item, request: request, onRow: onRow))
    }
  }

  /// The training of a task whose type is now known.
  private struct Measurement: TaskUser {
    let item: PinnCase
    let request: TrainRequest
    let onRow: (String) -> Void

    func callAsFunction<Task: TrainingTask>(_ task: Task, title: String) throws -> PinnTraining
    where Task.Scalar: OptimizerScalar {
      let trainer = Trainer(
        task, optimizer: try request.optimizer(for: task),
        settings: .init(steps: request.steps, seconds: request.seconds, measuresEvery: request.measuresEvery))
      var shown = 0.0
      let result = try trainer.run { progress in
        if let signal = Interruption.signalName { return "interrupted by \(signal)" }
        if progress.seconds - shown > 20,
          let error = progress.errors.first(where: { $0.name.hasPrefix("error") })
        {
          shown = progress.seconds
          onRow(
            "\(Int(shown)) s, step \(progress.step), loss \(format(progress.loss, digits: 3)), error "
              + format(error.value, digits: 3))
        }
        return nil
      }
      let names = result.metrics.names
      guard let time = names.firstIndex(of: "seconds"), let validation = names.firstIndex(of: "validation"),
        let error = names.firstIndex(where: { $0.hasPrefix("error") })
      else {
        throw UsageError("\(item.name) has nothing to compare \(title) with: give it a reference")
      }
      // Of a training in stages only the last one's measures are those of the whole.
      let last = names.firstIndex { $0 == "window" || $0 == "stage" }
      let isAtLast = task.stagesLeft == 0
      let whole = result.metrics.rows.filter { row in
        last.map { isAtLast && row[$0] == result.metrics.rows.last?[$0] } ?? true
      }
      let fields = try (task as? any FieldTask<Task.Scalar>).map {
        try solution(of: item.problem, $0, result.seconds)
      }
      return PinnTraining(
        parameters: task.objective.layout.count, steps: result.steps, seconds: result.seconds,
        curve: whole.map { ($0[time], $0[validation], $0[error]) }, solution: fields)
    }

    private func solution(of problem: some Problem, _ task: some FieldTask, _ seconds: Double) throws
      -> Solution
    {
      try task.solution(
        of: problem, parameters: request.parameters, points: request.points, frames: request.frames, steps: 0,
        seconds: seconds)
    }
  }

  private init(
    parameters: Int, steps: Int, seconds: Double,
    curve: [(seconds: Double, validation: Double, error: Double)], solution: Solution?
  ) {
    (self.parameters, self.steps, self.seconds) = (parameters, steps, seconds)
    (self.curve, self.solution) = (curve, solution)
  }
}
