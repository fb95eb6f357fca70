import Ansatz
import Foundation

/// A training that every optimizer is tried on.
///
/// Unchecked: what it keeps is never changed, and makes all that it trains anew.
struct OptimizerTask: @unchecked Sendable {
  let name: String
  /// A line on the task.
  let summary: String
  /// The steps after which errors are compared as well.
  let equalSteps: Int
  private let train: (_ text: String, Limits) throws -> OptimizerRun

  private struct Limits {
    var seconds: Double
    var steps = Int.max
    var measuresEvery: Int?
  }

  /// A task that is made anew for each training.
  init<Task: TrainingTask>(
    _ name: String, _ summary: String, equalSteps: Int = 500, _ make: @escaping () throws -> Task
  ) where Task.Scalar: OptimizerScalar {
    (self.name, self.summary, self.equalSteps) = (name, summary, equalSteps)
    train = {
      try OptimizerRun(
        make, optimizer: $0, seconds: $1.seconds, steps: $1.steps, measuresEvery: $1.measuresEvery)
    }
  }

  /// The part of a method's time in which its rate is chosen.
  private static var searchPart: Double { 0.25 }
  /// The rates that are tried, as multiples of the method's own.
  private static let factors = [0.1, 0.3, 1, 3, 10]

  /// Trains with a method for some seconds, in which its rate is chosen too: a quarter of them goes to five short
  /// trainings with a tenth to the tenfold of its own rate, and that which validates best is taken, falling to 0 by half a
  /// cosine where the method has a schedule. Methods without a rate have all the time for themselves.
  func run(_ method: OptimizerText.Description, seconds: Double) throws -> OptimizerRun {
    guard let rate = method.rate else { return try train(method.name, Limits(seconds: seconds)) }
    func text(_ factor: Double, steps: Int?) -> String {
      let own = "\(method.name)@\(String(format: "%.2g", factor * rate))"
      return steps.map { method.hasSchedule ? "\(own)+cosine=\($0)" : own } ?? own
    }
    var best: (factor: Double, run: OptimizerRun)?
    var failure: (any Error)?
    let each = Self.searchPart * seconds / Double(Self.factors.count)
    for factor in Self.factors {
      do {
        let run = try train(text(factor, steps: nil), Limits(seconds: each))
        let (own, other) = (run.rows.last?.validation ?? .infinity, best?.run.rows.last?.validation)
        if own.isFinite, own < other ?? .infinity { best = (factor, run) }
      } catch {
        failure = error
      }
      if Interruption.signalName != nil { break }
    }
    guard let best else {
      throw failure ?? TrainingError("\(method.name) ends with no finite loss at any rate")
    }
    let left = seconds * (1 - Self.searchPart)
    let steps = max(2, Int(Double(best.run.steps) / best.run.seconds * left))
    var run = try train(text(best.factor, steps: steps), Limits(seconds: left))
    run.searchSeconds = seconds - left
    return run
  }

  /// Trains with an optimizer as it is written.
  func run(_ text: String, seconds: Double, steps: Int = .max, measuresEvery: Int? = nil) throws
    -> OptimizerRun
  {
    try train(text, Limits(seconds: seconds, steps: steps, measuresEvery: measuresEvery))
  }
}
