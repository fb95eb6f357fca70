/// Reductions over whole arrays in blocks of a fixed size that are joined by a fixed tree, in `Double`: the result does
/// not depend on the number of threads.
enum BlockReduction {
  static let block = 1 << 13

  /// Joins the results of all blocks: neighbours first, then neighbours of those.
  static func reduce(count: Int, block body: (Range<Int>) -> Double, join: (Double, Double) -> Double)
    -> Double
  {
    let blocks = max((count + block - 1) / block, 1)
    if blocks == 1 { return body(0..<count) }
    let partial = Buffer<Double>(uninitialized: blocks)
    WorkerPool.shared.forEach(tiles: blocks) { index, _ in
      partial.pointer[index] = body(index * block..<min((index + 1) * block, count))
    }
    var width = blocks
    while width > 1 {
      for i in 0..<width / 2 { partial.pointer[i] = join(partial.pointer[2 * i], partial.pointer[2 * i + 1]) }
      if width % 2 == 1 { partial.pointer[width / 2] = partial.pointer[width - 1] }
      width = (width + 1) / 2
    }
    return partial.pointer[0]
  }
}

// The larger and the smaller of two numbers, or NaN if one of them is.
private func larger(_ a: Double, _ b: Double) -> Double { a.isNaN || a > b ? a : b }
private func smaller(_ a: Double, _ b: Double) -> Double { a.isNaN || a < b ? a : b }

extension Tensor {
  private func reduced(
    _ kernel: (UnsafePointer<Scalar>, Int) -> Scalar, join: (Double, Double) -> Double, empty: Scalar
  ) -> Scalar {
    withUnsafeBufferPointer { x in
      guard let x = x.baseAddress, count > 0 else { return empty }
      return Scalar(
        BlockReduction.reduce(
          count: count, block: { Double(kernel(x + $0.lowerBound, $0.count)) }, join: join))
    }
  }

  // MARK: - Over all elements

  /// The sum of all elements.
  public func sum() -> Scalar { reduced(Scalar.sum, join: +, empty: 0) }

  /// The sum over several axes, which go, or stay with length 1; over all of them where none are named. Negative axes
  /// count from the end.
  public func sum(axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    let axes = Set((axes ?? Array(0..<rank)).map(checked(axis:))).sorted()
    let rest = shape.indices.filter { !axes.contains($0) }.map { shape[$0] }
    let kept = shape.enumerated().map { axes.contains($0.offset) ? 1 : $0.element }
    var result = self
    if isRecorded {
      // Neighbouring axes go together, so that a program's sums run over one stretch of memory.
      var (run, i) = ([Int](), axes.count - 1)
      while i >= 0 {
        run.insert(axes[i], at: 0)
        if i == 0 || axes[i - 1] != axes[i] - 1 {
          var left = result.shape
          left.removeSubrange(run[0]...run[run.count - 1])
          result = result.place!.recorder.record(.sum(run), [result], left)
          run = []
        }
        i -= 1
      }
    } else if rest.isEmpty {
      result = Tensor(sum())
    } else {
      for axis in axes.reversed() { result = result.sum(axis: axis) }
    }
    return keepingAxes ? result.reshaped(kept) : result
  }

  /// The mean over several axes, which go, or stay with length 1; over all of them where none are named.
  public func mean(axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    let count = (axes ?? Array(0..<rank)).reduce(1) { $0 * shape[checked(axis: $1)] }
    return sum(axes: axes, keepingAxes: keepingAxes) * (1 / Scalar(count))
  }

  /// The operand itself, through which no derivative passes.
  public var stoppingGradient: Tensor {
    place.map { $0.recorder.record(.stopGradient, [self], shape) } ?? self
  }

  /// The mean of all elements, NaN for none.
  public func mean() -> Scalar { sum() / Scalar(count) }

  /// The largest element: NaN if one is NaN, -∞ for no elements.
  public func max() -> Scalar { reduced(Scalar.maximum, join: larger, empty: -.infinity) }

