import Ansatz
import Foundation

/// `ansatz solve`: solves a problem of the catalogue into a run folder, or goes on with one.
struct SolveCommand: Command {
  let name = "solve"
  let summary = "Solve a problem of the catalogue and write a run folder"
  let usage = "PROBLEM [--PARAMETER V …] [options] | --resume DIR"
  var discussion: String {
    """
    Every parameter of a problem is an option of its own; 'ansatz show PROBLEM' lists them. What is not given is taken
    from the problem's suggested run. Ctrl-C leaves a complete folder of what was reached, and --resume goes on from it
    bit by bit.
    """
  }
  let options =
    MeshRequest.options + [
      Option(
        "method", "NAME",
        "Discretisation in space: "
          + Methods.evolution.map { "\($0.name) (\($0.summary))" }.joined(separator: ", ")
          + "; for steady problems also "
          + Methods.steady.filter { steady in !Methods.evolution.contains { $0.name == steady.name } }
          .map { "\($0.name) (\($0.summary))" }.joined(separator: ", ")
          + ", and any linear solver such as cg+ssor(1.5) or gmres+ilu for the stencil"),
      Option("stepper", "NAME", "Time stepper: " + Steppers.all.map(\.name).joined(separator: ", ")),
      Option("points", "N[,N…]", "Grid points, for all axes or for each"),
      Option(
        "dealiasing", "RULE",
        "Modes that products keep: automatic (as many as stay free of aliases), none (all), or a fraction such as 0.8"
      ),
      Option("step", "H", "Length of the time steps"),
      Option("tolerance", "R", "Choose the steps such that the relative error per step stays below R"),
      Option("until", "T", "Final time; the run starts at 0"),
      Option("frames", "N", "How many fields to keep, the initial and the final one included"),
      Option("seed", "S", "What random fields are drawn from, a whole number (0)"),
      Option("output", "DIR", "Run folder (PROBLEM.run, or a numbered name when that exists)"),
      Option(
        "format", "LIST",
        "What to write: vtk, npy, png, csv, separated by commas (vtk,png); without vtk, npy is always written"
      ),
      Option("force", nil, "Replace an earlier run in the folder of --output"),
      Option("resume", "DIR", "Go on with the interrupted run in DIR"),
      Option("json", nil, "Print one JSON object instead of text"),
      Option("quiet", nil, "Print nothing but errors"),
    ]
  let examples: [(line: String, what: String)] = [
    ("solve burgers", "As suggested, into burgers.run"),
    ("solve burgers --viscosity 0.02 --points 512 --step 1e-3", "With a thicker front"),
    (
      "solve decaying-turbulence-2d --seed 3 --frames 101 --format npy",
      "Another random start, as NumPy arrays"
    ),
    ("solve --resume burgers.run", "Go on after Ctrl-C"),
  ]

  func run(_ words: [String]) throws -> ExitCode {
    if words.contains("--help") || words.contains("-h") {
      _ = try parse(words)
      return .success
    }
    if words.contains(where: { $0 == "--resume" || $0.hasPrefix("--resume=") }) {
      return try resumeRun(words)
    }
    let (arguments, named) = try Self.arguments(words, options: options)
    _ = try WorkerPool.requestedThreads()
    let request = try SolveRequest(arguments, problem: named)
    let folder =
      request.output.map {
        RunFolder(URL(fileURLWithPath: $0), formats: request.formats, replacing: request.replaces)
      } ?? RunFolder.numbered(named.name, formats: request.formats)
    try folder.check()
    let report = try SolveReport(arguments)
    let problem = request.problem
    if let method = request.steadyMethod {
      return try report.tell(Self.solve(request, problem, with: method, into: folder))
    }
    if let elements = request.elements, let stepping = request.implicit {
      return try report.follow(until: request.until, folder: folder.url) { onStep, onFrame in
        try Ansatz.solve(
          problem, with: elements, stepping: stepping, until: request.until, parameters: request.parameters,
          seed: request.seed, saving: .count(request.frames), into: folder, onStep: onStep, onFrame: onFrame)
      }
    }
    return try report.follow(until: request.until, folder: folder.url) { onStep, onFrame in
      try Self.solve(request, problem, into: folder, onStep, onFrame)
    }
  }

