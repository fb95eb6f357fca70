import Tensors

/// Images with more pixels: x of shape [batch, channels, extents] to [batch, channels, extents · factor].
///
/// Pixels are cells: those of the result divide those of the input evenly, and linear interpolation is between centres
/// (continued by the pixel at the edge, or periodically).
public struct Upsampling<Scalar: Real>: Layer {
  /// How pixels in between are found.
  public enum Kind: String, CaseIterable, Sendable, Codable {
    case nearest, linear
  }

  public let kind: Kind
  /// By how much each dimension is longer.
  public let factors: [Int]
  /// Whether images are periodic.
  public let isPeriodic: Bool

  /// Upsampling by whole factors, one per dimension.
  public init(_ kind: Kind, factors: [Int], isPeriodic: Bool = false) {
    precondition(factors.allSatisfy { $0 >= 1 }, "factors are 1 or more, not \(factors)")
    (self.kind, self.factors, self.isPeriodic) = (kind, factors, isPeriodic)
  }

  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    precondition(x.rank == factors.count + 2, "an input of shape \(x.shape) for the factors \(factors)")
    var result = x
    for (i, factor) in factors.enumerated() where factor > 1 {
      result =
        kind == .nearest ? repeated(result, axis: i + 2, factor) : interpolated(result, axis: i + 2, factor)
    }
    return result
  }

  private func repeated(_ x: Tensor<Scalar>, axis: Int, _ factor: Int) -> Tensor<Scalar> {
    var (apart, wide, merged) = (x.shape, x.shape, x.shape)
    apart.insert(1, at: axis + 1)
    wide.insert(factor, at: axis + 1)
    merged[axis] *= factor
    return x.reshaped(apart).broadcast(to: wide).reshaped(merged)
  }

  private func interpolated(_ x: Tensor<Scalar>, axis: Int, _ factor: Int) -> Tensor<Scalar> {
    let n = x.shape[axis]
    let (first, last) = (x.slice(axis: axis, 0..<1), x.slice(axis: axis, n - 1..<n))
    let before = Tensor.concatenated(
      [isPeriodic ? last : first, x.slice(axis: axis, 0..<n - 1)], axis: axis)
    let after = Tensor.concatenated([x.slice(axis: axis, 1..<n), isPeriodic ? first : last], axis: axis)
    let phases = (0..<factor).map { phase in
      // The centre of the small cell, from that of the large one.
      let offset = (Double(phase) + 0.5) / Double(factor) - 0.5
      if offset == 0 { return x }
      let weight = Scalar(offset.magnitude)
      return x * (1 - weight) + (offset < 0 ? before : after) * weight
    }
    var merged = x.shape
    merged[axis] *= factor
    return Tensor.stacked(phases, axis: axis + 1).reshaped(merged)
  }
}