  /// The smallest element: NaN if one is NaN, ∞ for no elements.
  public func min() -> Scalar { reduced(Scalar.minimum, join: smaller, empty: .infinity) }

  /// The largest magnitude: NaN if an element is NaN, 0 for no elements.
  public func maxMagnitude() -> Scalar { reduced(Scalar.maximumMagnitude, join: larger, empty: 0) }

  /// The sum of the products of the elements of two tensors of one shape.
  public func dot(_ other: Tensor) -> Scalar {
    precondition(shape == other.shape, "the dot product of shapes \(shape) and \(other.shape)")
    return other.withUnsafeBufferPointer { y in
      withUnsafeBufferPointer { x in
        guard let x = x.baseAddress, let y = y.baseAddress else { return 0 }
        return Scalar(
          BlockReduction.reduce(
            count: count,
            block: { Double(Scalar.dot(x + $0.lowerBound, y + $0.lowerBound, count: $0.count)) }, join: +))
      }
    }
  }

  /// The square root of the sum of squares.
  public func norm() -> Scalar { dot(self).squareRoot() }

  // MARK: - Over one axis

  private func reduced(
    axis: Int, keepingAxis: Bool, _ kernel: (UnsafePointer<Scalar>, Int) -> Scalar,
    join: (Double, Double) -> Double, empty: Scalar
  ) -> Tensor {
    let axis = checked(axis: axis)
    var result = shape
    if keepingAxis { result[axis] = 1 } else { result.remove(at: axis) }
    // The kernels take contiguous rows.
    let last = axis == rank - 1 ? self : transposed((0..<rank).filter { $0 != axis } + [axis])
    let row = shape[axis]
    return Tensor(shape: result) { out in
      guard row > 0 else { return out.update(repeating: empty) }
      let (rows, step) = (out.count, Swift.max(BlockReduction.block / row, 1))
      last.withUnsafeBufferPointer { x in
        guard let x = x.baseAddress else { return }
        WorkerPool.shared.forEach(tiles: (rows + step - 1) / step) { tile, _ in
          for r in tile * step..<Swift.min((tile + 1) * step, rows) {
            out[r] = Scalar(
              BlockReduction.reduce(
                count: row, block: { Double(kernel(x + r * row + $0.lowerBound, $0.count)) }, join: join))
          }
        }
      }
    }
  }

  /// The sum over one axis, which goes, or stays with length 1. Negative axes count from the end.
  public func sum(axis: Int, keepingAxis: Bool = false) -> Tensor {
    if isRecorded { return sum(axes: [axis], keepingAxes: keepingAxis) }
    return reduced(axis: axis, keepingAxis: keepingAxis, Scalar.sum, join: +, empty: 0)
  }

  /// The mean over one axis.
  public func mean(axis: Int, keepingAxis: Bool = false) -> Tensor {
    if isRecorded { return mean(axes: [axis], keepingAxes: keepingAxis) }
    return sum(axis: axis, keepingAxis: keepingAxis) / Scalar(shape[checked(axis: axis)])
  }

  /// The largest element along one axis: NaN if one is.
  public func max(axis: Int, keepingAxis: Bool = false) -> Tensor {
    if let place {
      let axis = checked(axis: axis)
      var (rest, kept) = (shape, shape)
      rest.remove(at: axis)
      kept[axis] = 1
      let result = place.recorder.record(.maximum(axis: axis), [self], rest)
      return keepingAxis ? result.reshaped(kept) : result
    }
    return reduced(axis: axis, keepingAxis: keepingAxis, Scalar.maximum, join: larger, empty: -.infinity)
  }

  /// The smallest element along one axis: NaN if one is.
  public func min(axis: Int, keepingAxis: Bool = false) -> Tensor {
    if isRecorded { return -(-self).max(axis: axis, keepingAxis: keepingAxis) }
    return reduced(axis: axis, keepingAxis: keepingAxis, Scalar.minimum, join: smaller, empty: .infinity)
  }
}
