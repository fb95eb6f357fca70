import Ansatz
import Foundation

/// `ansatz new`: a Swift package with a PDE of the user's own.
struct NewCommand: Command {
  let name = "new"
  let summary = "Create a Swift package with a PDE of your own"
  let usage = "NAME [--ansatz PATH|URL]"
  let discussion = """
    Writes the folder NAME: a package that defines one PDE, solves it, and writes a run folder. 'swift run -c release' in
    it works at once.
    """
  let options = [
    Option("ansatz", "PATH|URL", "Where the package finds Ansatz: a folder or the URL of a repository")
  ]
  let examples: [(line: String, what: String)] = [
    ("new Fisher --ansatz ../ansatz", "A package that uses the copy of Ansatz beside it")
  ]

  func run(_ words: [String]) throws -> ExitCode {
    guard let arguments = try parse(words) else { return .success }
    try expect(arguments, ["name"])
    let name = arguments.positional[0]
    let isIdentifier =
      name.first.map { $0.isASCII && $0.isLetter } == true
      && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    guard isIdentifier else {
      throw UsageError(
        "'\(name)' cannot name a Swift module: use letters and digits, a letter first, such as Fisher")
    }
    guard !PackageTemplate.takenNames.contains(name.lowercased()) else {
      throw UsageError(
        "'\(name)' is the name of a module that the package imports: choose another, such as My\(name)")
    }
    let source = try dependency(arguments["ansatz"])
    let folder = URL(fileURLWithPath: name)
    guard !FileManager.default.fileExists(atPath: folder.path) else {
      throw UsageError("\(name) exists: choose another name, or remove it first")
    }
    try PackageTemplate(name: name, dependency: source).write(to: folder)
    Output.print(
      """
      \(name)/ is a package with one PDE of your own, in Sources/\(name)/\(name).swift.

        cd \(name) && swift run -c release
      """)
    return .success
  }

  /// Where the package finds Ansatz: by default the package that this program was built from.
  private func dependency(_ text: String?) throws -> PackageTemplate.Dependency {
    guard let text else {
      var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
      if let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
        folder = URL(fileURLWithPath: own)
      }
      while folder.path != "/" {
        folder = folder.deletingLastPathComponent()
        if Self.isAnsatz(folder) { return .path(folder.path) }
      }
      throw UsageError("--ansatz is missing: say where the package finds Ansatz, by a path or a URL")
    }
    if text.contains("://") || text.hasPrefix("git@") { return .url(text) }
    let folder = URL(fileURLWithPath: text)
    guard Self.isAnsatz(folder) else {
      throw UsageError(
        "--ansatz is \(text), which holds no package of Ansatz: give the folder with its Package.swift")
    }
    return .path(folder.path)
  }

  private static func isAnsatz(_ folder: URL) -> Bool {
    let manifest = folder.appendingPathComponent("Package.swift")
    guard let text = try? String(contentsOf: manifest, encoding: .utf8) else { return false }
    return text.contains("name: \"Ansatz\"")
  }
}
