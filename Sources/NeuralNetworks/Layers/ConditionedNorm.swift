import Tensors

/// Normalization of the last axis whose scale and shift are functions of a condition, such as time or a coefficient: x of
/// shape [batch, …, width] and a condition of shape [batch, inputs] to the shape of x.
///
/// scale = 1 + c A + a and shift = c B + b; with all of these at 0, which is where they begin, the condition has no effect
/// (Perez et al., FiLM, arXiv 1709.07871, 2017; Peebles and Xie, arXiv 2212.09748, 2022).
public struct ConditionedNorm<Scalar: Real>: Module {
  /// From the condition to the scale, less 1, and the shift: [inputs] to [2 · width].
  public let modulation: Dense<Scalar>
  /// The width of a row.
  public let width: Int
  /// ε, which is added to the variance.
  public let epsilon: Double

  /// A layer for rows of the given width and conditions of `inputs` numbers.
  public init(
    _ width: Int, condition inputs: Int, epsilon: Double = 1e-5, initializer: Initializer = .zeros,
    from stream: inout RandomStream
  ) {
    modulation = Dense(inputs, 2 * width, initializer: initializer, from: &stream)
    (self.width, self.epsilon) = (width, epsilon)
  }

  public func callAsFunction(_ x: Tensor<Scalar>, condition: Tensor<Scalar>) -> Tensor<Scalar> {
    precondition(
      x.rank >= 2 && x.shape[x.rank - 1] == width && condition.rank == 2 && condition.shape[0] == x.shape[0],
      "an input of shape \(x.shape) with a condition of shape \(condition.shape) for a width of \(width)")
    let both = modulation(condition)  // [batch, 2 · width]
    let row = [x.shape[0]] + Array(repeating: 1, count: x.rank - 2) + [width]
    let scale = both.slice(axis: 1, 0..<width).reshaped(row)
    let shift = both.slice(axis: 1, width..<2 * width).reshaped(row)
    return x.normalized(epsilon: epsilon) * (1 + scale) + shift
  }
}
