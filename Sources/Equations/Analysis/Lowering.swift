import Geometry

/// Rewrites the language's tree into one over jets of real unknowns: vectors become components, complex quantities
/// pairs of real ones, and differential operators partial derivatives.
///
/// Partial derivatives of products stay derivatives (∂x(u²) is not expanded), so that conservative forms survive.
struct Lowering {
  var layout: UnknownLayout
  /// The side on which ∂n is taken, inside boundary conditions.
  var side: Side?
  /// Whether ∂n is taken on a boundary of a mesh, where it becomes a jet of ``normalOrders``.
  var isOnNamedBoundary = false

  /// What stands for ∂n in conditions on boundaries whose normal is not known.
  static let normalOrders = MultiIndex(-1, -1, -1)

  /// A complex scalar; a real one has the imaginary part zero.
  struct Pair {
    var re: Node
    var im: Node = .zero
    var isReal: Bool { im.isZero }
  }

  private var dimension: Int { layout.dimension }
  var axes: ArraySlice<Axis> { Axis.allCases.prefix(dimension) }

  init(layout: UnknownLayout, side: Side? = nil, isOnNamedBoundary: Bool = false) {
    (self.layout, self.side, self.isOnNamedBoundary) = (layout, side, isOnNamedBoundary)
  }

  /// Lowers a scalar node whose parameters are bound.
  func scalar(_ node: Node) throws -> Pair {
    switch node {
    case .constant, .time, .random, .region, .jet: return Pair(re: node)
    case .normal(let axis):
      try requireAxis(axis, node.written(.text))
      return Pair(re: try normal(in: node.written(.text))[axis.rawValue])
    case .imaginaryUnit: return Pair(re: .zero, im: .one)
    case .coordinate(let axis):
      guard axis.rawValue < dimension else {
        throw EquationError("the coordinate \(axis.name) does not exist: the domain has \(dimensionText)")
      }
      return Pair(re: node)
    case .parameter(let p): return Pair(re: .constant(p.defaultValue))
    case .coefficient(_, let formula): return try scalar(formula)
    case .unknown(let u):
      let i = try layout.index(of: u)
      switch u.kind {
      case .scalar: return Pair(re: .jet(Jet(i)))
      case .complex: return Pair(re: .jet(Jet(i)), im: .jet(Jet(i + 1)))
      case .vector:
        throw EquationError(
          "the vector '\(u.name)' stands where a scalar belongs: take a component, dot or div")
      }
    case .sum(let terms):
      let pairs = try terms.map(scalar)
      return try cancelled(Pair(re: .sum(of: pairs.map(\.re)), im: .sum(of: pairs.map(\.im))))
    case .product(let factors):
      return try cancelled(factors.map(scalar).reduce(Pair(re: .one), multiply))
    case .power(let base, let exponent): return try power(base, exponent, node)
    case .function(let function, let a): return try apply(function, try scalar(a), node)
    case .binary(let function, let a, let b):
      return Pair(re: .binary(function, try real(a, in: node), try real(b, in: node)))
    case .conjugate(let a):
      let p = try scalar(a)
      return Pair(re: p.re, im: -p.im)
    case .realPart(let a): return Pair(re: try scalar(a).re)
    case .imaginaryPart(let a): return Pair(re: try scalar(a).im)
    case .derivative(let a, let axis):
      try requireAxis(axis, node.written(.text))
      return try map(scalar(a)) { try partial($0, axis) }
    case .timeDerivative(let a): return try map(scalar(a), timeDerivative)
    case .normalDerivative(let a) where isOnNamedBoundary: return try map(scalar(a), unorientedNormal)
    case .normalDerivative(let a):
      guard let side else {
        throw EquationError(
          "'\(node.written(.text))' is a normal derivative: it belongs in a condition on a side")
      }
      return try map(scalar(a)) {
        let outward = try partial($0, side.axis)
        return side.isUpper ? outward : -outward
      }
    case .laplacian(let a): return try map(scalar(a), { try laplacian($0) })
    case .advection(let velocity, let a):
      let (v, p) = (try vector(velocity), try scalar(a))
      return try map(p) { try advect(v, $0) }
    case .divergence(let a):
      return Pair(re: .sum(of: try zip(axes, vector(a)).map { try partial($1, $0) }))
    case .rotation(let a):
      let v = try vector(a)
      guard dimension == 2 else {
        throw EquationError(
          "'\(node.written(.text))' is the scalar curl of two dimensions; the domain has \(dimensionText)")
      }
      return Pair(re: try partial(v[1], .x) - (try partial(v[0], .y)))
    case .dot(let a, let b):
      return Pair(re: .sum(of: try zip(vector(a), vector(b)).map { $0 * $1 }))
    case .component(let a, let axis):
      guard axis.rawValue < dimension else {
        throw EquationError("'\(node.written(.text))' does not exist: the domain has \(dimensionText)")
      }
      return Pair(re: try vector(a)[axis.rawValue])
    }
  }

