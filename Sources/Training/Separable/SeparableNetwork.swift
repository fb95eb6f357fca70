import Equations
import Geometry
import NeuralNetworks
import Tensors

/// A separable network: u = Σᵣ Πᵢ fᵢᵣ(xᵢ), a sum over the rank of products of one network per coordinate.
///
/// On a grid of n points per axis it takes d · n evaluations of networks instead of nᵈ, and so do its derivatives.
///
/// Source: J. Cho, S. Nam, H. Yang, S.-B. Yun, Y. Hong and E. Park, Separable Physics-Informed Neural Networks, NeurIPS (2023).
public struct SeparableNetwork<Scalar: Real>: Layer {
  /// The number of products that are summed.
  public let rank: Int
  /// The number of unknowns.
  public let outputs: Int
  /// One network per coordinate, time last, from its features to [points, outputs · rank].
  public let axes: [MLP<Scalar>]
  private let features: [AxisFeatures]

  /// What the network of an axis sees: the coordinate scaled to [-1, 1], or cosine and sine of the period.
  struct AxisFeatures: Sendable {
    let factor, offset: Double
    let isPeriodic: Bool
    var count: Int { isPeriodic ? 2 : 1 }

    func callAsFunction<T: Real>(_ x: Tensor<T>) -> Tensor<T> {
      let scaled = x * T(factor) + T(offset)
      return isPeriodic ? .concatenated([cos(scaled), sin(scaled)], axis: 1) : scaled
    }
  }

  /// A network for the unknowns of a problem.
  ///
  /// - Parameters:
  ///   - until: The final time.
  ///   - widths: Widths of the hidden layers of every axis.
  public init(
    _ system: PointwiseSystem, until: Double = 1, widths: [Int], rank: Int,
    activation: Activation<Scalar> = .tanh, from stream: inout RandomStream
  ) {
    precondition(rank > 0, "a separable network of rank \(rank)")
    (self.rank, outputs) = (rank, system.unknowns.count)
    features =
      system.box.intervals.map { interval in
        let length = interval.upper - interval.lower
        return interval.isPeriodic
          ? AxisFeatures(factor: 2 * .pi / length, offset: 0, isPeriodic: true)
          : AxisFeatures(
            factor: 2 / length, offset: -(interval.lower + interval.upper) / length, isPeriodic: false)
      } + (system.isEvolution ? [AxisFeatures(factor: 2 / until, offset: -1, isPeriodic: false)] : [])
    var axes: [MLP<Scalar>] = []
    for own in features {
      axes.append(
        MLP([own.count] + widths + [rank * system.unknowns.count], activation: activation, from: &stream))
    }
    self.axes = axes
  }

  /// The factors of an axis: [points, 1] to [points, outputs · rank].
  func factors(_ axis: Int, _ x: Tensor<Scalar>) -> Tensor<Scalar> { axes[axis](features[axis](x)) }

  /// The unknowns at scattered points: [points, coordinates] to [points, outputs].
  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    var product = factors(0, x.slice(axis: 1, 0..<1))  // [points, outputs · rank]
    for axis in axes.indices.dropFirst() {
      product = product * factors(axis, x.slice(axis: 1, axis..<axis + 1))
    }
    let columns = (0..<outputs).map {
      product.slice(axis: 1, $0 * rank..<($0 + 1) * rank).sum(axis: 1).reshaped([x.shape[0], 1])
    }
    return columns.count == 1 ? columns[0] : .concatenated(columns, axis: 1)
  }
}
