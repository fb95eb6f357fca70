import Geometry

/// A scalar equation as density + Σ ∂_d (flux_d + transport_d) = 0: what integration by parts starts from.
///
/// Divergences, Laplacians and derivatives stay as the user wrote them, so that the flux is the one whose normal
/// component natural conditions speak of: div(k grad(u)) has the flux k ∇u, div(stress) the stress.
public struct DivergenceForm: Sendable {
  /// The equation as the user wrote it.
  public var text: String
  /// Which component of a vector equation this is, or nil.
  public var component: Axis?
  /// Terms over jets of first order at most.
  public var density: Node
  /// What the equation contains the divergence of, over first derivatives; one node per axis.
  public var flux: [Node]
  /// Further terms under a divergence that contain no derivatives, such as a pressure or a convective flux.
  public var transport: [Node]
}

extension PDESystem {
  /// The equations in divergence form, in the order of `rows`.
  ///
  /// - Throws: ``EquationError`` for equations of order above two, for derivatives of third order inside products, and for
  ///   complex unknowns.
  public func divergenceForms() throws -> [DivergenceForm] {
    if let complex = unknowns.first(where: { $0.role == .realPart || $0.role == .imaginaryPart }) {
      throw EquationError(
        "the unknown '\(complex.source.name)' is complex, and finite elements take real ones: write its real and imaginary parts as two unknowns"
      )
    }
    let reader = DivergenceReader(lowering: Lowering(layout: layout), system: self)
    var forms: [DivergenceForm] = []
    for equation in equations {
      let text = "\(equation)"
      switch equation.sides {
      case .scalar(let left, let right):
        forms.append(try reader.form(reader.parts(left - right), text, nil))
      case .vector(let left, let right):
        let parts = try reader.parts(.sum([left, .scaled(.constant(-1), right)]))
        for (axis, part) in zip(Axis.allCases, parts) { forms.append(try reader.form(part, text, axis)) }
      }
    }
    for row in rows[forms.count...] {
      // ∂tu = v of the reduction to first order in time.
      let terms =
        row.mass.map { Node.constant($0.coefficient) * .jet(Jet($0.unknown, timeOrder: 1)) }
        + row.linear.map { Node.constant($0.coefficient) * .jet(Jet($0.unknown)) }
      let none = Array(repeating: Node.zero, count: dimension)
      forms.append(
        DivergenceForm(text: row.text, component: nil, density: .sum(of: terms), flux: none, transport: none))
    }
    return forms
  }
}

/// Splits the user's tree into densities and fluxes.
struct DivergenceReader {
  let lowering: Lowering
  let system: PDESystem

  /// density + Σ ∂_d flux_d.
  struct Parts {
    var density = Node.zero
    var flux: [Int: Node] = [:]

    static func + (a: Parts, b: Parts) -> Parts {
      Parts(density: a.density + b.density, flux: a.flux.merging(b.flux) { $0 + $1 })
    }

    func scaled(_ factor: Double) -> Parts {
      Parts(density: .constant(factor) * density, flux: flux.mapValues { .constant(factor) * $0 })
    }
  }

  /// The parts of a scalar.
  func parts(_ node: Node) throws -> Parts {
    switch node {
    case .sum(let terms): return try terms.map(parts).reduce(Parts(), +)
    case .product(let factors):
      return try product(factors, plain: { try plain(node) }) { try parts($0) }
    case .laplacian(let a):
      let inner = try lowering.real(a)
      return Parts(flux: try fluxes { try lowering.partial(inner, $0) })
    case .divergence(let a):
      let v = try lowering.vector(a)
      return Parts(flux: fluxes { v[$0.rawValue] })
    case .derivative(let a, let axis):
      guard axis.rawValue < system.dimension else { return try plain(node) }
      return Parts(flux: [axis.rawValue: try lowering.real(a)])
    case .component(let a, let axis):
      guard axis.rawValue < system.dimension else { return try plain(node) }
      return try parts(a)[axis.rawValue]
    default: return try plain(node)
    }
  }

