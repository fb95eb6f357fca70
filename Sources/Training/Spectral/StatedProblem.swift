import Equations

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

  /// Replaces terminals in equations, conditions and derived quantities; exact solutions no longer hold.
  mutating func replaceTerminals(_ replacement: (Node) -> Node?) {
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
  func mentions(_ name: String) -> Bool {
    var found = false
    visit { if case .unknown(let unknown) = $0, unknown.name == name { found = true } }
    return found
  }
}
