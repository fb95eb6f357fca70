import Tensors

/// A multilayer perceptron whose hidden layers are mixed with two encodings of the input (Wang, Teng & Perdikaris 2021):
/// with U = σ(x W_u + b_u) and V = σ(x W_v + b_v), every h = σ(h W + b) becomes h U + (1 − h) V.
public struct ModifiedMLP<Scalar: Real>: Layer {
  public let gates: Gates<Scalar>
  public let layers: [Dense<Scalar>]
  public let activation: Activation<Scalar>

  /// A network with the given widths, those of input and output included; all hidden ones are equal.
  public init(
    _ widths: [Int], activation: Activation<Scalar> = .tanh, initializer: Initializer = .glorotUniform,
    from stream: inout RandomStream
  ) {
    precondition(
      widths.count >= 3 && Set(widths.dropFirst().dropLast()).count == 1,
      "a modified network has hidden layers of one width, not \(widths)")
    gates = Gates(
      widths[0], width: widths[1], activation: activation, initializer: initializer, from: &stream)
    var layers: [Dense<Scalar>] = []
    for (inputs, outputs) in zip(widths, widths.dropFirst()) {
      layers.append(Dense(inputs, outputs, initializer: initializer, from: &stream))
    }
    (self.layers, self.activation) = (layers, activation)
  }

  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    let gate = gates(x)
    var h = x
    for layer in layers.dropLast() { h = gate(activation(layer(h))) }  // [points, width]
    return layers[layers.count - 1](h)
  }
}