  /// The parts of each component of a vector.
  func parts(_ node: VectorNode) throws -> [Parts] {
    let d = system.dimension
    switch node {
    case .sum(let terms):
      let all = try terms.map { try parts($0) }
      return (0..<d).map { i in all.reduce(Parts()) { $0 + $1[i] } }
    case .components(let nodes):
      guard nodes.count == d else { return try plain(node) }
      return try nodes.map(parts)
    case .scaled(let factor, let a):
      let (inner, whole) = (try parts(a), try lowering.vector(node))
      return try (0..<d).map { i in
        try product([factor], rest: inner[i], plain: { Parts(density: whole[i]) })
      }
    case .gradient(let a):
      let inner = try lowering.real(a)
      return (0..<d).map { Parts(flux: [$0: inner]) }
    case .perpendicularGradient(let a):
      guard d == 2 else { return try plain(node) }
      let inner = try lowering.real(a)
      return [Parts(flux: [1: inner]), Parts(flux: [0: -inner])]
    case .laplacian(let a):
      return try lowering.vector(a).map { v in Parts(flux: try fluxes { try lowering.partial(v, $0) }) }
    case .curl(let a):
      guard d == 3 else { return try plain(node) }
      let w = try lowering.vector(a)
      return (0..<3).map { i in
        let (j, k) = ((i + 1) % 3, (i + 2) % 3)
        return Parts(flux: [j: w[k], k: -w[j]])
      }
    case .derivative(let a, let axis):
      guard axis.rawValue < d else { return try plain(node) }
      return try lowering.vector(a).map { Parts(flux: [axis.rawValue: $0]) }
    case .tensorDivergence(let a):
      return try lowering.tensor(a).map { row in Parts(flux: fluxes { row[$0.rawValue] }) }
    default: return try plain(node)
    }
  }

  private func plain(_ node: Node) throws -> Parts { Parts(density: try lowering.real(node)) }
  private func plain(_ node: VectorNode) throws -> [Parts] {
    try lowering.vector(node).map { Parts(density: $0) }
  }

  private func fluxes(_ body: (Axis) throws -> Node) rethrows -> [Int: Node] {
    var result: [Int: Node] = [:]
    for axis in lowering.axes { result[axis.rawValue] = try body(axis) }
    return result
  }

  /// A product of which at most one factor holds second derivatives.
  private func product(
    _ factors: [Node], plain: () throws -> Parts, inner: (Node) throws -> Parts
  ) throws -> Parts {
    let all = try factors.map(inner)
    let second = try all.indices.filter { try isOfSecondOrder(all[$0]) }
    guard second.count == 1 else {
      // A gradient times a number is still a flux.
      let numbers = factors.reduce(1.0) { $0 * ($1.constantValue ?? 1) }
      let others = factors.indices.filter { factors[$0].constantValue == nil }
      return others.count == 1 ? all[others[0]].scaled(numbers) : try plain()
    }
    var others = factors
    others.remove(at: second[0])
    return try product(others, rest: all[second[0]], plain: plain)
  }

  /// factors · (density + Σ ∂flux) = factors · density − Σ ∂factors · flux + Σ ∂(factors · flux).
  private func product(_ factors: [Node], rest: Parts, plain: () throws -> Parts) throws -> Parts {
    let factor = try lowering.real(.product(of: factors))
    if let number = factor.constantValue { return rest.scaled(number) }
    guard try isOfSecondOrder(rest) else { return try plain() }
    var result = Parts(density: factor * rest.density)
    for (axis, flux) in rest.flux.sorted(by: { $0.key < $1.key }) {
      let slope = try factor.pushedDown().differentiated(.axis(Axis.allCases[axis]))
      result.density = result.density - slope * flux
      result.flux[axis] = factor * flux
    }
    return result
  }

  private func isOfSecondOrder(_ parts: Parts) throws -> Bool {
    try parts.flux.values.contains { try $0.pushedDown().highestOrder > 0 }
  }

