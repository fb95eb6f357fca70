import Equations
import Geometry
import NeuralNetworks
import Optimizers
import Simulation
import Tensors

/// The training of a network towards the least energy of a problem, at points that are drawn anew (deep Ritz; E and Yu,
/// Commun. Math. Stat. 6, 2018).
///
/// Values on boundaries are met by the network's change of variables where it has one, else by penalties. A quadrature that
/// is kept too long is learned by heart: the network finds functions whose energy is low at its points and nowhere else.
public final class EnergyTask<Core: Layer>: FieldTask where Core.Scalar: OptimizerScalar {
  public typealias Scalar = Core.Scalar

  public let system: PointwiseSystem
  /// The energy that is minimised.
  public let form: VariationalForm
  public let network: PhysicsNetwork<Core>
  public let settings: TrainingPoints
  public let objective: EnergyObjective<Scalar>
  private let places: [PointwiseSystem.Place]
  private var points: PointSet<Scalar>
  /// The energy at points that are never trained on.
  private let heldOut: EnergyObjective<Scalar>
  private let validation: PhysicsValidation<Scalar>

  /// The training of a network.
  ///
  /// - Parameters:
  ///   - problem: The problem that `system` was made from.
  ///   - network: The network; what its conditions meet needs no penalty.
  ///   - settings: Points and their renewal; the weight of conditions is β of the penalties.
  ///   - conditions: The conditions that are left; all of the system where left out.
  ///   - reference: Values to compare with; the exact solution where left out and there is one.
  /// - Throws: ``EquationError`` where the problem has no energy with a minimum, `TrainingError` for points that are drawn
  ///   by residuals.
  public init(
    _ problem: some Problem, parameters: ParameterValues = [:], _ system: PointwiseSystem,
    network: PhysicsNetwork<Core>, settings: TrainingPoints, conditions: [PointwiseSystem.Residual]? = nil,
    reference: MeasuredPoints? = nil
  ) throws {
    guard PointSequence(rawValue: settings.sampler.pattern.rawValue) != nil else {
      throw TrainingError(
        "an energy has no residuals to draw points by, as the pattern \(settings.sampler.pattern.rawValue) does: draw them by "
          + "sobol, uniform or latin-hypercube")
    }
    (self.system, self.network, self.settings) = (system, network, settings)
    let form = try VariationalForm(problem, parameters: parameters, system)
    self.form = form
    let penalties = (conditions ?? system.conditions).filter { $0.assignment != nil }
    let places = EnergyObjective<Scalar>.places(form: form, penalties: penalties)
    self.places = places
    func objective(_ points: PointSet<Scalar>) throws -> EnergyObjective<Scalar> {
      try EnergyObjective(
        form, system, model: network, penalties: penalties, penalty: settings.conditionWeight, points: points)
    }
    points = settings.sampler.spread(at: places, of: system, until: settings.until)
    self.objective = try objective(points)
    let check = CollocationSampler(
      pattern: .halton, inside: max(4 * settings.sampler.inside, 10_000),
      boundary: max(4 * settings.sampler.boundary, 1000), seed: settings.sampler.seed &+ 1)
    heldOut = try objective(check.spread(at: places, of: system, until: settings.until))
    validation = try PhysicsValidation(system, until: settings.until, reference: reference) { network($0) }
  }

  public var terms: [(name: String, loss: Double)] {
    zip(objective.terms, objective.termLosses).map { ($0.name, $1) }
  }

  public var initialParameters: Tensor<Scalar> { objective.parameterVector }

  /// Points are a function of the step, so that there is no state to keep.
  public func prepare(step: Int, at x: Tensor<Scalar>) -> ObjectiveChange {
    guard let every = settings.renewsEvery else { return .none }
    let round = step / every
    guard round != drawn else { return .none }
    points = settings.sampler.spread(at: places, of: system, until: settings.until, round: round)
    drawn = round
    objective.setPoints(points)
    // Within a round this is a training that is taken up again, for which nothing has changed.
    return step % every == 0 ? .samples : .none
  }

  /// The round of the current points.
  private var drawn = 0

  public func nextChange(from step: Int) -> Int? {
    settings.nextRenewal(from: step)
  }

  public func validate(at x: Tensor<Scalar>) throws -> [(name: String, value: Double)] {
    let energy = try heldOut.value(at: x)
    objective.setParameters(x)
    return [("validation", energy)] + validation.errors(objective.modelParameters)
  }

  public func apply(_ x: Tensor<Scalar>) { objective.setParameters(x) }

  public func modelTensors(at x: Tensor<Scalar>) -> [(name: String, tensor: Tensor<Scalar>)] {
    objective.layout.tensors(of: x, in: network)
  }

  public func solution(
    of problem: some Problem, parameters: ParameterValues = [:], points: [Int], frames: Int = 1,
    steps: Int = 0, seconds: Double = 0
  ) throws -> Solution {
    try LearnedSolution(
      system: system, found: [], until: settings.until, solver: "deep Ritz network", method: "ritz",
      unknowns: objective.layout.count, steps: steps, seconds: seconds
    ).solution(of: problem, parameters: parameters, points: points, frames: frames) {
      LearnedState<Scalar>(system: $0, time: $1, grid: $2, pointwise: system, model: { self.network($0) })
    }
  }

  public var remarks: [String] {
    form.isConvex
      ? [] : ["The energy is not convex: another start may lead to another state, or to a lower energy."]
  }
}
