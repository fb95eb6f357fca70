import Geometry

extension PDESystem {
  /// Lowers a problem with the given parameter values.
  ///
  /// - Parameters:
  ///   - mesh: A mesh to pose the problem on instead of its own domain.
  ///   - boundaries: Boundaries of the mesh by the names in the conditions; see ``MeshPlacement``.
  /// - Throws: ``EquationError`` with one sentence that names the term or condition that is wrong.
  public init(
    _ problem: some Problem, parameters: ParameterValues = [:], mesh: Mesh? = nil,
    boundaries: [String: [String]] = [:]
  ) throws {
    try parameters.validate(for: problem)
    let domain = mesh.map { .mesh($0) } ?? problem.domain
    let box = try domain.resolved(parameters)
    guard box.dimension == problem.domain.dimension else {
      throw EquationError(
        "\(problem.name) is posed in \(dimensions(problem.domain.dimension)) and the mesh has \(dimensions(box.dimension)): "
          + "give a mesh of \(dimensions(problem.domain.dimension))")
    }
    if mesh != nil, problem.domain.mesh == nil, problem.domain.intervals.contains(where: \.isPeriodic) {
      throw EquationError(
        "\(problem.name) is periodic, and a mesh has boundaries: state the problem with conditions on them, or use the Fourier method"
      )
    }
    var layout = UnknownLayout(problem.unknowns, dimension: box.dimension)
    guard !layout.unknowns.isEmpty else {
      throw EquationError("\(problem.name) has no unknown: its equations must contain one")
    }
    try NameChecks(problem: problem, unknowns: layout.unknowns).validate()
    let lowering = Lowering(layout: layout)
    var rows = try problem.equations.flatMap { try Self.rows(of: $0, lowering, parameters) }
    let values = layout.unknowns.count
    try Self.reduceToFirstOrder(&rows, &layout)
    guard rows.count == layout.unknowns.count else {
      let (n, m) = (rows.count, layout.unknowns.count)
      let names = layout.unknowns.map(\.name).joined(separator: ", ")
      throw EquationError(
        "\(problem.name) has \(n) scalar equation\(n == 1 ? "" : "s") for \(m) unknown\(m == 1 ? "" : "s") (\(names)): "
          + (n < m ? "add the missing ones" : "remove the superfluous ones"))
    }

    name = problem.name
    self.box = box
    self.mesh = domain.mesh
    isRegion = domain.region != nil
    self.rows = rows
    namedBoundary = []
    unknowns = layout.unknowns
    self.layout = layout
    equations = problem.equations.map { $0.bound(to: parameters) }
    boundary = []
    derived = []
    initial = Array(repeating: nil, count: unknowns.count)
    exact = initial

    var namedPlaces: [String] = []
    for condition in problem.conditions {
      switch condition.place {
      case .initial: try addInitial(condition, lowering, values, parameters)
      case .sides(let sides):
        let outside = sides.members(dimension: 3).filter { $0.axis.rawValue >= dimension }
        if sides != .all, let side = outside.first {
          throw EquationError(
            "the condition '\(condition.equation)' is set on the \(side.name) side, which the domain does not have: "
              + "it has \(dimension) dimension\(dimension == 1 ? "" : "s")")
        }
        let members = sides.members(dimension: dimension)
        namedPlaces += sides == .all ? [""] : members.map(\.name)
        guard domain.mesh == nil, !isRegion, !condition.isFlux else {
          let names =
            sides == .all ? boundaries[""] ?? [] : members.map(\.name).flatMap { boundaries[$0] ?? [$0] }
          try addNamed(condition, names, layout, parameters)
          continue
        }
        for side in members {
          if sides == .all && box.intervals[side.axis.rawValue].isPeriodic { continue }
          let first = boundary.count
          try addBoundary(condition, side, layout, parameters)
          namedBoundary += boundary[first...].map {
            NamedCondition(
              names: [side.name], unknown: $0.unknown, value: .constant($0.value),
              normal: .constant($0.normal),
              data: $0.data, isFlux: false, text: $0.text)
          }
        }
      case .boundaries(let names):
        namedPlaces += names.isEmpty ? [""] : names
        try addNamed(condition, names.flatMap { boundaries[$0] ?? [$0] }, layout, parameters)
      }
    }
    if let unused = boundaries.keys.filter({ !namedPlaces.contains($0) }).min() {
      let places = Set(namedPlaces).sorted().map { $0.isEmpty ? "the whole boundary" : "'\($0)'" }
      let what = unused.isEmpty ? "the whole boundary" : "'\(unused)'"
      throw EquationError(
        "boundaries are given for \(what), but no condition of \(problem.name) is set there: "
          + (places.isEmpty ? "it has none" : "its conditions are on \(places.joined(separator: ", "))"))
    }
    for equation in problem.exact {
      for (unknown, value) in try Self.assignments(equation, lowering, parameters, what: "the exact solution")
      {
        guard case .jet(let jet) = unknown, jet.orders == .zero, jet.timeOrder == 0 else {
          throw EquationError("the exact solution '\(equation)' must have one unknown on its left")
        }
        exact[jet.unknown] = value
        if let velocity = velocityIndex(of: jet.unknown) { exact[velocity] = try value.differentiated(.time) }
      }
    }
    for (u, value) in initial.enumerated() where value == nil {
      // A velocity without a value starts at rest.
      if unknowns[u].isVelocity { initial[u] = .zero }
    }
    if isEvolution, let u = algebraic.first(where: { initial[$0] != nil }) {
      let name = unknowns[u].source.name
      throw EquationError(
        "\(name) has an initial value, but no equation has its time derivative, so that the others determine it: remove "
          + ".initial(\(name) == …)")
    }
    for quantity in problem.derived {
      derived.append(try lowered(quantity, lowering, parameters))
    }
  }

