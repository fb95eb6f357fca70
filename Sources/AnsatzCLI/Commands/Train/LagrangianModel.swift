import Ansatz

/// `ansatz train lpinn`: two networks along the characteristics of a convection-diffusion equation.
struct LagrangianModel: TrainableModel {
  static let name = "lpinn"
  static let summary =
    "a Lagrangian network: unknowns and characteristics of a transport equation as functions of labels"
  static let optimizer = "lm"
  static let options = [
    Option("widths", "N[,N…]", "Widths of the hidden layers (20,20)"),
    Option("position-widths", "N[,N…]", "Widths of the network of characteristics (those of --widths)"),
    Option("activation", "NAME", "tanh, sin, gelu, silu, softplus, wavelet, … (tanh)"),
    Option("waves", "K", "Frequencies per periodic coordinate (1)"),
    Option(
      "soft", nil,
      "Leave all conditions to the loss; else those that a change of variables can meet are met exactly"),
    Option(
      "derivatives", "NAME",
      "positions (by the inverse label Jacobian) or labels (those of the published code, exact only where labels keep their distances) (positions)"
    ),
    Option(
      "labels", "NAME",
      "diffusive (they diffuse like the unknown, and keep apart in fronts) or material (they follow the velocity alone) (diffusive)"
    ),
    Option(
      "keep-drift", nil,
      "Keep the mean velocity in the equations of characteristics; else coordinates move with it"),
  ]

  private let state, position: NetworkChoice
  private let isHard, removesDrift: Bool
  private let waves: Int
  private let derivatives: LagrangianDerivatives
  private let motion: LabelMotion

  init(_ arguments: ParsedArguments, _ request: TrainRequest) throws {
    for option in ["find", "data"] where arguments.has(option) {
      throw UsageError("--\(option) is not for lpinn, which learns from the equation alone: train pinn")
    }
    let widths = try arguments.integers("widths", atLeast: 1, what: "units of a layer") ?? [20, 20]
    let others = try arguments.integers("position-widths", atLeast: 1, what: "units of a layer") ?? widths
    let activation = arguments["activation"] ?? "tanh"
    func network(_ widths: [Int], _ seed: UInt64) throws -> NetworkChoice {
      try NetworkChoice(kind: "mlp", widths: widths, activation: activation, seed: seed)
    }
    state = try network(widths, request.seed)
    // Networks of their own: equal first weights would tie characteristics to unknowns.
    position = try network(others, request.seed ^ 0x9e37_79b9)
    isHard = !arguments.has("soft")
    removesDrift = !arguments.has("keep-drift")
    waves = try arguments.integer("waves", atLeast: 1, what: "waves") ?? 1
    derivatives = try Self.choice(arguments, "derivatives", .positions)
    motion = try Self.choice(arguments, "labels", .diffusive)
    if derivatives == .labels, arguments.has("labels"), motion == .diffusive {
      throw UsageError("--derivatives labels are those of material labels: leave out --labels diffusive")
    }
  }

  private static func choice<Choice: RawRepresentable & CaseIterable>(
    _ arguments: ParsedArguments, _ option: String, _ usual: Choice
  ) throws -> Choice where Choice.RawValue == String {
    guard let name = arguments[option] else { return usual }
    let names = Choice.allCases.map(\.rawValue)
    guard let choice = Choice(rawValue: name) else {
      throw UsageError.unknown(
        option, name, among: names, help: "choose one of \(names.joined(separator: ", "))")
    }
    return choice
  }

  func train<Scalar: OptimizerScalar, User: TaskUser>(
    _ request: TrainRequest, in type: Scalar.Type, with user: User
  ) throws -> User.Result {
    let system = try PointwiseSystem(request.problem, parameters: request.parameters)
    let lagrangian = try LagrangianSystem(
      system, until: request.until, derivatives: derivatives, motion: motion,
      removesDrift: removesDrift)
    let conditions = isHard ? try HardConditions(lagrangian.labels, until: request.until) : nil
    let task = try LagrangianTask(
      lagrangian,
      network: lagrangian.network(waves: waves, conditions: conditions) { features in
        state.mlp(inputs: features, outputs: system.unknowns.count) as MLP<Scalar>
      } position: { features in
        position.mlp(inputs: features, outputs: system.dimension)
      }, settings: request.settings, conditions: conditions?.remaining,
      reference: try request.reference(for: system))
    return try user(task, title: Self.name)
  }
}
