import Tensors

/// Layers one after another; parameters are named by their places, as in `layers.0.weight`.
public struct Sequential<Scalar: Real>: Layer {
  public let layers: [any Layer<Scalar>]

  /// The layers in the order in which they are applied.
  public init(_ layers: [any Layer<Scalar>]) { self.layers = layers }

  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    func apply(_ layer: some Layer<Scalar>, _ x: Tensor<Scalar>) -> Tensor<Scalar> { layer(x) }
    return layers.reduce(x) { apply($1, $0) }
  }
}

extension Activation: Layer {}
