import Equations
import Geometry

/// Unknowns on the vertices of a uniform grid: derivatives by second-order differences, values between the vertices by
/// multilinear interpolation.
struct GridState: SolutionState {
  let system: PDESystem
  let grid: RectilinearGrid
  /// One array per unknown, x slowest.
  let fields: [[Double]]
  /// Random fields of the problem on the grid.
  let random: [RandomField: [Double]]

  var time: Double { 0 }
  var hidden: Set<Int> { [] }

  /// The trapezoidal rule; the rectangle rule on periodic axes, where the two are the same.
  var weights: [[Double]] {
    zip(system.box.intervals, grid.shape).map { interval, n in
      let h = interval.length / Double(interval.isPeriodic ? n : n - 1)
      return (0..<n).map { interval.isPeriodic || (0 < $0 && $0 < n - 1) ? h : h / 2 }
    }
  }

  func values(of jets: [Jet]) throws -> [[Double]] {
    jets.map { jet in
      var values = fields[jet.unknown]
      for axis in Axis.allCases.prefix(grid.dimension) {
        for _ in 0..<jet.orders[axis] / 2 { values = differentiated(values, axis, second: true) }
        if jet.orders[axis] % 2 == 1 { values = differentiated(values, axis, second: false) }
      }
      return values
    }
  }

  func values(of jets: [Jet], at points: [[Double]]) throws -> [[Double]] {
    interpolated(try values(of: jets), at: points)
  }

  func values(of field: RandomField, at points: [[Double]]?) throws -> [Double] {
    guard let values = random[field] else {
      throw EquationError("the random field \(field.label) was not drawn")
    }
    return points.map { interpolated([values], at: $0)[0] } ?? values
  }

  private func interpolated(_ arrays: [[Double]], at points: [[Double]]) -> [[Double]] {
    let cells = points.map(corners)
    return arrays.map { values in
      cells.map { corners in
        corners.isEmpty ? .nan : corners.reduce(0) { $0 + $1.weight * values[$1.index] }
      }
    }
  }

  /// The vertices of the cell around a point with their weights; none outside the box.
  private func corners(_ point: [Double]) -> [(index: Int, weight: Double)] {
    var result: [(index: Int, weight: Double)] = [(0, 1)]
    for (a, interval) in system.box.intervals.enumerated() {
      let n = grid.shape[a]
      var s = (point[a] - interval.lower) / interval.length
      if interval.isPeriodic { s -= s.rounded(.down) }
      guard s >= 0, s <= 1 else { return [] }
      let position = s * Double(interval.isPeriodic ? n : n - 1)
      let lower = min(Int(position), interval.isPeriodic ? n - 1 : n - 2)
      let t = position - Double(lower)
      let ends: [(Int, Double)] = [(lower, 1 - t), ((lower + 1) % n, t)]
      var next: [(index: Int, weight: Double)] = []
      for corner in result {
        for (index, weight) in ends { next.append((corner.index * n + index, corner.weight * weight)) }
      }
      result = next
    }
    return result
  }

  /// A first or second derivative along an axis, one-sided at the ends of a bounded one.
  private func differentiated(_ values: [Double], _ axis: Axis, second: Bool) -> [Double] {
    let (a, shape) = (axis.rawValue, grid.shape)
    let interval = system.box.intervals[a]
    let n = shape[a]
    let inner = shape[(a + 1)...].reduce(1, *)
    let h = interval.length / Double(interval.isPeriodic ? n : n - 1)
    var result = values
    for start in stride(from: 0, to: values.count, by: n * inner) {
      for k in 0..<inner {
        func value(_ i: Int) -> Double { values[start + (i + n) % n * inner + k] }
        for i in 0..<n {
          let isEnd = !interval.isPeriodic && (i == 0 || i == n - 1)
          let derivative: Double
          switch (isEnd, second) {
          case (false, false): derivative = (value(i + 1) - value(i - 1)) / (2 * h)
          case (false, true): derivative = (value(i + 1) - 2 * value(i) + value(i - 1)) / (h * h)
          case (true, false):
            let s = i == 0 ? 1 : -1
            derivative =
              Double(s) * (-3 * value(i) + 4 * value(i + s) - value(i + 2 * s)) / (2 * h)
          case (true, true):
            let s = i == 0 ? 1 : -1
            derivative =
              n > 3
              ? (2 * value(i) - 5 * value(i + s) + 4 * value(i + 2 * s) - value(i + 3 * s)) / (h * h)
              : (value(i) - 2 * value(i + s) + value(i + 2 * s)) / (h * h)
          }
          result[start + i * inner + k] = derivative
        }
      }
    }
    return result
  }
}
