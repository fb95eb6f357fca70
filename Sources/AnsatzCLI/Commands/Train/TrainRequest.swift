import Ansatz
import Foundation

/// What a command line of `ansatz train` asks for, checked.
struct TrainRequest {
  static let options =
    [
      Option("problem", "NAME", "The problem of the catalogue to train against"),
      Option(
        "optimizer", "TEXT",
        "Optimizers in turn (\(TrainableModels.all.map { "\($0.name): \($0.optimizer)" }.joined(separator: "; ")))"
      ),
      Option("steps", "N", "The last step (20000, or as many as --seconds allow)"),
      Option("seconds", "S", "Stop after S seconds of training"),
      Option("inside", "N", "Points inside at which the equation holds (2500)"),
      Option("boundary", "N", "Points on each side and at the initial time (200)"),
      Option(
        "pattern", "NAME",
        "How points are drawn: \(CollocationSampler.Pattern.allCases.map(\.rawValue).joined(separator: ", ")) (residual)"
      ),
      Option("add", "N", "Points that rar-d and rar-g add every --renew steps (a twentieth of --inside)"),
      Option("limit", "N", "The most points inside that rar-d and rar-g make (twice --inside)"),
      Option("renew", "K", "Draw points anew every K steps, 0 for never (200; for lm, gn and newton-cg 20)"),
      Option("weight", "W", "What conditions and data weigh in the loss, the equation weighing 1 (1)"),
      Option(
        "balance", "RULE",
        "How the parts of the loss are weighed: \(LossBalancing.Rule.allCases.map(\.rawValue).joined(separator: ", ")) (none)"
      ),
      Option(
        "balance-every", "K",
        "Steps between two changes of weights (1000; for residual-attention and self-adaptive 1)"),
      Option("until", "T", "Final time (that of the problem's suggested run)"),
      Option(
        "find", "NAME[,NAME…]",
        "Parameters of the problem to find from the data, as numbers, and coefficients, as functions"),
      Option(
        "noise", "S",
        "The standard deviation of the measurements: data and priors weigh as in a posterior law (data weigh W)"
      ),
      Option("equation", "W", "What the equation weighs in the loss (1; with --noise 10000)"),
      Option("data", "FILE", "Measurements, .csv with columns x, y, z, t and unknowns"),
      Option(
        "reference", "PATH",
        "Values to compare with while training: a .csv like that of --data, or a folder that 'ansatz solve' wrote"
      ),
      Option("precision", "NAME", "double or single (double)"),
      Option("measure", "K", "Steps between two rows of metrics.csv (100; for lm, gn and newton-cg 10)"),
      Option("checkpoint", "S", "Seconds between two checkpoints (20)"),
      Option(
        "memorized", "F",
        "Leave out the steps until points are drawn anew when the loss there is below F times that at held-out points (never)"
      ),
      Option("patience", "N", "Stop when the error has not become better for N rows"),
      Option("points", "N[,N…]", "Grid points of the fields that are written"),
      Option("frames", "N", "Times at which fields are written (21)"),
      Option("seed", "S", "What weights and points are drawn from, a whole number (0)"),
      Option("output", "DIR", "Run folder (PROBLEM.train)"),
      Option("force", nil, "Replace an earlier training in the folder of --output"),
      Option("resume", "DIR", "Go on with the training in DIR"),
      Option("quiet", nil, "Print nothing but errors"),
    ]

  /// The command line, for a later resume.
  let words: [String]
  /// The model, and what it reads its own options from.
  let kind: any TrainableModel.Type
  let arguments: ParsedArguments
  var problem: any Problem
  /// The mesh to train on, where one is given.
  var placement: MeshPlacement
  var parameters: ParameterValues
  var free: [String]
  /// Coefficients that are to be found.
  var fields: [String]
  var optimizer: String
  var steps: Int
  var seconds: Double?
  var settings: TrainingPoints
  var until: Double
  var isSingle: Bool
  var measuresEvery: Int
  var patience: Int?
  var memorizedPart: Double?
  var checkpointSeconds: Double
  var points: [Int]
  var frames: Int
  var seed: UInt64
  var isQuiet: Bool
  var replaces: Bool
  private var output: String?
  private var dataFile: String?
  private var referenceFile: String?
  /// Values to compare with that no file holds.
  var suppliedReference: MeasuredPoints?
  private var weight: Double
  private var noise: Double?

