import Ansatz
import Foundation

/// `ansatz analyze`: how hard an equation is for gradient descent, and what preconditioning brings.
struct AnalyzeCommand: Command {
  let name = "analyze"
  let summary = "Print condition numbers of a problem's operator for training, plain and preconditioned"
  let usage = "PROBLEM [--PARAMETER V …] [--waves K] [--until T] [--about U]"
  let discussion = """
    A model that is a sum of waves learns an equation by gradient descent as fast as the condition number of the operator
    matrix allows. It is printed as the equation gives it, and after scaling each wave by the inverse of the operator's symbol.
    """
  let options = [
    Option("waves", "K", "The most periods along each coordinate (8; 4 with three coordinates)"),
    Option("until", "T", "Final time (that of the problem's suggested run)"),
    Option("about", "U", "The constant state about which a nonlinear equation is linearised"),
  ]
  let examples: [(line: String, what: String)] = [
    ("analyze poisson --waves 12", "Poisson's equation in 625 waves"),
    ("analyze convection --speed 50", "Fast transport"),
    ("analyze burgers --about 0.5", "Burgers' equation near u = 0.5"),
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
    let coordinates = system.dimension + (system.isEvolution ? 1 : 0)
    let waves =
      try arguments.integer("waves", atLeast: 1, what: "periods") ?? (coordinates < 3 ? 8 : 4)
    let end = try arguments.positiveNumber("until") ?? problem.suggested.until
    let analysis = try OperatorAnalysis(
      system, waves: waves, until: end > 0 ? end : 1, about: try arguments.number("about"))
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
}
