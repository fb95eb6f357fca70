import Tensors

/// Normalization of every channel of every image over its pixels, with a scale and a shift per channel: x of shape
/// [batch, channels, extents] to the same shape (Ulyanov, Vedaldi and Lempitsky, arXiv 1607.08022, 2016).
public struct InstanceNorm<Scalar: Real>: Layer {
  /// Of shape [channels]; begins at 1.
  @Parameter public var scale: Tensor<Scalar>
  /// Of shape [channels]; begins at 0.
  @Parameter public var shift: Tensor<Scalar>
  /// ε, which is added to the variance.
  public let epsilon: Double

  /// A layer for images of the given number of channels.
  public init(_ channels: Int, epsilon: Double = 1e-5) {
    scale = .ones([channels])
    shift = .zeros([channels])
    self.epsilon = epsilon
  }

  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    let normal = x.normalizedByGroups(scale.count, channels: scale.count, epsilon: epsilon)
    return normal * scale.perChannel(rank: x.rank) + shift.perChannel(rank: x.rank)
  }
}
