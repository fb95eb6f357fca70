import Foundation
import Geometry
import Tensors

/// Functions on a box as series of cosines and sines along periodic axes and of Chebyshev polynomials along the others,
/// evaluated by recorded operations, so that derivatives of all orders follow.
///
/// What is analytic on the box is kept to round-off by some tens of terms per axis (Trefethen, Approximation Theory and
/// Approximation Practice, 2013).
struct BoxSeries: Sendable {
  let box: Box
  /// The highest wave number or degree along each axis.
  let degrees: [Int]
  /// The largest coefficient of the last eighth of the degrees along any axis, divided by the largest of all: what the
  /// series leaves out is of that size.
  let remainder: Double
  /// Coefficients of each function, [functions of the first axis, of the second, …].
  private let coefficients: [Tensor<Double>]

  /// The number of functions.
  var count: Int { coefficients.count }

  /// The series that agree with functions at points, of as many terms as it takes.
  ///
  /// - Parameters:
  ///   - tolerance: Terms below this part of the largest are left out.
  ///   - limit: The highest degree along an axis.
  ///   - values: The functions at points: [points, functions].
  init(
    _ box: Box, tolerance: Double, limit: Int, values: (_ points: [[Double]]) throws -> Tensor<Double>
  ) rethrows {
    self.box = box
    var degrees = box.intervals.map { _ in min(16, limit) }
    while true {
      let table = try values(Self.points(box, degrees))
      let series = Self.analysis(box, degrees, table)  // [functions, first axis, …]
      let sizes = Self.sizes(box, degrees, series)
      let largest = sizes.flatMap { $0 }.reduce(0, Swift.max)
      let ends = sizes.map { $0.suffix(Swift.max($0.count / 8, 1)).reduce(0, Swift.max) }
      let open = degrees.indices.filter { ends[$0] > tolerance * largest && degrees[$0] < limit }
      guard open.isEmpty || !largest.isFinite else {
        for axis in open { degrees[axis] = Swift.min(2 * degrees[axis], limit) }
        continue
      }
      remainder = largest > 0 ? (ends.reduce(0, Swift.max) / largest) : 0
      // Terms at the level of round-off would only make derivatives noisy.
      let kept = sizes.map { sizes in sizes.lastIndex { $0 > tolerance * largest } ?? 0 }
      self.degrees = kept
      coefficients = Self.cut(series, box, degrees, to: kept)
      return
    }
  }

  /// The functions at points [points, coordinates], of which the first are those of the box: one column each.
  func callAsFunction<Scalar>(_ points: Tensor<Scalar>) -> [Tensor<Scalar>] {
    let tables = box.intervals.indices.map { axis in
      Self.basis(points.slice(axis: 1, axis..<axis + 1), box.intervals[axis], degrees[axis])
    }
    let count = points.shape[0]
    return coefficients.map { coefficients in
      let shape = coefficients.shape
      var value = matmul(
        tables[0], Tensor<Scalar>(coefficients).reshaped([shape[0], coefficients.count / shape[0]]))
      for axis in 1..<Swift.max(shape.count, 1) where axis < shape.count {
        let rest = shape[(axis + 1)...].reduce(1, *)
        let stack = value.reshaped([count, shape[axis], rest])
        value = (stack * tables[axis].reshaped([count, shape[axis], 1])).sum(axis: 1)
      }
      return value
    }
  }

  // MARK: - Bases

  /// Basis functions at a column of coordinates: [points, functions].
  private static func basis<Scalar>(_ x: Tensor<Scalar>, _ interval: Box.Interval, _ degree: Int) -> Tensor<
    Scalar
  > {
    let length = interval.upper - interval.lower
    if interval.isPeriodic {
      let frequencies = Tensor<Scalar>(
        shape: [1, degree + 1], (0...degree).map { Scalar(2 * Double.pi * Double($0) / length) })
      let phase = matmul(x - Scalar(interval.lower), frequencies)
      return .concatenated([cos(phase), sin(phase)], axis: 1)
    }
    // T₀ … Tₙ, and the same in reverse, are doubled by T₍ₙ₊ⱼ₎ = 2 Tₙ Tⱼ − T₍ₙ₋ⱼ₎.
    let s = (x - Scalar(0.5 * (interval.lower + interval.upper))) * Scalar(2 / length)
    let one = s * 0 + 1
    var forward = Tensor.concatenated([one, s], axis: 1)
    var backward = Tensor.concatenated([s, one], axis: 1)
    var n = 1
    while n < degree {
      let double = 2 * backward.slice(axis: 1, 0..<1)
      let above = double * forward.slice(axis: 1, 1..<n + 1) - backward.slice(axis: 1, 1..<n + 1)
      let reversed = double * backward.slice(axis: 1, 0..<n) - forward.slice(axis: 1, 0..<n)
      forward = .concatenated([forward, above], axis: 1)
      backward = .concatenated([reversed, backward], axis: 1)
      n *= 2
    }
    return n == degree ? forward : forward.slice(axis: 1, 0..<degree + 1)
  }

