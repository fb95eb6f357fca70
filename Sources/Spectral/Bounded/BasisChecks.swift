import Equations
import Geometry

/// Whether the equations and conditions of a system suit a basis, axis by axis.
struct BasisChecks {
  let system: PDESystem
  let rows: EvolutionRows
  let conditions: BoundaryConditions
  let bases: [AxisBasis]

  /// - Throws: ``EquationError`` with one sentence that names the term or condition and what to use instead.
  func validate() throws {
    guard bases.count == system.dimension else {
      throw EquationError(
        "\(bases.count) bases were given for \(system.name), which has \(system.dimension) "
          + "dimension\(system.dimension == 1 ? "" : "s"): give one per axis")
    }
    for axis in Axis.allCases.prefix(system.dimension) {
      let basis = bases[axis.rawValue]
      let isPeriodic = system.box.intervals[axis.rawValue].isPeriodic
      if isPeriodic != (basis == .fourier) {
        throw EquationError(
          isPeriodic
            ? "the domain is periodic along \(axis.name), where the \(basis.rawValue) basis was asked for: use the "
              + "Fourier basis there"
            : "the domain is bounded along \(axis.name), where the Fourier basis was asked for: use a sine, cosine or "
              + "Chebyshev basis there")
      }
      if basis.isReflecting {
        try checkReflecting(axis, basis)
      } else if basis == .chebyshev {
        try checkOrders(axis)
      }
    }
    try checkData()
  }

  /// The highest derivative of an unknown along an axis in any equation.
  func highestOrder(of unknown: Int, _ axis: Axis) -> Int {
    var highest = 0
    for row in rows.rows {
      for term in row.linear where term.unknown == unknown { highest = max(highest, term.orders[axis]) }
      for term in row.terms {
        term.product.visit {
          if case .jet(let jet) = $0, jet.unknown == unknown {
            highest = max(highest, jet.orders[axis] + term.outer[axis])
          }
        }
      }
    }
    return highest
  }

  private func useChebyshev(_ axis: Axis) -> String { "use the Chebyshev basis along \(axis.name)" }

  // MARK: Sine and cosine

  /// Whether conditions and terms suit a sine or cosine axis.
  func checkReflecting(_ axis: Axis, _ basis: AxisBasis) throws {
    try checkReflectingConditions(axis, basis)
    try checkParity(axis, basis)
  }

  private func checkReflectingConditions(_ axis: Axis, _ basis: AxisBasis) throws {
    for u in rows.variables {
      let name = system.unknowns[u].name
      let needed = basis == .sine ? "\(name) = 0" : "∂\(name)/∂n = 0"
      for isUpper in [false, true] {
        let side = Side(axis, upper: isUpper)
        guard let entry = conditions[u, side] else {
          if highestOrder(of: u, axis) == 0 { continue }
          throw EquationError(
            "\(name) has no condition on the \(side.name) side: the \(basis.rawValue) basis along \(axis.name) stands "
              + "for \(needed) there, so add that condition, or \(useChebyshev(axis))")
        }
        let suits = basis == .sine ? entry.factors.normal == 0 : entry.factors.value == 0
        let reflection = ReflectedAxis(axis: axis, box: system.box, unknowns: basis.parity!)
        guard suits, reflection.vanishes(entry.data, isUpper: isUpper) else {
          throw EquationError(
            "the condition '\(entry.text)' on the \(side.name) side is not \(needed), which the \(basis.rawValue) basis "
              + "along \(axis.name) stands for: \(useChebyshev(axis))")
        }
      }
    }
  }

  private func checkParity(_ axis: Axis, _ basis: AxisBasis) throws {
    guard let parity = basis.parity else { return }
    let reflection = ReflectedAxis(axis: axis, box: system.box, unknowns: parity)
    for row in rows.rows {
      for term in row.linear + row.mass where term.orders[axis] % 2 == 1 {
        let text = Node.jet(Jet(term.unknown, term.orders)).readable(system)
        throw EquationError(
          "the term '\(text)' is \(parity.opposite.name) about the sides of \(axis.name), where the \(basis.rawValue) "
            + "basis needs \(parity.name) terms: \(useChebyshev(axis))")
      }
      var sources: [Node] = []
      for term in row.terms {
        let found = reflection.parity(of: term.product)?.differentiated(term.outer[axis])
        if found == parity { continue }
        guard term.dependsOnUnknowns else {
          // With the sign it has on the right-hand side.
          sources.append(.constant(-term.coefficient) * term.product)
          continue
        }
        let nature = found.map(\.name) ?? "neither even nor odd"
        throw EquationError(
          "the term '\(term.readable(system))' is \(nature) about the sides of \(axis.name), where the "
            + "\(basis.rawValue) basis needs \(parity.name) terms: \(useChebyshev(axis))")
      }
      // Single terms of a source, such as those of x (1 − x), need not vanish.
      let source = Node.sum(of: sources)
      try checkSource(source, "the source '\(ScalarField(source))'", axis, basis, reflection)
    }
  }

  private func checkSource(
    _ node: Node, _ what: String, _ axis: Axis, _ basis: AxisBasis, _ reflection: ReflectedAxis
  ) throws {
    // Random fields are checked when they are drawn.
    if node.hasRandomField { return }
    guard !reflection.vanishesOnSides(node, order: basis == .sine ? 0 : 1) else { return }
    throw EquationError(
      (basis == .sine
        ? "\(what) does not vanish on the sides of \(axis.name), as the sine basis needs: "
        : "the normal derivative of \(what) does not vanish on the sides of \(axis.name), as the cosine basis needs: ")
        + useChebyshev(axis))
  }

