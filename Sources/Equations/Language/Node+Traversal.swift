extension Node {
  /// The node with `transform` applied to each scalar and vector child; terminals are returned as they are.
  public func mapChildren(
    _ transform: (Node) throws -> Node, _ vector: (VectorNode) throws -> VectorNode
  ) rethrows -> Node {
    switch self {
    case .constant, .imaginaryUnit, .coordinate, .time, .parameter, .unknown, .random, .normal, .region, .jet:
      self
    case .coefficient(let name, let formula): .coefficient(name, try transform(formula))
    case .sum(let terms): .sum(of: try terms.map(transform))
    case .product(let factors): .product(of: try factors.map(transform))
    case .power(let base, let exponent): .raise(try transform(base), try transform(exponent))
    case .function(let function, let a): .apply(function, try transform(a))
    case .binary(let function, let a, let b): .binary(function, try transform(a), try transform(b))
    case .conjugate(let a): .conjugate(try transform(a))
    case .realPart(let a): .realPart(try transform(a))
    case .imaginaryPart(let a): .imaginaryPart(try transform(a))
    case .derivative(let a, let axis): .derivative(try transform(a), axis)
    case .timeDerivative(let a): .timeDerivative(try transform(a))
    case .normalDerivative(let a): .normalDerivative(try transform(a))
    case .laplacian(let a): .laplacian(try transform(a))
    case .advection(let a, let b): .advection(try vector(a), try transform(b))
    case .divergence(let a): .divergence(try vector(a))
    case .rotation(let a): .rotation(try vector(a))
    case .dot(let a, let b): .dot(try vector(a), try vector(b))
    case .component(let a, let axis): .component(try vector(a), axis)
    }
  }

  /// The node with every terminal replaced by what `replacement` gives for it (nil keeps it); named coefficients, which
  /// have a formula below them, can be replaced as a whole.
  public func replacingTerminals(_ replacement: (Node) -> Node?) -> Node {
    if let new = replacement(self) { return new }
    return mapChildren({ $0.replacingTerminals(replacement) }, { $0.replacingTerminals(replacement) })
  }

  /// The node with parameters replaced by numbers: the given values, or their defaults.
  public func bound(to values: ParameterValues) -> Node {
    replacingTerminals { node in
      if case .parameter(let p) = node { return .constant(values[p]) }
      return nil
    }
  }

  /// Calls `body` on this node and everything below it, parents first.
  public func visit(_ body: (Node) -> Void) {
    body(self)
    _ = mapChildren(
      { child in
        child.visit(body)
        return child
      },
      { child in
        child.visit(body)
        return child
      })
  }

  /// Whether `predicate` holds for this node or one below it.
  public func contains(where predicate: (Node) -> Bool) -> Bool {
    var found = false
    visit { if !found, predicate($0) { found = true } }
    return found
  }

  /// Whether the node depends on an unknown (or on a jet of one).
  public var dependsOnUnknowns: Bool {
    contains { node in
      switch node {
      case .unknown, .jet: true
      default: false
      }
    }
  }

  public var dependsOnTime: Bool { contains { $0 == .time } }
  public var dependsOnSpace: Bool {
    contains { node in
      switch node {
      case .coordinate, .random, .normal, .region: true
      default: false
      }
    }
  }
}

extension VectorNode {
  /// The vector with the transforms applied to each child.
  public func mapChildren(
    _ scalar: (Node) throws -> Node, _ transform: (VectorNode) throws -> VectorNode
  ) rethrows -> VectorNode {
    switch self {
    case .unknown, .normal: self
    case .components(let nodes): .components(try nodes.map(scalar))
    case .sum(let terms): .sum(try terms.map(transform))
    case .scaled(let factor, let a): .scaled(try scalar(factor), try transform(a))
    case .gradient(let a): .gradient(try scalar(a))
    case .perpendicularGradient(let a): .perpendicularGradient(try scalar(a))
    case .curl(let a): .curl(try transform(a))
    case .cross(let a, let b): .cross(try transform(a), try transform(b))
    case .laplacian(let a): .laplacian(try transform(a))
    case .advection(let a, let b): .advection(try transform(a), try transform(b))
    case .derivative(let a, let axis): .derivative(try transform(a), axis)
    case .timeDerivative(let a): .timeDerivative(try transform(a))
    case .normalDerivative(let a): .normalDerivative(try transform(a))
    case .tensorDivergence(let a): .tensorDivergence(try a.mapChildren(scalar, transform))
    case .tensorProduct(let a, let b): .tensorProduct(try a.mapChildren(scalar, transform), try transform(b))
    }
  }

  /// See ``Node/replacingTerminals(_:)``.
  public func replacingTerminals(_ replacement: (Node) -> Node?) -> VectorNode {
    mapChildren({ $0.replacingTerminals(replacement) }, { $0.replacingTerminals(replacement) })
  }

  /// See ``Node/visit(_:)``; vector unknowns are reported as `.unknown` nodes.
  public func visit(_ body: (Node) -> Void) {
    if case .unknown(let u) = self { body(.unknown(u)) }
    _ = mapChildren(
      { child in
        child.visit(body)
        return child
      },
      { child in
        child.visit(body)
        return child
      })
  }
}

extension TensorNode {
  /// The tensor with the transforms applied to each scalar and vector in it.
  public func mapChildren(
    _ scalar: (Node) throws -> Node, _ vector: (VectorNode) throws -> VectorNode
  ) rethrows -> TensorNode {
    switch self {
    case .identity: self
    case .gradient(let a): .gradient(try vector(a))
    case .transpose(let a): .transpose(try a.mapChildren(scalar, vector))
    case .outer(let a, let b): .outer(try vector(a), try vector(b))
    case .sum(let terms): .sum(try terms.map { try $0.mapChildren(scalar, vector) })
    case .scaled(let factor, let a): .scaled(try scalar(factor), try a.mapChildren(scalar, vector))
    }
  }
}