  /// How many functions a basis has.
  private static func functions(_ interval: Box.Interval, _ degree: Int) -> Int {
    interval.isPeriodic ? 2 * (degree + 1) : degree + 1
  }

  /// Points of an axis that determine a series: equidistant ones, or the Chebyshev points of the first kind.
  private static func nodes(_ interval: Box.Interval, _ degree: Int) -> [Double] {
    let (a, b) = (interval.lower, interval.upper)
    if interval.isPeriodic {
      return (0...2 * degree).map { a + (b - a) * Double($0) / Double(2 * degree + 1) }
    }
    return (0...degree).map { i in
      0.5 * (a + b) + 0.5 * (b - a) * Foundation.cos(.pi * (Double(i) + 0.5) / Double(degree + 1))
    }
  }

  /// All points of a product of axes, the last axis fastest.
  private static func points(_ box: Box, _ degrees: [Int]) -> [[Double]] {
    zip(box.intervals, degrees).reduce([[]]) { points, axis in
      let nodes = nodes(axis.0, axis.1)
      return points.flatMap { point in nodes.map { point + [$0] } }
    }
  }

  /// The matrix from values at the nodes of an axis to coefficients: [functions, nodes].
  private static func matrix(_ interval: Box.Interval, _ degree: Int) -> Tensor<Double> {
    let count = interval.isPeriodic ? 2 * degree + 1 : degree + 1
    return Tensor(shape: [functions(interval, degree), count]) { out in
      for i in 0..<count {
        for k in 0...degree {
          let scale = (k == 0 ? 1 : 2) / Double(count)
          if interval.isPeriodic {
            // Whole turns are taken off exactly.
            let angle = 2 * Double.pi * Double(k * i % count) / Double(count)
            out[k * count + i] = scale * Foundation.cos(angle)
            out[(degree + 1 + k) * count + i] = k == 0 ? 0 : scale * Foundation.sin(angle)
          } else {
            let angle = .pi * Double(k * (2 * i + 1) % (4 * count)) / Double(2 * count)
            out[k * count + i] = scale * Foundation.cos(angle)
          }
        }
      }
    }
  }

  /// Coefficients [functions, first axis, …] of values [points, functions].
  private static func analysis(_ box: Box, _ degrees: [Int], _ values: Tensor<Double>) -> Tensor<Double> {
    let matrices = zip(box.intervals, degrees).map { matrix($0, $1) }
    var table = values.reshaped(matrices.map { $0.shape[1] } + [values.shape[1]])
    for matrix in matrices {
      let rest = Array(table.shape.dropFirst())
      let flat = matmul(matrix, table.reshaped([table.shape[0], rest.reduce(1, *)]))
      table = flat.reshaped([matrix.shape[0]] + rest).transposed(Array(1...rest.count) + [0])
    }
    return table
  }

  /// For each axis and degree, the largest coefficient.
  private static func sizes(_ box: Box, _ degrees: [Int], _ series: Tensor<Double>) -> [[Double]] {
    let elements = series.elements
    var stride = elements.count / series.shape[0]
    return box.intervals.indices.map { axis in
      let count = series.shape[axis + 1]
      stride /= count
      var sizes = Array(repeating: 0.0, count: degrees[axis] + 1)
      for (i, value) in elements.enumerated() {
        let k = i / stride % count % (degrees[axis] + 1)
        sizes[k] = value.isNaN ? .infinity : Swift.max(sizes[k], Swift.abs(value))
      }
      return sizes
    }
  }

  /// The coefficients of each function up to lower degrees.
  private static func cut(_ series: Tensor<Double>, _ box: Box, _ degrees: [Int], to kept: [Int])
    -> [Tensor<Double>]
  {
    (0..<series.shape[0]).map { function in
      var table = series.slice(axis: 0, function..<function + 1)
      for (axis, interval) in box.intervals.enumerated() {
        let waves = table.slice(axis: axis + 1, 0..<kept[axis] + 1)
        table =
          interval.isPeriodic
          ? .concatenated(
            [waves, table.slice(axis: axis + 1, degrees[axis] + 1..<degrees[axis] + kept[axis] + 2)],
            axis: axis + 1) : waves
      }
      return table.reshaped(Array(table.shape.dropFirst()))
    }
  }
}
