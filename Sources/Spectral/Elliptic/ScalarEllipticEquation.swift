import Equations
import Geometry

/// A row of a steady system as a u − Σ c_d ∂²u/∂x_d² = f for one unknown, with its conditions.
struct ScalarEllipticEquation: Sendable {
  var unknown: Int
  /// a.
  var shift: Double
  /// c per axis.
  var diffusivity: [Double]
  /// f.
  var source: Node
  var conditions: [AxisConditions] = []
  /// What the conditions prescribe.
  var data: [Side: Node] = [:]

  /// Reads the rows of a system whose unknowns do not meet, or says which term is in the way.
  static func read(_ system: PDESystem) throws -> [ScalarEllipticEquation] {
    var result: [ScalarEllipticEquation] = []
    for row in system.rows {
      var equation = try read(row, system)
      if result.contains(where: { $0.unknown == equation.unknown }) {
        throw EquationError(
          "\(system.unknowns[equation.unknown].name) has two equations, '\(row.text)' being the second: each unknown needs one of its own"
        )
      }
      try equation.readConditions(system)
      result.append(equation)
    }
    return result.sorted { $0.unknown < $1.unknown }
  }

  /// Whether every row has the form that ``read(_:)`` takes, conditions apart.
  static func suits(_ system: PDESystem) -> Bool {
    system.rows.allSatisfy { (try? read($0, system)) != nil }
  }

  private static func read(_ row: PDESystem.Row, _ system: PDESystem) throws -> ScalarEllipticEquation {
    let names = Set(row.linear.map(\.unknown)).sorted().map { system.unknowns[$0].name }
    guard let unknown = row.linear.first?.unknown else {
      throw EquationError(
        "'\(row.text)' has no unknown with a constant coefficient: a direct solver needs one to solve for")
    }
    guard names.count == 1 else {
      throw EquationError(
        "'\(row.text)' couples \(names.joined(separator: " and ")), which the direct solver takes on fully periodic domains only: "
          + "eliminate one of them, or add time derivatives and integrate until the solution is steady")
    }
    var result = ScalarEllipticEquation(
      unknown: unknown, shift: 0, diffusivity: Array(repeating: 0, count: system.dimension),
      source: try row.source(system))
    for term in row.linear {
      if term.orders == .zero {
        result.shift += term.coefficient
        continue
      }
      guard term.orders.total == 2,
        let axis = Axis.allCases.first(where: { term.orders[$0] == 2 })
      else {
        let node = Node.constant(term.coefficient) * .jet(Jet(term.unknown, term.orders))
        throw EquationError(
          "the term '\(node.readable(system))' of '\(row.text)' is not of the form a u − c ∂xx u, which the direct solver "
            + "takes where a side is bounded: use the stencil with a sparse solver (lu), or finite elements (fem)"
        )
      }
      result.diffusivity[axis.rawValue] -= term.coefficient
    }
    return result
  }

  private mutating func readConditions(_ system: PDESystem) throws {
    for (interval, axis) in zip(system.box.intervals, Axis.allCases) {
      if interval.isPeriodic {
        conditions.append(.periodic)
        continue
      }
      let pair = try [false, true].map { isUpper -> SideCondition in
        let side = Side(axis, upper: isUpper)
        let name = system.unknowns[unknown].name
        guard let condition = system.boundary.first(where: { $0.side == side && $0.unknown == unknown })
        else {
          throw EquationError(
            "\(name) has no condition on the \(side.name) side: add .dirichlet(\(name) == …, on: .\(side.name)) or "
              + ".neumann(dn(\(name)) == …, on: .\(side.name))")
        }
        if condition.data.dependsOnTime {
          throw EquationError(
            "the condition '\(condition.text)' depends on t, but the problem is steady: remove t, or add a time derivative"
          )
        }
        if condition.data.contains(where: { if case .random = $0 { true } else { false } }) {
          throw EquationError(
            "the condition '\(condition.text)' has a random field: only sources and initial values may be random"
          )
        }
        if condition.normal == 0 {
          data[side] = condition.data / .constant(condition.value)
          return .dirichlet
        }
        if condition.value == 0 {
          data[side] = condition.data / .constant(condition.normal)
          return .neumann
        }
        data[side] = condition.data
        return .robin(value: condition.value, normal: condition.normal)
      }
      conditions.append(AxisConditions(pair[0], pair[1]))
    }
  }
}

extension PDESystem.Row {
  /// The source f of (linear terms) = f.
  func source(_ system: PDESystem) throws -> Node {
    for term in terms {
      var node = Node.constant(term.coefficient) * term.product
      for axis in Axis.allCases { for _ in 0..<term.outer[axis] { node = .derivative(node, axis) } }
      if term.dependsOnUnknowns {
        let isVariable = term.degree == 1
        throw EquationError(
          "the term '\(node.readable(system))' of '\(text)' "
            + (isVariable ? "has a coefficient that is not constant" : "is nonlinear")
            + ", which a direct solver cannot take: use "
            + (isVariable
              ? "the stencil with a sparse solver (multigrid, lu), or finite elements (fem)"
              : "finite elements (fem), or add a time derivative and integrate until the solution is steady")
        )
      }
      if node.dependsOnTime {
        throw EquationError(
          "the source '\(node.readable(system))' of '\(text)' depends on t, but the problem is steady: remove t, or add a time derivative"
        )
      }
    }
    return .sum(of: terms.map { .constant(-$0.coefficient) * $0.product })
  }
}
