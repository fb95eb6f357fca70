import Tensors

/// Normalization of images over groups of channels and all pixels, with a scale and a shift per channel: x of shape
/// [batch, channels, extents] to the same shape (Wu and He, arXiv 1803.08494, 2018).
public struct GroupNorm<Scalar: Real>: Layer {
  /// Of shape [channels]; begins at 1.
  @Parameter public var scale: Tensor<Scalar>
  /// Of shape [channels]; begins at 0.
  @Parameter public var shift: Tensor<Scalar>
  /// The number of groups, a divisor of the number of channels.
  public let groups: Int
  /// ε, which is added to the variance.
  public let epsilon: Double

  /// A layer for images of the given number of channels.
  public init(_ channels: Int, groups: Int, epsilon: Double = 1e-5) {
    precondition(
      groups >= 1 && channels % groups == 0, "\(channels) channels cannot be divided into \(groups) groups")
    scale = .ones([channels])
    shift = .zeros([channels])
    (self.groups, self.epsilon) = (groups, epsilon)
  }

  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    let normal = x.normalizedByGroups(groups, channels: scale.count, epsilon: epsilon)
    return normal * scale.perChannel(rank: x.rank) + shift.perChannel(rank: x.rank)
  }
}

extension Tensor {
  /// Images [batch, channels, extents] normalized over groups of channels and all pixels.
  func normalizedByGroups(_ groups: Int, channels: Int, epsilon: Double) -> Tensor {
    precondition(
      rank >= 2 && shape[1] == channels,
      "an input of shape \(shape) for a normalization of \(channels) channels")
    let rows = shape[0] * groups
    return reshaped([rows, rows == 0 ? 0 : count / rows]).normalized(epsilon: epsilon).reshaped(shape)
  }
}
