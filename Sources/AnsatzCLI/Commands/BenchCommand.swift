import Ansatz
import Foundation

/// `ansatz bench`: runs a suite of measurements.
struct BenchCommand: Command {
  let name = "bench"
  let summary = "Run a suite of benchmarks"
  let usage = "SUITE [--quick] [--peers] [--only TEXT] [--json FILE] [--plots DIR] [--matrix FILE]"
  var discussion: String {
    let rows = BenchmarkSuites.all.map { ($0.name, $0.summary) }
    return rows.isEmpty
      ? "This build has no suites." : "Suites:\n" + String(TextTable.columns(rows).dropLast())
  }
  let options = [
    Option("quick", nil, "Small sizes only"),
    Option("peers", nil, "Measure other programs too, where they are installed"),
    Option(
      "only", "TEXT",
      "Suites solvers, assembly, engine, pinns and optimizers: only cases whose names contain TEXT, such as 1024"
    ),
    Option(
      "equations", "TEXT",
      "Suite engine: residuals of these equations instead, as u_t + u*u_x = 0.01*u_xx, several separated by semicolons"
    ),
    Option(
      "activation", "TEXT", "Suite engine: an activation by name or as a formula, as sin(x)*exp(-x^2/2)"),
    Option("widths", "N[,N…]", "Suite engine: widths of the hidden layers"),
    Option("batch", "N", "Suite engine: points per step (10000)"),
    Option(
      "layers", "TEXT",
      "Suite engine: a plain training step of these layers instead: \(LayerCase.grammar)"),
    Option(
      "optimizers", "TEXT",
      "Suite optimizers: race these instead of all, separated by semicolons, as 'soap; kfac; adam:300,lbfgs'"),
    Option("json", "FILE", "Write the figures to FILE"),
    Option("plots", "DIR", "Write convergence plots (SVG) into the folder DIR, for suites that have any"),
    Option(
      "matrix", "FILE",
      "Suite solvers: solve with the matrix in FILE (scipy.sparse.save_npz, or Matrix Market .mtx) in place of its own"
    ),
    Option(
      "matrix-b", "NAME",
      "The right-hand side among the arrays of the .npz file; b where there is one, else noise"),
  ]
  var examples: [(line: String, what: String)] {
    BenchmarkSuites.all.map { ("bench \($0.name) --quick", $0.summary) }
  }

  func run(_ words: [String]) throws -> ExitCode {
    guard let arguments = try parse(words) else { return .success }
    try expect(arguments, ["suite"])
    let names = BenchmarkSuites.all.map(\.name)
    guard let suite = BenchmarkSuites.all.first(where: { $0.name == arguments.positional[0] }) else {
      throw UsageError.unknown(
        "suite", arguments.positional[0], among: names,
        help: names.isEmpty ? "this build has none" : "choose one of \(names.joined(separator: ", "))")
    }
    for option in ["matrix", "matrix-b"] where arguments.has(option) && suite.name != "solvers" {
      throw UsageError("--\(option) is for the suite solvers: leave it out, or run 'ansatz bench solvers'")
    }
    guard
      !arguments.has("only") || ["solvers", "assembly", "engine", "pinns", "optimizers"].contains(suite.name)
    else {
      throw UsageError(
        "--only is for the suites solvers, assembly, engine, pinns and optimizers: leave it out")
    }
    for option in ["equations", "activation", "widths", "batch", "layers"]
    where arguments.has(option) && suite.name != "engine" {
      throw UsageError("--\(option) is for the suite engine: leave it out, or run 'ansatz bench engine'")
    }
    guard !arguments.has("optimizers") || suite.name == "optimizers" else {
      throw UsageError(
        "--optimizers is for the suite optimizers: leave it out, or run 'ansatz bench optimizers'")
    }
    guard !arguments.has("matrix") || !arguments.has("only") else {
      throw UsageError("--matrix has one case only: leave out --only")
    }
    guard arguments.has("matrix") || !arguments.has("matrix-b") else {
      throw UsageError("--matrix-b names an array of the file of --matrix: give that too")
    }
    _ = try WorkerPool.requestedThreads()
    let plots = arguments["plots"].map { URL(fileURLWithPath: $0) }
    if let plots { try FileManager.default.createDirectory(at: plots, withIntermediateDirectories: true) }
    var engine = EngineSuite.Settings()
    engine.equations = arguments["equations"]
    engine.activation = arguments["activation"] ?? "tanh"
    engine.widths = try arguments.integers("widths", atLeast: 1, what: "units of a layer")
    engine.points = try arguments.integer("batch", atLeast: 1, what: "points") ?? 10_000
    engine.layers = try arguments["layers"].map { try LayerCase($0) }
    guard engine.layers == nil || !engine.changesEquations && !arguments.has("only") else {
      throw UsageError(
        "--layers has one case only: leave out --only, --equations, --activation, --widths and --batch")
    }
    let optimizers = arguments["optimizers"].map { text in
      text.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }
    let records = try suite.run(
      BenchmarkOptions(
        isQuick: arguments.has("quick"), includesPeers: arguments.has("peers"), plots: plots,
        only: arguments["only"],
        matrix: arguments["matrix"].map { URL(fileURLWithPath: $0) }, rightHandSide: arguments["matrix-b"],
        engine: engine, optimizers: optimizers))
    if let path = arguments["json"] {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      // An error that was not measured in time is infinite.
      encoder.nonConformingFloatEncodingStrategy = .convertToString(
        positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
      try AtomicFile.write(Array(try encoder.encode(records)) + [10], to: URL(fileURLWithPath: path))
    }
    return records.contains { $0.hasPassed == false } ? .failure : .success
  }
}
