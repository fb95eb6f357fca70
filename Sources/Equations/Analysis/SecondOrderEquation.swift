import Geometry

/// A row of a steady system as −∇·(D ∇u) + b·∇u + c u = f for one unknown, with coefficients that vary in space.
///
/// This is what grid and cell methods assemble. Terms that are given in other forms are brought into this one by the
/// product rule where their coefficients can be differentiated: k ∂ₐₐu = ∂ₐ(k ∂ₐu) − (∂ₐk) ∂ₐu and
/// ∂ₐ(k u) = k ∂ₐu + (∂ₐk) u.
public struct SecondOrderEquation: Sendable {
  /// The index of the unknown.
  public var unknown: Int
  /// The equation as the user wrote it.
  public var text: String
  /// D, by rows; symmetric.
  public var diffusion: [[Node]]
  /// b, one per axis.
  public var convection: [Node]
  /// c.
  public var reaction: Node
  /// f.
  public var source: Node

  /// Reads the rows of a system in which no two unknowns meet.
  ///
  /// - Parameter method: the name of the reader, for error texts.
  /// - Throws: ``EquationError`` that names the term that does not fit, and what to use instead.
  public static func read(_ system: PDESystem, for method: String) throws -> [SecondOrderEquation] {
    var result: [SecondOrderEquation] = []
    for row in system.rows {
      let equation = try SecondOrderEquation(row, system, method)
      if result.contains(where: { $0.unknown == equation.unknown }) {
        throw EquationError(
          "\(system.unknowns[equation.unknown].name) has two equations, '\(row.text)' being the second: each unknown needs one of its own"
        )
      }
      result.append(equation)
    }
    return result.sorted { $0.unknown < $1.unknown }
  }

  private init(_ row: PDESystem.Row, _ system: PDESystem, _ method: String) throws {
    var unknowns = Set(row.linear.map(\.unknown))
    for term in row.terms {
      for factor in term.factors {
        factor.node.visit { if case .jet(let jet) = $0 { unknowns.insert(jet.unknown) } }
      }
    }
    guard let unknown = unknowns.first else {
      throw EquationError("'\(row.text)' has no unknown: every equation needs one to be solved for")
    }
    guard unknowns.count == 1 else {
      let names = unknowns.sorted().map { system.unknowns[$0].name }
      throw EquationError(
        "'\(row.text)' couples \(names.joined(separator: " and ")), and \(method) solves for one unknown at a time: "
          + "use finite elements (fem), which take systems")
    }
    self.unknown = unknown
    text = row.text
    let d = system.dimension
    diffusion = Array(repeating: Array(repeating: .zero, count: d), count: d)
    convection = Array(repeating: .zero, count: d)
    reaction = .zero
    source = .zero
    for term in row.linear {
      try add(.constant(term.coefficient), outer: .zero, inner: term.orders, row, system, method)
    }
    for term in row.terms {
      guard term.dependsOnUnknowns else {
        var node = Node.constant(term.coefficient) * term.product
        for axis in Axis.allCases {
          for _ in 0..<term.outer[axis] { node = try node.differentiated(.axis(axis)) }
        }
        source = source - node
        continue
      }
      guard term.degree == 1, let (jet, coefficient) = term.linearInOneJet else {
        throw EquationError(
          "the term '\(term.readable(system))' of '\(row.text)' is nonlinear, and \(method) takes linear equations: "
            + "use finite elements (fem), which iterate by Newton's method")
      }
      try add(coefficient, outer: term.outer, inner: jet.orders, row, system, method)
    }
    for node in diffusion.flatMap({ $0 }) + convection + [reaction, source] where node.dependsOnTime {
      throw EquationError(
        "'\(row.text)' depends on t, but the problem is steady: remove t, or add a time derivative")
    }
  }

  /// Adds coefficient-weighted ∂^outer(k ∂^inner u) to the left side.
  private mutating func add(
    _ k: Node, outer: MultiIndex, inner: MultiIndex, _ row: PDESystem.Row, _ system: PDESystem,
    _ method: String
  ) throws {
    func axes(_ orders: MultiIndex) -> [Axis] {
      Axis.allCases.flatMap { Array(repeating: $0, count: orders[$0]) }
    }
    let (o, i) = (axes(outer), axes(inner))
    switch (o.count, i.count) {
    case (0, 0): reaction = reaction + k
    case (0, 1): convection[i[0].rawValue] = convection[i[0].rawValue] + k
    case (0, 2):
      addFlux(k, i[0], i[1])
      let slope = try k.differentiated(.axis(i[0]))
      convection[i[1].rawValue] = convection[i[1].rawValue] - slope
    case (1, 0):
      let a = o[0].rawValue
      convection[a] = convection[a] + k
      reaction = reaction + (try k.differentiated(.axis(o[0])))
    case (1, 1): addFlux(k, o[0], i[0])
    default:
      let jet = Node.jet(Jet(unknown, inner))
      let node = axes(outer).reduce(k * jet) { .derivative($0, $1) }
      throw EquationError(
        "the term '\(node.readable(system))' of '\(row.text)' is of order \(outer.total + inner.total), and \(method) takes "
          + "second-order equations: use a spectral method, or split it into equations of second order")
    }
  }

  /// ∂ₐ(k ∂ᵦu), half of a mixed one to each of D's two places.
  private mutating func addFlux(_ k: Node, _ a: Axis, _ b: Axis) {
    let (a, b) = (a.rawValue, b.rawValue)
    if a == b {
      diffusion[a][a] = diffusion[a][a] - k
    } else {
      diffusion[a][b] = diffusion[a][b] - .constant(0.5) * k
      diffusion[b][a] = diffusion[b][a] - .constant(0.5) * k
    }
  }
}

extension ExpandedTerm {
  /// The jet that the term is linear in and its coefficient, which has no unknown; nil for nonlinear terms.
  public var linearInOneJet: (jet: Jet, coefficient: Node)? {
    var found: Jet?
    var rest: [Node] = [.constant(coefficient)]
    for factor in factors {
      if case .jet(let jet) = factor.node {
        guard found == nil, factor.power == 1 else { return nil }
        found = jet
      } else {
        if factor.node.dependsOnUnknowns { return nil }
        rest.append(.raise(factor.node, .constant(Double(factor.power))))
      }
    }
    return found.map { ($0, .product(of: rest)) }
  }
}
