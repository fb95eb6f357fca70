import Tensors

/// The mean or the maximum over windows of images: x of shape [batch, channels, extents] to [batch, channels, fewer].
///
/// A dimension of n pixels becomes (n − size) / stride + 1, rounded down.
public struct Pooling<Scalar: Real>: Layer {
  /// What is kept of a window.
  public enum Kind: String, CaseIterable, Sendable, Codable {
    case average, maximum
  }

  public let kind: Kind
  /// The extents of a window.
  public let size: [Int]
  /// The distance of neighbouring windows, per dimension.
  public let stride: [Int]

  /// Pooling over windows of a size, which do not overlap unless strides are given.
  public init(_ kind: Kind, size: [Int], stride: [Int]? = nil) {
    precondition(
      size.allSatisfy { $0 >= 1 } && (stride ?? size).count == size.count
        && (stride ?? size).allSatisfy { $0 >= 1 }, "windows of size \(size) with strides \(stride ?? size)")
    (self.kind, self.size, self.stride) = (kind, size, stride ?? size)
  }

  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    precondition(
      x.rank == size.count + 2 && zip(x.shape.dropFirst(2), size).allSatisfy { $0 >= $1 },
      "an input of shape \(x.shape) for windows of size \(size)")
    // Axis by axis: both means and maxima of boxes are made of those of their edges.
    var result = x
    for (i, (size, stride)) in zip(size, stride).enumerated() {
      let axis = i + 2
      let count = (result.shape[axis] - size) / stride + 1
      let parts = (0..<size).map { result.slice(axis: axis, start: $0, step: stride, count: count) }
      result = parts.dropFirst().reduce(parts[0]) { kind == .maximum ? max($0, $1) : $0 + $1 }
    }
    return kind == .maximum ? result : result * Scalar(1 / Double(size.reduce(1, *)))
  }
}