  /// The equation with fluxes sorted, and its orders checked.
  func form(_ parts: Parts, _ text: String, _ component: Axis?) throws -> DivergenceForm {
    let none = Array(repeating: Node.zero, count: system.dimension)
    var form = DivergenceForm(text: text, component: component, density: .zero, flux: none, transport: none)
    form.density = try firstOrder(parts.density, "term", text)
    for (axis, node) in parts.flux.sorted(by: { $0.key < $1.key }) {
      let whole = try firstOrder(node, "flux", text)
      for term in try whole.expandedTerms() {
        let piece = Node.constant(term.coefficient) * term.product
        if term.outer != .zero {
          throw EquationError(
            "the flux '\(node.readable(system))' of '\(text)' has a derivative that cannot be carried out")
        }
        switch piece.highestOrder {
        case 0: form.transport[axis] = form.transport[axis] + piece
        case 1...: form.flux[axis] = form.flux[axis] + piece
        default: form.density = form.density + (try piece.differentiated(.axis(Axis.allCases[axis])))
        }
      }
    }
    return form
  }

  /// The node with derivatives carried out and second derivatives in time replaced, refused when its order exceeds 1.
  private func firstOrder(_ node: Node, _ what: String, _ text: String) throws -> Node {
    let lowered = try node.pushedDown().replacingTerminals { terminal in
      guard case .jet(let jet) = terminal, jet.timeOrder > 0, let v = system.velocityIndex(of: jet.unknown)
      else {
        return nil
      }
      return .jet(Jet(v, jet.orders, timeOrder: jet.timeOrder - 1))
    }
    guard lowered.highestOrder <= 1 else {
      throw EquationError(
        "the \(what) '\(node.readable(system))' of '\(text)' has derivatives of order \(lowered.highestOrder + (what == "flux" ? 1 : 0)), and finite elements take second-order equations in "
          + "divergence form: write second derivatives as div(k grad(u)), and name the Laplacian of a fourth-order equation as an unknown of its own"
      )
    }
    return lowered
  }
}

extension Node {
  /// The highest order in space of a jet, -1 without jets.
  package var highestOrder: Int {
    var order = -1
    visit { if case .jet(let jet) = $0 { order = max(order, jet.orders.total) } }
    return order
  }
}

extension PDESystem {
  /// A formula of the user's in terms of the system's unknowns, over jets.
  ///
  /// - Parameter onBoundary: Whether it may contain the normal.
  /// - Throws: ``EquationError`` when it is complex or contains what the system has not.
  public func lowered(_ field: ScalarField, onBoundary: Bool = false) throws -> Node {
    try Lowering(layout: layout, isOnNamedBoundary: onBoundary).real(field.node).pushedDown()
      .withNormalDerivatives(dimension: dimension)
  }

  /// The components of a vector of the user's, over jets.
  public func lowered(_ field: VectorField, onBoundary: Bool = false) throws -> [Node] {
    try Lowering(layout: layout, isOnNamedBoundary: onBoundary).vector(field.node).map {
      try $0.pushedDown().withNormalDerivatives(dimension: dimension)
    }
  }
}

extension Unknown {
  /// The test function of the unknown in weak forms.
  package var test: Unknown { Unknown(name: "test(\(name))", kind: kind) }
}

extension PDESystem {
  /// A formula over unknowns and their test functions, over jets: the test function of unknown u is n + u, where n is the
  /// number of unknowns.
  package func loweredWithTests(_ field: ScalarField, onBoundary: Bool) throws -> Node {
    var extended = layout
    for (u, unknown) in unknowns.enumerated() where !unknown.isVelocity {
      let isFirst = u == 0 || unknowns[u - 1].source != unknown.source || unknowns[u - 1].isVelocity
      if isFirst { extended.first[unknown.source.test] = unknowns.count + u }
    }
    return try Lowering(layout: extended, isOnNamedBoundary: onBoundary).real(field.node).pushedDown()
      .withNormalDerivatives(dimension: dimension)
  }
}

extension Node {
  /// The node with ∂n of unknowns written out as n·∇.
  func withNormalDerivatives(dimension: Int) -> Node {
    replacingTerminals { node in
      guard case .jet(let jet) = node, jet.orders == Lowering.normalOrders else { return nil }
      return .sum(
        of: Axis.allCases.prefix(dimension).map { .normal($0) * .jet(Jet(jet.unknown, MultiIndex($0))) })
    }
  }
}
