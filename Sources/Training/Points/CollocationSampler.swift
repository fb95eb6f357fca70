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
    /// Uniform at first; in later rounds points are added to those that there are, drawn from many candidates with a
    /// density r² / mean r² (RAR-D, Wu et al., 2023).
    case refinement = "rar-d"
    /// Uniform at first; in later rounds the candidates with the largest residuals are added to the points that there are
    /// (RAR-G, Lu et al., 2021).
    case greedy = "rar-g"

    /// Whether later rounds add points to those that there are.
    public var grows: Bool { self == .refinement || self == .greedy }

    /// How points are spread before residuals count.
    var sequence: PointSequence { PointSequence(rawValue: rawValue) ?? .uniform }
  }

  public var pattern: Pattern
  /// Points inside.
  public var inside: Int
  /// Points on each side, and at the initial time.
  public var boundary: Int
  public var seed: UInt64
  /// Candidates per point inside, for the patterns that look at residuals.
  public var candidates = 10
  /// Points that a growing pattern adds in a round.
  public var added: Int
  /// The most points inside that a growing pattern makes.
  public var limit: Int

  /// Points that are spread as given; a grid has at most as many as are asked for, and as many along every axis. A
  /// growing pattern adds a twentieth of the first points in a round and ends at twice their number, unless given.
  public init(
    pattern: Pattern = .uniform, inside: Int, boundary: Int, seed: UInt64 = 0, added: Int? = nil,
    limit: Int? = nil
  ) {
    (self.pattern, self.inside, self.boundary, self.seed) = (pattern, inside, boundary, seed)
    self.added = added ?? max(1, inside / 20)
    self.limit = limit ?? 2 * inside
    precondition(self.added > 0, "a growing set of points grows by \(self.added) points")
  }

  /// The points that a growing pattern adds in a round, of shape [points, coordinates]; nil where there are as many as
  /// there may be.
  ///
  /// - Parameters:
  ///   - count: How many there are inside.
  ///   - sizes: The sizes of residuals at candidates.
  /// - Throws: `SamplingError` for residuals that are not finite, and what `sizes` throws.
  func addition<Scalar: Real>(
    to count: Int, of system: PointwiseSystem, until: Double, round: Int,
    sizes: (Tensor<Scalar>) throws -> [Double]
  ) throws -> Tensor<Scalar>? {
    let more = min(added, limit - count)
    guard more > 0 else { return nil }
    let candidates: Tensor<Scalar> = points(
      .inside, of: system, until: until, round: round, count: max(inside, more) * self.candidates)
    let sizes = try sizes(candidates)
    let chosen =
      pattern == .greedy
      ? try ResidualSampling.largest(more, residuals: sizes)
      : try ResidualSampling(exponent: 2, offset: 0).select(more, residuals: sizes, seed: seed, round: round)
    return candidates.gathering(chosen)
  }

  /// Points of a place: coordinates, and time last, of shape [points, coordinates]; on a boundary of a region or a mesh the
  /// outward normal follows them.
  ///
  /// - Parameters:
  ///   - until: The final time of evolutions.
  ///   - round: Different rounds give different points, but for the grid.
  ///   - count: How many; a place that is one point has one.
  public func points<Scalar: Real>(
    _ place: PointwiseSystem.Place, of system: PointwiseSystem, until: Double = 1, round: Int = 0, count: Int
  ) -> Tensor<Scalar> {
    if let table = shapedPoints(place, of: system, until: until, round: round, count: count) {
      return Tensor<Scalar>(table)
    }
    var intervals = system.box.intervals.map { $0.lower...$0.upper }
    if system.isEvolution { intervals.append(0...until) }
    var part = 0
    switch place {
    case .inside, .measured: break
    case .initial: (intervals[system.dimension], part) = (0...0, 1)
    case .boundary(let name): preconditionFailure("a box has no boundary '\(name)', but sides")
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
