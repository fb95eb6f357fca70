import Tensors

/// A dense layer with random weight factorization: y = x V diag(eˢ) + b, for x of shape […, inputs].
///
/// V and s are trained in place of their product, so that every neuron has a rate of its own. s is drawn normal around
/// `mean`, and V is such that the product begins as in a plain layer (Wang, Wang, Seidman and Perdikaris, arXiv
/// 2210.01274, 2022).
public struct FactorizedDense<Scalar: Real>: Layer {
  /// V, of shape [inputs, outputs].
  @Parameter public var direction: Tensor<Scalar>
  /// s, of shape [outputs].
  @Parameter public var logScale: Tensor<Scalar>
  /// b, of shape [outputs].
  @Parameter public var bias: Tensor<Scalar>

  /// A layer with drawn weights; s has the given mean and deviation.
  public init(
    _ inputs: Int, _ outputs: Int, mean: Double = 0.5, deviation: Double = 0.1,
    initializer: Initializer = .glorotUniform, from stream: inout RandomStream
  ) {
    let weight: Tensor<Scalar> = initializer(
      [inputs, outputs], inputs: inputs, outputs: outputs, from: &stream)
    let scale: Tensor<Scalar> =
      .randomNormal([outputs], deviation: Scalar(deviation), from: &stream) + Scalar(mean)
    direction = weight / exp(scale)
    logScale = scale
    bias = .zeros([outputs])
  }

  /// The weight that the two factors make, of shape [inputs, outputs].
  public var weight: Tensor<Scalar> { direction * exp(logScale) }

  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> { matmul(x, weight) + bias }
}