  /// The index of the velocity ∂u/∂t of the unknown with index `u`, if the reduction made one.
  public func velocityIndex(of u: Int) -> Int? {
    unknowns.firstIndex { $0.isVelocity && $0.source == unknowns[u].source && $0.role == unknowns[u].role }
  }

  // MARK: - Equations

  private static func rows(
    of equation: Equation, _ lowering: Lowering, _ parameters: ParameterValues
  ) throws -> [Row] {
    let text = "\(equation)"
    let residuals: [Node]
    switch equation.sides {
    case .scalar(let left, let right):
      let pair = try lowering.scalar((left - right).bound(to: parameters))
      let hasComplexUnknown = (left - right).contains { node in
        if case .unknown(let u) = node { return u.kind == .complex }
        return false
      }
      guard pair.isReal || hasComplexUnknown else {
        throw EquationError(
          "the equation '\(text)' is complex, but its unknowns are real: declare one with complexUnknown")
      }
      residuals = pair.isReal ? [pair.re] : [pair.re, pair.im]
    case .vector(let left, let right):
      let difference = VectorNode.sum([left, .scaled(.constant(-1), right)])
      residuals = try lowering.vector(difference.bound(to: parameters))
    }
    return try residuals.map { residual in
      var row = Row(text: text, mass: [], linear: [], terms: [])
      for term in try residual.expandedTerms() {
        guard term.coefficient.isFinite else {
          throw EquationError(
            "a coefficient of '\(text)' is not finite with these parameters: check divisions, roots and logarithms of "
              + parameterText(parameters, of: equation))
        }
        if let jet = term.linearJet, term.outer == .zero {
          let linear = LinearTerm(coefficient: term.coefficient, unknown: jet.unknown, orders: jet.orders)
          // Higher orders in time stay among the terms until the reduction to first order.
          switch jet.timeOrder {
          case 0: row.linear.append(linear)
          case 1: row.mass.append(linear)
          default: row.terms.append(term)
          }
        } else {
          row.terms.append(term)
        }
      }
      if row.mass.isEmpty && row.linear.isEmpty && row.terms.isEmpty {
        throw EquationError("the equation '\(text)' says 0 = 0: remove it or correct it")
      }
      return row
    }
  }

