import Tensors

/// A multilayer perceptron behind random Fourier features (Tancik et al. 2020): cos(xB), sin(xB) with B ~ N(0, s²).
public struct FourierFeatureNetwork<Scalar: Real>: Layer {
  /// B, of shape [inputs, features/2]; fixed, or trained along.
  public let frequencies: Parameter<Scalar>
  public let network: MLP<Scalar>

  /// A network with the given hidden widths and outputs, of which the first is the number of features.
  public init(
    inputs: Int, _ widths: [Int], deviation: Double = 1, isTrainable: Bool = false,
    activation: Activation<Scalar> = .tanh, initializer: Initializer = .glorotUniform,
    from stream: inout RandomStream
  ) {
    precondition(
      widths.count >= 2 && widths[0] % 2 == 0, "an even number of features and an output, not \(widths)")
    frequencies = Parameter(
      wrappedValue: .randomNormal([inputs, widths[0] / 2], deviation: Scalar(deviation), from: &stream),
      isTrainable: isTrainable)
    network = MLP(widths, activation: activation, initializer: initializer, from: &stream)
  }

  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    let phase = matmul(x, frequencies.wrappedValue)
    return network(.concatenated([cos(phase), sin(phase)], axis: 1))
  }
}
