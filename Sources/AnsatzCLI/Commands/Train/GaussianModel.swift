import Ansatz

/// `ansatz train pig`: a sum of Gaussians whose weights, means and widths are trained.
struct GaussianModel: TrainableModel {
  static let name = "pig"
  static let summary =
    "physics-informed Gaussians: a sum of Gaussians whose weights, means and widths are trained"
  static let optimizer = "vp"
  static var ownOptimizers: [String: any LeastSquaresOptimizer<Double>] { ["vp": VariableProjection()] }
  static let options =
    [
      Option(
        "gaussians", "N", "Gaussians in the beginning (200); of pinn's network gaussian, per feature (100)"),
      Option("grow", "K:M:L", "Every K steps add M Gaussians where residuals ask for them, up to L (none)"),
      Option("fixed", nil, "Keep means and widths as they begin"),
      Option(
        "horizon", "P:N", "Learn the part P of the time first, and all of it after N draws of points (all)"),
      Option(
        "soft", nil,
        "Leave all conditions to the loss; else, for steady problems, those that a change of variables can meet are met exactly"
      ),
      Option("hard", nil, "Meet conditions by a change of variables for evolutions too"),
    ] + StageChoice.windowOptions

  private let start: GaussianStart
  private let growth: GaussianGrowth?
  private let horizon: GaussianHorizon?
  private let stages: StageChoice
  private let isFixed: Bool
  private let isHard: Bool?
  private let hasWeight: Bool

  init(_ arguments: ParsedArguments, _ request: TrainRequest) throws {
    guard !request.isSingle else {
      throw UsageError("pig solves for weights in double precision: leave out --precision single")
    }
    guard !arguments.has("data") else {
      throw UsageError("--data is not for pig, which learns from the equation alone: train pinn")
    }
    guard !(arguments.has("soft") && arguments.has("hard")) else {
      throw UsageError("--soft and --hard exclude each other: give one of them")
    }
    start = GaussianStart(
      count: try arguments.integer("gaussians", atLeast: 1, what: "Gaussians") ?? 200, seed: request.seed)
    growth = try arguments["grow"].map { text in
      let numbers = text.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
      guard numbers.count == 3, numbers.allSatisfy({ $0 > 0 }) else {
        throw UsageError("--grow is '\(text)': write three whole numbers greater than 0, such as 10:20:400")
      }
      return GaussianGrowth(every: numbers[0], added: numbers[1], limit: numbers[2])
    }
    horizon = try arguments["horizon"].map { text in
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2, let first = Double(parts[0]), first > 0, first <= 1, let draws = Int(parts[1]),
        draws > 0
      else {
        throw UsageError(
          "--horizon is '\(text)': write a part of the time and a number of draws, such as 0.1:20")
      }
      return GaussianHorizon(first: first, draws: draws)
    }
    stages = try StageChoice(arguments, request)
    if stages.windows != nil, horizon != nil {
      throw UsageError("--windows and --horizon exclude each other: give one of them")
    }
    isFixed = arguments.has("fixed")
    isHard = arguments.has("hard") ? true : arguments.has("soft") ? false : nil
    hasWeight = arguments.has("weight")
  }

  func train<Scalar: OptimizerScalar, User: TaskUser>(
    _ request: TrainRequest, in type: Scalar.Type, with user: User
  ) throws -> User.Result {
    let system = try PointwiseSystem(request.problem, parameters: request.parameters)
    var settings = request.settings
    // Least squares weigh conditions once and for all.
    if !hasWeight { settings.conditionWeight = 100 }
    if let windows = stages.windows {
      let task = try WindowedGaussianTask(
        system, windows: windows, start: start, settings: settings, growth: growth, isHard: isHard ?? false,
        trainsShapes: !isFixed, reference: try request.reference(for: system))
      return try user(task, title: Self.name)
    }
    let task = try GaussianTask(
      system, start: start, settings: settings, growth: growth, horizon: horizon,
      isHard: isHard ?? !system.isEvolution, trainsShapes: !isFixed,
      reference: try request.reference(for: system))
    return try user(task, title: Self.name)
  }
}
