import Equations
import Geometry
import Tensors

/// A solution: values on the grid, and by its basis anywhere else.
public struct EllipticField: Sendable {
  /// The grid.
  public let grid: RectilinearGrid
  /// The values at the grid's points, row-major with x slowest.
  public var values: [Double] { lifts.isEmpty ? base.values : total }

  private let box: Box
  private let bases: [EllipticBasis]
  /// What the bases expand.
  private let base: GridArray
  /// Polynomials that carry data on sides whose conditions no function of the basis meets.
  private let lifts: [Lift]
  private let total: [Double]

  /// polynomial(x of `axis`) · values over the other axes.
  struct Lift: Sendable {
    var axis: Int
    var polynomial: LiftPolynomial
    var values: GridArray
  }

  /// - Parameters:
  ///   - axes: Three axes, absent ones first.
  ///   - values: The solution on the grid.
  ///   - lifts: What has to be subtracted before the solution is expanded.
  init(box: Box, grid: RectilinearGrid, axes: [EllipticAxis], values: [Double], lifts: [Lift]) {
    (self.box, self.grid, self.lifts) = (box, grid, lifts)
    bases = axes.map(\.basis)
    let shape = axes.map { $0.points.count }
    var array = GridArray(shape: shape, values: values)
    for lift in lifts {
      let factors = axes[lift.axis].points.map { lift.polynomial.value(at: $0) }
      Self.add(lift.values.values, times: factors, along: lift.axis, scale: -1, to: &array)
    }
    base = array
    total = lifts.isEmpty ? [] : values
  }

  private var firstAxis: Int { 3 - box.dimension }

  /// A partial derivative at the grid's points.
  public func derivative(_ orders: MultiIndex) -> [Double] {
    if orders == .zero { return values }
    var result = differentiated(base, orders, along: [0, 1, 2])
    for lift in lifts {
      let axis = lift.axis
      let others = [0, 1, 2].filter { $0 != axis }
      let part = differentiated(lift.values, orders, along: others)
      let order = self.order(orders, axis)
      let factors = points(axis).map { lift.polynomial.value(order: order, at: $0) }
      Self.add(part.values, times: factors, along: axis, scale: 1, to: &result)
    }
    return result.values
  }

  /// A partial derivative at any points, each given by its coordinates; NaN outside the domain.
  public func derivative(_ orders: MultiIndex = .zero, at places: [[Double]]) -> [Double] {
    for place in places {
      precondition(
        place.count == box.dimension, "a point with \(place.count) coordinates in \(box.dimension) dimensions"
      )
    }
    var result = sums(coefficients(base, of: [0, 1, 2]), orders, places, factor: nil)
    for lift in lifts {
      let others = [0, 1, 2].filter { $0 != lift.axis }
      let part = sums(coefficients(lift.values, of: others), orders, places, factor: lift)
      for i in result.indices { result[i] += part[i] }
    }
    for (i, place) in places.enumerated() where !isInside(place) { result[i] = .nan }
    return result
  }

  private func isInside(_ place: [Double]) -> Bool {
    zip(place, box.intervals).allSatisfy { x, interval in
      x.isFinite && (interval.isPeriodic || (interval.lower...interval.upper).contains(x))
    }
  }

  private func points(_ axis: Int) -> [Double] { axis < firstAxis ? [0] : grid.coordinates[axis - firstAxis] }

  private func order(_ orders: MultiIndex, _ axis: Int) -> Int {
    axis < firstAxis ? 0 : orders[Axis(rawValue: axis - firstAxis)!]
  }

  private func coefficients(_ array: GridArray, of axes: [Int]) -> GridArray {
    var array = array
    for axis in axes { array = expanded(array, along: axis) }
    return array
  }

  private func expanded(_ array: GridArray, along axis: Int) -> GridArray {
    let n = array.shape[axis]
    var lines = array.lines(along: axis)
    let expansion = LineExpansion(bases[axis], count: n)
    lines.withUnsafeMutableBufferPointer { lines in
      for first in stride(from: 0, to: lines.count, by: n) { expansion.expand(lines.baseAddress! + first) }
    }
    return array.replacingLines(along: axis, by: lines, count: n)
  }

