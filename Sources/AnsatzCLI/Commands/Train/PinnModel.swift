import Ansatz

/// `ansatz train pinn`: a network against the equation and its conditions at points.
struct PinnModel: TrainableModel {
  static let name = "pinn"
  static let summary =
    "a physics-informed network, trained on the equation and its conditions alone, and on data where --data gives some"
  static let optimizer = "adam:1000,ssbroyden"
  static let options =
    NetworkChoice.options + [
      Option(
        "soft", nil,
        "Leave all conditions to the loss; else those that a change of variables can meet are met exactly"),
      Option("waves", "K", "Frequencies per periodic coordinate (1)"),
    ]

  private let network: NetworkChoice
  private let isHard: Bool
  private let waves: Int

  init(_ arguments: ParsedArguments, _ request: TrainRequest) throws {
    network = try NetworkChoice(arguments)
    isHard = !arguments.has("soft")
    waves = try arguments.integer("waves", atLeast: 1, what: "waves") ?? 1
  }

  func train<Scalar: OptimizerScalar, User: TaskUser>(
    _ request: TrainRequest, in type: Scalar.Type, with user: User
  ) throws -> User.Result {
    let system = try PointwiseSystem(request.problem, parameters: request.parameters, free: request.free)
    return try network.build(
      outputs: system.unknowns.count,
      for: Training<Scalar, User>(model: self, request: request, user: user, system: system))
  }

  /// The training of a network whose type is now known.
  private struct Training<Scalar: OptimizerScalar, User: TaskUser>: NetworkUser {
    let model: PinnModel
    let request: TrainRequest
    let user: User
    let system: PointwiseSystem

    func use<Core: Layer>(_ make: (Int) -> Core) throws -> User.Result where Core.Scalar == Scalar {
      let conditions = model.isHard ? try HardConditions(system, until: request.until) : nil
      let network = PhysicsNetwork(
        system, until: request.until, waves: model.waves, conditions: conditions, core: make)
      let task = try PhysicsTask(
        system, network: network, settings: request.settings,
        conditions: conditions?.remaining ?? system.conditions, data: try request.data(for: system),
        reference: try request.reference(for: system))
      return try user(task, title: model.network.kind)
    }
  }
}
