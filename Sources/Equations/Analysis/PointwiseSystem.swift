import Geometry

/// A problem as residuals at points, without reduction or discretisation: what physics-informed losses evaluate.
///
/// Derivatives of products are carried out, so that every residual is a formula of jets, coordinates and time. Time
/// derivatives of any order stay as they are. Parameters are numbers and coefficients are formulas, but for the ones that
/// are to be found: those are jets of further unknowns, after those of the problem.
public struct PointwiseSystem: Sendable {
  /// Where a residual holds.
  public enum Place: Hashable, Sendable {
    case inside
    /// At the initial time.
    case initial
    /// On a side of the box, at all times.
    case side(Side)
    /// On a boundary of the region or the mesh, at all times; the empty name stands for what has none. Formulas there may
    /// contain the outward normal.
    case boundary(String)
    /// Where unknowns were measured.
    case measured

    /// The place in words, as losses are named: "equation", "initial", "left".
    public var name: String {
      switch self {
      case .inside: "equation"
      case .initial: "initial"
      case .side(let side): side.name
      case .boundary(let name): name.isEmpty ? "boundary" : name
      case .measured: "data"
      }
    }
  }

  /// A quantity that should vanish.
  public struct Residual: Sendable {
    /// Where it should.
    public var place: Place
    /// The equation or condition as the user wrote it.
    public var text: String
    /// Left side minus right side.
    public var node: Node
    /// The value of an unknown, where the condition gives it: u == g.
    public var assignment: (unknown: Int, timeOrder: Int, value: Node)?

    /// A formula that should vanish at a place.
    public init(
      place: Place, text: String, node: Node,
      assignment: (unknown: Int, timeOrder: Int, value: Node)? = nil
    ) {
      (self.place, self.text, self.node, self.assignment) = (place, text, node, assignment)
    }
  }

  /// The problem's name.
  public var name: String
  /// The box of the spatial coordinates: the domain itself, or one around it.
  public var box: Box
  /// What of the box the domain is.
  public var extent = Extent.box
  /// The mesh that was given for the domain, if one was, and its boundaries by the names in conditions.
  public var placement: MeshPlacement
  /// Whether time is a coordinate: an equation has a time derivative, or something depends on t.
  public var isEvolution: Bool
  /// The real unknowns.
  public var unknowns: [RealUnknown]
  /// Functions of space and time that are to be found: unknown `unknowns.count + i` stands for the i-th.
  public var fields: [UnknownField] = []
  /// Parameters that are to be found: unknown `functions + i` stands for the i-th, and only by its value.
  public var free: [ProblemParameter]
  public var equations: [Residual]
  public var conditions: [Residual]
  /// Exact solutions by unknown, where the problem states them.
  public var exact: [Node?]

  /// The number of spatial coordinates.
  public var dimension: Int { box.dimension }
  /// The number of functions that are to be found: unknowns and fields.
  public var functions: Int { unknowns.count + fields.count }

  /// The name of an unknown or, after these, of a field that is to be found.
  public func name(of function: Int) -> String {
    function < unknowns.count ? unknowns[function].name : fields[function - unknowns.count].name
  }

  /// Lowers a problem.
  ///
  /// - Parameters:
  ///   - parameters: Values of parameters; what is not named keeps its default.
  ///   - free: Names of parameters that are to be found, as one number each.
  ///   - fields: Names of coefficients, or of parameters, that are to be found as functions of space and time.
  ///   - placement: A mesh to pose the problem on instead of its own domain, and its boundaries by the names in conditions.
  /// - Throws: ``EquationError`` with one sentence that names the term or condition that is wrong.
  public init(
    _ problem: some Problem, parameters: ParameterValues = [:], free: [String] = [],
    fields: [String] = [], on placement: MeshPlacement = MeshPlacement()
  ) throws {
    try parameters.validate(for: problem)
    let known = problem.parameters
    self.free = try free.map { name in
      guard let parameter = known.first(where: { $0.name == name }) else {
        if problem.coefficients.contains(where: { $0.name == name }) {
          throw EquationError(
            "'\(name)' is a coefficient of \(problem.name), which is a function and no number: find it as a field"
          )
        }
        throw EquationError(
          "\(problem.name) has no parameter '\(name)' to be found: "
            + (known.isEmpty
              ? "it has none at all" : "choose one of \(known.map(\.name).joined(separator: ", "))"))
      }
      return parameter
    }
    name = problem.name
    self.placement = placement
    (extent, box) = try Extent.of(problem, parameters, placement)
    let layout = UnknownLayout(problem.unknowns, dimension: box.dimension)
    guard !layout.unknowns.isEmpty else {
      throw EquationError("\(problem.name) has no unknown: its equations must contain one")
    }
    try NameChecks(problem: problem, unknowns: layout.unknowns).validate()
    unknowns = layout.unknowns
    equations = []
    conditions = []
    isEvolution = false
    exact = Array(repeating: nil, count: unknowns.count)

    self.fields = try UnknownField.named(fields, in: problem, parameters: parameters, besides: free)
    let binding = Binding(
      parameters: parameters, fields: self.fields.map(\.name), free: self.free.map(\.name),
      first: unknowns.count)
    let lowering = Lowering(layout: layout)
    for equation in problem.equations {
      let residuals = try lowering.residuals(of: equation, binding)
      equations += residuals.map { Residual(place: .inside, text: "\(equation)", node: $0) }
    }
    try checkCoefficients()
    var builder = ConditionBuilder(
      system: self, layout: layout, binding: binding, boundaries: placement.boundaries,
      fluxes: { try Self.fluxes(of: problem, parameters, placement, free: free) })
    conditions = try builder.conditions(of: problem)
    for equation in problem.exact {
      for residual in try lowering.residuals(of: equation, binding) {
        // What depends on a parameter that is to be found is not known.
        if residual.contains(where: {
          if case .jet(let jet) = $0 { jet.unknown >= unknowns.count } else { false }
        }) {
          continue
        }
        guard let (unknown, order, value) = Self.assignment(in: residual, below: unknowns.count), order == 0
        else {
          throw EquationError("the exact solution '\(equation)' must have one unknown on its left")
        }
        exact[unknown] = value
      }
    }
    try checkFields()
    let nodes = (equations + conditions).map(\.node) + self.fields.map(\.formula) + exact.compactMap { $0 }
    isEvolution =
      conditions.contains { $0.place == .initial }
      || nodes.contains { node in
        node.contains { if case .jet(let jet) = $0 { jet.timeOrder > 0 } else { $0 == .time } }
      }
  }

