import Ansatz
import Foundation

/// `ansatz analyze`: how hard an equation is for gradient descent, and what preconditioning brings.
struct AnalyzeCommand: Command {
  let name = "analyze"
  let summary = "Print condition numbers of a problem's operator for training, plain and preconditioned"
  let usage = "PROBLEM [--PARAMETER V …] [--waves K] [--until T] [--about U] [--model KIND [--widths N[,N…]]]"
  let discussion = """
    A model that is a sum of waves learns an equation by gradient descent as fast as the condition number of the operator
    matrix allows. It is printed as the equation gives it, and after scaling each wave by the inverse of the operator's symbol.
    With --model, the matrix is that of a network at its first parameters, all conditions being parts of the loss.
    """
  let options = [
    Option("waves", "K", "The most periods along each coordinate (8; 4 with three coordinates)"),
    Option("until", "T", "Final time (that of the problem's suggested run)"),
    Option("about", "U", "The constant state about which a nonlinear equation is linearised"),
    Option("model", "KIND", "A network in place of waves: \(NetworkChoice.kinds.joined(separator: ", "))"),
    Option("widths", "N[,N…]", "Widths of the network's hidden layers (20,20,20)"),
    Option("activation", "NAME", "The network's activation (tanh)"),
    Option("inside", "N", "Points inside for the network (1000)"),
    Option("boundary", "N", "Points on each side and at the initial time for the network (100)"),
    Option("seed", "S", "What the network's weights and points are drawn from (0)"),
  ]
  let examples: [(line: String, what: String)] = [
    ("analyze poisson --waves 12", "Poisson's equation in 625 waves"),
    ("analyze convection --speed 50", "Fast transport"),
    ("analyze burgers --about 0.5", "Burgers' equation near u = 0.5"),
    ("analyze poisson --model mlp --widths 32,32", "A network for Poisson's equation"),
  ]

  func run(_ words: [String]) throws -> ExitCode {
    if words.contains("--help") || words.contains("-h") {
      _ = try parse(words)
      return .success
    }
    guard let name = words.first(where: { !$0.hasPrefix("-") }) else {
      throw UsageError(
        "the problem is missing: write ansatz analyze PROBLEM, and 'ansatz list' shows all problems")
    }
    let problem = try Catalogue.find(name)
    let own = problem.parameters.map { Option($0.name, "V", "") }
    let arguments = try ParsedArguments(words, options: options + own, command: "ansatz analyze")
    try expect(arguments, ["problem"])
    var values: [String: Double] = [:]
    for parameter in problem.parameters { values[parameter.name] = try arguments.number(parameter.name) }
    let system = try PointwiseSystem(problem, parameters: ParameterValues(values))
    let end = try arguments.positiveNumber("until") ?? problem.suggested.until
    let until = end > 0 ? end : 1
    if let kind = arguments["model"] {
      guard !arguments.has("waves") else {
        throw UsageError("--waves and --model are two different models: leave one of them out")
      }
      let choice = try NetworkChoice(
        kind: kind,
        widths: try arguments.integers("widths", atLeast: 1, what: "units of a layer") ?? [20, 20, 20],
        activation: arguments["activation"] ?? "tanh",
        seed: UInt64(try arguments.integer("seed", atLeast: 0, what: "a seed") ?? 0))
      let user = NetworkConditioning(
        system: system, until: until, about: try arguments.number("about"), seed: choice.seed,
        inside: try arguments.integer("inside", atLeast: 1, what: "points") ?? 1000,
        boundary: try arguments.integer("boundary", atLeast: 1, what: "points") ?? 100)
      report(problem, kind, try choice.build(outputs: system.unknowns.count, for: user))
      return .success
    }
    for option in ["widths", "activation", "inside", "boundary", "seed"] where arguments.has(option) {
      throw UsageError("--\(option) is for networks: add --model mlp, or leave it out")
    }
    let coordinates = system.dimension + (system.isEvolution ? 1 : 0)
    let waves =
      try arguments.integer("waves", atLeast: 1, what: "periods") ?? (coordinates < 3 ? 8 : 4)
    let analysis = try OperatorAnalysis(
      system, waves: waves, until: until, about: try arguments.number("about"))
    report(problem, waves, analysis)
    return .success
  }

  private func report(_ problem: any Problem, _ waves: Int, _ analysis: OperatorAnalysis) {
    func row(_ name: String, _ result: OperatorAnalysis.Result) -> String {
      let steps = result.steps(lowering: 1e-8)
      return "  \(name.padded(26)) \(format(result.condition, digits: 3).padded(12)) "
        + "\(format(result.weight, digits: 2).padded(22)) \(format(steps, digits: 3))"
    }
    let gain = analysis.plain.condition / analysis.preconditioned.condition
    let advice =
      gain >= 10
      ? "scale the waves by the symbol: .reparametrized(by: OperatorPreconditioner(system).scale(…)) with any optimizer."
      : analysis.preconditioned.condition > 1e4
        ? "the symbol does not help here: use ssbroyden, lm or gn, which do not depend on this number."
        : "no preconditioning is needed for this equation."
    Output.print(
      """
      \(problem.name): \(analysis.parameters) coefficients of waves with up to \(waves) periods along each coordinate

        model                      condition    weight of conditions   steps of gradient descent to 1e-8
      \(row("waves", analysis.plain))
      \(row("waves, preconditioned", analysis.preconditioned))

      Advice: \(advice)
      """)
  }

  private func report(_ problem: any Problem, _ kind: String, _ analysis: NetworkAnalysis) {
    func row(_ name: String, _ spectrum: NetworkAnalysis.Spectrum) -> String {
      let left = [1e2, 1e4, 1e6].map { format(spectrum.lossLeft(afterSteps: $0), digits: 2).padded(10) }
      return "  \(name.padded(26)) \(format(spectrum.condition, digits: 3).padded(11)) "
        + "\("\(spectrum.count(above: 1e-4))".padded(9)) \("\(spectrum.count(above: 1e-13))".padded(9)) "
        + left.joined()
    }
    var rows = [row("as it is", analysis.plain), row("each by itself, as Adam", analysis.scaled)]
    if let preconditioned = analysis.preconditioned {
      rows.append(row("features by the symbol", preconditioned))
    }
    let spectra = [analysis.plain, analysis.scaled] + (analysis.preconditioned.map { [$0] } ?? [])
    let left = spectra.map { $0.lossLeft(afterSteps: 1e4) }.min()!
    let advice =
      left <= 1e-6
      ? "descent gets along with this: adam, or soap for wide layers."
      : analysis.parameters <= 1000
        ? "descent leaves much behind: take a method that sees the whole matrix, gn or lm for so few parameters, or ssbroyden."
        : "descent leaves much behind: take a method that sees the whole matrix, ssbroyden, or spring and kfac for more parameters."
    Output.print(
      """
      \(problem.name): \(kind) of \(analysis.parameters) parameters, \(analysis.residuals) residuals, at its first parameters

                                             eigenvalues above      loss left after steps of descent
        parameters scaled          condition   1e-4      rounding  1e2       1e4       1e6
      \(rows.joined(separator: "\n"))

      Advice: \(advice)
      """)
  }
}
