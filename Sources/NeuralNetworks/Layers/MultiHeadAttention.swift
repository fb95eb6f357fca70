import Tensors

/// Attention of the tokens of a sequence to one another, with several heads and a projection of the result: x of shape
/// [batch, tokens, width] to the same shape (Vaswani et al., arXiv 1706.03762, 2017).
///
/// Weights are the softmax of q·k/√d over the keys, or, with cosine similarity, of the cosine of q and k times a trainable
/// number per head, at most 100 (Liu et al., Swin Transformer V2, arXiv 2111.09883, 2021).
public struct MultiHeadAttention<Scalar: Real>: Layer {
  /// Makes queries, keys and values: [width] to [3 · width], heads within each.
  public let projection: Dense<Scalar>
  /// From the heads' results, one after another, to the output: [width] to [width].
  public let output: Dense<Scalar>
  /// The number of heads, a divisor of the width.
  public let heads: Int
  /// With cosine similarity, the logarithm of the factor of each head, of shape [heads].
  public let logScale: Parameter<Scalar>?

  /// A layer with drawn weights.
  public init(
    _ width: Int, heads: Int, usesCosine: Bool = false, initializer: Initializer = .glorotUniform,
    from stream: inout RandomStream
  ) {
    precondition(
      heads >= 1 && width % heads == 0, "a width of \(width) cannot be divided into \(heads) heads")
    projection = Dense(width, 3 * width, initializer: initializer, from: &stream)
    output = Dense(width, width, initializer: initializer, from: &stream)
    self.heads = heads
    logScale = usesCosine ? Parameter(wrappedValue: .full([heads], Scalar.log(10))) : nil
  }

  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> { self(x, bias: nil) }

  /// The result where a bias is added to the scores: of a shape that broadcasts to [batch, heads, tokens, tokens], very
  /// negative where a query (third axis) must not see a key (fourth). A bias of fewer entries, such as one per window of
  /// an image, is repeated for all images.
  public func callAsFunction(_ x: Tensor<Scalar>, bias: Tensor<Scalar>?) -> Tensor<Scalar> {
    let width = output.weight.shape[0]
    precondition(
      x.rank == 3 && x.shape[2] == width, "an input of shape \(x.shape) for attention of width \(width)")
    let (batch, tokens, size) = (x.shape[0], x.shape[1], width / heads)
    let all = projection(x).reshaped([batch, tokens, 3, heads, size])
    let part = { (i: Int) in
      all.slice(axis: 2, i..<i + 1).reshaped([batch, tokens, heads, size]).transposed([0, 2, 1, 3])
    }
    let (q, k, v) = (part(0), part(1), part(2))  // [batch, heads, tokens, size]
    let weights = attentionWeights(q, k, bias)  // [batch, heads, tokens, tokens]
    let mixed = batchedMatmul(weights, v).transposed([0, 2, 1, 3])  // [batch, tokens, heads, size]
    return output(mixed.reshaped([batch, tokens, width]))
  }

  private func attentionWeights(_ q: Tensor<Scalar>, _ k: Tensor<Scalar>, _ bias: Tensor<Scalar>?) -> Tensor<
    Scalar
  > {
    if let logScale {
      let factor = exp(min(logScale.wrappedValue, Tensor(Scalar.log(100)))).reshaped([heads, 1, 1])
      let scores = batchedMatmul(unit(q) * factor, unit(k), transposeB: true)
      return softmax(biased(scores, bias))
    }
    let scores = batchedMatmul(q, k, transposeB: true)
    let scale = 1 / Double(q.shape[3]).squareRoot()
    return bias == nil ? softmax(scores, scale: scale) : softmax(biased(scores * Scalar(scale), bias))
  }

  private func biased(_ scores: Tensor<Scalar>, _ bias: Tensor<Scalar>?) -> Tensor<Scalar> {
    guard let bias else { return scores }
    let (batch, entries) = (scores.shape[0], bias.rank == 4 ? bias.shape[0] : 1)
    guard entries > 1, entries < batch else { return scores + bias }
    precondition(batch % entries == 0, "scores of shape \(scores.shape) with a bias of shape \(bias.shape)")
    let apart = [batch / entries, entries] + scores.shape.dropFirst()
    return (scores.reshaped(apart) + bias).reshaped(scores.shape)
  }

  /// Vectors of length 1.
  private func unit(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    x / sqrt(x.squared.sum(axis: 3, keepingAxis: true) + 1e-12)
  }
}
