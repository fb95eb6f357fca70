import Tensors

/// A table of vectors that are looked up by index, and trained.
public struct Embedding<Scalar: Real>: Layer {
  /// Of shape [entries, width].
  @Parameter public var table: Tensor<Scalar>

  /// A table of normal numbers with the given deviation.
  public init(_ entries: Int, width: Int, deviation: Double = 0.02, from stream: inout RandomStream) {
    table = .randomNormal([entries, width], deviation: Scalar(deviation), from: &stream)
  }

  /// The vectors of indices that are known when a step is recorded, such as positions: of shape [indices, width].
  public func callAsFunction(_ indices: [Int]) -> Tensor<Scalar> { table.gathering(indices) }

  /// The vectors of indices that change from step to step, as whole numbers in a tensor of any shape: of that shape with
  /// one more axis, [width]. Takes time in proportion to the table; an index outside of it gives zeros.
  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    let entries = table.shape[0]
    let places = Tensor<Scalar>((0..<entries).map { Scalar($0) })
    let isPlace = abs(x.reshaped(x.shape + [1]) - places) .< Tensor(0.5)  // […, entries]
    return matmul(isPlace, table)
  }
}
