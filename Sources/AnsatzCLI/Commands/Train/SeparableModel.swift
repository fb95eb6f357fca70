import Ansatz

/// `ansatz train separable`: sums of products of one network per coordinate, on tensor grids.
struct SeparableModel: TrainableModel {
  static let name = "separable"
  static let summary =
    "a separable network: a sum of products of one network per coordinate, trained on tensor grids"
  static let optimizer = "adam:1000,ssbroyden"
  static let options = [
    Option("widths", "N[,N…]", "Widths of the hidden layers (20,20,20)"),
    Option("activation", "NAME", "tanh, sin, gelu, silu, softplus, wavelet, … (tanh)"),
    Option("rank", "R", "Products that are summed (16)"),
    Option("grid", "N[,N…]", "Points along every axis, time last (32)"),
  ]

  private let widths, grid: [Int]
  private let activation: String
  private let rank: Int

  init(_ arguments: ParsedArguments, _ request: TrainRequest) throws {
    for option in ["find", "data", "inside", "boundary", "pattern", "balance"] where arguments.has(option) {
      throw UsageError(
        "--\(option) is not for separable, which learns from the equation alone on tensor grids: leave it out, or train pinn"
      )
    }
    widths = try arguments.integers("widths", atLeast: 1, what: "units of a layer") ?? [20, 20, 20]
    rank = try arguments.integer("rank", atLeast: 1, what: "products") ?? 16
    grid = try arguments.integers("grid", atLeast: 2, what: "points along an axis") ?? [32]
    activation = arguments["activation"] ?? "tanh"
    guard Activation<Double>.named(activation) != nil else {
      throw UsageError.unknown(
        "activation", activation, among: Activation<Double>.all.map(\.name),
        help: "choose one of \(Activation<Double>.all.map(\.name).joined(separator: ", "))")
    }
  }

  func train<Scalar: OptimizerScalar, User: TaskUser>(
    _ request: TrainRequest, in type: Scalar.Type, with user: User
  ) throws -> User.Result {
    let system = try PointwiseSystem(request.problem, parameters: request.parameters)
    let axes = system.dimension + (system.isEvolution ? 1 : 0)
    guard grid.count == 1 || grid.count == axes else {
      throw UsageError("--grid gives \(grid.count) numbers for \(axes) axes: give one, or one per axis")
    }
    var stream = RandomStream(seed: request.seed, stream: 1)
    let network = SeparableNetwork<Scalar>(
      system, until: request.until, widths: widths, rank: rank,
      activation: Activation<Scalar>.named(activation)!, from: &stream)
    let task = try SeparableTask(
      system, network: network, points: grid.count == 1 ? Array(repeating: grid[0], count: axes) : grid,
      settings: request.settings, reference: try request.reference(for: system))
    return try user(task, title: Self.name)
  }
}
