import Ansatz
import Foundation

/// `ansatz show`: a problem's equations, conditions, parameters, and what the analysis makes of them.
struct ShowCommand: Command {
  let name = "show"
  let summary = "Show a problem's equations, parameters and analysis"
  let usage = "PROBLEM [--latex]"
  let discussion = ""
  let options = [Option("latex", nil, "Print the equations, domain, conditions and exact solutions as LaTeX")]
  let examples: [(line: String, what: String)] = [
    ("show burgers", "Everything about Burgers' equation"),
    ("show navier-stokes-2d --latex", "Its formulas for a paper"),
  ]

  func run(_ words: [String]) throws -> ExitCode {
    guard let arguments = try parse(words) else { return .success }
    try expect(arguments, ["problem"])
    let problem = try Catalogue.find(arguments.positional[0])
    Output.print(arguments.has("latex") ? latex(problem) : try text(problem))
    return .success
  }

  private func latex(_ problem: any Problem) -> String {
    let formulas =
      problem.equations.map(\.latex) + problem.conditions.map(\.latex) + problem.exact.map(\.latex)
    return "% \(problem.name): \(problem.summary)\n\\begin{align*}\n"
      + formulas.map { "  & " + $0 }.joined(separator: " \\\\\n") + "\n\\end{align*}"
  }

  private func text(_ problem: any Problem) throws -> String {
    var sections: [(String, [String])] = []
    sections.append(("Equations", problem.equations.map(\.description)))
    sections.append(("Domain", ["\(problem.domain)"]))
    if !problem.conditions.isEmpty { sections.append(("Conditions", problem.conditions.map(\.description))) }
    if !problem.parameters.isEmpty { sections.append(("Parameters", parameters(problem))) }
    if !problem.coefficients.isEmpty {
      sections.append(
        ("Coefficients", problem.coefficients.map { "--\($0.name) \"FORMULA\"  \($0.formula)" }))
    }
    if !problem.derived.isEmpty { sections.append(("Derived", derived(problem))) }
    if !problem.exact.isEmpty { sections.append(("Exact solution", problem.exact.map(\.description))) }
    let system = try PDESystem(problem)
    sections.append(("Analysis (terms stand on the left-hand side)", try ProblemAnalysis(system).lines))
    sections.append(("Suggested run", [suggestion(problem, system)]))
    return "\(problem.name): \(problem.summary)\n\n"
      + sections.map { title, lines in
        "\(title)\n" + lines.map { "  \($0)" }.joined(separator: "\n")
      }.joined(separator: "\n\n")
  }

  private func parameters(_ problem: any Problem) -> [String] {
    let width = problem.parameters.map(\.name.count).max() ?? 0
    return problem.parameters.map { parameter in
      let (low, high) = (parameter.range.lowerBound, parameter.range.upperBound)
      let range =
        low <= -Double.greatestFiniteMagnitude && high >= .greatestFiniteMagnitude
        ? "any number" : "from \(format(low)) to \(format(high))"
      let symbol = "\(ScalarField(.parameter(parameter)))"
      let equals = symbol == parameter.name ? "" : "\(symbol) = "
      return "--\(parameter.name.padded(width))  \(equals)\(format(parameter.defaultValue)), \(range)"
    }
  }

  private func derived(_ problem: any Problem) -> [String] {
    let width = problem.derived.map(\.name.count).max() ?? 0
    return problem.derived.map { derived in
      let value =
        switch derived.quantity {
        case .scalar(let node): "\(ScalarField(node))"
        case .vector(let node): "\(VectorField(node))"
        case .integral(let node): "integral of \(ScalarField(node))"
        case .mean(let node): "mean of \(ScalarField(node))"
        }
      return "\(derived.name.padded(width))  \(value)"
    }
  }

  private func suggestion(_ problem: any Problem, _ system: PDESystem) -> String {
    let run = problem.suggested
    var line = "ansatz solve \(problem.name)"
    if !run.points.isEmpty { line += " --points \(run.points.map(String.init).joined(separator: ","))" }
    guard system.isEvolution else { return line }
    let usual = system.mesh == nil ? "ETDRK4" : ImplicitStepping(step: run.step).name
    return line
      + " --stepper \(run.stepper ?? usual) --step \(format(run.step)) --until \(format(run.until)) --frames \(run.frames)"
  }
}
