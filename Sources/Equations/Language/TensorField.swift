import Geometry

/// A tensor of second order, such as a stress: what equations of solids and fluids take the divergence of.
///
/// ```swift
/// let stress = 2 * mu * symmetric(grad(u)) + lambda * div(u) * TensorField.identity
/// let equations = [-div(stress) == f]
/// let conditions: [Condition] = [.neumann(dot(stress, .normal) == traction, on: "top")]
/// ```
public struct TensorField: Sendable {
  /// The symbolic tree.
  public var node: TensorNode

  /// The tensor with the given tree.
  public init(_ node: TensorNode) { self.node = node }

  /// The unit tensor.
  public static let identity = TensorField(.identity)

  public static prefix func - (a: TensorField) -> TensorField {
    TensorField(.scaled(.constant(-1), a.node))
  }
  public static func + (a: TensorField, b: TensorField) -> TensorField {
    TensorField(.sum(a.node.summands + b.node.summands))
  }
  public static func - (a: TensorField, b: TensorField) -> TensorField { a + -b }
  public static func * (a: ScalarField, b: TensorField) -> TensorField {
    TensorField(.scaled(a.node, b.node))
  }
  public static func * (a: TensorField, b: ScalarField) -> TensorField { b * a }
  public static func * (a: some PlainNumber, b: TensorField) -> TensorField { ScalarField(a.double) * b }
  public static func * (a: TensorField, b: some PlainNumber) -> TensorField { ScalarField(b.double) * a }
}

/// The gradient of a vector, (∇a)ᵢⱼ = ∂ⱼaᵢ.
public func grad(_ a: VectorField) -> TensorField { TensorField(.gradient(a.node)) }
/// The transpose.
public func transpose(_ a: TensorField) -> TensorField { TensorField(.transpose(a.node)) }
/// The symmetric part (a + aᵀ)/2; of a displacement's gradient, the strain.
public func symmetric(_ a: TensorField) -> TensorField { 0.5 * (a + transpose(a)) }
/// The tensor aᵢbⱼ.
public func outer(_ a: VectorField, _ b: VectorField) -> TensorField { TensorField(.outer(a.node, b.node)) }
/// The divergence of a tensor by rows, Σⱼ ∂ⱼaᵢⱼ.
public func div(_ a: TensorField) -> VectorField { VectorField(.tensorDivergence(a.node)) }
/// The product of a tensor and a vector, Σⱼ aᵢⱼbⱼ.
public func dot(_ a: TensorField, _ b: VectorField) -> VectorField {
  VectorField(.tensorProduct(a.node, b.node))
}

extension TensorNode {
  /// The terms of a sum, or the tensor itself.
  var summands: [TensorNode] {
    if case .sum(let terms) = self { return terms }
    return [self]
  }
}
