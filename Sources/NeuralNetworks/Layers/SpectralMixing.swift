import Tensors

/// Channels mixed mode by mode, by a matrix of its own for every function of a spectral grid: [batch, points, inputs] to
/// [batch, points, outputs], by way of coefficients. Nothing is cut off (the spectral layer of Du, Chalapathi and
/// Krishnapriyan, Neural spectral methods, ICLR 2024).
///
/// Functions are real ones, so that the cosine and the sine of a wavenumber have matrices of their own.
public struct SpectralMixing<Scalar: Real>: Layer {
  /// One matrix per mode: [modes, inputs, outputs], modes of the last axis fastest.
  @Parameter public var weight: Tensor<Scalar>
  /// The functions.
  public let grid: SpectralGrid
  private let analysis: AxisProduct<Scalar>
  private let synthesis: AxisProduct<Scalar>

  /// A layer with weights drawn from a normal distribution of standard deviation 1/(inputs · outputs).
  public init(_ inputs: Int, _ outputs: Int, grid: SpectralGrid, from stream: inout RandomStream) {
    self.grid = grid
    weight = .randomNormal(
      [grid.modes.reduce(1, *), inputs, outputs], deviation: Scalar(1 / Double(inputs * outputs)),
      from: &stream)
    analysis = AxisProduct(grid.axes.map(\.analysis))
    synthesis = AxisProduct(grid.axes.map(\.synthesis))
  }

  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    let (batch, modes) = (x.shape[0], weight.shape[0])
    precondition(
      x.shape == [batch] + grid.points + [weight.shape[1]],
      "values of shape \(x.shape) for a layer on \(grid.points) points with \(weight.shape[1]) inputs")
    let coefficients = analysis(x).reshaped([batch, modes, weight.shape[1]])
    let mixed = ModewiseProduct<Scalar>()(coefficients, weight)  // [batch, modes, outputs]
    return synthesis(mixed.reshaped([batch] + grid.modes + [weight.shape[2]]))
  }
}
