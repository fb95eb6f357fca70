import Tensors

/// A multilayer perceptron behind random Fourier features (Tancik et al. 2020): cos(xB), sin(xB) with B ~ N(0, s²).
public struct FourierFeatureNetwork<Scalar: Real>: Layer {
  /// cos and sin of the waves.
  public let features: FourierFeatures<Scalar>
  /// The perceptron that takes them.
  public let network: MLP<Scalar>

  /// A network with the given hidden widths and outputs, of which the first is the number of features.
  public init(
    inputs: Int, _ widths: [Int], deviation: Double = 1, isTrainable: Bool = false,
    activation: Activation<Scalar> = .tanh, initializer: Initializer = .glorotUniform,
    from stream: inout RandomStream
  ) {
    precondition(
      widths.count >= 2 && widths[0] % 2 == 0, "an even number of features and an output, not \(widths)")
    features = FourierFeatures(
      inputs, features: widths[0] / 2, scales: [deviation], isTrainable: isTrainable, from: &stream)
    network = MLP(widths, activation: activation, initializer: initializer, from: &stream)
  }

  /// A network on given waves, with the given hidden widths and outputs.
  ///
  /// - Parameter waves: Wave vectors in radians per unit of each coordinate.
  public init(
    waves: [[Double]], _ widths: [Int], activation: Activation<Scalar> = .tanh,
    initializer: Initializer = .glorotUniform, from stream: inout RandomStream
  ) {
    features = FourierFeatures(waves: waves)
    network = MLP([2 * waves.count] + widths, activation: activation, initializer: initializer, from: &stream)
  }

  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> { network(features(x)) }
}
