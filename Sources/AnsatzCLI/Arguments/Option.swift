/// One `--option` of a command.
package struct Option: Hashable, Sendable {
  /// The name without dashes.
  package var name: String
  /// What its value is called in help, or nil when it takes none.
  package var value: String?
  package var help: String

  package init(_ name: String, _ value: String? = nil, _ help: String) {
    (self.name, self.value, self.help) = (name, value, help)
  }

  package static let helpOption = Option("help", nil, "Show this help")
}