  /// - Throws: ``EquationError`` for a field that is in no equation.
  private func checkFields() throws {
    for (i, field) in fields.enumerated() {
      let index = unknowns.count + i
      let isThere = equations.contains { equation in
        equation.node.contains { if case .jet(let jet) = $0 { jet.unknown == index } else { false } }
      }
      guard isThere else {
        throw EquationError(
          "the equations of \(name) do not contain '\(field.name)', so that nothing could tell it: find another field"
        )
      }
    }
  }

  /// The unknown and its value, for a residual a u − g or a ∂ₜu − g with a number a.
  ///
  /// - Parameter limit: The number of unknowns; jets of further ones are what is to be found.
  static func assignment(in node: Node, below limit: Int) -> (
    unknown: Int, timeOrder: Int, value: Node
  )? {
    guard let terms = try? node.expandedTerms() else { return nil }
    let own = terms.filter(\.dependsOnUnknowns)
    guard own.count == 1, let jet = own[0].linearJet, jet.unknown < limit, own[0].outer == .zero,
      jet.orders == .zero,
      own[0].coefficient != 0
    else { return nil }
    let rest = terms.filter { !$0.dependsOnUnknowns }
    let value = Node.sum(of: rest.map { .constant(-$0.coefficient / own[0].coefficient) * $0.product })
    return (jet.unknown, jet.timeOrder, value)
  }
}

/// What parameters become in residuals at points.
struct Binding {
  var parameters: ParameterValues
  var fields: [String]
  var free: [String]
  /// The index of the unknown that stands for the first field; free parameters follow.
  var first: Int
  /// The index of the unknown that stands for the first free parameter.
  var firstNumber: Int { first + fields.count }

  func callAsFunction(_ terminal: Node) -> Node? {
    switch terminal {
    case .parameter(let p):
      if let i = fields.firstIndex(of: p.name) { return .jet(Jet(first + i)) }
      if let i = free.firstIndex(of: p.name) { return .jet(Jet(firstNumber + i)) }
      return .constant(parameters[p])
    case .coefficient(let name, let formula):
      if let i = fields.firstIndex(of: name) { return .jet(Jet(first + i)) }
      return formula.replacingTerminals { self($0) }
    default: return nil
    }
  }
}

extension Lowering {
  /// Left minus right of an equation, as formulas of jets.
  func residuals(of equation: Equation, _ binding: Binding) throws -> [Node] {
    let nodes: [Node]
    switch equation.sides {
    case .scalar(let left, let right):
      let pair = try scalar((left - right).replacingTerminals { binding($0) })
      let isComplex = (left - right).contains { node in
        if case .unknown(let u) = node { return u.kind == .complex }
        return false
      }
      guard pair.isReal || isComplex else {
        throw EquationError(
          "the equation '\(equation)' is complex, but its unknowns are real: declare one with complexUnknown")
      }
      nodes = pair.isReal && !isComplex ? [pair.re] : [pair.re, pair.im]
    case .vector(let left, let right):
      let difference = VectorNode.sum([left, .scaled(.constant(-1), right)])
      nodes = try vector(difference.replacingTerminals { binding($0) })
    }
    return try nodes.map { node in
      // A parameter is the same everywhere: its derivatives vanish.
      try node.pushedDown().withNormalDerivatives(dimension: layout.dimension).replacingTerminals {
        terminal in
        guard case .jet(let jet) = terminal, jet.unknown >= binding.firstNumber else { return nil }
        return jet.orders == .zero && jet.timeOrder == 0 ? terminal : .zero
      }
    }
  }
}

extension Node {
  /// ∂/∂t of a formula without unknowns.
  package func timeDerivative() throws -> Node { try differentiated(.time) }
}
