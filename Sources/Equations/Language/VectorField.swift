import Geometry

/// A vector quantity of a PDE with one component per dimension of the domain.
public struct VectorField: Sendable, ExpressibleByArrayLiteral {
  /// The symbolic tree.
  public var node: VectorNode

  /// The vector with the given tree.
  public init(_ node: VectorNode) { self.node = node }
  /// The vector of the given components.
  public init(_ components: [ScalarField]) { node = .components(components.map(\.node)) }
  public init(_ components: ScalarField...) { self.init(components) }
  public init(arrayLiteral elements: ScalarField...) { self.init(elements) }

  /// A vector unknown; its components are named u_x, u_y, u_z.
  public static func unknown(_ name: String) -> VectorField {
    VectorField(.unknown(Unknown(name: name, kind: .vector)))
  }

  /// The outward normal, for conditions and integrals over boundaries.
  public static var normal: VectorField { VectorField(.normal) }

  public var x: ScalarField { ScalarField(.component(node, .x)) }
  public var y: ScalarField { ScalarField(.component(node, .y)) }
  public var z: ScalarField { ScalarField(.component(node, .z)) }

  public static prefix func - (a: VectorField) -> VectorField {
    VectorField(.scaled(.constant(-1), a.node))
  }
  public static func + (a: VectorField, b: VectorField) -> VectorField {
    VectorField(.sum(a.node.summands + b.node.summands))
  }
  public static func - (a: VectorField, b: VectorField) -> VectorField { a + -b }
  public static func * (a: ScalarField, b: VectorField) -> VectorField {
    VectorField(.scaled(a.node, b.node))
  }
  public static func * (a: VectorField, b: ScalarField) -> VectorField { b * a }
  public static func * (a: some PlainNumber, b: VectorField) -> VectorField { ScalarField(a.double) * b }
  public static func * (a: VectorField, b: some PlainNumber) -> VectorField { ScalarField(b.double) * a }
  public static func / (a: VectorField, b: ScalarField) -> VectorField { (1 / b) * a }
  public static func / (a: VectorField, b: some PlainNumber) -> VectorField { a / ScalarField(b.double) }

  public static func == (a: VectorField, b: VectorField) -> Equation { Equation(a, b) }
}

extension VectorNode {
  /// The terms of a sum, or the vector itself.
  var summands: [VectorNode] {
    if case .sum(let terms) = self { return terms }
    return [self]
  }
}