  /// Replaces ∂ttu by ∂t of a new unknown, the velocity, and refuses what is nonlinear in time derivatives.
  private static func reduceToFirstOrder(_ rows: inout [Row], _ layout: inout UnknownLayout) throws {
    var velocities: [Int: Int] = [:]
    for row in rows {
      for term in row.terms {
        guard let jet = term.linearJet, term.outer == .zero, jet.timeOrder >= 2 else { continue }
        guard jet.timeOrder == 2 else {
          throw EquationError(
            "'\(row.text)' has a time derivative of order \(jet.timeOrder): name the second one as an unknown of its own"
          )
        }
        if velocities[jet.unknown] == nil {
          velocities[jet.unknown] = layout.unknowns.count
          var velocity = layout.unknowns[jet.unknown]
          velocity.name += "_t"
          velocity.isVelocity = true
          layout.unknowns.append(velocity)
        }
      }
    }
    for i in rows.indices {
      // ∂tu of an unknown that has a velocity is that velocity.
      let damping = rows[i].mass.filter { velocities[$0.unknown] != nil }
      rows[i].mass.removeAll { velocities[$0.unknown] != nil }
      rows[i].linear += damping.map { term in
        LinearTerm(coefficient: term.coefficient, unknown: velocities[term.unknown]!, orders: term.orders)
      }
      var kept: [ExpandedTerm] = []
      for term in rows[i].terms {
        if let jet = term.linearJet, term.outer == .zero, jet.timeOrder == 2 {
          rows[i].mass.append(
            LinearTerm(coefficient: term.coefficient, unknown: velocities[jet.unknown]!, orders: jet.orders))
        } else {
          kept.append(try replacingTimeDerivatives(in: term, velocities, text: rows[i].text))
        }
      }
      rows[i].terms = kept
    }
    for (u, v) in velocities.sorted(by: { $0.value < $1.value }) {
      rows.append(
        Row(
          text: "∂t \(layout.unknowns[u].name) = \(layout.unknowns[v].name)",
          mass: [LinearTerm(coefficient: 1, unknown: u, orders: .zero)],
          linear: [LinearTerm(coefficient: -1, unknown: v, orders: .zero)], terms: []))
    }
  }

  private static func replacingTimeDerivatives(
    in term: ExpandedTerm, _ velocities: [Int: Int], text: String
  ) throws -> ExpandedTerm {
    var result = term
    var culprit: Node?
    for i in result.factors.indices {
      result.factors[i].node = result.factors[i].node.replacingTerminals { node in
        guard case .jet(let jet) = node, jet.timeOrder > 0 else { return nil }
        guard jet.timeOrder == 1, let velocity = velocities[jet.unknown] else {
          culprit = node
          return nil
        }
        return .jet(Jet(velocity, jet.orders))
      }
    }
    if culprit != nil {
      throw EquationError(
        "'\(text)' multiplies a time derivative by something that is not a number: "
          + "solve it for the time derivative, so that it stands alone with a constant factor")
    }
    return result
  }

  // MARK: - Conditions

  private static func assignments(
    _ equation: Equation, _ lowering: Lowering, _ parameters: ParameterValues, what: String
  ) throws -> [(Node, Node)] {
    let pairs: [(Node, Node)]
    switch equation.sides {
    case .scalar(let left, let right):
      let (l, r) = (
        try lowering.scalar(left.bound(to: parameters)), try lowering.scalar(right.bound(to: parameters))
      )
      if l.isReal && !r.isReal {
        throw EquationError("\(what) '\(equation)' gives a complex value to a real unknown")
      }
      pairs = l.isReal ? [(l.re, r.re)] : [(l.re, r.re), (l.im, r.im)]
    case .vector(let left, let right):
      pairs = Array(
        zip(
          try lowering.vector(left.bound(to: parameters)), try lowering.vector(right.bound(to: parameters))))
    }
    for (_, value) in pairs where value.dependsOnUnknowns {
      throw EquationError(
        "\(what) '\(equation)' has an unknown on its right: give numbers, coordinates and parameters")
    }
    return pairs
  }

  private mutating func addInitial(
    _ condition: Condition, _ lowering: Lowering, _ values: Int, _ parameters: ParameterValues
  ) throws {
    let what = "the initial condition"
    for (left, value) in try Self.assignments(condition.equation, lowering, parameters, what: what) {
      guard case .jet(let jet) = left, jet.orders == .zero, jet.timeOrder <= 1 else {
        throw EquationError("\(what) '\(condition.equation)' must have u or dt(u) on its left")
      }
      if value.dependsOnTime {
        throw EquationError("\(what) '\(condition.equation)' depends on t: it holds at the initial time only")
      }
      var target = jet.unknown
      if jet.timeOrder == 1 {
        guard let velocity = velocityIndex(of: jet.unknown) else {
          throw EquationError(
            "\(what) '\(condition.equation)' sets a velocity, but the equation is of first order in time: set u"
          )
        }
        target = velocity
      }
      guard initial[target] == nil else {
        throw EquationError("\(unknowns[target].name) has two initial conditions: keep one")
      }
      initial[target] = value
    }
  }

