import Ansatz
import Foundation

/// One optimizer on one task: the error of the parameters that validate best, against steps and seconds.
struct OptimizerRun: Sendable {
  struct Row: Sendable {
    var step: Int
    var seconds, validation, error: Double
  }

  /// As ``OptimizerText`` reads it.
  var optimizer: String
  var parameters: Int
  var steps: Int
  /// Seconds of this training, and of those that its rate was chosen by.
  var seconds, searchSeconds: Double
  /// Of a step, without what is measured between steps.
  var secondsPerStep: Double
  /// The error of the best parameters so far.
  var rows: [Row]
  /// Why it ended before its time; nil where it did not.
  var end: String?

  /// The error after seconds of training.
  func error(by seconds: Double) -> Double? { rows.last { $0.seconds <= seconds }?.error }

  /// The error after steps.
  func error(afterSteps steps: Int) -> Double? {
    self.steps < steps && end == nil ? nil : rows.last { $0.step <= steps }?.error
  }

  /// Steps and seconds until the error is below a limit, if it gets there.
  func reached(_ limit: Double) -> (steps: Int, seconds: Double)? {
    rows.first { $0.error <= limit }.map { ($0.step, $0.seconds) }
  }

  /// Trains.
  ///
  /// - Parameters:
  ///   - make: Makes the task; the same one every time.
  ///   - scale: P of a reparametrization θ = P θ̂, if there is one.
  ///   - steps: The last step.
  ///   - measuresEvery: Steps between two measurements; where left out, so many that there are some 150.
  ///   - limit: An error at which the training ends.
  ///   - memorizedPart: As in the trainer's settings.
  /// - Throws: What is wrong with the optimizer, the task, or numbers that became infinite.
  init<Task: TrainingTask>(
    _ make: () throws -> Task, optimizer text: String, scale: Tensor<Task.Scalar>? = nil, seconds: Double,
    steps: Int = .max, measuresEvery: Int? = nil, until limit: Double = 0, memorizedPart: Double? = nil
  ) throws where Task.Scalar: OptimizerScalar {
    let plain = try OptimizerText.optimizer(text, Task.Scalar.self)
    func scaled<Base: LeastSquaresOptimizer<Task.Scalar>>(_ base: Base)
      -> any LeastSquaresOptimizer<Task.Scalar>
    {
      scale.map { base.reparametrized(by: $0) } ?? base
    }
    try self.init(
      {
        let task = try make()
        try OptimizerText.check(text, parameters: task.objective.layout.count)
        return task
      }, text, scaled(plain), seconds: seconds, steps: steps, measuresEvery: measuresEvery, until: limit,
      memorizedPart: memorizedPart)
  }

  /// Trains with an optimizer, which `text` describes.
  init<Task: TrainingTask>(
    _ make: () throws -> Task, _ text: String, _ optimizer: any LeastSquaresOptimizer<Task.Scalar>,
    seconds: Double, steps: Int = .max, measuresEvery: Int? = nil, until limit: Double = 0,
    memorizedPart: Double? = nil
  ) throws where Task.Scalar: OptimizerScalar {
    // A few steps tell what a step and a measurement take; the first one records programs and does not count.
    let pilot = try make()
    var times: [Double] = []
    _ = try Trainer(pilot, optimizer: optimizer, settings: .init(steps: 8, measuresEvery: 1 << 40)).run {
      times.append($0.seconds)
      return times.count > 1 && $0.seconds > 0.1 * seconds ? "known" : nil
    }
    let step = times.count > 1 ? (times.last! - times[0]) / Double(times.count - 1) : times[0]
    let start = DispatchTime.now().uptimeNanoseconds
    _ = try pilot.validate(at: pilot.initialParameters)
    let measuring = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
    let interval =
      measuresEvery ?? max(1, Int(max(min(seconds, 1e4) / 150, 20 * measuring) / max(step, 1e-9)))

    let task = try make()
    var settings = Trainer<Task>.Settings(steps: steps, seconds: seconds, measuresEvery: interval)
    settings.memorizedPart = memorizedPart
    let trainer = Trainer(task, optimizer: optimizer, settings: settings)
    let result = try trainer.run { progress in
      if let signal = Interruption.signalName { return "interrupted by \(signal)" }
      guard limit > 0, let error = progress.errors.first(where: { $0.name.hasPrefix("error") }) else {
        return nil
      }
      return error.value <= limit ? "there" : nil
    }
    let names = result.metrics.names
    func column(_ prefix: String) -> Int { names.firstIndex { $0.hasPrefix(prefix) }! }
    let (time, error) = (column("seconds"), column("error"))
    // What decides is the first measure, which stands behind the losses.
    let judge = names.firstIndex { !$0.hasPrefix("loss(") && $0 != "loss" }!
    var (best, rows) = (Double.infinity, [Row]())
    for (step, row) in zip(result.metrics.steps, result.metrics.rows) {
      guard row[judge] < best else { continue }
      best = row[judge]
      rows.append(Row(step: step, seconds: row[time], validation: best, error: row[error]))
    }
    self.optimizer = text
    parameters = task.objective.layout.count
    self.steps = result.steps
    self.seconds = result.seconds
    searchSeconds = 0
    secondsPerStep = step
    self.rows = rows
    let isOutOfTime = result.seconds >= seconds || result.steps == steps
    end = isOutOfTime || result.wasInterrupted && result.reason != "there" ? nil : result.reason
  }
}
