import Tensors

/// A trigonometric sum with trained coefficients: y = c + Σ aₖ cos(kₖ·x) + bₖ sin(kₖ·x).
///
/// Linear in all that is trained: the model on which preconditioning by an operator is exact.
public struct FourierSeries<Scalar: Real>: Layer {
  /// cos and sin of the waves, whose frequencies are fixed.
  public let features: FourierFeatures<Scalar>
  /// a above b, of shape [2 · waves, outputs], and c.
  public let output: Dense<Scalar>

  /// A sum over waves, zero in the beginning.
  ///
  /// - Parameter waves: Wave vectors in radians per unit of each coordinate, without the zero vector.
  public init(_ waves: [[Double]], outputs: Int = 1) {
    features = FourierFeatures(waves: waves)
    var stream = RandomStream(seed: 0)
    output = Dense(2 * waves.count, outputs, initializer: .zeros, from: &stream)
  }

  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> { output(features(x)) }
}
