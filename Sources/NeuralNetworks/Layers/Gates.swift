import Tensors

/// Two gates of the input, between which hidden layers choose: h ⊙ U + (1 − h) ⊙ V with U = σ(x W + b) and V alike
/// (Wang, Teng and Perdikaris, SIAM J. Sci. Comput. 43, 2021: the modified multilayer perceptron).
public struct Gates<Scalar: Real>: Module {
  /// Makes U, of shape [points, width].
  public let first: Dense<Scalar>
  /// Makes V, of shape [points, width].
  public let second: Dense<Scalar>
  /// σ.
  public let activation: Activation<Scalar>

  /// The gates of one input, to be used by all layers.
  public struct Values {
    let u: Tensor<Scalar>
    let v: Tensor<Scalar>

    /// h ⊙ U + (1 − h) ⊙ V, for h of shape [points, width].
    public func callAsFunction(_ h: Tensor<Scalar>) -> Tensor<Scalar> { v + h * (u - v) }
  }

  /// Gates for an input of `inputs` numbers per point.
  public init(
    _ inputs: Int, width: Int, activation: Activation<Scalar> = .tanh,
    initializer: Initializer = .glorotUniform, from stream: inout RandomStream
  ) {
    first = Dense(inputs, width, initializer: initializer, from: &stream)
    second = Dense(inputs, width, initializer: initializer, from: &stream)
    self.activation = activation
  }

  /// The gates of an input of shape [points, inputs].
  public func callAsFunction(_ x: Tensor<Scalar>) -> Values {
    Values(u: activation(first(x)), v: activation(second(x)))
  }
}