  /// A request for a problem of the catalogue, by its name among the words.
  init(_ words: [String]) throws {
    guard let name = Self.value(of: "problem", in: words) else {
      throw UsageError(
        "the problem is missing: write ansatz train MODEL --problem PROBLEM, and 'ansatz list' shows all problems"
      )
    }
    try self.init(words, problem: try Catalogue.find(name))
  }

  /// A request for any problem.
  init(_ words: [String], problem: any Problem) throws {
    self.words = words
    let own =
      problem.parameters.map { Option($0.name, "V", "") } + CoefficientOptions.options(of: problem)
    // Any model's options parse, so that the one that is meant can say which are not its own.
    let others = TrainableModels.all.flatMap { $0.options }
    let arguments = try ParsedArguments(words, options: Self.options + others + own, command: "ansatz train")
    let kind = try TrainableModels.named(arguments.positional.first, problem: problem.name)
    (self.kind, self.arguments) = (kind, arguments)
    if arguments.positional.count > 1 {
      throw UsageError("'\(arguments.positional[1])' is one argument too many: a training has one model")
    }
    for option in others where arguments.has(option.name) || arguments[option.name] != nil {
      guard !kind.options.contains(where: { $0.name == option.name }) else { continue }
      let owners = TrainableModels.all.filter { $0.options.contains { $0.name == option.name } }
      throw UsageError(
        "--\(option.name) is an option of \(owners.map { $0.name }.joined(separator: " and ")), not of \(kind.name): leave "
          + "it out")
    }
    let meshRequest = MeshRequest(arguments, boundaryOption: "boundaries")
    placement = try meshRequest.placement()
    let problem = try CoefficientOptions.apply(
      arguments, to: placement.mesh == nil ? problem : meshRequest.problem(problem, on: placement))
    self.problem = problem
    var values: [String: Double] = [:]
    for parameter in problem.parameters { values[parameter.name] = try arguments.number(parameter.name) }
    parameters = ParameterValues(values)
    let found = arguments["find"]?.split(separator: ",").map(String.init) ?? []
    if let both = found.first(where: { values[$0] != nil || arguments.has($0) }) {
      throw UsageError("\(both) is given and to be found: leave out one of --\(both) and --find")
    }
    let coefficients = problem.coefficients.map(\.name)
    fields = found.filter(coefficients.contains) + PinnModel.fieldNames(arguments)
    free = found.filter { !coefficients.contains($0) }
    if !fields.isEmpty, kind.name != PinnModel.name {
      throw UsageError("\(fields[0]) is a function, which pinn finds, not \(kind.name): train pinn")
    }
    optimizer = arguments["optimizer"] ?? kind.optimizer
    let isOwn = kind.ownOptimizers[optimizer] != nil
    if !isOwn { _ = try OptimizerText.optimizer(optimizer, Double.self) }
    let isDear = try isOwn || OptimizerText.endsDear(optimizer)
    seconds = try arguments.positiveNumber("seconds")
    steps =
      try arguments.integer("steps", atLeast: 1, what: "steps") ?? (seconds == nil ? 20_000 : 1_000_000_000)
    guard
      let suggested = arguments["until"] == nil
        ? problem.suggested.until : try arguments.positiveNumber("until")
    else { throw UsageError("--until needs a positive time") }
    until = suggested > 0 ? suggested : 1
    seed = UInt64(try arguments.integer("seed", atLeast: 0, what: "a seed") ?? 0)
    let patterns = CollocationSampler.Pattern.allCases.map(\.rawValue)
    let pattern = arguments["pattern"] ?? "residual"
    guard let spread = CollocationSampler.Pattern(rawValue: pattern) else {
      throw UsageError.unknown(
        "pattern", pattern, among: patterns, help: "choose one of \(patterns.joined(separator: ", "))")
    }
    let inside = try arguments.integer("inside", atLeast: 1, what: "points") ?? 2500
    let (added, limit) = (
      try arguments.integer("add", atLeast: 1, what: "points"),
      try arguments.integer("limit", atLeast: inside, what: "points")
    )
    if !spread.grows, let option = added != nil ? "add" : limit != nil ? "limit" : nil {
      throw UsageError("--\(option) is for patterns that add points: write --pattern rar-d, or leave it out")
    }
    let sampler = CollocationSampler(
      pattern: spread, inside: inside,
      boundary: try arguments.integer("boundary", atLeast: 1, what: "points") ?? 200, seed: seed,
      added: added,
      limit: limit)
    let rules = LossBalancing.Rule.allCases.map(\.rawValue)
    let ruleName = arguments["balance"] ?? "none"
    guard let rule = LossBalancing.Rule(rawValue: ruleName) else {
      throw UsageError.unknown(
        "balance", ruleName, among: rules, help: "choose one of \(rules.joined(separator: ", "))")
    }
    let balanceEvery = try arguments.integer("balance-every", atLeast: 1, what: "steps")
    if rule == .none, balanceEvery != nil {
      throw UsageError(
        "--balance-every needs a rule: give one with --balance, such as gradient-norm or residual-attention")
    }
    let renew = try arguments.integer("renew", atLeast: 0, what: "steps") ?? (isDear ? 20 : 200)
    weight = try arguments.positiveNumber("weight") ?? 1
    noise = try arguments.positiveNumber("noise")
    settings = TrainingPoints(
      sampler: sampler, renewsEvery: renew == 0 || spread == .grid ? nil : renew, until: until,
      conditionWeight: weight,
      equationWeight: try arguments.positiveNumber("equation") ?? (noise == nil ? 1 : 1e4),
      balancing: LossBalancing(rule, every: balanceEvery))
    let precision = arguments["precision"] ?? "double"
    guard ["double", "single"].contains(precision) else {
      throw UsageError("--precision is '\(precision)': write double or single")
    }
    isSingle = precision == "single"
    measuresEvery =
      try arguments.integer("measure", atLeast: 1, what: "steps") ?? (isDear ? 10 : 100)
    checkpointSeconds = try arguments.positiveNumber("checkpoint") ?? 20
    memorizedPart = try arguments.positiveNumber("memorized")
    if memorizedPart != nil, settings.renewsEvery == nil {
      throw UsageError("--memorized waits for other points, and these stay: give --renew, or leave it out")
    }
    patience = try arguments.integer("patience", atLeast: 1, what: "rows")
    let d = problem.domain.dimension
    var points = try arguments.integers("points", atLeast: 2, what: "points") ?? [[257, 129, 33][d - 1]]
    if points.count == 1 { points = Array(repeating: points[0], count: d) }
    guard points.count == d else {
      throw UsageError("--points gives \(points.count) numbers for \(d) axes: give one, or one per axis")
    }
    self.points = points
    frames = try arguments.integer("frames", atLeast: 2, what: "frames") ?? 21
    output = arguments["output"]
    replaces = arguments.has("force")
    dataFile = arguments["data"]
    referenceFile = arguments["reference"]
    isQuiet = arguments.has("quiet")
    if !free.isEmpty || !fields.isEmpty, dataFile == nil {
      throw UsageError("--find needs measurements: give them with --data FILE")
    }
  }

