import Equations
import Foundation
import Geometry
import Tensors

/// How points are drawn at which residuals are evaluated; a pure function of seed and round.
public struct CollocationSampler: Hashable, Sendable, Codable {
  /// The way in which points are spread.
  public enum Pattern: String, Hashable, Sendable, Codable, CaseIterable {
    /// Independently and uniformly.
    case uniform
    /// Midpoints of a grid with as many cells, or a few more, as points are asked for.
    case grid
    /// Uniformly at first; in later rounds drawn from many candidates with a density |r|ᵏ/mean|r|ᵏ + c (RAD, Wu et al.,
    /// 2023, with k = c = 1).
    case residual
  }

  public var pattern: Pattern
  /// Points inside, and on each side or at the initial time.
  public var inside: Int
  public var boundary: Int
  public var seed: UInt64
  /// Candidates per point of the residual pattern.
  public var candidates = 10

  public init(pattern: Pattern = .uniform, inside: Int, boundary: Int, seed: UInt64 = 0) {
    (self.pattern, self.inside, self.boundary, self.seed) = (pattern, inside, boundary, seed)
  }

  /// Points of a place: coordinates, and time last, of shape [points, coordinates].
  ///
  /// - Parameters:
  ///   - round: Different rounds give different points, but for the grid.
  ///   - count: How many; for a grid at least so many.
  func points<Scalar: Real>(
    _ place: PointwiseSystem.Place, of system: PointwiseSystem, until: Double, round: Int, count: Int
  ) -> Tensor<Scalar> {
    var intervals = system.box.intervals.map { $0.lower...$0.upper }
    if system.isEvolution { intervals.append(0...until) }
    switch place {
    case .inside, .measured: break
    case .initial: intervals[system.dimension] = 0...0
    case .side(let side):
      let interval = intervals[side.axis.rawValue]
      let bound = side.isUpper ? interval.upperBound : interval.lowerBound
      intervals[side.axis.rawValue] = bound...bound
    }
    if pattern == .grid { return grid(intervals, count) }
    var stream = RandomStream(seed: seed, stream: Self.stream(place, round))
    let unit = Tensor<Double>.randomUniform([count, intervals.count], from: &stream)
    let values = unit.elements.enumerated().map { i, value -> Scalar in
      let interval = intervals[i % intervals.count]
      return Scalar(interval.lowerBound + (interval.upperBound - interval.lowerBound) * value)
    }
    return Tensor(shape: [count, intervals.count], values)
  }

  /// Points of a place in the first round: coordinates, and time last, of shape [points, coordinates].
  public func table(
    _ place: PointwiseSystem.Place, of system: PointwiseSystem, until: Double = 1, count: Int
  ) -> Tensor<Double> {
    points(place, of: system, until: until, round: 0, count: count)
  }

  private static func stream(_ place: PointwiseSystem.Place, _ round: Int) -> UInt64 {
    let number: UInt64 =
      switch place {
      case .inside: 0
      case .initial: 1
      case .measured: 8
      case .side(let side): 2 + UInt64(2 * side.axis.rawValue + (side.isUpper ? 1 : 0))
      }
    return UInt64(round) << 8 | number
  }

  private func grid<Scalar: Real>(_ intervals: [ClosedRange<Double>], _ count: Int) -> Tensor<Scalar> {
    // Cells of like shape in the free directions.
    let free = intervals.indices.filter { intervals[$0].lowerBound < intervals[$0].upperBound }
    let side = max(Int(Foundation.pow(Double(count), 1 / Double(max(free.count, 1))).rounded(.up)), 1)
    var points: [[Double]] = [[]]
    for (axis, interval) in intervals.enumerated() {
      let length = interval.upperBound - interval.lowerBound
      let values =
        free.contains(axis)
        ? (0..<side).map { interval.lowerBound + length * (Double($0) + 0.5) / Double(side) }
        : [interval.lowerBound]
      points = points.flatMap { point in values.map { point + [$0] } }
    }
    return Tensor(shape: [points.count, intervals.count], points.flatMap { $0.map { Scalar($0) } })
  }

  /// Chooses `count` of some candidates with probabilities in proportion to their weights, without replacement: those with
  /// the smallest -log(uniform)/weight (Efraimidis & Spirakis 2006).
  static func choose(_ count: Int, weights: [Double], seed: UInt64, round: Int) -> [Int] {
    let stream = RandomStream(seed: seed, stream: UInt64(round) << 8 | 255)
    let keys = weights.enumerated().map { i, weight in
      -Foundation.log(max(stream.uniform(at: UInt64(i)), .leastNonzeroMagnitude)) / max(weight, 1e-300)
    }
    return keys.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }.prefix(count).sorted()
  }
}
