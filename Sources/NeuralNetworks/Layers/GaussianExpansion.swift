import Foundation
import Tensors

/// A sum of Gaussians with trainable weights, means and widths, in any dimension:
///
///     y_o(x) = Σ_k w_ok exp(−½ Σ_j ((x_j − m_jk)/σ_jk)²)
///
/// for x of shape [points, inputs], of shape [points, outputs]. Along inputs with a period, Gaussians are summed over their
/// images, so that the sum is periodic.
public struct GaussianExpansion<Scalar: Real>: Layer {
  /// w, of shape [outputs, count].
  @Parameter public var weights: Tensor<Scalar>
  /// m, of shape [inputs, count].
  @Parameter public var means: Tensor<Scalar>
  /// log σ, of shape [inputs, count].
  @Parameter public var logWidths: Tensor<Scalar>
  /// The period of each input; nil for one that is not periodic.
  public let periods: [Double?]

  /// Given Gaussians.
  public init(
    weights: Tensor<Scalar>, means: Tensor<Scalar>, logWidths: Tensor<Scalar>, periods: [Double?]? = nil
  ) {
    precondition(
      weights.rank == 2 && means.rank == 2 && means.shape == logWidths.shape
        && means.shape[1] == weights.shape[1],
      "weights of shape \(weights.shape) for means of shape \(means.shape) and widths of shape \(logWidths.shape)"
    )
    precondition(
      periods.map { $0.count == means.shape[0] } ?? true,
      "\(periods?.count ?? 0) periods for \(means.shape[0]) inputs")
    (self.weights, self.means, self.logWidths) = (weights, means, logWidths)
    self.periods = periods ?? Array(repeating: nil, count: means.shape[0])
  }

  /// Gaussians with means uniform in a box, one width and normal weights.
  ///
  /// - Parameters:
  ///   - box: The interval of each input.
  ///   - width: σ.
  ///   - deviation: The standard deviation of weights.
  public init(
    box: [ClosedRange<Double>], count: Int, outputs: Int, width: Double = 0.1, deviation: Double = 0.01,
    from stream: inout RandomStream
  ) {
    precondition(count > 0 && width > 0, "\(count) Gaussians of the width \(width)")
    self.init(
      weights: .randomNormal([outputs, count], deviation: Scalar(deviation), from: &stream),
      means: .concatenated(
        box.map {
          .randomUniform([1, count], in: Scalar($0.lowerBound)..<Scalar($0.upperBound), from: &stream)
        }, axis: 0),
      logWidths: .full([box.count, count], Scalar(log(width))))
  }

  /// Takes up other Gaussians, in another number too.
  public func set(weights: Tensor<Scalar>, means: Tensor<Scalar>, logWidths: Tensor<Scalar>) {
    (_weights.wrappedValue, _means.wrappedValue, _logWidths.wrappedValue) = (weights, means, logWidths)
  }

  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    let (inputs, count) = (means.shape[0], means.shape[1])
    precondition(
      x.rank == 2 && x.shape[1] == inputs, "points of shape \(x.shape) for Gaussians of \(inputs) coordinates"
    )
    let inverse = exp(-logWidths)
    if periods.allSatisfy({ $0 == nil }) {
      return matmul(gaussians(of: x, means: means, inverseWidths: inverse), weights.transposed([1, 0]))
    }
    var exponent: Tensor<Scalar>?
    var product: Tensor<Scalar>?
    for j in 0..<inputs {
      let (m, s) = (means.slice(axis: 0, j..<j + 1), inverse.slice(axis: 0, j..<j + 1))  // [1, count]
      let d = x.slice(axis: 1, j..<j + 1) - m  // [points, count]
      guard let period = periods[j] else {
        let square = (d * s).squared
        exponent = exponent.map { $0 + square } ?? square
        continue
      }
      var sum: Tensor<Scalar>?
      let count = images(of: j, period)
      for image in -count...count {
        let one = exp(((d + Scalar(Double(image) * period)) * s).squared * -0.5)
        sum = sum.map { $0 + one } ?? one
      }
      product = product.map { $0 * sum! } ?? sum!
    }
    let values: Tensor<Scalar>
    switch (exponent, product) {
    case (let e?, let i?): values = exp(e * -0.5) * i
    case (let e?, nil): values = exp(e * -0.5)
    case (nil, let i?): values = i
    case (nil, nil): values = .ones([x.shape[0], count])
    }
    return matmul(values, weights.transposed([1, 0]))
  }

  /// Images to either side: as many that those left out are below rounding, as far as widths are known.
  private func images(of input: Int, _ period: Double) -> Int {
    guard !logWidths.isRecorded else { return 4 }
    let widest = logWidths.slice(axis: 0, input..<input + 1).elements.map { exp(Double($0)) }.max() ?? 0
    let needed = (8.6 * widest / period).rounded(.up)
    return needed.isFinite ? Int(min(max(needed, 1), 16)) : 1
  }
}