  /// The components of the outward normal.
  private func normal(in whole: @autoclosure () -> String) throws -> [Node] {
    if let side { return axes.map { $0 == side.axis ? .constant(side.isUpper ? 1 : -1) : .zero } }
    guard isOnNamedBoundary else {
      throw EquationError(
        "'\(whole())' contains the normal: it belongs in a condition or an integral on a boundary")
    }
    return axes.map { .normal($0) }
  }

  /// ∂n of a linear combination of unknowns with constant factors.
  private func unorientedNormal(_ node: Node) throws -> Node {
    .sum(
      of: try node.expandedTerms().map { term in
        guard let jet = term.linearJet, jet.orders == .zero, jet.timeOrder == 0, term.outer == .zero else {
          throw EquationError(
            "dn in a condition takes an unknown: write dn(u) == g with the normal derivative g as a formula")
        }
        return .constant(term.coefficient) * .jet(Jet(jet.unknown, Self.normalOrders))
      })
  }

  /// Lowers a real scalar.
  func real(_ node: Node) throws -> Node { try real(node, in: node) }

  /// Lowers a vector into its components.
  func vector(_ node: VectorNode) throws -> [Node] {
    switch node {
    case .unknown(let u):
      let i = try layout.index(of: u)
      return (0..<dimension).map { .jet(Jet(i + $0)) }
    case .normal: return try normal(in: node.written(.text))
    case .components(let nodes):
      guard nodes.count == dimension else {
        throw EquationError(
          "the vector \(node.written(.text)) has \(nodes.count) components, but the domain has \(dimensionText)"
        )
      }
      return try nodes.map(real)
    case .sum(let terms):
      let vectors = try terms.map(vector)
      return (0..<dimension).map { i in .sum(of: vectors.map { $0[i] }) }
    case .scaled(let factor, let a):
      let f = try real(factor)
      return try vector(a).map { f * $0 }
    case .gradient(let a):
      let inner = try real(a)
      return try axes.map { try partial(inner, $0) }
    case .perpendicularGradient(let a):
      guard dimension == 2 else {
        throw EquationError("'\(node.written(.text))' needs two dimensions; the domain has \(dimensionText)")
      }
      let inner = try real(a)
      return [try partial(inner, .y), -(try partial(inner, .x))]
    case .curl(let a):
      try requireThree(node)
      let v = try vector(a)
      return try Axis.allCases.map { axis in
        let (j, k) = (Axis.allCases[(axis.rawValue + 1) % 3], Axis.allCases[(axis.rawValue + 2) % 3])
        return try partial(v[k.rawValue], j) - (try partial(v[j.rawValue], k))
      }
    case .cross(let a, let b):
      try requireThree(node)
      let (v, w) = (try vector(a), try vector(b))
      return (0..<3).map { i in v[(i + 1) % 3] * w[(i + 2) % 3] - v[(i + 2) % 3] * w[(i + 1) % 3] }
    case .laplacian(let a): return try vector(a).map { try laplacian($0) }
    case .advection(let velocity, let a):
      let v = try vector(velocity)
      return try vector(a).map { try advect(v, $0) }
    case .derivative(let a, let axis):
      try requireAxis(axis, node.written(.text))
      return try vector(a).map { try partial($0, axis) }
    case .timeDerivative(let a): return try vector(a).map(timeDerivative)
    case .normalDerivative(let a):
      return try (0..<dimension).map {
        try real(.normalDerivative(.component(a, Axis.allCases[$0])))
      }
    case .tensorDivergence(let a):
      return try tensor(a).map { row in .sum(of: try zip(axes, row).map { try partial($1, $0) }) }
    case .tensorProduct(let a, let b):
      let v = try vector(b)
      return try tensor(a).map { row in .sum(of: zip(row, v).map { $0 * $1 }) }
    }
  }

