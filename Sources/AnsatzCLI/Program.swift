import Ansatz
import Foundation

/// The program `ansatz`: finds the command, runs it, and turns errors into one sentence and an exit code.
package enum Program {
  package static let commands: [any Command] = [
    ListCommand(), ShowCommand(), SolveCommand(), ExportCommand(), NewCommand(), BenchCommand(),
    TrainCommand(), AnalyzeCommand(),
  ]

  /// Runs a command line without the program's name.
  package static func run(_ words: [String]) -> ExitCode {
    do {
      return try dispatch(words)
    } catch let error as SolveError {
      Output.error("ansatz: \(error)")
      return .failure
    } catch {
      Output.error("ansatz: \(error)")
      return .usage
    }
  }

  private static func dispatch(_ words: [String]) throws -> ExitCode {
    guard let first = words.first else {
      Output.print(helpText)
      return .success
    }
    switch first {
    case "--help", "-h", "help":
      if let name = words.dropFirst().first { return try command(name).run(["--help"]) }
      Output.print(helpText)
      return .success
    case "--version":
      Output.print(versionText)
      return .success
    default:
      guard !first.hasPrefix("-") else {
        throw UsageError.unknown(
          "option", first, among: ["--help", "--version"], help: "'ansatz --help' lists what there is")
      }
      return try command(first).run(Array(words.dropFirst()))
    }
  }

  private static func command(_ name: String) throws -> any Command {
    guard let command = commands.first(where: { $0.name == name }) else {
      throw UsageError.unknown(
        "command", name, among: commands.map(\.name), help: "'ansatz --help' lists them")
    }
    return command
  }

  static var versionText: String {
    let versions = SoftwareVersions.current
    return
      "ansatz \(versions.ansatz) (Swift \(versions.swift), FFTW \(versions.fftw), OpenBLAS \(versions.openBLAS))"
  }

  package static var helpText: String {
    """
    Ansatz solves partial differential equations that are written as Swift source.

    Usage: ansatz COMMAND …

    Commands:
    \(TextTable.columns(commands.map { ($0.name, $0.summary) }))
    Options:
      --version  Show the versions of Ansatz and its libraries
      --help     Show this help; 'ansatz COMMAND --help' shows that of a command

    Examples:
      ansatz list
      ansatz solve burgers --viscosity 0.02
      ansatz export burgers.run --format npz

    Exit codes: 0 done, 1 the solution blew up, 2 a mistake on the command line or in a file, 130 interrupted.
    Environment: ANSATZ_THREADS sets the number of threads; results do not depend on it. NO_COLOR turns colours off.
    """
  }
}
