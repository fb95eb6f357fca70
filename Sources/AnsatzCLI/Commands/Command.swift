import Foundation

/// One command of `ansatz`.
package protocol Command: Sendable {
  var name: String { get }
  /// One line for the list of commands.
  var summary: String { get }
  /// What follows the name, as the usage line writes it.
  var usage: String { get }
  /// Sentences between usage and options.
  var discussion: String { get }
  var options: [Option] { get }
  /// Command lines without the program's name, and what they do.
  var examples: [(line: String, what: String)] { get }
  /// Carries the command out.
  ///
  /// - Returns: The exit code.
  func run(_ words: [String]) throws -> ExitCode
}

/// What the program reports to the shell.
package enum ExitCode: Int32, Sendable {
  case success = 0
  /// The equation could not be solved to the end.
  case failure = 1
  /// The command line, an input or an output is at fault.
  case usage = 2
  /// Ended by Ctrl-C or a termination signal; what was reached is written.
  case interrupted = 130
}

extension Command {
  /// The arguments, or nil when help was asked for and has been shown.
  func parse(_ words: [String]) throws -> ParsedArguments? {
    // Help wins over mistakes elsewhere on the line.
    if words.contains("--help") || words.contains("-h") {
      Output.print(helpText)
      return nil
    }
    return try ParsedArguments(words, options: options, command: "ansatz \(name)")
  }

  /// Refuses arguments beyond those that the command has.
  func expect(_ arguments: ParsedArguments, _ names: [String]) throws {
    if arguments.positional.count > names.count {
      throw UsageError(
        "'\(arguments.positional[names.count])' is one argument too many: write \(line)")
    }
    if arguments.positional.count < names.count {
      throw UsageError(
        "the \(names[arguments.positional.count]) is missing: write \(line)")
    }
  }

  private var line: String { "ansatz \(name)\(usage.isEmpty ? "" : " " + usage)" }

  package var helpText: String {
    var text = "\(summary).\n\nUsage: \(line)\n"
    if !discussion.isEmpty { text += "\n\(discussion)\n" }
    let rows = (options + [.helpOption]).map { option in
      ("--\(option.name)\(option.value.map { " " + $0 } ?? "")", option.help)
    }
    text += "\nOptions:\n" + TextTable.columns(rows)
    if !examples.isEmpty {
      text += "\nExamples:\n"
      for example in examples { text += "  ansatz \(example.line)\n      \(example.what)\n" }
    }
    return String(text.dropLast(text.hasSuffix("\n") ? 1 : 0))
  }
}