  /// Lowers a tensor into its elements, row by row.
  func tensor(_ node: TensorNode) throws -> [[Node]] {
    switch node {
    case .identity: return (0..<dimension).map { i in (0..<dimension).map { $0 == i ? .one : .zero } }
    case .gradient(let a): return try vector(a).map { v in try axes.map { try partial(v, $0) } }
    case .transpose(let a):
      let t = try tensor(a)
      return (0..<dimension).map { i in (0..<dimension).map { t[$0][i] } }
    case .outer(let a, let b):
      let (v, w) = (try vector(a), try vector(b))
      return v.map { x in w.map { x * $0 } }
    case .sum(let terms):
      let all = try terms.map(tensor)
      return (0..<dimension).map { i in (0..<dimension).map { j in .sum(of: all.map { $0[i][j] }) } }
    case .scaled(let factor, let a):
      let f = try real(factor)
      return try tensor(a).map { $0.map { f * $0 } }
    }
  }

  private var dimensionText: String { dimension == 1 ? "1 dimension" : "\(dimension) dimensions" }

  private func requireThree(_ node: VectorNode) throws {
    guard dimension == 3 else {
      throw EquationError("'\(node.written(.text))' needs three dimensions; the domain has \(dimensionText)")
    }
  }

  private func real(_ node: Node, in whole: Node) throws -> Node {
    let pair = try scalar(node)
    guard pair.isReal else {
      throw EquationError(
        "'\(node.written(.text))' in '\(whole.written(.text))' is complex where a real quantity belongs: use re, im or abs2"
      )
    }
    return pair.re
  }

  private func map(_ pair: Pair, _ transform: (Node) throws -> Node) rethrows -> Pair {
    Pair(re: try transform(pair.re), im: try transform(pair.im))
  }

  private func multiply(_ a: Pair, _ b: Pair) -> Pair {
    if a.isReal && b.isReal { return Pair(re: a.re * b.re) }
    return Pair(re: a.re * b.re - a.im * b.im, im: a.re * b.im + a.im * b.re)
  }

  /// The pair with an imaginary part whose terms cancel, as in |a|², recognised as zero.
  private func cancelled(_ pair: Pair) throws -> Pair {
    if pair.isReal { return pair }
    return try pair.im.expandedTerms().isEmpty ? Pair(re: pair.re) : pair
  }

  private func power(_ base: Node, _ exponent: Node, _ whole: Node) throws -> Pair {
    let (b, e) = (try scalar(base), try real(exponent, in: whole))
    if b.isReal { return Pair(re: .raise(b.re, e)) }
    guard case .constant(let n) = e, n == n.rounded(), (1...8).contains(n) else {
      throw EquationError(
        "'\(whole.written(.text))' is a complex base to a power other than 1 to 8: write it with abs2")
    }
    return (1..<Int(n)).reduce(b) { result, _ in multiply(result, b) }
  }

  private func apply(_ function: Function, _ a: Pair, _ whole: Node) throws -> Pair {
    if a.isReal { return Pair(re: .apply(function, a.re)) }
    guard function == .exp else {
      throw EquationError(
        "'\(whole.written(.text))' applies \(function.rawValue) to a complex quantity: only exp may")
    }
    let radius = Node.apply(.exp, a.re)
    return Pair(re: radius * .apply(.cos, a.im), im: radius * .apply(.sin, a.im))
  }

  private func requireAxis(_ axis: Axis, _ whole: @autoclosure () -> String) throws {
    guard axis.rawValue < dimension else {
      throw EquationError("'\(whole())' cannot be taken: the domain has \(dimensionText)")
    }
  }

  func partial(_ node: Node, _ axis: Axis) throws -> Node {
    return try kept(node, .axis(axis)) { .derivative($0, axis) }
  }

  private func timeDerivative(_ node: Node) throws -> Node {
    // A product's time derivative is carried out: nothing is gained by keeping it.
    try kept(node, .time) { try $0.differentiated(.time) }
  }

  /// Differentiates what is linear or free of unknowns; wraps the rest.
  private func kept(_ node: Node, _ variable: Node.Variable, wrap: (Node) throws -> Node) throws -> Node {
    if !node.dependsOnUnknowns { return try node.differentiated(variable) }
    switch node {
    case .jet: return try node.differentiated(variable)
    case .sum(let terms): return .sum(of: try terms.map { try kept($0, variable, wrap: wrap) })
    case .product(let factors):
      if case .constant? = factors.first {
        return factors[0] * (try kept(.product(of: Array(factors.dropFirst())), variable, wrap: wrap))
      }
      return try wrap(node)
    default: return try wrap(node)
    }
  }

  private func laplacian(_ node: Node) throws -> Node {
    .sum(of: try axes.map { try partial(partial(node, $0), $0) })
  }

  private func advect(_ velocity: [Node], _ node: Node) throws -> Node {
    .sum(of: try zip(axes, velocity).map { try $1 * partial(node, $0) })
  }
}
