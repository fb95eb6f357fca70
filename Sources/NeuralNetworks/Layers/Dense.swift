import Tensors

/// A linear map of the last axis with a bias: y = x W + b, for x of shape […, inputs].
public struct Dense<Scalar: Real>: Layer {
  /// W, of shape [inputs, outputs].
  @Parameter public var weight: Tensor<Scalar>
  /// b, of shape [outputs].
  @Parameter public var bias: Tensor<Scalar>

  /// A layer with drawn weights.
  public init(
    _ inputs: Int, _ outputs: Int, initializer: Initializer = .glorotUniform, from stream: inout RandomStream
  ) {
    weight = initializer([inputs, outputs], inputs: inputs, outputs: outputs, from: &stream)
    bias =
      initializer == .fanIn
      ? initializer([outputs], inputs: inputs, outputs: outputs, from: &stream) : .zeros([outputs])
  }

  /// A layer with given weights.
  public init(weight: Tensor<Scalar>, bias: Tensor<Scalar>) {
    precondition(
      weight.rank == 2 && bias.shape == [weight.shape[1]],
      "a weight of shape \(weight.shape) with a bias of shape \(bias.shape)")
    (self.weight, self.bias) = (weight, bias)
  }

  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> { matmul(x, weight) + bias }
}
