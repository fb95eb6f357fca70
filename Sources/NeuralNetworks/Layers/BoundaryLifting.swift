import Tensors

/// A face of a box, given by an axis and the side on it.
public struct BoxFace: Hashable, Sendable {
  public var axis: Int
  /// Whether it is the face at the upper end.
  public var isUpper: Bool

  /// The face at one end of an axis.
  public init(axis: Int, isUpper: Bool) { (self.axis, self.isUpper) = (axis, isUpper) }
}

/// A network that has given values on faces of a box, whatever its parameters: u = g + d · N, where d vanishes on these
/// faces and nowhere else in the box (Lagaris, Likas and Fotiadis, IEEE Trans. Neural Netw. 9, 1998).
///
/// d is the product of the distances from the faces, each in units of the box; both faces of an axis make 4 s (1 − s), with
/// s from 0 to 1. x has the shape [points, axes], and the result that of N, [points, outputs].
public struct BoundaryLifting<Scalar: Real, Network: Layer>: Layer where Network.Scalar == Scalar {
  /// N.
  public let network: Network
  /// The ends of the box along each axis.
  public let box: [ClosedRange<Double>]
  /// The faces on which the values are given.
  public let faces: [BoxFace]
  /// g, which takes points and has the given values on these faces.
  public let values: @Sendable (Tensor<Scalar>) -> Tensor<Scalar>

  /// A network with given values on faces of a box: on all of them where none are named.
  public init(
    _ network: Network, box: [ClosedRange<Double>], faces: [BoxFace]? = nil,
    values: @escaping @Sendable (Tensor<Scalar>) -> Tensor<Scalar>
  ) {
    let faces =
      faces
      ?? box.indices.flatMap { [BoxFace(axis: $0, isUpper: false), BoxFace(axis: $0, isUpper: true)] }
    precondition(
      faces.allSatisfy { box.indices.contains($0.axis) } && box.allSatisfy { $0.upperBound > $0.lowerBound },
      "the faces \(faces) are not all of the box \(box)")
    (self.network, self.box, self.faces, self.values) = (network, box, faces, values)
  }

  /// d, of shape [points, 1].
  public func distance(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    var product: Tensor<Scalar>?
    for (axis, range) in box.enumerated() {
      let sides = Set(faces.filter { $0.axis == axis }.map(\.isUpper))
      guard !sides.isEmpty else { continue }
      let length = range.upperBound - range.lowerBound
      let s = (x.slice(axis: 1, axis..<axis + 1) - Scalar(range.lowerBound)) * Scalar(1 / length)
      let factor = sides.count == 2 ? 4 * s * (1 - s) : sides.contains(true) ? 1 - s : s
      product = product.map { $0 * factor } ?? factor
    }
    return product ?? .ones([x.shape[0], 1])
  }

  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    precondition(
      x.rank == 2 && x.shape[1] == box.count, "points of shape \(x.shape) for a box of \(box.count) axes")
    return values(x) + distance(x) * network(x)
  }
}
