import Tensors

/// Values on the product of three lists of points, row-major; absent dimensions come first, with one point.
struct GridArray: Sendable {
  var shape: [Int]
  var values: [Double]

  init(shape: [Int], values: [Double]) {
    precondition(
      shape.count == 3 && shape.reduce(1, *) == values.count, "\(values.count) values for the shape \(shape)")
    (self.shape, self.values) = (shape, values)
  }

  private func stride(_ axis: Int) -> Int { shape[(axis + 1)...].reduce(1, *) }

  /// The lines along an axis, one after another.
  func lines(along axis: Int) -> [Double] {
    let (n, inner) = (shape[axis], stride(axis))
    if inner == 1 { return values }
    return [Double](unsafeUninitializedCapacity: values.count) { lines, count in
      for outer in 0..<values.count / Swift.max(n * inner, 1) {
        for i in 0..<n {
          for k in 0..<inner { lines[(outer * inner + k) * n + i] = values[(outer * n + i) * inner + k] }
        }
      }
      count = values.count
    }
  }

  /// The array whose lines along an axis are given, with another number of points there.
  func replacingLines(along axis: Int, by lines: [Double], count n: Int) -> GridArray {
    let inner = stride(axis)
    var shape = shape
    shape[axis] = n
    if inner == 1 { return GridArray(shape: shape, values: lines) }
    let values = [Double](unsafeUninitializedCapacity: lines.count) { values, count in
      for outer in 0..<lines.count / Swift.max(n * inner, 1) {
        for i in 0..<n {
          for k in 0..<inner { values[(outer * n + i) * inner + k] = lines[(outer * inner + k) * n + i] }
        }
      }
      count = lines.count
    }
    return GridArray(shape: shape, values: values)
  }

  /// The array with a function applied to every line along an axis.
  func mapLines(along axis: Int, count: Int, _ body: ([Double]) -> [Double]) -> GridArray {
    let n = shape[axis]
    let lines = lines(along: axis)
    var result: [Double] = []
    result.reserveCapacity(lines.count / Swift.max(n, 1) * count)
    for first in Swift.stride(from: 0, to: lines.count, by: n) {
      result += body(Array(lines[first..<first + n]))
    }
    return replacingLines(along: axis, by: result, count: count)
  }

  /// The values at one index of an axis.
  func slice(_ axis: Int, _ index: Int) -> GridArray {
    mapLines(along: axis, count: 1) { [$0[index]] }
  }
}
