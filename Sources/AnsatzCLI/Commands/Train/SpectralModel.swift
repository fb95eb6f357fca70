import Ansatz

/// `ansatz train nsm`: a solution operator in coefficients of series, without data.
struct SpectralModel: TrainableModel {
  static let name = "nsm"
  static let needsConditions = false
  static let summary =
    "a neural spectral method: a network of coefficients from the fields that vary to solutions, trained without data"
  static let optimizer = "adam@2e-3+cosine=20000"
  static let options = [
    Option(
      "vary", "NAME[=A..B][,…]",
      "What varies from sample to sample: initial_U, source, source_K for equation K from 0, or a parameter or unknown of the equations; fields of a Gaussian process, or with =A..B one number uniform in that range (initial states; the source of steady equations)"
    ),
    Option("length", "L", "Length of the Gaussian process as a part of each axis (0.2)"),
    Option("between", "A,B", "Values that the least and greatest of a field are brought to (none)"),
    Option("modes", "N[,N…]", "Collocation points per axis, time last (31 in space, 17 in time)"),
    Option("channels", "N", "Channels of spectral layers (32)"),
    Option("depth", "N", "Spectral layers (4)"),
    Option("activation", "NAME", "tanh, sin, gelu, silu, softplus, wavelet, … (gelu)"),
    Option(
      "scaling", "NAME",
      "What modes of outputs are multiplied by: operator (the inverse symbol of the equation's linear terms) or uniform (operator on periodic boxes)"
    ),
    Option("mollifier", "NAME", "How conditions are met: \(forms.joined(separator: ", ")) (as they ask for)"),
    Option("plain", nil, "Leave out the linear path from inputs to outputs beside the published network"),
    Option("zero-mean", nil, "Draw fields of mean zero (sources of steady equations on periodic boxes)"),
    Option("batch", "N", "Inputs in a step (16)"),
    Option("tests", "N", "Inputs whose solutions by a classical solver are compared with, 0 for none (16)"),
    Option("time-step", "DT", "Time step of that solver (0.001)"),
  ]

  private static let forms = Mollifier.Form.allCases.map(\.rawValue)

  private let inputs: [OperatorInput]
  private let settings: SpectralSettings
  private let batch: Int
  private let tests: Int
  private let timeStep: Double

  init(_ arguments: ParsedArguments, _ request: TrainRequest) throws {
    for option in ["find", "data", "reference"] where arguments.has(option) {
      throw UsageError("--\(option) is for one solution, and nsm learns many: leave it out, or train pinn")
    }
    let problem = request.problem
    let system = try PointwiseSystem(problem, parameters: request.parameters)
    let length = try arguments.positiveNumber("length") ?? 0.2
    var range: ClosedRange<Double>?
    if let text = arguments["between"] {
      range = try Self.range(
        text.split(separator: ",", omittingEmptySubsequences: false).map(String.init), of: "--between")
    }
    // Where nothing evolves on a periodic box, the mean of a source has no solution.
    let isClosed = !system.isEvolution && system.box.intervals.allSatisfy(\.isPeriodic)
    let process = FieldSampler.gaussianProcess(
      length: length, zeroMean: isClosed || arguments.has("zero-mean"), range: range)
    let names =
      arguments["vary"]?.split(separator: ",").map(String.init)
      ?? (system.isEvolution
        ? problem.unknowns.map { "initial_\($0.name)" } : ["source"])
    inputs = try names.map { text in
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard let name = parts.first else { throw UsageError("--vary has an empty name: write --vary NAME") }
      let sampler = try parts.count == 1 ? process : Self.constant(parts[1], of: name)
      return OperatorInput(try Self.role(name, in: problem), sampler)
    }
    let axes = system.dimension + (system.isEvolution ? 1 : 0)
    var points = Array(repeating: 31, count: system.dimension) + (system.isEvolution ? [17] : [])
    if let given = try arguments.integers("modes", atLeast: 3, what: "points") {
      guard given.count == 1 || given.count == axes else {
        throw UsageError(
          "--modes gives \(given.count) numbers for \(axes) axes\(system.isEvolution ? ", time being the last" : ""): give "
            + "one, or one per axis")
      }
      points = given.count == 1 ? Array(repeating: given[0], count: axes) : given
    }
    let activation = arguments["activation"] ?? "gelu"
    let isPeriodic = system.box.intervals.allSatisfy(\.isPeriodic)
    let scalings = Mollifier.Scaling.allCases.map(\.rawValue)
    let scalingName = arguments["scaling"] ?? (isPeriodic ? "operator" : "uniform")
    guard let scaling = Mollifier.Scaling(rawValue: scalingName) else {
      throw UsageError.unknown(
        "scaling", scalingName, among: scalings, help: "choose one of \(scalings.joined(separator: ", "))")
    }
    let form = try arguments["mollifier"].map { name in
      guard let form = Mollifier.Form(rawValue: name) else {
        throw UsageError.unknown(
          "mollifier", name, among: Self.forms, help: "choose one of \(Self.forms.joined(separator: ", "))")
      }
      return form
    }
    settings = SpectralSettings(
      points: points, until: request.until,
      width: try arguments.integer("channels", atLeast: 1, what: "channels") ?? 32,
      depth: try arguments.integer("depth", atLeast: 1, what: "layers") ?? 4, activation: activation,
      mollifier: Mollifier(form, scaling: scaling), hasBypass: !arguments.has("plain"))
    batch = try arguments.integer("batch", atLeast: 1, what: "inputs") ?? 16
    tests = try arguments.integer("tests", atLeast: 0, what: "inputs") ?? 16
    timeStep = try arguments.positiveNumber("time-step") ?? 1e-3
  }

