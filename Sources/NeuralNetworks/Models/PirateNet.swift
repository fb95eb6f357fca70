import Tensors

/// A physics-informed residual adaptive network (Wang, Li, Chen & Perdikaris 2024): blocks whose contribution begins at
/// zero, so that the network begins as a linear model of random Fourier features.
public struct PirateNet<Scalar: Real>: Layer {
  /// One block: f = σ(x W₁), f U + (1 − f) V, twice, then α σ(x W₃) + (1 − α) x.
  public struct Block: Module {
    public let layers: [Dense<Scalar>]
    /// α, of shape [1], 0 at the start.
    @Parameter public var strength: Tensor<Scalar>

    init(_ width: Int, _ initializer: Initializer, from stream: inout RandomStream) {
      var layers: [Dense<Scalar>] = []
      for _ in 0..<3 { layers.append(Dense(width, width, initializer: initializer, from: &stream)) }
      self.layers = layers
      strength = .zeros([1])
    }

    func callAsFunction(
      _ x: Tensor<Scalar>, _ u: Tensor<Scalar>, _ v: Tensor<Scalar>, _ activation: Activation<Scalar>
    ) -> Tensor<Scalar> {
      var h = x
      for layer in layers.dropLast() { h = v + activation(layer(h)) * (u - v) }
      let inner = activation(layers[2](h))
      return x + strength * (inner - x)
    }
  }

  /// B of the features cos(xB), sin(xB), of shape [inputs, width/2].
  public let frequencies: Parameter<Scalar>
  public let first: Dense<Scalar>
  public let second: Dense<Scalar>
  public let blocks: [Block]
  public let last: Dense<Scalar>
  public let activation: Activation<Scalar>

  /// A network with an even width.
  ///
  /// - Parameter deviation: The standard deviation of the frequencies.
  public init(
    inputs: Int, width: Int, blocks count: Int, outputs: Int, deviation: Double = 1,
    activation: Activation<Scalar> = .tanh, initializer: Initializer = .glorotNormal,
    from stream: inout RandomStream
  ) {
    precondition(width % 2 == 0, "the width of a PirateNet is even, not \(width)")
    frequencies = Parameter(
      wrappedValue: .randomNormal([inputs, width / 2], deviation: Scalar(deviation), from: &stream))
    first = Dense(width, width, initializer: initializer, from: &stream)
    second = Dense(width, width, initializer: initializer, from: &stream)
    var blocks: [Block] = []
    for _ in 0..<count { blocks.append(Block(width, initializer, from: &stream)) }
    self.blocks = blocks
    last = Dense(width, outputs, initializer: initializer, from: &stream)
    self.activation = activation
  }

  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    let phase = matmul(x, frequencies.wrappedValue)
    var h: Tensor<Scalar> = .concatenated([cos(phase), sin(phase)], axis: 1)  // [points, width]
    let (u, v) = (activation(first(h)), activation(second(h)))
    for block in blocks { h = block(h, u, v, activation) }
    return last(h)
  }
}
