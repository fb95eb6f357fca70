/// One equation between two scalar or two vector quantities.
public struct Equation: Sendable {
  /// The two sides.
  public enum Sides: Hashable, Sendable {
    case scalar(Node, Node)
    case vector(VectorNode, VectorNode)
  }

  public var sides: Sides

  /// left = right, for scalars.
  public init(_ left: ScalarField, _ right: ScalarField) { sides = .scalar(left.node, right.node) }
  /// left = right, for vectors.
  public init(_ left: VectorField, _ right: VectorField) { sides = .vector(left.node, right.node) }
}
