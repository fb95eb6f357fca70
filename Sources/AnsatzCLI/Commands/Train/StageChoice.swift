import Ansatz

/// Stages of a training, as a command line gives them: windows of time, or values of a parameter.
struct StageChoice {
  static let options =
    windowOptions + [
      Option(
        "curriculum", "NAME=V,V…",
        "Train with these values of a parameter in turn, the last being the one meant")
    ]
  /// Those of models that take windows, but no values of a parameter in turn.
  static let windowOptions = [
    Option("windows", "K", "Cut the time in K windows that are trained one after another (one)"),
    Option(
      "window-start", "NAME", "What the model of a later window begins with: previous or fresh (previous)"),
    Option("stage-steps", "N", "The most steps of a window or stage (its share of those left)"),
    Option("stage-tolerance", "L", "End a window or stage when the validation is down to L"),
    Option("stage-patience", "N", "End a window or stage when the validation is no better for N rows"),
  ]

  let windows: TimeWindows?
  let curriculum: (name: String, values: [Double])?
  let rule: StageRule

  init(_ arguments: ParsedArguments, _ request: TrainRequest) throws {
    let count = try arguments.integer("windows", atLeast: 1, what: "windows")
    rule = StageRule(
      steps: try arguments.integer("stage-steps", atLeast: 1, what: "steps"),
      tolerance: try arguments.positiveNumber("stage-tolerance"),
      patience: try arguments.integer("stage-patience", atLeast: 1, what: "rows"))
    let names = TimeWindows.Start.allCases.map(\.rawValue)
    let startName = arguments["window-start"] ?? "previous"
    guard let start = TimeWindows.Start(rawValue: startName) else {
      throw UsageError.unknown(
        "start", startName, among: names, help: "choose one of \(names.joined(separator: ", "))")
    }
    let rule = rule
    windows = count.map { TimeWindows($0, start: start, rule: rule) }
    curriculum = try arguments["curriculum"].map { try Self.curriculum($0, arguments, request) }
    if arguments["window-start"] != nil, windows == nil {
      throw UsageError("--window-start is for windows of time: give their number with --windows")
    }
    if rule != StageRule(), windows == nil, curriculum == nil {
      throw UsageError("--stage-… are for windows and stages: give --windows or --curriculum")
    }
    guard windows == nil || curriculum == nil else {
      throw UsageError("--windows and --curriculum exclude each other: give one of them")
    }
    if windows != nil || curriculum != nil, arguments.has("data") {
      throw UsageError("--data is for a training in one stage: leave out --windows and --curriculum")
    }
  }

  private static func curriculum(_ text: String, _ arguments: ParsedArguments, _ request: TrainRequest) throws
    -> (name: String, values: [Double])
  {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let values = parts.count == 2 ? parts[1].split(separator: ",").map { Double($0) ?? .nan } : []
    guard !values.isEmpty, values.allSatisfy(\.isFinite) else {
      throw UsageError(
        "--curriculum is '\(text)': write a parameter and its values in turn, such as viscosity=0.1,0.03,0.01"
      )
    }
    let known = request.problem.parameters
    guard let parameter = known.first(where: { $0.name == parts[0] }) else {
      throw UsageError(
        "\(request.problem.name) has no parameter '\(parts[0])' for a curriculum: "
          + (known.isEmpty
            ? "it has none at all" : "choose one of \(known.map(\.name).joined(separator: ", "))"))
    }
    if let value = values.first(where: { !parameter.range.contains($0) }) {
      throw UsageError(
        "--curriculum gives \(parameter.name) the value \(value), and it lies from \(parameter.range.lowerBound) to "
          + "\(parameter.range.upperBound)")
    }
    guard arguments[parameter.name] == nil else {
      throw UsageError(
        "\(parameter.name) is given and goes through a curriculum, whose last value is the one meant: leave out "
          + "--\(parameter.name)")
    }
    return (parameter.name, values)
  }

  /// The parameters of the problem that is meant.
  func parameters(of request: TrainRequest) -> ParameterValues {
    var parameters = request.parameters
    if let curriculum { parameters.values[curriculum.name] = curriculum.values.last! }
    return parameters
  }
}
