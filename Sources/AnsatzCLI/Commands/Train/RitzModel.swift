import Ansatz
import Foundation

/// `ansatz train ritz`: a network that makes the energy of a problem least.
struct RitzModel: TrainableModel {
  static let name = "ritz"
  static let needsConditions = false
  static let summary =
    "a deep Ritz network, which makes the energy of a problem least, where it has one, at points that are drawn in every step"
  static let optimizer = "adam:5000@5e-3+cosine,adam@1e-4"
  static let options =
    NetworkChoice.options + [
      Option(
        "soft", nil,
        "Leave all conditions to the loss; else those that a change of variables can meet are met exactly"),
      Option("waves", "K", "Frequencies per periodic coordinate (1)"),
    ] + MeshRequest.trainingOptions

  private let network: NetworkChoice
  private let isHard: Bool
  private let waves: Int
  private let settings: TrainingPoints

  init(_ arguments: ParsedArguments, _ request: TrainRequest) throws {
    network = try NetworkChoice(arguments)
    isHard = !arguments.has("soft")
    waves = try arguments.integer("waves", atLeast: 1, what: "waves") ?? 1
    for option in ["find", "data"] where arguments[option] != nil {
      throw UsageError(
        "--\(option) is not for energies, which data are no part of: leave it out, or train pinn")
    }
    for stage in request.optimizer.split(separator: ",") {
      let name = String(stage.prefix { !":@+".contains($0) }).trimmingCharacters(in: .whitespaces)
      guard try OptimizerText.optimizer(name, Double.self) is any GradientOptimizer<Double> else {
        throw UsageError(
          "\(name) needs more than a gradient, and an energy is no sum of squares: choose adam, soap, lbfgs or ssbroyden"
        )
      }
    }
    var settings = request.settings
    if arguments["pattern"] == nil { settings.sampler.pattern = .sobol }
    if arguments["renew"] == nil { settings.renewsEvery = 1 }
    if arguments["weight"] == nil { settings.conditionWeight = 500 }
    self.settings = settings
  }

  func train<Scalar: OptimizerScalar, User: TaskUser>(
    _ request: TrainRequest, in type: Scalar.Type, with user: User
  ) throws -> User.Result {
    let system = try PointwiseSystem(request.problem, parameters: request.parameters, on: request.placement)
    return try network.build(
      outputs: system.unknowns.count,
      for: Training<Scalar, User>(model: self, request: request, user: user, system: system))
  }

  /// The training of a network whose type is now known.
  private struct Training<Scalar: OptimizerScalar, User: TaskUser>: NetworkUser {
    let model: RitzModel
    let request: TrainRequest
    let user: User
    let system: PointwiseSystem

    func use<Core: Layer>(_ make: (Int) -> Core) throws -> User.Result where Core.Scalar == Scalar {
      let conditions = model.isHard ? try HardConditions(system, until: request.until) : nil
      let network = PhysicsNetwork(
        system, until: request.until, waves: model.waves, conditions: conditions, core: make)
      let task = try EnergyTask(
        request.problem, parameters: request.parameters, system, network: network, settings: model.settings,
        conditions: conditions?.remaining, reference: try request.reference(for: system))
      return try user(task, title: "\(model.network.kind), energy")
    }
  }
}