  private mutating func addBoundary(
    _ condition: Condition, _ side: Side, _ layout: UnknownLayout, _ parameters: ParameterValues
  ) throws {
    let text = "\(condition.equation)"
    if box.intervals[side.axis.rawValue].isPeriodic {
      throw EquationError(
        "the condition '\(text)' is set on the \(side.name) side, but the domain is periodic along \(side.axis.name)"
      )
    }
    let lowering = Lowering(layout: layout, side: side)
    let residuals: [Node]
    switch condition.equation.sides {
    case .scalar(let left, let right):
      let pair = try lowering.scalar((left - right).bound(to: parameters))
      residuals = pair.isReal ? [pair.re] : [pair.re, pair.im]
    case .vector(let left, let right):
      residuals = try lowering.vector(
        VectorNode.sum([left, .scaled(.constant(-1), right)]).bound(to: parameters))
    }
    for residual in residuals {
      var result = BoundaryCondition(side: side, unknown: -1, value: 0, normal: 0, data: .zero, text: text)
      for term in try residual.expandedTerms() {
        if !term.dependsOnUnknowns {
          result.data = result.data - .constant(term.coefficient) * term.product
          continue
        }
        guard let jet = term.linearJet, term.outer == .zero, jet.timeOrder == 0,
          result.unknown < 0 || result.unknown == jet.unknown,
          jet.orders == .zero || jet.orders == MultiIndex(side.axis)
        else {
          throw EquationError(
            "the condition '\(text)' is not of the form a u + b ∂n u = g with numbers a, b for one unknown u")
        }
        guard term.coefficient.isFinite else {
          throw EquationError(
            "a coefficient of the condition '\(text)' is not finite with these parameters: check divisions, roots and "
              + "logarithms of \(parameterText(parameters, of: condition.equation))")
        }
        result.unknown = jet.unknown
        if jet.orders == .zero {
          result.value += term.coefficient
        } else {
          result.normal += side.isUpper ? term.coefficient : -term.coefficient
        }
      }
      guard result.unknown >= 0 else {
        throw EquationError("the condition '\(text)' has no unknown: write it as u == g or dn(u) == g")
      }
      if let other = boundary.first(where: { $0.side == side && $0.unknown == result.unknown }) {
        throw EquationError(
          "\(unknowns[result.unknown].name) has two conditions on the \(side.name) side, '\(other.text)' and '\(text)': keep one"
        )
      }
      boundary.append(result)
    }
  }

  /// A condition for methods on meshes.
  private mutating func addNamed(
    _ condition: Condition, _ names: [String], _ layout: UnknownLayout, _ parameters: ParameterValues
  ) throws {
    let text = "\(condition.equation)"
    if let known = mesh?.boundaryNames.values {
      for name in names where !known.contains(name) {
        let list = known.isEmpty ? "none" : Set(known).sorted().joined(separator: ", ")
        throw EquationError(
          "the condition '\(text)' is set on '\(name)', which is no boundary of the mesh: it has \(list)")
      }
    }
    let lowering = Lowering(layout: layout, isOnNamedBoundary: true)
    let residuals: [Node]
    switch condition.equation.sides {
    case .scalar(let left, let right):
      let pair = try lowering.scalar((left - right).bound(to: parameters))
      residuals = pair.isReal ? [pair.re] : [pair.re, pair.im]
    case .vector(let left, let right):
      residuals = try lowering.vector(
        VectorNode.sum([left, .scaled(.constant(-1), right)]).bound(to: parameters))
    }
    for residual in residuals {
      var result = NamedCondition(
        names: names, unknown: -1, value: .zero, normal: .zero, data: .zero, isFlux: condition.isFlux,
        text: text)
      for term in try residual.expandedTerms() {
        if !term.dependsOnUnknowns {
          result.data = result.data - .constant(term.coefficient) * term.product
          continue
        }
        guard let (jet, factor) = term.linearInOneJet, term.outer == .zero, jet.timeOrder == 0,
          result.unknown < 0 || result.unknown == jet.unknown,
          jet.orders == .zero || jet.orders == Lowering.normalOrders
        else {
          throw EquationError(
            "the condition '\(text)' is not of the form a u + b ∂n u = g for one unknown u: derivatives other than dn(u) "
              + "and products of unknowns have no place in it")
        }
        result.unknown = jet.unknown
        if jet.orders == .zero {
          result.value = result.value + factor
        } else {
          result.normal = result.normal + factor
        }
      }
      guard result.unknown >= 0 else {
        throw EquationError("the condition '\(text)' has no unknown: write it as u == g or dn(u) == g")
      }
      if condition.isFlux {
        guard result.value == .one, result.normal.isZero else {
          throw EquationError("the flux condition '\(text)' must have the unknown alone on its left: u == g")
        }
        result.value = .zero
      }
      for other in namedBoundary where other.unknown == result.unknown {
        let shared =
          names.isEmpty && other.names.isEmpty ? ["the whole boundary"] : names.filter(other.names.contains)
        if let place = shared.first {
          throw EquationError(
            "\(unknowns[result.unknown].name) has two conditions on \(place), '\(other.text)' and '\(text)': keep one"
          )
        }
      }
      namedBoundary.append(result)
    }
  }

