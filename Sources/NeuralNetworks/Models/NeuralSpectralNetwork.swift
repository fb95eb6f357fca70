import Foundation
import Tensors

/// A map from coefficient arrays to coefficient arrays: fields, as coefficients of a spectral grid, to fields (Du,
/// Chalapathi and Krishnapriyan, Neural spectral methods: self-supervised learning in the spectral domain, ICLR 2024).
///
/// Inputs are joined with fields of the coordinates and lifted by two pointwise layers; spectral layers follow, each the sum
/// of a mixing mode by mode and a pointwise one; three pointwise layers give the outputs. Activations act on values at the
/// collocation points. Pointwise layers commute with transforms, so values stay values between spectral layers.
///
/// Beside all this a linear path takes inputs to outputs, mode by mode: what an operator has of a diagonal linear part need not
/// go through activations. It and the last layer begin at zero, so that the outputs do. (The published network has neither.)
///
/// The coordinate of a bounded axis is scaled to [−1, 1], a periodic one is a cosine and a sine of the period.
public struct NeuralSpectralNetwork<Scalar: Real>: Layer {
  /// The functions of inputs and outputs.
  public let grid: SpectralGrid
  public let activation: Activation<Scalar>
  public let lift: [Dense<Scalar>]
  public let mixings: [SpectralMixing<Scalar>]
  public let skips: [Dense<Scalar>]
  public let projection: [Dense<Scalar>]
  /// What inputs are multiplied by, one number per channel, so that they are about one: [inputs].
  @Parameter public var inputScale: Tensor<Scalar>
  /// The linear path, one matrix per mode: [modes, inputs, outputs]; nothing where it is left out.
  @Parameter public var bypass: Tensor<Scalar>
  private let coordinates: Tensor<Scalar>
  private let synthesis: AxisProduct<Scalar>
  private let analysis: AxisProduct<Scalar>

  /// A network.
  ///
  /// - Parameters:
  ///   - inputs: Channels of the coefficient arrays that it takes.
  ///   - outputs: Channels of those that it gives.
  ///   - width: Channels of spectral layers; the outer pointwise layers have four times as many.
  ///   - depth: Spectral layers.
  ///   - inputScale: What inputs are multiplied by; one where left out.
  ///   - hasBypass: Whether there is a linear path; without it the last layer begins at random.
  public init(
    _ grid: SpectralGrid, inputs: Int, outputs: Int, width: Int = 64, depth: Int = 4,
    activation: Activation<Scalar> = .gelu, inputScale: [Double]? = nil,
    hasBypass: Bool = true, from stream: inout RandomStream
  ) {
    precondition(
      inputs >= 0 && outputs > 0 && width > 0 && depth > 0 && inputScale?.count ?? inputs == inputs,
      "a network of \(depth) layers of \(width) channels, from \(inputs) to \(outputs)")
    (self.grid, self.activation) = (grid, activation)
    let fields = Self.coordinateFields(grid)
    coordinates = fields
    let own = inputs + fields.shape.last!
    func dense(_ i: Int, _ o: Int) -> Dense<Scalar> { Dense(i, o, initializer: .heNormal, from: &stream) }
    lift = [dense(own, 4 * width), dense(4 * width, width)]
    var (mixings, skips): ([SpectralMixing<Scalar>], [Dense<Scalar>]) = ([], [])
    for _ in 0..<depth {
      mixings.append(SpectralMixing(width, width, grid: grid, from: &stream))
      skips.append(dense(width, width))
    }
    (self.mixings, self.skips) = (mixings, skips)
    projection = [
      dense(width, width), dense(width, 4 * width),
      Dense(4 * width, outputs, initializer: hasBypass ? .zeros : .glorotNormal, from: &stream),
    ]
    let scale = (inputScale ?? Array(repeating: 1, count: inputs)).map { Scalar($0) }
    _inputScale = Parameter(wrappedValue: Tensor(scale), isTrainable: false)
    bypass = .zeros([hasBypass ? grid.modes.reduce(1, *) : 0, inputs, outputs])
    synthesis = AxisProduct(grid.axes.map(\.synthesis))
    analysis = AxisProduct(grid.axes.map(\.analysis))
  }

  /// Fields of the coordinates at the collocation points: [points, fields].
  private static func coordinateFields(_ grid: SpectralGrid) -> Tensor<Scalar> {
    let columns: [[(Double) -> Double]] = grid.axes.map { axis in
      let (a, length) = (axis.interval.lowerBound, axis.length)
      switch axis.family {
      case .fourier:
        return [{ cos(2 * Double.pi * ($0 - a) / length) }, { sin(2 * Double.pi * ($0 - a) / length) }]
      case .chebyshev: return [{ 2 * ($0 - a) / length - 1 }]
      }
    }
    let count = columns.reduce(0) { $0 + $1.count }
    let places = grid.axes.map(\.coordinates)
    let total = grid.points.reduce(1, *)
    return Tensor(shape: grid.points + [count]) { out in
      for point in 0..<total {
        var (rest, index) = (point, [Int](repeating: 0, count: places.count))
        for axis in places.indices.reversed() {
          index[axis] = rest % places[axis].count
          rest /= places[axis].count
        }
        var column = 0
        for axis in places.indices {
          for field in columns[axis] {
            out[point * count + column] = Scalar(field(places[axis][index[axis]]))
            column += 1
          }
        }
      }
    }
  }

  /// What the linear path is multiplied by. Rules such as Adam move all weights by about the same amount in a step; a mode has
  /// one weight here and thousands elsewhere, which would take over what the linear path is for.
  private static var bypassGain: Scalar { 16 }

  /// Values of the outputs at the collocation points, [batch, points, outputs], for coefficients of the inputs, [batch,
  /// modes, inputs].
  public func values(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    let (batch, points) = (x.shape[0], grid.points)
    let inputs = inputScale.count
    precondition(
      x.shape == [batch] + grid.modes + [inputs],
      "coefficients of shape \(x.shape) for \(inputs) fields of \(grid.modes) modes")
    // Coordinates are the same for all samples: their part of the first layer is computed once.
    let first = lift[0].weight
    let fields = coordinates.reshaped([points.reduce(1, *), coordinates.shape.last!])
    // [points, 4 width]
    let own = matmul(fields, first.slice(axis: 0, inputs..<first.shape[0])) + lift[0].bias
    let scaled = x * inputScale
    let values = synthesis(scaled)  // [batch, points, inputs]
    let part = matmul(values, first.slice(axis: 0, 0..<inputs))  // [batch, points, 4 width]
    var h = activation(part + own.reshaped([1] + points + [first.shape[1]]))
    h = activation(lift[1](h))  // [batch, points, width]
    for (mixing, skip) in zip(mixings, skips) { h = activation(mixing(h) + skip(h)) }
    h = activation(projection[0](h))
    h = activation(projection[1](h))  // [batch, points, 4 width]
    let result = projection[2](h)  // [batch, points, outputs]
    guard bypass.count > 0 else { return result }
    let modes = ModewiseProduct<Scalar>()(scaled.reshaped([batch, bypass.shape[0], inputs]), bypass)
    return result + synthesis(modes.reshaped([batch] + grid.modes + [bypass.shape[2]]) * Self.bypassGain)
  }

  /// Coefficients of the outputs, [batch, modes, outputs], for those of the inputs, [batch, modes, inputs].
  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> { analysis(values(x)) }
}
