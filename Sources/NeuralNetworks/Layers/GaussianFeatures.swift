import Foundation
import Tensors

/// Features that are sums of Gaussians of their own, in any dimension:
///
///     y_k(x) = Σ_i w_ki exp(−½ Σ_j ((x_j − m_jki)/σ_jki)²)
///
/// for x of shape [points, inputs], of shape [points, features]. Weights, means and widths are trained (Kang et al.,
/// Physics-informed Gaussians, arXiv 2412.05994, 2024).
public struct GaussianFeatures<Scalar: Real>: Layer {
  /// w, of shape [features, count].
  @Parameter public var weights: Tensor<Scalar>
  /// m, of shape [inputs, features · count], feature by feature.
  @Parameter public var means: Tensor<Scalar>
  /// log σ, as `means`.
  @Parameter public var logWidths: Tensor<Scalar>

  /// The start of the paper: w ~ N(0, 0.01²), means uniform in the box, one width.
  ///
  /// - Parameters:
  ///   - box: The interval of each input.
  ///   - count: Gaussians per feature.
  ///   - width: σ; 0.1 in the paper but for one problem.
  ///   - deviation: The standard deviation of w.
  public init(
    box: [ClosedRange<Double>], features: Int, count: Int, width: Double = 0.1, deviation: Double = 0.01,
    from stream: inout RandomStream
  ) {
    precondition(
      !box.isEmpty && features > 0 && count > 0 && width > 0,
      "\(features) features of \(count) Gaussians of the width \(width) in \(box.count) dimensions")
    weights = .randomNormal([features, count], deviation: Scalar(deviation), from: &stream)
    var rows: [Tensor<Scalar>] = []
    for interval in box {
      rows.append(
        .randomUniform(
          [1, features * count], in: Scalar(interval.lowerBound)..<Scalar(interval.upperBound), from: &stream)
      )
    }
    means = .concatenated(rows, axis: 0)
    logWidths = .full([box.count, features * count], Scalar(log(width)))
  }

  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    let (features, count) = (weights.shape[0], weights.shape[1])
    let values = gaussians(of: x, means: means, inverseWidths: exp(-logWidths))  // [points, features · count]
    let weighted = values * weights.reshaped([features * count])
    return weighted.reshaped([x.shape[0], features, count]).sum(axes: [2])
  }
}

/// exp(−½ Σ_j ((x_j − m_jk)/σ_jk)²) for x of shape [points, inputs], of shape [points, count].
///
/// Coordinate by coordinate: a matrix product with the squares of x would be quicker, and cancel where widths are small.
func gaussians<Scalar>(
  of x: Tensor<Scalar>, means: Tensor<Scalar>, inverseWidths: Tensor<Scalar>
) -> Tensor<Scalar> {
  precondition(
    x.rank == 2 && x.shape[1] == means.shape[0],
    "points of shape \(x.shape) for Gaussians of \(means.shape[0]) coordinates")
  var sum: Tensor<Scalar>?
  for j in 0..<means.shape[0] {
    let distance = x.slice(axis: 1, j..<j + 1) - means.slice(axis: 0, j..<j + 1)  // [points, count]
    let square = (distance * inverseWidths.slice(axis: 0, j..<j + 1)).squared
    sum = sum.map { $0 + square } ?? square
  }
  return exp(sum! * -0.5)
}
