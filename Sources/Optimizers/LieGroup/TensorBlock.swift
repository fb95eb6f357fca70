import Tensors

/// A parameter array as a tensor with a factor Q for each of its axes longer than one: a square matrix, or a diagonal one
/// where that would be too large.
struct TensorBlock: Sendable {
  /// An axis and its factor.
  struct Axis: Sendable {
    /// Its length; of the axes before it together, and of those after it.
    let length, outer, inner: Int
    /// Whether the factor is a square matrix.
    let isSquare: Bool
    /// Where the factor begins in a vector of all factors, and its number.
    let start, number: Int
  }

  /// Where it lies, as a matrix of the first axis by all others.
  let matrix: MatrixBlock
  let axes: [Axis]

  /// The numbers of the axis' factor: diagonals are real.
  func count(of axis: Axis) -> Int {
    axis.isSquare ? axis.length * axis.length * matrix.field.width : axis.length
  }

  /// A multiple of the cost of a step.
  var cost: Int {
    let unit = matrix.field.isComplex ? 4 : 1
    return axes.reduce(30 * matrix.count) { sum, axis in
      sum + (axis.isSquare ? unit * axis.length * (5 * matrix.count + 4 * axis.length * axis.length) : 0)
    }
  }
}

extension ParameterLayout {
  /// The layout as tensors. Axes of n elements have square factors if 1 < n ≤ `limit` and n² ≤ `skew` times the tensor's
  /// elements. Complex arrays of rank three or more, and real ones that `spectral` names, are one matrix per mode.
  func tensors(spectral: [NamePattern], limit: Int, skew: Double) throws(OptimizerError)
    -> (blocks: [TensorBlock], factors: Int, axes: Int)
  {
    var (blocks, start, number): ([TensorBlock], Int, Int) = ([], 0, 0)
    for matrix in try matrices(spectral: spectral) {
      let shape = segments[matrix.segment].shape
      let isMode = matrix.field.isComplex && (shape.count > 2 || !segments[matrix.segment].isComplex)
      var lengths = (isMode ? [matrix.rows, matrix.columns] : shape).filter { $0 > 1 }
      if lengths.isEmpty { lengths = [1] }
      let elements = lengths.reduce(1, *)
      var (axes, outer): ([TensorBlock.Axis], Int) = ([], 1)
      for length in lengths {
        let isSquare =
          length > 1 && length <= limit && Double(length) * Double(length) <= skew * Double(elements)
        axes.append(
          TensorBlock.Axis(
            length: length, outer: outer, inner: elements / (outer * length), isSquare: isSquare,
            start: start, number: number))
        start += isSquare ? length * length * matrix.field.width : length
        number += 1
        outer *= length
      }
      blocks.append(TensorBlock(matrix: matrix, axes: axes))
    }
    return (blocks, start, number)
  }
}
