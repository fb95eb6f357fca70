/// Values of a problem's parameters by name; what is not named keeps its default.
public struct ParameterValues: Hashable, Sendable, Codable, ExpressibleByDictionaryLiteral {
  public var values: [String: Double]

  public init(_ values: [String: Double] = [:]) { self.values = values }
  public init(dictionaryLiteral elements: (String, Double)...) {
    values = Dictionary(elements, uniquingKeysWith: { $1 })
  }

  /// The value of a parameter.
  public subscript(parameter: ProblemParameter) -> Double { values[parameter.name] ?? parameter.defaultValue }

  /// Checks names and ranges against the parameters that a problem has.
  ///
  /// - Throws: ``EquationError`` naming an unknown parameter or a value that is NaN or out of range.
  public func validate(for problem: some Problem) throws {
    let known = problem.parameters
    for (name, value) in values.sorted(by: { $0.key < $1.key }) {
      guard let parameter = known.first(where: { $0.name == name }) else {
        let names = known.map(\.name).joined(separator: ", ")
        throw EquationError(
          "\(problem.name) has no parameter '\(name)': "
            + (known.isEmpty ? "it has none at all" : "choose one of \(names)"))
      }
      guard parameter.range.contains(value) else {
        throw EquationError(
          "\(name) = \(shortNumber(value)) is outside its range: give a value from \(shortNumber(parameter.range.lowerBound)) "
            + "to \(shortNumber(parameter.range.upperBound))")
      }
    }
  }
}

extension Problem {
  /// The parameters in the order in which equations, conditions, domain, derived quantities and exact solutions name
  /// them.
  public var parameters: [ProblemParameter] {
    var found: [ProblemParameter] = []
    let note: (Node) -> Void = { node in
      if case .parameter(let p) = node, !found.contains(where: { $0.name == p.name }) { found.append(p) }
    }
    for equation in equations { equation.visit(note) }
    for condition in conditions { condition.equation.visit(note) }
    for interval in domain.intervals { interval.lower.node.visit(note); interval.upper.node.visit(note) }
    for derived in derived { derived.visit(note) }
    for equation in exact { equation.visit(note) }
    return found
  }

  /// Names and formulas of the coefficients in the order in which equations and conditions name them.
  public var coefficients: [(name: String, formula: ScalarField)] {
    var found: [(name: String, formula: ScalarField)] = []
    for equation in equations + conditions.map(\.equation) {
      equation.visit { node in
        guard case .coefficient(let name, let formula) = node, !found.contains(where: { $0.name == name })
        else { return }
        found.append((name, ScalarField(formula)))
      }
    }
    return found
  }

  /// The unknowns in the order in which the equations name them.
  public var unknowns: [Unknown] {
    var found: [Unknown] = []
    for equation in equations {
      equation.visit { node in
        if case .unknown(let u) = node, !found.contains(u) { found.append(u) }
      }
    }
    return found
  }
}

extension Equation {
  /// Calls `body` on every node of both sides.
  public func visit(_ body: (Node) -> Void) {
    switch sides {
    case .scalar(let left, let right):
      left.visit(body)
      right.visit(body)
    case .vector(let left, let right):
      left.visit(body)
      right.visit(body)
    }
  }
}

extension Derived {
  /// Calls `body` on every node of the quantity.
  public func visit(_ body: (Node) -> Void) {
    switch quantity {
    case .scalar(let node), .integral(let node), .mean(let node): node.visit(body)
    case .vector(let node): node.visit(body)
    }
  }
}
