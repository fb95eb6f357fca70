import Tensors

/// Separable physics-informed Gaussians: every coordinate has a network of its own, Gaussians of that coordinate and a small
/// perceptron, and the output is the sum of products of their components (Cho et al., Separable physics-informed neural
/// networks, NeurIPS 2023; Kang et al., arXiv 2412.05994, 2024):
///
///     u_o(x) = Σ_r Π_j f_jro(x_j)
///
/// On a tensor product of points, ``callAsFunction(axes:)`` evaluates each network at the points of its own axis only.
public struct SeparableGaussianNetwork<Scalar: Real>: Layer {
  /// One network per coordinate, each from [points, 1] to [points, rank · outputs].
  public let factors: [GaussianNetwork<Scalar>]
  /// The number of products.
  public let rank: Int
  public let outputs: Int

  /// A network with Gaussians in a box.
  ///
  /// - Parameters:
  ///   - box: The interval of each input.
  ///   - count: Gaussians per feature and coordinate.
  ///   - rank: The number of products in each output.
  public init(
    box: [ClosedRange<Double>], count: Int, rank: Int, outputs: Int, features: Int = 4, hidden: [Int] = [16],
    width: Double = 0.1, activation: Activation<Scalar> = .tanh, from stream: inout RandomStream
  ) {
    precondition(!box.isEmpty && rank > 0, "\(rank) products in \(box.count) dimensions")
    var factors: [GaussianNetwork<Scalar>] = []
    for interval in box {
      factors.append(
        GaussianNetwork(
          box: [interval], count: count, outputs: rank * outputs, features: features, hidden: hidden,
          width: width, activation: activation, from: &stream))
    }
    (self.factors, self.rank, self.outputs) = (factors, rank, outputs)
  }

  /// The outputs at single points: x of shape [points, inputs] to [points, outputs].
  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    precondition(
      x.rank == 2 && x.shape[1] == factors.count,
      "points of shape \(x.shape) for \(factors.count) coordinates")
    var product: Tensor<Scalar>?
    for (j, factor) in factors.enumerated() {
      let f = factor(x.slice(axis: 1, j..<j + 1))  // [points, rank · outputs]
      product = product.map { $0 * f } ?? f
    }
    return product!.reshaped([x.shape[0], outputs, rank]).sum(axes: [2])
  }

  /// The factors f_j at points of each axis, [points of the axis, outputs · rank].
  ///
  /// - Parameter axes: Coordinates along each axis, [points, 1].
  public func factors(axes: [Tensor<Scalar>]) -> [Tensor<Scalar>] {
    precondition(
      axes.count == factors.count && axes.allSatisfy { $0.rank == 2 && $0.shape[1] == 1 },
      "axes of shapes \(axes.map(\.shape)) for \(factors.count) coordinates")
    return zip(factors, axes).map { $0($1) }
  }

  /// The outputs on the tensor product of points along the axes: [points of the first axis, …, of the last, outputs].
  public func callAsFunction(axes: [Tensor<Scalar>]) -> Tensor<Scalar> { combine(factors(axes: axes)) }

  /// Σ_r Π_j of factors at points of each axis, or of derivatives of factors for a mixed derivative of the outputs.
  ///
  /// - Parameter tables: [points of the axis, outputs · rank] for each axis.
  /// - Returns: [points of the first axis, …, of the last, outputs].
  public func combine(_ tables: [Tensor<Scalar>]) -> Tensor<Scalar> {
    let parts = (0..<outputs).map { output -> Tensor<Scalar> in
      let own = tables.map { $0.slice(axis: 1, output * rank..<(output + 1) * rank) }  // [points, rank]
      var left = own[0]
      for table in own.dropFirst().dropLast() {
        // All pairs of points, [points · points, rank].
        let (m, n) = (left.shape[0], table.shape[0])
        left = (left.reshaped([m, 1, rank]) * table.reshaped([1, n, rank])).reshaped([m * n, rank])
      }
      guard own.count > 1 else { return left.sum(axes: [1]).reshaped([left.shape[0], 1]) }
      let last = own[own.count - 1]
      let grid = matmul(left, last.transposed([1, 0]))
      return grid.reshaped([grid.count, 1])
    }
    let all = parts.count == 1 ? parts[0] : Tensor.concatenated(parts, axis: 1)
    return all.reshaped(tables.map { $0.shape[0] } + [outputs])
  }
}
