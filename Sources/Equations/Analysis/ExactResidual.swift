import Geometry

extension PDESystem {
  /// How far the exact solution is from satisfying the equations: the largest residual of a row at the given points and
  /// times, divided by the largest term of that row. Rounding leaves about 1e-13; a wrong solution leaves order 1.
  ///
  /// The exact solution is differentiated symbolically and put in place of every jet, so that no discretisation error
  /// enters.
  ///
  /// - Parameter points: points of the box, one coordinate per dimension.
  /// - Throws: ``EquationError`` when an unknown has no exact solution or an equation contains a random field.
  public func exactResidual(at points: [[Double]], times: [Double]) throws -> Double {
    var derivatives: [Jet: Node] = [:]
    var largest = 0.0
    for row in rows {
      var scale = 0.0
      var residual = 0.0
      let terms = try exactTerms(of: row, &derivatives)
      for time in times {
        for point in points {
          var sum = 0.0
          for term in terms {
            let value = try term.value(at: point, time: time)
            sum += value
            scale = max(scale, abs(value))
          }
          // A residual that is not a number must not vanish in a maximum.
          guard sum.isFinite else { return .infinity }
          residual = max(residual, abs(sum))
        }
      }
      if scale > 0 { largest = max(largest, residual / scale) }
    }
    return largest
  }

  /// The terms of a row with the exact solution in place of the unknowns.
  private func exactTerms(of row: Row, _ derivatives: inout [Jet: Node]) throws -> [Node] {
    var terms: [Node] = []
    for (linear, timeOrder) in row.mass.map({ ($0, 1) }) + row.linear.map({ ($0, 0) }) {
      let jet = Jet(linear.unknown, linear.orders, timeOrder: timeOrder)
      terms.append(.constant(linear.coefficient) * (try exactDerivative(jet, &derivatives)))
    }
    for term in row.terms {
      var node = try substituted(.constant(term.coefficient) * term.product, &derivatives)
      for axis in Axis.allCases {
        for _ in 0..<term.outer[axis] { node = try node.differentiated(.axis(axis)) }
      }
      terms.append(node)
    }
    return terms
  }

  private func substituted(_ node: Node, _ derivatives: inout [Jet: Node]) throws -> Node {
    var jets: Set<Jet> = []
    node.visit { if case .jet(let jet) = $0 { jets.insert(jet) } }
    for jet in jets { _ = try exactDerivative(jet, &derivatives) }
    let known = derivatives
    return node.replacingTerminals { node in
      if case .jet(let jet) = node { return known[jet] }
      return nil
    }
  }

  /// The exact solution's derivative, each built from the next lower one.
  private func exactDerivative(_ jet: Jet, _ derivatives: inout [Jet: Node]) throws -> Node {
    if let known = derivatives[jet] { return known }
    var lower = jet
    let result: Node
    if jet.timeOrder > 0 {
      lower.timeOrder -= 1
      result = try exactDerivative(lower, &derivatives).differentiated(.time)
    } else if let axis = Axis.allCases.first(where: { jet.orders[$0] > 0 }) {
      lower.orders[axis] -= 1
      result = try exactDerivative(lower, &derivatives).differentiated(.axis(axis))
    } else {
      guard let value = exact[jet.unknown] else {
        throw EquationError(
          "\(name) states no exact solution for '\(unknowns[jet.unknown].name)': add one to 'exact'")
      }
      result = value
    }
    derivatives[jet] = result
    return result
  }
}
