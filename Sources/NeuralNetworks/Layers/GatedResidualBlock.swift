import Tensors

/// A residual block with gates and a trainable share: x ← α h + (1 − α) x, where h = σ(W₃ z₂), z₂ and z₁ are σ(W₂ z₁) and
/// σ(W₁ x) passed through the gates. α begins at 0, so that a deep network begins as a linear one (Wang, Li, Chen and
/// Perdikaris, PirateNets, arXiv 2402.00326, 2024).
public struct GatedResidualBlock<Scalar: Real>: Module {
  /// The three layers, each from width to width.
  public let layers: [FactorizedDense<Scalar>]
  /// α, of shape [1].
  @Parameter public var share: Tensor<Scalar>
  /// σ.
  public let activation: Activation<Scalar>

  /// A block for values of shape [points, width].
  public init(
    _ width: Int, activation: Activation<Scalar> = .tanh, share: Double = 0, mean: Double = 0.5,
    initializer: Initializer = .glorotUniform, from stream: inout RandomStream
  ) {
    var layers: [FactorizedDense<Scalar>] = []
    for _ in 0..<3 {
      layers.append(FactorizedDense(width, width, mean: mean, initializer: initializer, from: &stream))
    }
    (self.layers, self.activation) = (layers, activation)
    self.share = Tensor([Scalar(share)])
  }

  public func callAsFunction(_ x: Tensor<Scalar>, gates: Gates<Scalar>.Values) -> Tensor<Scalar> {
    let first = gates(activation(layers[0](x)))
    let second = gates(activation(layers[1](first)))
    let h = activation(layers[2](second))
    return x + share * (h - x)
  }
}
