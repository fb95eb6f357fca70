/// One axis of a transform, or one axis along which a transform is repeated.
///
/// Strides count elements: complex numbers on a complex side, scalars on a real side.
public struct TransformDimension: Hashable, Sendable {
  /// The number of points of the axis (those of the real side, where the other side is half-complex).
  public var count: Int
  /// The distance between neighbours on the input side.
  public var inputStride: Int
  /// The distance between neighbours on the output side.
  public var outputStride: Int

  /// An axis of `count` points with its strides on both sides.
  public init(count: Int, inputStride: Int, outputStride: Int) {
    precondition(count > 0, "a transform axis has at least one point, not \(count)")
    precondition(
      inputStride >= 0 && outputStride >= 0,
      "strides of a transform are not negative: \(inputStride), \(outputStride)")
    self.count = count
    self.inputStride = inputStride
    self.outputStride = outputStride
  }

  /// The axes of a row-major transform of `shape` between arrays of the embedding shapes.
  static func axes(
    shape: [Int], inputEmbedding: [Int], inputStride: Int, outputEmbedding: [Int], outputStride: Int
  ) -> [TransformDimension] {
    var axes: [TransformDimension] = []
    var (input, output) = (inputStride, outputStride)
    for axis in shape.indices.reversed() {
      axes.append(TransformDimension(count: shape[axis], inputStride: input, outputStride: output))
      input *= inputEmbedding[axis]
      output *= outputEmbedding[axis]
    }
    return axes.reversed()
  }
}