  /// Derived quantities of the problem, some of whose terminals or coefficients stand for others: jets of fields, say.
  package func lowered(
    _ derived: [Derived], parameters: ParameterValues, replacing replacement: (Node) -> Node?
  ) throws -> [LoweredQuantity] {
    let lowering = Lowering(layout: layout)
    return try derived.map { quantity in
      var quantity = quantity
      switch quantity.quantity {
      case .scalar(let node): quantity.quantity = .scalar(node.replacingTerminals(replacement))
      case .integral(let node): quantity.quantity = .integral(node.replacingTerminals(replacement))
      case .mean(let node): quantity.quantity = .mean(node.replacingTerminals(replacement))
      case .vector(let node): quantity.quantity = .vector(node.replacingTerminals(replacement))
      }
      return try lowered(quantity, lowering, parameters)
    }
  }

  private func lowered(
    _ derived: Derived, _ lowering: Lowering, _ parameters: ParameterValues
  ) throws -> LoweredQuantity {
    let kind: LoweredQuantity.Kind
    let components: [Node]
    let scalar = { (node: Node) in
      let pair = try lowering.scalar(node.bound(to: parameters))
      return pair.isReal ? [pair.re] : [pair.re, pair.im]
    }
    switch derived.quantity {
    case .scalar(let node): (kind, components) = (.field, try scalar(node))
    case .integral(let node): (kind, components) = (.integral, try scalar(node))
    case .mean(let node): (kind, components) = (.mean, try scalar(node))
    case .vector(let node): (kind, components) = (.field, try lowering.vector(node.bound(to: parameters)))
    }
    guard kind == .field || components.count == 1 else {
      throw EquationError("the derived number '\(derived.name)' is complex: use re, im or abs2")
    }
    return LoweredQuantity(
      name: derived.name, kind: kind,
      components: try components.map { try withoutTimeDerivatives($0.pushedDown(), of: derived.name) })
  }

  /// A derived quantity's component with ∂tu replaced by the velocity that the reduction to first order made.
  private func withoutTimeDerivatives(_ node: Node, of name: String) throws -> Node {
    var culprit: Jet?
    let result = node.replacingTerminals { node in
      guard case .jet(let jet) = node, jet.timeOrder > 0 else { return nil }
      guard jet.timeOrder == 1, let velocity = velocityIndex(of: jet.unknown) else {
        culprit = jet
        return nil
      }
      return .jet(Jet(velocity, jet.orders))
    }
    if let culprit {
      throw EquationError(
        "the derived quantity '\(name)' contains a time derivative of \(unknowns[culprit.unknown].name) "
          + "that the equations determine: write what they say it equals")
    }
    return result
  }
}

extension Equation {
  /// The equation with parameters replaced by numbers.
  func bound(to values: ParameterValues) -> Equation {
    var result = self
    switch sides {
    case .scalar(let left, let right): result.sides = .scalar(left.bound(to: values), right.bound(to: values))
    case .vector(let left, let right): result.sides = .vector(left.bound(to: values), right.bound(to: values))
    }
    return result
  }
}

/// "a = 0, b = 2": the parameters of an equation with their values, for messages.
private func parameterText(_ values: ParameterValues, of equation: Equation) -> String {
  var found: [String] = []
  equation.visit { node in
    guard case .parameter(let p) = node else { return }
    let text = "\(p.name) = \(shortNumber(values[p]))"
    if !found.contains(text) { found.append(text) }
  }
  return found.isEmpty ? "numbers" : found.joined(separator: ", ")
}

extension VectorNode {
  /// The vector with parameters replaced by numbers.
  public func bound(to values: ParameterValues) -> VectorNode {
    replacingTerminals { node in
      if case .parameter(let p) = node { return .constant(values[p]) }
      return nil
    }
  }
}

/// "1 dimension", "2 dimensions".
private func dimensions(_ count: Int) -> String { "\(count) dimension\(count == 1 ? "" : "s")" }
