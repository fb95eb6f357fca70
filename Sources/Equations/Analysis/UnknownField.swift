import Geometry

/// A coefficient of a problem that is to be found as a function of space and time.
public struct UnknownField: Hashable, Sendable {
  /// The name of the coefficient or parameter.
  public var name: String
  /// What is known of it before measurements: a formula of coordinates and time.
  public var formula: Node
  /// Whether its values may depend on time: the formula does, or the user says so.
  public var dependsOnTime: Bool

  /// The fields of some names: coefficients of a problem, or parameters that become functions.
  ///
  /// - Throws: ``EquationError`` for a name that is neither, that is given a value, found as a number too, or that the
  ///   domain depends on.
  static func named(
    _ names: [String], in problem: some Problem, parameters: ParameterValues, besides free: [String]
  ) throws -> [UnknownField] {
    guard !names.isEmpty else { return [] }
    let layout = UnknownLayout([], dimension: problem.domain.dimension)
    let lowering = Lowering(layout: layout)
    return try names.enumerated().map { i, name in
      guard !names[..<i].contains(name), !free.contains(name) else {
        throw EquationError("'\(name)' is to be found twice: name it once")
      }
      if let (_, formula) = problem.coefficients.first(where: { $0.name == name }) {
        let node = try lowering.scalar(formula.node.bound(to: parameters)).re.pushedDown()
        return UnknownField(name: name, formula: node, dependsOnTime: node.dependsOnTime)
      }
      guard let parameter = problem.parameters.first(where: { $0.name == name }) else {
        let known = problem.coefficients.map(\.name) + problem.parameters.map(\.name)
        throw EquationError(
          "\(problem.name) has no coefficient '\(name)' to be found: "
            + (known.isEmpty ? "it has none at all" : "choose one of \(known.joined(separator: ", "))"))
      }
      guard parameters.values[name] == nil else {
        throw EquationError("\(name) is given and to be found: leave out one of the two")
      }
      for interval in problem.domain.intervals {
        for bound in [interval.lower.node, interval.upper.node]
        where bound.contains(where: { $0 == .parameter(parameter) }) {
          throw EquationError(
            "the domain of \(problem.name) depends on '\(name)', which can therefore be no function of space: find it as a "
              + "number")
        }
      }
      return UnknownField(name: name, formula: .constant(parameter.defaultValue), dependsOnTime: false)
    }
  }
}
