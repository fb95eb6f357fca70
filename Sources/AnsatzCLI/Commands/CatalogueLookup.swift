import Ansatz

extension Catalogue {
  /// The problem with the given name.
  ///
  /// - Throws: ``UsageError`` with the nearest name.
  static func find(_ name: String) throws -> any Problem {
    if let problem = named(name) ?? named(name.lowercased()) { return problem }
    throw UsageError.unknown("problem", name, among: all.map(\.name), help: "'ansatz list' shows them")
  }
}