  /// Makes the model, and hands its task over.
  func hand<User: TaskUser>(to user: User) throws -> User.Result {
    let model = try kind.init(arguments, self)
    return isSingle
      ? try model.train(self, in: Float.self, with: user) : try model.train(self, in: Double.self, with: user)
  }

  /// The optimizer that is asked for.
  /// - Throws: `UsageError` and `OptimizerError` for one that cannot take the task.
  func optimizer<Task: TrainingTask>(for task: Task) throws -> any LeastSquaresOptimizer<Task.Scalar>
  where Task.Scalar: OptimizerScalar {
    if let own = kind.ownOptimizers[optimizer] as? any LeastSquaresOptimizer<Task.Scalar> { return own }
    try OptimizerText.check(optimizer, parameters: task.objective.layout.count)
    return try OptimizerText.optimizer(optimizer, Task.Scalar.self)
  }

  /// Takes up what may be changed when a training goes on: how long it goes, and what it prints.
  mutating func change(by words: [String]) throws {
    let allowed = Self.options.filter { ["seconds", "steps", "quiet"].contains($0.name) }
    for word in words where word.hasPrefix("--") {
      let name = String(word.dropFirst(2).prefix { $0 != "=" })
      if !allowed.contains(where: { $0.name == name }), Self.options.contains(where: { $0.name == name }) {
        throw UsageError("--resume goes on with the training as it was begun: leave out --\(name)")
      }
    }
    let arguments = try ParsedArguments(
      words.filter { word in !TrainableModels.all.contains { $0.name == word } }, options: allowed,
      command: "ansatz train --resume")
    seconds = try arguments.positiveNumber("seconds") ?? seconds
    steps = try arguments.integer("steps", atLeast: 1, what: "steps") ?? steps
    isQuiet = arguments.has("quiet")
  }

