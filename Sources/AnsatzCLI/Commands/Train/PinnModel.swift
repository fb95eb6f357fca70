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
      Option(
        "pieces", nil,
        "Meet values on pieces of the boundary of a region too, with Laplacians that are infinite at corners bent inwards"
      ),
      Option("waves", "K", "Frequencies per periodic coordinate (1)"),
      Option(
        "features", "NAME",
        "data: features of the frequencies that initial values, values on sides and sources have along bounded axes (none)"
      ),
      Option("subdomains", "NxN…", "A network for each window of so many per coordinate, time last (one)"),
      Option(
        "interfaces", nil,
        "Let subdomains tile the domain, and values, slopes and residuals agree where they meet, instead of overlapping"
      ),
    ] + StageChoice.options + MeshRequest.trainingOptions + FieldOptions.options

  private let network: NetworkChoice
  private let isHard, withPieces: Bool
  private let waves: Int
  private let takesFrequencies: Bool
  private let subdomains: [Int]?
  private let hasInterfaces: Bool
  private let stages: StageChoice
  private let field: FieldOptions

  /// Parameters that are to be found as functions.
  static func fieldNames(_ arguments: ParsedArguments) -> [String] {
    arguments["find-field"]?.split(separator: ",").map(String.init) ?? []
  }

  init(_ arguments: ParsedArguments, _ request: TrainRequest) throws {
    network = try NetworkChoice(arguments)
    isHard = !arguments.has("soft")
    withPieces = arguments.has("pieces")
    if withPieces, !isHard {
      throw UsageError(
        "--pieces meets values exactly, and --soft leaves them to the loss: leave out one of them")
    }
    waves = try arguments.integer("waves", atLeast: 1, what: "waves") ?? 1
    subdomains = try arguments["subdomains"].map { text in
      let counts = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
      guard counts.allSatisfy({ $0 > 0 }) else {
        throw UsageError("--subdomains is '\(text)': write whole numbers greater than 0, such as 4x2")
      }
      return counts
    }
    if subdomains != nil, waves > 1 {
      throw UsageError(
        "--waves is for one network on the whole domain: leave out one of --waves and --subdomains")
    }
    guard ["data", "none"].contains(arguments["features"] ?? "none") else {
      throw UsageError("--features is '\(arguments["features"]!)': write data or none")
    }
    takesFrequencies = arguments["features"] == "data"
    if takesFrequencies, subdomains != nil {
      throw UsageError(
        "--features is for one network on the whole domain: leave out one of --features and --subdomains")
    }
    stages = try StageChoice(arguments, request)
    field = try FieldOptions(
      arguments, isSearch: !request.fields.isEmpty, dimension: request.problem.domain.dimension)
    if !request.fields.isEmpty, stages.windows != nil || stages.curriculum != nil {
      throw UsageError(
        "a function is found from all times at once: leave out --windows, and what goes on in stages")
    }
    hasInterfaces = arguments.has("interfaces")
    if hasInterfaces {
      guard subdomains != nil else {
        throw UsageError(
          "--interfaces are those of subdomains: give their numbers with --subdomains, such as 2x2")
      }
      let others = ["windows", "curriculum", "data", "balance", "add"].filter { arguments.has($0) }
      if let other = others.first {
        throw UsageError("--\(other) is not for networks that meet at interfaces: leave out one of the two")
      }
    }
  }

  func train<Scalar: OptimizerScalar, User: TaskUser>(
    _ request: TrainRequest, in type: Scalar.Type, with user: User
  ) throws -> User.Result {
    let system = try PointwiseSystem(
      request.problem, parameters: stages.parameters(of: request), free: request.free, fields: request.fields,
      on: request.placement)
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
      guard let counts = model.subdomains else { return try train(make) }
      if model.hasInterfaces {
        let conditions = model.isHard ? try HardConditions(system, until: request.until) : nil
        let network = try SplitNetwork(
          system, counts: counts, until: request.until, conditions: conditions, core: make)
        let task = try InterfaceTask(
          system, network: network, settings: request.settings,
          conditions: conditions?.remaining ?? system.conditions, interface: request.settings.conditionWeight,
          reference: try request.reference(for: system))
        return try user(task, title: model.network.kind)
      }
      let axes = try PartitionAxis.axes(of: system, counts: counts)
      return try train { _ in PartitionedNetwork(axes) { make($0) } }
    }

    private func train<Core: Layer>(_ make: (Int) -> Core) throws -> User.Result where Core.Scalar == Scalar {
      let title = model.network.kind
      let frequencies = model.takesFrequencies ? try DataFrequencies(of: system) : nil
      let reference = try request.reference(for: system)
      if let windows = model.stages.windows {
        let task = try WindowedTask(
          system, windows: windows, settings: request.settings, waves: model.waves, frequencies: frequencies,
          isHard: model.isHard,
          reference: reference, core: make)
        return try user(task, title: title)
      }
      if let curriculum = model.stages.curriculum {
        let stages = try curriculum.values.map { value in
          var parameters = request.parameters
          parameters.values[curriculum.name] = value
          return try PointwiseSystem(request.problem, parameters: parameters, on: request.placement)
        }
        let task = try CurriculumTask(
          stages, meaning: [curriculum.name: curriculum.values.last!], rule: model.stages.rule,
          settings: request.settings, waves: model.waves, frequencies: frequencies, isHard: model.isHard,
          reference: reference,
          core: make)
        return try user(task, title: title)
      }
      let conditions =
        model.isHard ? try HardConditions(system, until: request.until, withPieces: model.withPieces) : nil
      let fields = try system.fields.indices.map { i in
        try FieldModel<Scalar>(
          i, of: system, as: model.field.search, until: request.until, seed: request.seed)
      }
      let network = PhysicsNetwork(
        system, until: request.until, waves: model.waves, frequencies: frequencies, conditions: conditions,
        fields: fields, core: make)
      let task = try PhysicsTask(
        system, network: network, settings: request.settings,
        conditions: conditions?.remaining ?? system.conditions, data: try request.data(for: system),
        reference: reference)
      return try user(task, title: title)
    }
  }
}