  // MARK: Chebyshev

  private func checkOrders(_ axis: Axis) throws {
    for row in rows.rows {
      guard let term = row.mass.first(where: { $0.orders[axis] > 0 }) else { continue }
      throw EquationError(
        "'\(row.text)' has the time derivative of \(Node.jet(Jet(term.unknown, term.orders)).readable(system)), which the "
          + "Chebyshev basis along \(axis.name) cannot invert: use a sine or cosine basis there")
    }
    for (v, u) in rows.variables.enumerated() {
      let name = system.unknowns[u].name
      let order = highestOrder(of: u, axis)
      if order < 2 { try checkTransport(v, axis, order: order) }
      if order > 2 {
        throw EquationError(
          "\(name) has a derivative of order \(order) along \(axis.name), for which one condition per side is too few: "
            + "write the equation as two of second order, or use the sine or cosine basis where the conditions allow it"
        )
      }
      if order < 2 { continue }
      for isUpper in [false, true] where conditions[u, Side(axis, upper: isUpper)] == nil {
        let side = Side(axis, upper: isUpper).name
        throw EquationError(
          "\(name) has second derivatives along \(axis.name), but no condition on the \(side) side: add one, such as "
            + ".dirichlet(\(name) == 0, on: .\(side))")
      }
    }
  }

  /// Conditions of an unknown without second derivatives: none where nothing determines it from the side, and one where
  /// it enters.
  private func checkTransport(_ v: Int, _ axis: Axis, order: Int) throws {
    let u = rows.variables[v]
    let name = system.unknowns[u].name
    let sides = [Side(axis, upper: false), Side(axis, upper: true)]
    if order == 0 {
      // Those that a velocity takes over from what it is the derivative of are not among these.
      if let condition = system.boundary.first(where: { $0.unknown == u && $0.side.axis == axis }) {
        throw EquationError(
          "\(name) has no derivative along \(axis.name), so that the condition '\(condition.text)' on the "
            + "\(condition.side.name) side determines too much: remove it")
      }
      return
    }
    // The direction is known where the unknown is carried by a number and meets no other derivative.
    let others = rows.rows.indices.contains { w in
      rows.rows[w].linear.contains {
        $0.unknown == u && $0.orders[axis] > 0 && (w != v || $0.orders.total > 1)
      }
        || rows.rows[w].terms.contains { term in
          term.dependsOnUnknowns
            && (term.outer[axis] > 0
              || term.product.contains { if case .jet(let j) = $0 { j.orders[axis] > 0 } else { false } })
        }
    }
    let couplesDerivatives = rows.rows[v].linear.contains { $0.unknown != u && $0.orders[axis] > 0 }
    guard !others, !couplesDerivatives, rows.rows[v].mass.count == 1, rows.rows[v].mass[0].orders == .zero
    else { return }
    let speed =
      rows.rows[v].linear.filter { $0.unknown == u && $0.orders == MultiIndex(axis) }
      .reduce(0) { $0 + $1.coefficient } / rows.rows[v].mass[0].coefficient
    if speed == 0 { return }
    let (inflow, outflow) = speed > 0 ? (sides[0], sides[1]) : (sides[1], sides[0])
    guard conditions[u, inflow] != nil else {
      throw EquationError(
        "\(name) is carried in from the \(inflow.name) side, where it has no condition: add "
          + ".dirichlet(\(name) == …, on: .\(inflow.name))")
    }
    if let entry = conditions[u, outflow] {
      throw EquationError(
        "\(name) is carried out through the \(outflow.name) side, where the condition '\(entry.text)' determines too much: "
          + "remove it, or add a second derivative")
    }
  }

  // MARK: Data

  private func checkData() throws {
    for u in rows.variables {
      for axis in Axis.allCases.prefix(system.dimension) where bases[axis.rawValue] == .chebyshev {
        for isUpper in [false, true] {
          let side = Side(axis, upper: isUpper)
          guard let entry = conditions[u, side], !entry.data.isZero else { continue }
          let what = "the condition '\(entry.text)' on the \(side.name) side"
          if entry.data.hasRandomField {
            throw EquationError("\(what) has a random field: give a formula of coordinates and time")
          }
          // The lift of data takes its first two time derivatives.
          if entry.data.isRoughInTime {
            throw EquationError(
              "the value of \(what) jumps or bends in time, which the Chebyshev basis cannot follow: give a smooth ramp, "
                + "such as (1 + tanh((t - 1) / 0.1)) / 2")
          }
          for other in Axis.allCases.prefix(system.dimension) {
            let basis = bases[other.rawValue]
            guard let parity = basis.parity else { continue }
            let reflection = ReflectedAxis(axis: other, box: system.box, unknowns: parity)
            if reflection.parity(of: entry.data) == parity { continue }
            try checkSource(entry.data, "the value of \(what)", other, basis, reflection)
          }
        }
      }
    }
  }
}

extension Node {
  /// Whether a function with a jump or a kink is applied to something that changes with time.
  fileprivate var isRoughInTime: Bool {
    contains { node in
      switch node {
      case .function(.abs, let a), .function(.sign, let a), .function(.step, let a): a.dependsOnTime
      case .binary(_, let a, let b): a.dependsOnTime || b.dependsOnTime
      default: false
      }
    }
  }
}