  /// The value of an option among words that are not parsed yet.
  private static func value(of option: String, in words: [String]) -> String? {
    for (i, word) in words.enumerated() {
      if word == "--\(option)", i + 1 < words.count { return words[i + 1] }
      if word.hasPrefix("--\(option)=") { return String(word.dropFirst(option.count + 3)) }
    }
    return nil
  }

  /// The folder of the training: the one named, or the first free one of PROBLEM.train, PROBLEM-2.train, …
  func folder() -> TrainingFolder {
    if let output { return TrainingFolder(URL(fileURLWithPath: output)) }
    var number = 1
    while true {
      let name = number == 1 ? "\(problem.name).train" : "\(problem.name)-\(number).train"
      if !FileManager.default.fileExists(atPath: name) { return TrainingFolder(URL(fileURLWithPath: name)) }
      number += 1
    }
  }

  func data(for system: PointwiseSystem) throws -> MeasuredPoints? {
    try dataFile.map {
      var data = try measured($0, system, weight: weight)
      // ½ Σ (misfit/σ)², as one half of weight times mean.
      if let noise { data.weight = Double(data.points.shape[0]) / (noise * noise) }
      return data
    }
  }

  func reference(for system: PointwiseSystem) throws -> MeasuredPoints? {
    if let suppliedReference { return suppliedReference }
    return try referenceFile.map { path in
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
        return try measured(path, system, weight: 1)
      }
      return try MeasuredPoints(
        run: URL(fileURLWithPath: path), of: problem, parameters: parameters, system, until: until)
    }
  }

  /// A table with a column per coordinate, and one per unknown that was measured.
  private func measured(_ path: String, _ system: PointwiseSystem, weight: Double) throws -> MeasuredPoints {
    let table = try CSVTable.read(URL(fileURLWithPath: path))
    let names = Array(["x", "y", "z"].prefix(system.dimension)) + (system.isEvolution ? ["t"] : [])
    func column(_ name: String) throws -> [Double] {
      guard table.header.contains(name) else {
        throw UsageError(
          "\(path) has no column '\(name)', only \(table.header.joined(separator: ", ")): \(system.name) needs "
            + "\(names.joined(separator: ", ")) and unknowns")
      }
      let values = try table.column(name)
      if let row = values.firstIndex(where: { !$0.isFinite }) {
        throw UsageError(
          "\(path) has the value \(values[row]) for '\(name)' in row \(row + 1): leave such rows out")
      }
      return values
    }
    let coordinates = try names.map(column)
    let unknowns = (0..<system.functions).filter { table.header.contains(system.name(of: $0)) }
    guard !unknowns.isEmpty, !coordinates[0].isEmpty else {
      throw UsageError(
        "\(path) has no measurements of \(system.unknowns.map(\.name).joined(separator: " or ")): name its columns by them"
      )
    }
    let values = try unknowns.map { try column(system.name(of: $0)) }
    let count = coordinates[0].count
    func tensor(_ columns: [[Double]]) -> Tensor<Double> {
      var elements: [Double] = []
      for i in 0..<count { for column in columns { elements.append(column[i]) } }
      return Tensor(shape: [count, columns.count], elements)
    }
    return MeasuredPoints(
      points: tensor(coordinates), values: tensor(values), unknowns: unknowns, weight: weight)
  }
}
