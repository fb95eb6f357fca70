import Ansatz
import Foundation

/// One training of the suite: the error of the parameters of the lowest validation loss, against the seconds.
struct PinnTraining {
  let parameters, steps: Int
  let seconds: Double
  /// Rows of metrics.
  let curve: [(seconds: Double, validation: Double, error: Double)]

  /// The error at the parameters that validate best among those of the first seconds.
  func error(by seconds: Double) -> Double? {
    curve.filter { $0.seconds <= seconds * 1.02 + 0.5 }.min { $0.validation < $1.validation }?.error
  }

  /// The seconds after which the error stays below a limit, if it does.
  func seconds(below limit: Double) -> Double? {
    var best = Double.infinity
    for row in curve where row.validation < best {
      best = row.validation
      if row.error <= limit { return row.seconds }
    }
    return nil
  }

  init(
    _ item: PinnCase, _ recipe: PinnRecipe, seconds: Double, seed: UInt64, reference: MeasuredPoints,
    onRow: (String) -> Void
  ) throws {
    let choice = try NetworkChoice(
      kind: recipe.network, widths: recipe.widths, activation: recipe.activation, range: recipe.range,
      seed: seed)
    let system = try PointwiseSystem(item.problem)
    self = try withoutActuallyEscaping(onRow) { onRow in
      try choice.build(
        outputs: system.unknowns.count,
        for: Preparation(
          item: item, recipe: recipe, system: system, limit: seconds, seed: seed, reference: reference,
          onRow: onRow))
    }
  }

  /// The training of a network whose type is now known.
  private struct Preparation: NetworkUser {
    typealias Scalar = Double
    let item: PinnCase
    let recipe: PinnRecipe
    let system: PointwiseSystem
    let limit: Double
    let seed: UInt64
    let reference: MeasuredPoints
    let onRow: (String) -> Void

    func use<Core: Layer>(_ make: (Int) -> Core) throws -> PinnTraining where Core.Scalar == Double {
      let conditions = try HardConditions(system, until: item.until)
      let settings = TrainingPoints(
        sampler: CollocationSampler(
          pattern: recipe.pattern, inside: recipe.inside, boundary: recipe.boundary, seed: seed),
        renewsEvery: recipe.renewsEvery, until: item.until, conditionWeight: recipe.conditionWeight)
      let network = PhysicsNetwork(
        system, until: item.until, waves: recipe.waves, conditions: conditions, core: make)
      let task = try PhysicsTask(
        system, network: network, settings: settings, conditions: conditions.remaining, reference: reference)
      let trainer = Trainer(
        task, optimizer: try OptimizerText.optimizer(recipe.optimizer, Double.self),
        settings: .init(steps: recipe.steps, seconds: limit, measuresEvery: recipe.measuresEvery))
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
      func column(_ name: String) -> Int { names.firstIndex { $0.hasPrefix(name) }! }
      let (time, validation, error) = (column("seconds"), column("validation"), column("error"))
      return PinnTraining(
        parameters: task.objective.layout.count, steps: result.steps, seconds: result.seconds,
        curve: result.metrics.rows.map { ($0[time], $0[validation], $0[error]) })
    }
  }

  private init(
    parameters: Int, steps: Int, seconds: Double,
    curve: [(seconds: Double, validation: Double, error: Double)]
  ) {
    (self.parameters, self.steps, self.seconds, self.curve) = (parameters, steps, seconds, curve)
  }
}
