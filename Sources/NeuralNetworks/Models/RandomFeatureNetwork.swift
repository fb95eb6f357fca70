import Tensors

/// One hidden layer with weights that stay as they were drawn, and a linear output (Huang, Zhu & Siew 2006; for equations
/// Dong & Li 2021).
///
/// The output is linear in all that is trained, so a linear equation is one least-squares problem: one step of Gauss-Newton
/// solves it. Every comparison on a linear equation should have this row.
public struct RandomFeatureNetwork<Scalar: Real>: Layer {
  /// The hidden weights, of shape [inputs, features], and biases, of shape [features]; fixed.
  public let weight: Parameter<Scalar>
  public let bias: Parameter<Scalar>
  /// The linear map of the features, which is trained.
  public let output: Dense<Scalar>
  public let activation: Activation<Scalar>

  /// A network with weights and biases uniform within ±range.
  public init(
    inputs: Int, features: Int, outputs: Int, range: Double = 3, activation: Activation<Scalar> = .tanh,
    from stream: inout RandomStream
  ) {
    precondition(range > 0, "the weights of random features are within ±\(range)")
    let interval = Scalar(-range)..<Scalar(range)
    weight = Parameter(
      wrappedValue: .randomUniform([inputs, features], in: interval, from: &stream), isTrainable: false)
    bias = Parameter(
      wrappedValue: .randomUniform([features], in: interval, from: &stream), isTrainable: false)
    output = Dense(features, outputs, initializer: .zeros, from: &stream)
    self.activation = activation
  }

  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    output(activation(matmul(x, weight.wrappedValue) + bias.wrappedValue))
  }
}
