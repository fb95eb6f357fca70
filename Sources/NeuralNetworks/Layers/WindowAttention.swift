import Tensors

/// Attention within windows of an image, which may be shifted by part of a window: x of shape [batch, rows, columns, width]
/// to the same shape (Liu et al., Swin Transformer, arXiv 2103.14030, 2021).
///
/// Scores have a trainable bias for every distance of two pixels in a window. Shifted windows wrap around the image; where
/// the image is not periodic, pixels of opposite edges that come together do not see one another.
public struct WindowAttention<Scalar: Real>: Layer {
  public let attention: MultiHeadAttention<Scalar>
  /// The bias of each distance and head, of shape [(2 · window − 1)², heads].
  @Parameter public var relativeBias: Tensor<Scalar>
  /// Rows and columns of a window.
  public let window: Int
  /// By how many pixels windows are shifted: 0, or half a window in every other layer.
  public let shift: Int
  /// Whether opposite edges of the image are neighbours.
  public let isPeriodic: Bool

  /// A layer with drawn weights.
  public init(
    _ width: Int, heads: Int, window: Int, shift: Int = 0, isPeriodic: Bool = false, usesCosine: Bool = false,
    initializer: Initializer = .glorotUniform, from stream: inout RandomStream
  ) {
    precondition(window >= 1 && (0..<window).contains(shift), "a shift of \(shift) in windows of \(window)")
    attention = MultiHeadAttention(
      width, heads: heads, usesCosine: usesCosine, initializer: initializer, from: &stream)
    let distances = 2 * window - 1
    relativeBias = .randomNormal([distances * distances, heads], deviation: 0.02, from: &stream)
    (self.window, self.shift, self.isPeriodic) = (window, shift, isPeriodic)
  }

  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    precondition(
      x.rank == 4 && x.shape[1] % window == 0 && x.shape[2] % window == 0,
      "an input of shape \(x.shape) cannot be divided into windows of \(window) × \(window)")
    let (batch, rows, columns, width) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    let (down, right) = (rows / window, columns / window)
    let tokens = window * window
    let windows = rolled(x, by: shift)
      .reshaped([batch, down, window, right, window, width]).transposed([0, 1, 3, 2, 4, 5])
      .reshaped([batch * down * right, tokens, width])
    // [heads, tokens, tokens], with the mask [windows, heads, tokens, tokens].
    var bias = relativeBias.gathering(distances).reshaped([tokens, tokens, attention.heads])
      .transposed([2, 0, 1])
    if shift > 0, !isPeriodic {
      bias = mask(down: down, right: right) + bias
    }
    let mixed = attention(windows, bias: bias)
      .reshaped([batch, down, right, window, window, width]).transposed([0, 1, 3, 2, 4, 5])
      .reshaped(x.shape)
    return rolled(mixed, by: -shift)
  }

  /// The image moved up and to the left by a number of pixels, around its edges.
  private func rolled(_ x: Tensor<Scalar>, by shift: Int) -> Tensor<Scalar> {
    if shift == 0 { return x }
    return [1, 2].reduce(x) { image, axis in
      let length = image.shape[axis]
      let cut = (shift % length + length) % length
      return .concatenated(
        [image.slice(axis: axis, cut..<length), image.slice(axis: axis, 0..<cut)], axis: axis)
    }
  }

  /// For every pair of pixels of a window, the number of their distance.
  private var distances: [Int] {
    let pixels = 0..<window * window
    return pixels.flatMap { q in
      pixels.map { k in
        (q / window - k / window + window - 1) * (2 * window - 1) + q % window - k % window + window - 1
      }
    }
  }

  /// −10⁹ for pairs of pixels that were not neighbours before the shift: [windows, 1, tokens, tokens].
  private func mask(down: Int, right: Int) -> Tensor<Scalar> {
    let tokens = window * window
    // 1 for pixels that have come around the edge.
    func side(_ place: Int, of count: Int) -> Int { place >= count * window - shift ? 1 : 0 }
    return Tensor(shape: [down * right, 1, tokens, tokens]) { out in
      for w in 0..<down * right {
        func region(_ pixel: Int) -> Int {
          2 * side(w / right * window + pixel / window, of: down)
            + side(w % right * window + pixel % window, of: right)
        }
        for q in 0..<tokens {
          for k in 0..<tokens { out[(w * tokens + q) * tokens + k] = region(q) == region(k) ? 0 : -1e9 }
        }
      }
    }
  }
}
