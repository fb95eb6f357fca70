/// A problem as a list of its parts, some of which may be others than they were written.
public struct StatedProblem: Problem {
  public var name: String
  public var summary: String
  public var domain: Domain
  public var equations: [Equation]
  public var conditions: [Condition]
  public var derived: [Derived]
  public var exact: [Equation]
  public var suggested: SuggestedRun

  /// The parts of a problem.
  public init(_ problem: some Problem) {
    (name, summary, domain) = (problem.name, problem.summary, problem.domain)
    (equations, conditions) = (problem.equations, problem.conditions)
    (derived, exact, suggested) = (problem.derived, problem.exact, problem.suggested)
  }

  /// Replaces terminals in equations and conditions; derived quantities and exact solutions are left out.
  package mutating func replaceTerminals(_ replacement: (Node) -> Node?) {
    equations = equations.map { $0.replacingTerminals(replacement) }
    conditions = conditions.map {
      var condition = $0
      condition.equation = condition.equation.replacingTerminals(replacement)
      return condition
    }
    derived = []
    exact = []
  }
}

extension Equation {
  fileprivate func replacingTerminals(_ replacement: (Node) -> Node?) -> Equation {
    var equation = self
    switch sides {
    case .scalar(let left, let right):
      equation.sides = .scalar(left.replacingTerminals(replacement), right.replacingTerminals(replacement))
    case .vector(let left, let right):
      equation.sides = .vector(left.replacingTerminals(replacement), right.replacingTerminals(replacement))
    }
    return equation
  }

  /// Whether an unknown occurs.
  package func mentions(_ name: String) -> Bool {
    var found = false
    visit { if case .unknown(let unknown) = $0, unknown.name == name { found = true } }
    return found
  }
}

extension Problem {
  /// The problem with other formulas for some of its coefficients; an exact solution, which belongs to the stated ones, is left
  /// out.
  ///
  /// - Throws: ``EquationError`` for a name that is no coefficient's, or a formula with an unknown.
  public func setting(coefficients formulas: [String: ScalarField]) throws -> StatedProblem {
    let known = coefficients.map(\.name)
    for (name, formula) in formulas.sorted(by: { $0.key < $1.key }) {
      guard known.contains(name) else {
        throw EquationError(
          "\(self.name) has no coefficient '\(name)': "
            + (known.isEmpty ? "it has none at all" : "choose one of \(known.joined(separator: ", "))"))
      }
      guard !formula.node.dependsOnUnknowns else {
        throw EquationError(
          "'\(formula)', given for the coefficient '\(name)', is not known: write a formula of coordinates and time"
        )
      }
    }
    var result = StatedProblem(self)
    let replacement = { (node: Node) -> Node? in
      guard case .coefficient(let name, _) = node, let formula = formulas[name] else { return nil }
      return .coefficient(name, formula.node)
    }
    let derived = result.derived.map { quantity in
      var quantity = quantity
      switch quantity.quantity {
      case .scalar(let node): quantity.quantity = .scalar(node.replacingTerminals(replacement))
      case .integral(let node): quantity.quantity = .integral(node.replacingTerminals(replacement))
      case .mean(let node): quantity.quantity = .mean(node.replacingTerminals(replacement))
      case .vector(let node): quantity.quantity = .vector(node.replacingTerminals(replacement))
      }
      return quantity
    }
    result.replaceTerminals(replacement)
    result.derived = derived
    return result
  }
}
