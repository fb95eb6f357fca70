import Tensors

/// A physics-informed residual adaptive network (Wang, Li, Chen & Perdikaris 2024): blocks whose share begins at zero, so
/// that the network begins as a linear model of random Fourier features.
public struct PirateNet<Scalar: Real>: Layer {
  public let features: FourierFeatures<Scalar>
  public let gates: Gates<Scalar>
  public let blocks: [GatedResidualBlock<Scalar>]
  public let last: Dense<Scalar>

  /// A network with an even width.
  ///
  /// - Parameter deviation: The standard deviation of the frequencies.
  public init(
    inputs: Int, width: Int, blocks count: Int, outputs: Int, deviation: Double = 1,
    activation: Activation<Scalar> = .tanh, initializer: Initializer = .glorotNormal,
    from stream: inout RandomStream
  ) {
    precondition(width % 2 == 0, "the width of a PirateNet is even, not \(width)")
    features = FourierFeatures(
      inputs, features: width / 2, scales: [deviation], isTrainable: true, from: &stream)
    gates = Gates(width, width: width, activation: activation, initializer: initializer, from: &stream)
    var blocks: [GatedResidualBlock<Scalar>] = []
    for _ in 0..<count {
      blocks.append(
        GatedResidualBlock(width, activation: activation, initializer: initializer, from: &stream))
    }
    self.blocks = blocks
    last = Dense(width, outputs, initializer: initializer, from: &stream)
  }

  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    var h = features(x)  // [points, width]
    let gate = gates(h)
    for block in blocks { h = block(h, gates: gate) }
    return last(h)
  }
}
