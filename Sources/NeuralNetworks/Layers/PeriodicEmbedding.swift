import Tensors

/// Coordinates of which some are replaced by waves, so that every function of the result is periodic in them: x of shape
/// […, inputs] to the coordinates without a period, cos(k ω x) and sin(k ω x) for k = 1 … harmonics of each of the others.
///
/// Derivatives of all orders are periodic too (Dong and Ni, J. Comput. Phys. 435, 2021).
public struct PeriodicEmbedding<Scalar: Real>: Layer {
  /// ω = 2π / period, one per periodic coordinate; may be trained where a period is not known.
  public let frequency: Parameter<Scalar>
  /// The period of each coordinate; nil for one that is not periodic.
  public let periods: [Double?]
  /// The number of harmonics of each periodic coordinate.
  public let harmonics: Int

  /// An embedding of coordinates with these periods.
  public init(periods: [Double?], harmonics: Int = 1, isTrainable: Bool = false) {
    let known = periods.compactMap { $0 }
    precondition(
      harmonics >= 1 && known.allSatisfy { $0 > 0 } && !known.isEmpty,
      "\(harmonics) harmonics of the periods \(periods)")
    (self.periods, self.harmonics) = (periods, harmonics)
    frequency = Parameter(
      wrappedValue: Tensor(known.map { Scalar(2 * Double.pi / $0) }), isTrainable: isTrainable)
  }

  /// The length of the last axis of the result.
  public var outputs: Int { periods.reduce(0) { $0 + ($1 == nil ? 1 : 2 * harmonics) } }

  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    precondition(
      x.shape.last == periods.count, "an input of shape \(x.shape) for \(periods.count) coordinates")
    let axes = periods.indices.filter { periods[$0] != nil }
    let others = periods.indices.filter { periods[$0] == nil }
    // Coordinate axes[i] times ω_i and each whole number: one product with a matrix [inputs, axes · harmonics].
    let multiples = Tensor<Scalar>(shape: [periods.count, axes.count, harmonics]) { out in
      for (p, _) in periods.enumerated() {
        for (i, axis) in axes.enumerated() {
          for k in 0..<harmonics {
            out[(p * axes.count + i) * harmonics + k] = p == axis ? Scalar(k + 1) : 0
          }
        }
      }
    }
    let matrix = (multiples * frequency.wrappedValue.reshaped([axes.count, 1]))
      .reshaped([periods.count, axes.count * harmonics])
    let phase = matmul(x, matrix)
    let last = x.rank - 1
    let kept = others.map { x.slice(axis: last, $0..<$0 + 1) }
    return .concatenated(kept + [cos(phase), sin(phase)], axis: last)
  }
}
