import Equations
import Foundation
import Geometry
import Tensors

/// How Gaussians are spread before any training.
public struct GaussianStart: Hashable, Sendable, Codable {
  /// The number of Gaussians.
  public var count: Int
  /// How means are spread: over the box, a margin around it included.
  public var pattern: PointSequence
  /// Widths along each axis, as multiples of the mean distance of neighbours along that axis.
  public var overlap: Double
  /// Widths in units of the coordinates, the same along all axes, instead of by the distance of neighbours.
  public var width: Double?
  /// Whether widths along each axis, the same for all Gaussians, are fitted before the first step.
  public var fitsWidths: Bool
  /// How far means lie beyond the sides of axes that are not periodic, as a part of the box.
  public var margin: Double
  public var seed: UInt64

  /// Halton points with a margin of 5 % and widths of 1.5 distances, unless given.
  public init(
    count: Int, pattern: PointSequence = .halton, overlap: Double = 1.5, width: Double? = nil,
    margin: Double = 0.05, fitsWidths: Bool = true, seed: UInt64 = 0
  ) {
    precondition(
      count > 0 && overlap > 0 && width ?? 1 > 0 && margin >= 0,
      "\(count) Gaussians with an overlap of \(overlap) and a margin of \(margin)")
    (self.count, self.pattern, self.overlap, self.width) = (count, pattern, overlap, width)
    (self.margin, self.fitsWidths, self.seed) = (margin, fitsWidths, seed)
  }

  /// Uniform means inside of the box and widths of 0.1, as in the paper (Kang et al., arXiv 2412.05994, 2024).
  public static func published(count: Int, width: Double = 0.1, seed: UInt64 = 0) -> GaussianStart {
    GaussianStart(count: count, pattern: .uniform, width: width, margin: 0, fitsWidths: false, seed: seed)
  }

  /// Means and logarithms of widths, [2 · coordinates, count] in one row.
  ///
  /// - Parameter until: The final time of evolutions.
  public func shapes(_ system: PointwiseSystem, until: Double) -> Tensor<Double> {
    var intervals = system.box.intervals.map { ($0.lower, $0.upper, $0.isPeriodic) }
    if system.isEvolution { intervals.append((0, until, false)) }
    let axes = intervals.count
    let unit = PointSampler(pattern, seed: seed).unitPoints(count, dimension: axes, round: 0, part: 0)
      .elements
    let real = unit.count / axes
    let spacing = pow(Double(real), -1 / Double(axes))
    return Tensor(shape: [2 * axes * count]) { out in
      for (j, interval) in intervals.enumerated() {
        let length = interval.1 - interval.0
        let extra = interval.2 ? 0 : margin * length
        for k in 0..<count {
          // A grid may have fewer points than were asked for; the others are put between them.
          let place = unit[(k % real) * axes + j] + (k >= real ? 0.5 * spacing : 0)
          out[j * count + k] = interval.0 - extra + (length + 2 * extra) * place
          out[(axes + j) * count + k] = log(width ?? overlap * spacing * length)
        }
      }
    }
  }
}
