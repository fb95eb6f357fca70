import Tensors

/// Physics-informed Gaussians: features that are sums of Gaussians, then a small multilayer perceptron (Kang, Oh, Hong and
/// Park, arXiv 2412.05994, 2024).
///
/// The paper has 4 features of some hundred to some thousand Gaussians, one hidden layer of 16 and tanh, and trains with
/// L-BFGS on points that are drawn anew every 20 steps.
public struct GaussianNetwork<Scalar: Real>: Layer {
  public let gaussians: GaussianFeatures<Scalar>
  public let network: MLP<Scalar>

  /// A network with Gaussians in a box.
  ///
  /// - Parameters:
  ///   - box: The interval of each input; inputs of a `PhysicsNetwork` are within −1 and 1.
  ///   - count: Gaussians per feature.
  ///   - hidden: Widths of hidden layers.
  public init(
    box: [ClosedRange<Double>], count: Int, outputs: Int, features: Int = 4, hidden: [Int] = [16],
    width: Double = 0.1, activation: Activation<Scalar> = .tanh, from stream: inout RandomStream
  ) {
    gaussians = GaussianFeatures(box: box, features: features, count: count, width: width, from: &stream)
    network = MLP([features] + hidden + [outputs], activation: activation, from: &stream)
  }

  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    network(gaussians(x))  // [points, features] to [points, outputs]
  }
}
