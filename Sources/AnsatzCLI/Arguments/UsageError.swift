/// A command line that cannot be carried out: one sentence with the remedy.
package struct UsageError: Error, Equatable, CustomStringConvertible {
  package var description: String

  package init(_ description: String) { self.description = description }

  /// What was asked for is not among the names that there are.
  package static func unknown(_ kind: String, _ name: String, among names: [String], help: String)
    -> UsageError
  {
    let nearest = NearestName.of(name, among: names)
    return UsageError("there is no \(kind) '\(name)': " + (nearest.map { "did you mean '\($0)'?" } ?? help))
  }
}
