import CKernels
import Equations
import Foundation
import Geometry
import Tensors

/// Gaussians that are added where the residual asks for them, with the widths that it asks for: orthogonal to what there is
/// already, the residual is approximated by matching pursuit (Mallat and Zhang, IEEE Trans. Signal Process. 41, 1993) over
/// candidates.
public struct GaussianSelection: Hashable, Sendable, Codable {
  /// How many candidates there are.
  public var candidates: Int
  /// Widths of a candidate along each axis, as multiples of those of the nearest Gaussian, their logarithms spread evenly.
  public var widths: ClosedRange<Double>
  /// A candidate must be felt at this many points at least, or it would only fit their noise.
  public var support: Double
  public var seed: UInt64

  /// 1024 candidates of 0.2 to 1.5 times the widths of the nearest Gaussian that are felt at 16 points, unless given.
  public init(
    candidates: Int = 1024, widths: ClosedRange<Double> = 0.2...1.5, support: Double = 16, seed: UInt64 = 0
  ) {
    precondition(
      candidates > 0 && widths.lowerBound > 0 && support > 0,
      "\(candidates) candidates of widths \(widths) that are felt at \(support) points")
    (self.candidates, self.widths, self.support, self.seed) = (candidates, widths, support, seed)
  }

  /// Means and logarithms of widths of Gaussians to add, one tuple of 2 · coordinates numbers each.
  ///
  /// - Parameters:
  ///   - count: How many, at most.
  ///   - x: The parameters of the objective, whose residuals are orthogonal to the range of their linear part.
  ///   - until: The final time.
  ///   - round: Different rounds draw different candidates.
  public func additions(
    _ count: Int, to objective: GaussianObjective, at x: Tensor<Double>, until: Double, round: Int
  ) throws -> [[Double]] {
    var residuals = Tensor<Double>.zeros([objective.residualCount])
    try objective.residuals(at: x, into: &residuals)
    let present = objective.shapes(at: x).elements
    let shapes = centresAndWidths(objective, present, residuals, until: until, round: round)
    return try pursue(count, objective, at: x, residuals, shapes)
  }

  /// Candidates: points of all places with a density like the squared residual, moved a little, and widths.
  private func centresAndWidths(
    _ objective: GaussianObjective, _ present: [Double], _ residuals: Tensor<Double>, until: Double,
    round: Int
  ) -> [[Double]] {
    let (axes, lengths) = (objective.axes, objective.lengths(until: until))
    var points: [(place: PointwiseSystem.Place, index: Int)] = []
    var cumulative = [0.0]
    residuals.withUnsafeBufferPointer { r in
      var row = 0
      for place in objective.places {
        let (n, count) = (objective.points.count(place), objective.terms.count { $0.place == place })
        for i in 0..<n {
          var sum = 0.0
          for e in 0..<count { sum += r[row + e * n + i] * r[row + e * n + i] }
          points.append((place, i))
          cumulative.append(cumulative.last! + sum)
        }
        row += n * count
      }
    }
    let (n, total) = (points.count, cumulative.last!)
    var stream = RandomStream(seed: seed, stream: UInt64(truncatingIfNeeded: round))
    let places = Tensor<Double>.randomUniform([candidates], from: &stream).elements
    let moves = Tensor<Double>.randomNormal([candidates, axes], deviation: 1, from: &stream).elements
    let spreads = Tensor<Double>.randomUniform([candidates, axes], from: &stream).elements
    let spacing = pow(1 / Double(n), 1 / Double(axes))
    let (a, b) = (log(widths.lowerBound), log(widths.upperBound))
    return (0..<candidates).map { k in
      var (low, high) = (0, n)
      if total > 0, total.isFinite {
        // The last i with cumulative[i] ≤ place · total.
        while high - low > 1 {
          let middle = (low + high) / 2
          if cumulative[middle] <= places[k] * total { low = middle } else { high = middle }
        }
      } else {
        low = min(Int(places[k] * Double(n)), n - 1)
      }
      let (place, index) = points[low]
      let centre = objective.points.tables[place]!.withUnsafeBufferPointer { table in
        (0..<axes).map { axis in
          table[index * axes + axis] + 0.5 * spacing * lengths[axis] * moves[k * axes + axis]
        }
      }
      // The nearest Gaussian, by its own widths.
      let count = objective.count
      var (nearest, distance) = (0, Double.infinity)
      for g in 0..<count {
        var sum = 0.0
        for axis in 0..<axes {
          let gap = (centre[axis] - present[axis * count + g]) / exp(present[(axes + axis) * count + g])
          sum += gap * gap
        }
        if sum < distance { (nearest, distance) = (g, sum) }
      }
      return centre
        + (0..<axes).map { axis in
          // No wider than the box.
          min(
            present[(axes + axis) * count + nearest] + a + (b - a) * spreads[k * axes + axis],
            log(lengths[axis]))
        }
    }
  }

  /// Those of the candidates that take most off the squared residual, one after another.
  private func pursue(
    _ count: Int, _ objective: GaussianObjective, at x: Tensor<Double>, _ residuals: Tensor<Double>,
    _ shapes: [[Double]]
  ) throws -> [[Double]] {
    let (rows, unknowns) = (objective.residualCount, objective.system.unknowns.count)
    let n = shapes.count
    // Columns by candidate and unknown, [unknowns · candidates, rows].
    let columns = try objective.columns(of: shapes, at: x)
    let rest = Buffer<Double>(count: rows)
    residuals.withUnsafeBufferPointer { rest.pointer.update(from: $0.baseAddress!, count: rows) }
    let all = unknowns * n
    let (squares, correlations) = (Buffer<Double>(count: all), Buffer<Double>(count: all))
    let isFelt = Buffer<Double>(count: all)
    let threads = 16
    WorkerPool.shared.forEach(tiles: threads) { tile, _ in
      for k in all * tile / threads..<all * (tile + 1) / threads {
        let a = UnsafePointer(columns.pointer + k * rows)
        squares.pointer[k] = Double.inner(a, a, count: rows)
        correlations.pointer[k] = Double.inner(a, rest.pointer, count: rows)
        var fourth = 0.0
        for i in 0..<rows { fourth += a[i] * a[i] * a[i] * a[i] }
        isFelt.pointer[k] = squares.pointer[k] * squares.pointer[k] >= support * fourth ? 1 : 0
      }
    }
    var chosen: [Int] = []
    while chosen.count < count {
      var (best, gain) = (-1, 0.0)
      for k in 0..<n where !chosen.contains(k) {
        var sum = 0.0
        for u in 0..<unknowns {
          let i = u * n + k
          guard squares.pointer[i] > 0, isFelt.pointer[i] > 0 else { continue }
          sum += correlations.pointer[i] * correlations.pointer[i] / squares.pointer[i]
        }
        if sum > gain { (best, gain) = (k, sum) }
      }
      guard best >= 0 else { break }
      chosen.append(best)
      for u in 0..<unknowns {
        let i = u * n + best
        guard squares.pointer[i] > 0 else { continue }
        let a = UnsafePointer(columns.pointer + i * rows)
        Double.axpy(
          -Double.inner(a, rest.pointer, count: rows) / squares.pointer[i], a, rest.pointer, count: rows)
      }
      WorkerPool.shared.forEach(tiles: threads) { tile, _ in
        for k in all * tile / threads..<all * (tile + 1) / threads {
          correlations.pointer[k] = Double.inner(
            UnsafePointer(columns.pointer + k * rows), rest.pointer, count: rows)
        }
      }
    }
    return chosen.map { shapes[$0] }
  }
}
