import Ansatz

/// `ansatz list`: the catalogue, folder by folder.
struct ListCommand: Command {
  let name = "list"
  let summary = "List the problems of the catalogue"
  let usage = ""
  let discussion = ""
  let options: [Option] = []
  let examples: [(line: String, what: String)] = [("list", "All problems, grouped by family")]

  func run(_ words: [String]) throws -> ExitCode {
    guard let arguments = try parse(words) else { return .success }
    try expect(arguments, [])
    let width = Catalogue.all.map(\.name.count).max() ?? 0
    var text = ""
    for (family, problems) in Catalogue.families {
      text += "\(text.isEmpty ? "" : "\n")\(family)\n"
      for problem in problems {
        let dimension = problem.domain.dimension
        text += "  \(problem.name.padded(width))  \(dimension)-D  \(problem.summary)\n"
      }
    }
    text += "\n'ansatz show PROBLEM' tells more, 'ansatz solve PROBLEM' solves it."
    Output.print(text)
    return .success
  }
}
