import Tensors

/// A multilayer perceptron: dense layers with an activation between them.
public struct MLP<Scalar: Real>: Layer {
  public let layers: [Dense<Scalar>]
  public let activation: Activation<Scalar>

  /// A network with the given widths, those of input and output included: [2, 64, 64, 1].
  public init(
    _ widths: [Int], activation: Activation<Scalar> = .tanh, initializer: Initializer = .glorotUniform,
    from stream: inout RandomStream
  ) {
    precondition(widths.count >= 2, "a network needs the widths of its input and its output, not \(widths)")
    var layers: [Dense<Scalar>] = []
    for (inputs, outputs) in zip(widths, widths.dropFirst()) {
      layers.append(Dense(inputs, outputs, initializer: initializer, from: &stream))
    }
    (self.layers, self.activation) = (layers, activation)
  }

  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    var h = x  // [points, inputs]
    for layer in layers.dropLast() { h = activation(layer(h)) }  // [points, width]
    return layers[layers.count - 1](h)  // [points, outputs]
  }
}
