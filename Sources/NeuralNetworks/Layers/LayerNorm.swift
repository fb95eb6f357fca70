import Tensors

/// Normalization of the last axis with a scale and a shift: y = (x − mean) / √(variance + ε) · scale + shift, for x of
/// shape […, width] (Ba, Kiros and Hinton, arXiv 1607.06450, 2016).
public struct LayerNorm<Scalar: Real>: Layer {
  /// Of shape [width]; begins at 1.
  @Parameter public var scale: Tensor<Scalar>
  /// Of shape [width]; begins at 0.
  @Parameter public var shift: Tensor<Scalar>
  /// ε.
  public let epsilon: Double

  /// A layer for rows of the given width.
  public init(_ width: Int, epsilon: Double = 1e-5) {
    scale = .ones([width])
    shift = .zeros([width])
    self.epsilon = epsilon
  }

  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    precondition(
      x.shape.last == scale.count, "an input of shape \(x.shape) for a normalization of width \(scale.count)")
    return x.normalized(epsilon: epsilon) * scale + shift
  }
}
