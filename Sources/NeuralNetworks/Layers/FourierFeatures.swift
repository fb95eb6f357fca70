import Tensors

/// Random Fourier features: y = [cos(x B), sin(x B)] for x of shape […, inputs], of shape […, 2 · features].
///
/// The frequencies B are drawn normal with deviation `scale`, in radians per unit of x; they stay as they are or are
/// trained (Tancik et al., arXiv 2006.10739, 2020; with several scales, Wang, Wang and Perdikaris, arXiv 2012.10047, 2020).
public struct FourierFeatures<Scalar: Real>: Layer {
  /// B, of shape [inputs, features].
  public let frequencies: Parameter<Scalar>

  /// Features with drawn frequencies, `features` of each scale.
  public init(
    _ inputs: Int, features: Int, scales: [Double] = [1], isTrainable: Bool = false,
    from stream: inout RandomStream
  ) {
    precondition(
      !scales.isEmpty && features > 0, "\(features) features of the scales \(scales)")
    var parts: [Tensor<Scalar>] = []
    for scale in scales {
      parts.append(.randomNormal([inputs, features], deviation: Scalar(scale), from: &stream))
    }
    frequencies = Parameter(wrappedValue: .concatenated(parts, axis: 1), isTrainable: isTrainable)
  }

  /// Features with given frequencies, of shape [inputs, features].
  public init(frequencies: Tensor<Scalar>, isTrainable: Bool = false) {
    precondition(
      frequencies.rank == 2, "frequencies of shape \(frequencies.shape) instead of [inputs, features]")
    self.frequencies = Parameter(wrappedValue: frequencies, isTrainable: isTrainable)
  }

  /// Features of given waves.
  ///
  /// - Parameter waves: Wave vectors in radians per unit of each coordinate.
  public init(waves: [[Double]]) {
    let inputs = waves.first?.count ?? 0
    precondition(
      inputs > 0 && waves.allSatisfy { $0.count == inputs },
      "wave vectors of one length are needed, not \(Set(waves.map(\.count)).sorted())")
    self.init(
      frequencies: Tensor(
        shape: [inputs, waves.count], (0..<inputs).flatMap { axis in waves.map { Scalar($0[axis]) } }))
  }

  /// The length of the last axis of the result.
  public var outputs: Int { 2 * frequencies.wrappedValue.shape[1] }

  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    let phase = matmul(x, frequencies.wrappedValue)  // […, features]
    return .concatenated([cos(phase), sin(phase)], axis: phase.rank - 1)
  }
}
