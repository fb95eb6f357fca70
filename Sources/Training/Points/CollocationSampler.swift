import Equations
import Geometry
import Tensors

/// How points are drawn at which residuals are evaluated; a pure function of seed and round.
public struct CollocationSampler: Hashable, Sendable, Codable {
  /// The way in which points are spread: that of a ``PointSequence``, or by residuals.
  public enum Pattern: String, Hashable, Sendable, Codable, CaseIterable {
    case uniform
    case latinHypercube = "latin-hypercube"
    case sobol, halton, grid
    /// Uniform at first; in later rounds drawn from many candidates with a density |r|/mean|r| + 1 (RAD, Wu et al., 2023).
    case residual

    /// How points are spread before residuals count.
    var sequence: PointSequence { PointSequence(rawValue: rawValue) ?? .uniform }
  }

  public var pattern: Pattern
  /// Points inside.
  public var inside: Int
  /// Points on each side, and at the initial time.
  public var boundary: Int
  public var seed: UInt64
  /// Candidates per point of the residual pattern.
  public var candidates = 10

  /// Points that are spread as given; a grid has at most as many as are asked for, and as many along every axis.
  public init(pattern: Pattern = .uniform, inside: Int, boundary: Int, seed: UInt64 = 0) {
    (self.pattern, self.inside, self.boundary, self.seed) = (pattern, inside, boundary, seed)
  }

  /// Points of a place: coordinates, and time last, of shape [points, coordinates].
  ///
  /// - Parameters:
  ///   - until: The final time of evolutions.
  ///   - round: Different rounds give different points, but for the grid.
  ///   - count: How many; a place that is one point has one.
  public func points<Scalar: Real>(
    _ place: PointwiseSystem.Place, of system: PointwiseSystem, until: Double = 1, round: Int = 0, count: Int
  ) -> Tensor<Scalar> {
    var intervals = system.box.intervals.map { $0.lower...$0.upper }
    if system.isEvolution { intervals.append(0...until) }
    var part = 0
    switch place {
    case .inside, .measured: break
    case .initial: (intervals[system.dimension], part) = (0...0, 1)
    case .side(let side):
      let axis = side.axis.rawValue
      let bound = side.isUpper ? intervals[axis].upperBound : intervals[axis].lowerBound
      (intervals[axis], part) = (bound...bound, 2 + 2 * axis + (side.isUpper ? 1 : 0))
    }
    let free = intervals.indices.filter { intervals[$0].lowerBound < intervals[$0].upperBound }
    let unit =
      free.isEmpty
      ? Tensor.zeros([1, 0])
      : PointSampler(pattern.sequence, seed: seed).unitPoints(
        count, dimension: free.count, round: round, part: part)
    return Tensor(shape: [unit.shape[0], intervals.count]) { out in
      unit.withUnsafeBufferPointer { unit in
        for i in out.indices {
          let (row, axis) = (i / intervals.count, i % intervals.count)
          let (lower, upper) = (intervals[axis].lowerBound, intervals[axis].upperBound)
          let place = free.firstIndex(of: axis).map { unit[row * free.count + $0] } ?? 0
          out[i] = Scalar(lower + (upper - lower) * place)
        }
      }
    }
  }
}