  private static func solve(
    _ request: SolveRequest, _ problem: some Problem, with method: some SteadyMethod, into folder: RunFolder
  ) throws -> RunResult {
    let solution = try Ansatz.solve(problem, with: method, parameters: request.parameters, seed: request.seed)
    let manifest = try folder.write(solution, summary: problem.summary, seed: request.seed)
    return RunResult(folder: folder.url, manifest: manifest, last: solution.last)
  }

  /// The problem's own type and the method's, for which `solve` is generic.
  private static func solve(
    _ request: SolveRequest, _ problem: some Problem, into folder: RunFolder,
    _ onStep: StepCallback<EvolutionRun>, _ onFrame: (Solution.Frame) throws -> Void
  ) throws -> RunResult {
    func run(_ method: some EvolutionMethod) throws -> RunResult {
      try Ansatz.solve(
        problem, with: method, stepping: request.stepper, until: request.until,
        parameters: request.parameters,
        seed: request.seed, saving: .count(request.frames), into: folder, onStep: onStep, onFrame: onFrame)
    }
    return try run(Methods.named(request.method.name)!.make(request.method))
  }

  private func resumeRun(_ words: [String]) throws -> ExitCode {
    let arguments = try ParsedArguments(
      words, options: options + Self.allParameters, command: "ansatz solve")
    let allowed: Set = ["resume", "json", "quiet", "help"]
    if let other = arguments.options.keys.filter({ !allowed.contains($0) }).min() {
      throw UsageError("--resume goes on with the run as it was begun: leave out --\(other)")
    }
    guard let path = arguments["resume"] else {
      throw UsageError("--resume needs a value: write --resume DIR")
    }
    _ = try WorkerPool.requestedThreads()
    let url = URL(fileURLWithPath: path)
    let manifest = try RunManifest.read(url)
    guard let problem = Catalogue.named(manifest.run.problem) else {
      throw UsageError(
        "\(path) holds a run of \(manifest.run.problem), which is no problem of the catalogue: resume it from the program "
          + "that defines it")
    }
    if let name = arguments.positional.first, name != problem.name || arguments.positional.count > 1 {
      throw UsageError("\(path) holds a run of \(problem.name): write ansatz solve --resume \(path)")
    }
    let report = try SolveReport(arguments)
    if manifest.mesh != nil {
      // The run may be of the problem in another dimension than the catalogue's.
      let same = MeshRequest.problem(problem, inDimension: manifest.points.count)
      return try report.follow(until: manifest.run.until ?? 0, folder: url) { onStep, onFrame in
        try Ansatz.resume(same, onMeshIn: url, onStep: onStep, onFrame: onFrame)
      }
    }
    return try report.follow(until: manifest.run.until ?? 0, folder: url) { onStep, onFrame in
      try Ansatz.resume(problem, in: url, onStep: onStep, onFrame: onFrame)
    }
  }

  // MARK: - Arguments

  private static var allParameters: [Option] {
    var names: Set<String> = []
    return Catalogue.all.flatMap(\.parameters).filter { names.insert($0.name).inserted }
      .map { Option($0.name, "V", "") } + Catalogue.all.flatMap { CoefficientOptions.options(of: $0) }
  }

  /// The arguments and the problem among them, whose parameters are options too.
  package static func arguments(_ words: [String], options: [Option]) throws -> (ParsedArguments, any Problem)
  {
    // Which words are values is known only with the problem, so it is looked for with the parameters of all.
    let takesValue = Set((options + allParameters).filter { $0.value != nil }.map { "--" + $0.name })
    var name: String?
    var index = 0
    while index < words.count, name == nil {
      let word = words[index]
      if takesValue.contains(word) {
        index += 1
      } else if !word.hasPrefix("-") {
        name = word
      }
      index += 1
    }
    guard let name else {
      throw UsageError(
        "the PROBLEM is missing: write ansatz solve PROBLEM, and 'ansatz list' shows all problems")
    }
    let problem = try Catalogue.find(name)
    let own =
      problem.parameters.map { Option($0.name, "V", "") } + CoefficientOptions.options(of: problem)
    let arguments = try ParsedArguments(words, options: options + own, command: "ansatz solve")
    guard arguments.positional.count == 1 else {
      throw UsageError(
        "'\(arguments.positional[1])' is one argument too many: write ansatz solve PROBLEM [options]")
    }
    return (arguments, problem)
  }
}