  private static func role(_ name: String, in problem: any Problem) throws -> OperatorInput.Role {
    if name == "source" { return .source(equation: 0) }
    if name.hasPrefix("source_"), let number = Int(name.dropFirst(7)), number >= 0 {
      guard number < problem.equations.count else {
        throw UsageError(
          "\(problem.name) has \(problem.equations.count) equations, counted from 0: there is no \(name)")
      }
      return .source(equation: number)
    }
    let unknowns = problem.unknowns.map(\.name)
    if name.hasPrefix("initial_"), unknowns.contains(String(name.dropFirst(8))) {
      return .initial(String(name.dropFirst(8)))
    }
    if unknowns.contains(name) { return .field(name) }
    if problem.parameters.contains(where: { $0.name == name }) { return .parameter(name) }
    throw UsageError.unknown(
      "field to vary", name,
      among: unknowns.map { "initial_\($0)" } + ["source"] + unknowns + problem.parameters.map(\.name),
      help: "choose among initial_U for an unknown U, source, an unknown or a parameter of \(problem.name)")
  }

  private static func constant(_ text: String, of name: String) throws -> FieldSampler {
    var ends: [String] = [text]
    if let dots = text.range(of: "..") {
      ends = [String(text[..<dots.lowerBound]), String(text[dots.upperBound...])]
    }
    return .constant(in: try range(ends, of: "--vary \(name)"))
  }

  private static func range(_ ends: [String], of what: String) throws -> ClosedRange<Double> {
    let numbers = ends.compactMap(Double.init).filter(\.isFinite)
    guard ends.count == 2, numbers.count == 2, numbers[0] < numbers[1] else {
      throw UsageError("\(what) needs two numbers, the smaller one first")
    }
    return numbers[0]...numbers[1]
  }

  func train<Scalar: OptimizerScalar, User: TaskUser>(
    _ request: TrainRequest, in type: Scalar.Type, with user: User
  ) throws -> User.Result { try train(request, request.problem, in: type, with: user) }

  private func train<Scalar: OptimizerScalar, User: TaskUser>(
    _ request: TrainRequest, _ problem: some Problem, in type: Scalar.Type, with user: User
  ) throws -> User.Result {
    let model = try SpectralOperator<Scalar>(
      problem, inputs: inputs, settings: settings, parameters: request.parameters, seed: request.seed)
    let spatial = settings.points.prefix(problem.domain.dimension)
    let reference =
      tests == 0
      ? nil
      : try model.reference(
        tests, seed: request.seed &+ 0x7e57, points: spatial.map { 2 * $0 + 1 }, step: timeStep)
    let task = SpectralTask(model, batch: batch, seed: request.seed, reference: reference)
    return try user(task, title: Self.name)
  }
}