  private func differentiated(_ array: GridArray, _ orders: MultiIndex, along axes: [Int]) -> GridArray {
    var array = array
    for axis in axes where order(orders, axis) > 0 {
      let n = array.shape[axis]
      let rows = points(axis).map { bases[axis].row(order: order(orders, axis), at: $0) }
      let lines = expanded(array, along: axis).lines(along: axis)
      var result = Array(repeating: 0.0, count: lines.count)
      let count = lines.count / n
      result.withUnsafeMutableBufferPointer { result in
        nonisolated(unsafe) let result = result
        // Tiles write disjoint columns.
        let width = 64
        WorkerPool.shared.forEach(tiles: (n + width - 1) / width) { tile, _ in
          let targets = tile * width..<Swift.min((tile + 1) * width, n)
          if rows[targets.lowerBound].indices == nil {
            let matrix = targets.flatMap { rows[$0].values }
            Double.multiplyMatrices(
              rows: count, columns: targets.count, inner: n, alpha: 1, lines, leading: n, transposed: false,
              matrix, leading: n, transposed: true, beta: 0, result.baseAddress! + targets.lowerBound,
              leading: n)
          } else {
            for target in targets {
              for line in 0..<count {
                result[line * n + target] = zip(rows[target].indices!, rows[target].values).reduce(0) {
                  $0 + lines[line * n + $1.0] * $1.1
                }
              }
            }
          }
        }
      }
      array = array.replacingLines(along: axis, by: result, count: n)
    }
    return array
  }

  /// Σ coefficients × functions at places; along the axis of `factor` its polynomial takes the functions' place.
  private func sums(
    _ coefficients: GridArray, _ orders: MultiIndex, _ places: [[Double]], factor: Lift?
  ) -> [Double] {
    var result = Array(repeating: 0.0, count: places.count)
    result.withUnsafeMutableBufferPointer { result in
      nonisolated(unsafe) let result = result
      let width = 16
      WorkerPool.shared.forEach(tiles: (places.count + width - 1) / width) { tile, _ in
        for i in tile * width..<Swift.min((tile + 1) * width, places.count) {
          let rows = (0..<3).map { axis -> EllipticBasis.Row in
            guard axis >= firstAxis else { return EllipticBasis.Row(values: [1]) }
            let x = places[i][axis - firstAxis]
            let order = order(orders, axis)
            if let factor, factor.axis == axis {
              return EllipticBasis.Row(values: [factor.polynomial.value(order: order, at: x)])
            }
            return x.isFinite
              ? bases[axis].row(order: order, at: x) : EllipticBasis.Row(indices: [], values: [])
          }
          result[i] = Self.contract(coefficients, rows)
        }
      }
    }
    return result
  }

  private static func contract(_ c: GridArray, _ rows: [EllipticBasis.Row]) -> Double {
    let indices = rows.map { row in row.indices ?? Array(row.values.indices) }
    return c.values.withUnsafeBufferPointer { values in
      var total = 0.0
      for (i, a) in zip(indices[0], rows[0].values) {
        for (j, b) in zip(indices[1], rows[1].values) {
          let start = (i * c.shape[1] + j) * c.shape[2]
          var sum = 0.0
          if rows[2].indices == nil {
            sum = Double.dot(values.baseAddress! + start, rows[2].values, count: rows[2].values.count)
          } else {
            for (k, w) in zip(indices[2], rows[2].values) { sum += w * values[start + k] }
          }
          total += a * b * sum
        }
      }
      return total
    }
  }

  /// array += scale · factors ⊗ values, where `values` has one point along the axis.
  private static func add(
    _ values: [Double], times factors: [Double], along axis: Int, scale: Double, to array: inout GridArray
  ) {
    let n = array.shape[axis]
    let inner = array.shape[(axis + 1)...].reduce(1, *)
    for outer in 0..<array.values.count / (n * inner) {
      for i in 0..<n {
        for k in 0..<inner {
          array.values[(outer * n + i) * inner + k] += scale * factors[i] * values[outer * inner + k]
        }
      }
    }
  }
}
