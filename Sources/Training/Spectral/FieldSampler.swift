/// A law from which fields are drawn that a solution operator takes.
public struct FieldSampler: Sendable, Hashable {
  /// The law.
  public enum Law: Sendable, Hashable {
    /// A Gaussian process of mean zero and variance one on a grid of points, whose covariance is a product over the axes:
    /// exp(−sin²(πd/L) / 2λ²) on a periodic axis and exp(−(d/L)² / 2λ²) on a bounded one, for two places a distance d apart
    /// on an axis of length L.
    ///
    /// So λ is a part of the axis. On a periodic one it is half the ℓ of exp(−2 sin²(πd/L)/ℓ²) (MacKay 1998), and the
    /// length beyond which nearby values decorrelate is λL/π. It is the law of Du et al. (2024).
    case gaussianProcess(length: Double)
    /// One number, uniform within the range of the sampler, everywhere.
    case constant
  }

  public var law: Law
  /// Points per spatial axis at which a process is drawn, equally spaced or Chebyshev's; between them the field is their
  /// interpolant. The grid's own where left out.
  public var points: Int?
  /// Whether the mean over the points is subtracted.
  public var hasZeroMean: Bool
  /// What the least and the greatest value at the points are brought to by an affine map, if anything.
  public var range: ClosedRange<Double>?
  /// What samples are multiplied by.
  public var amplitude: Double

  /// A Gaussian process; see ``Law/gaussianProcess(length:)``.
  public static func gaussianProcess(
    length: Double, points: Int? = nil, zeroMean: Bool = false, range: ClosedRange<Double>? = nil,
    amplitude: Double = 1
  ) -> FieldSampler {
    precondition(length > 0 && points ?? 1 > 0, "a process of length \(length) on \(points ?? 1) points")
    return FieldSampler(
      law: .gaussianProcess(length: length), points: points, hasZeroMean: zeroMean, range: range,
      amplitude: amplitude)
  }

  /// One number per sample, uniform within a range.
  public static func constant(in range: ClosedRange<Double>) -> FieldSampler {
    FieldSampler(law: .constant, points: nil, hasZeroMean: false, range: range, amplitude: 1)
  }
}
