import Foundation
import Geometry

/// Which Fourier modes of a periodic box are kept, and where they lie in memory.
///
/// A real field on N points per axis is held by its modes |k_a| ≤ K_a; the last axis keeps k ≥ 0 only. Modes of the
/// first axis are contiguous: mode (kx, ky, kz) of a three-dimensional field has the index (kz · n_y + ky) · n_x + kx,
/// with kx and ky counted 0 … K, −K … −1. In one dimension the only axis is the last one. The Nyquist mode of an even
/// grid is never kept: its derivative is not determined.
public struct FourierLayout: Hashable, Sendable {
  public let box: Box
  /// Grid points per axis.
  public let points: [Int]
  /// The highest kept wavenumber per axis.
  public let cutoff: [Int]

  /// The layout that keeps |k| ≤ `cutoff` on a grid of `points`.
  public init(box: Box, points: [Int], cutoff: [Int]) {
    precondition(
      points.count == box.dimension && cutoff.count == box.dimension,
      "\(points.count) point counts and \(cutoff.count) cutoffs for a box of \(box.dimension) dimensions")
    precondition(
      zip(points, cutoff).allSatisfy { $1 >= 0 && 2 * $1 < $0 },
      "cutoffs \(cutoff) do not fit grids of \(points)")
    (self.box, self.points, self.cutoff) = (box, points, cutoff)
  }

  public var dimension: Int { box.dimension }
  /// Modes that lie contiguously: those of the first axis, or all of a one-dimensional field.
  public var columnLength: Int { dimension == 1 ? cutoff[0] + 1 : 2 * cutoff[0] + 1 }
  /// How many runs of `columnLength` modes there are.
  public var columnCount: Int {
    switch dimension {
    case 1: 1
    case 2: cutoff[1] + 1
    default: (2 * cutoff[1] + 1) * (cutoff[2] + 1)
    }
  }
  /// Kept modes of one field.
  public var modeCount: Int { columnLength * columnCount }
  /// Grid points.
  public var pointCount: Int { points.reduce(1, *) }
  /// The half spectrum of a mode that stands for two: every mode with k > 0 on the last axis.
  public func weight(ofColumn column: Int, index: Int) -> Double {
    let last = dimension == 1 ? index : dimension == 2 ? column : column / (2 * cutoff[1] + 1)
    return last == 0 ? 1 : 2
  }

  /// The signed wavenumbers of the mode with the given index.
  public func wavenumbers(_ mode: Int) -> [Int] {
    let (column, i) = (mode / columnLength, mode % columnLength)
    let signed = { (i: Int, cutoff: Int) in i <= cutoff ? i : i - (2 * cutoff + 1) }
    switch dimension {
    case 1: return [i]
    case 2: return [signed(i, cutoff[0]), column]
    default:
      let n = 2 * cutoff[1] + 1
      return [signed(i, cutoff[0]), signed(column % n, cutoff[1]), column / n]
    }
  }

  /// The index of a kept mode whose last wavenumber is not negative.
  public func index(of k: [Int]) -> Int {
    let folded = { (k: Int, cutoff: Int) in k >= 0 ? k : k + 2 * cutoff + 1 }
    switch dimension {
    case 1: return k[0]
    case 2: return k[1] * columnLength + folded(k[0], cutoff[0])
    default:
      return (k[2] * (2 * cutoff[1] + 1) + folded(k[1], cutoff[1])) * columnLength + folded(k[0], cutoff[0])
    }
  }

  /// 2π/L per axis: physical wavenumbers are these times the integers.
  public var fundamentals: [Double] { box.intervals.map { 2 * .pi / $0.length } }

  /// Coordinates of the grid points along each axis, from the lower bound on.
  public var coordinates: [[Double]] {
    zip(box.intervals, points).map { interval, n in
      (0..<n).map { interval.lower + interval.length * Double($0) / Double(n) }
    }
  }

  /// The largest K with (degree + 1) K < points: products of `degree` fields then leave the kept modes free of aliases
  /// (the 2/3 rule of Orszag, 1971, for degree 2; 1/2 for degree 3).
  public static func dealiasedCutoff(points: Int, degree: Int) -> Int {
    max(0, (points - 1) / (max(degree, 1) + 1))
  }
}
