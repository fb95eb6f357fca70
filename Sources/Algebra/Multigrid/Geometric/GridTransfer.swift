import CKernels
import Tensors

/// Coarsening of one axis: every second unknown is kept, for any number of unknowns. Where the number does not fit, the
/// last coarse cell is shorter, which the coarse couplings know of.
final class GridTransfer: @unchecked Sendable {
  // Unchecked: nothing changes after the initialiser.

  let fine: Int
  let coarse: Int
  /// 2 where the axis is coarsened, 1 where it is kept.
  let factor: Int
  /// The fine unknown that is the first coarse one.
  let offset: Int
  let isPeriodic: Bool
  /// Interpolation weights, see `ck_grid_axis`.
  let left: [Double]
  let right: [Double]
  private let tables: Buffer<Float>

  /// The transfer along an axis.
  ///
  /// The unknown between two coarse ones gets the value for which the fluxes on both sides agree, which is linear
  /// interpolation at equal distances.
  /// - Parameter normalized: whether restriction yields averages (for couplings per mass) or sums (for integrated ones).
  init(_ axis: SeparableAxis, coarsens: Bool, normalized: Bool) {
    let n = axis.count
    fine = n
    isPeriodic = axis.isPeriodic
    factor = coarsens ? 2 : 1
    let offset = coarsens && !axis.isPeriodic && axis.faces[0] != 0 && n > 1 ? 1 : 0
    let coarse = coarsens ? (n - offset + 1) / 2 : n
    (self.offset, self.coarse) = (offset, coarse)
    var (left, right) = ([Double](repeating: 0, count: coarse + 1), [Double](repeating: 0, count: coarse + 1))
    if coarsens {
      for index in 0...coarse {
        let middle = 2 * (index - 1) + offset + 1
        guard (0..<n).contains(middle) else { continue }
        let total = axis.faces[middle] + axis.faces[middle + 1]
        left[index] = total > 0 ? axis.faces[middle] / total : 1
        right[index] = total > 0 ? axis.faces[middle + 1] / total : 0
      }
    }
    (self.left, self.right) = (left, right)

    // Restriction is the transpose of interpolation in the inner product of the masses.
    var (before, centre, after) = (
      [Double](repeating: 0, count: coarse), [Double](repeating: 1, count: coarse),
      [Double](repeating: 0, count: coarse)
    )
    if coarsens {
      for index in 0..<coarse {
        let kept = 2 * index + offset
        func neighbour(_ i: Int) -> Int? {
          (0..<n).contains(i) ? i : axis.isPeriodic && n % 2 == 0 ? (i + n) % n : nil
        }
        let (previous, next) = (neighbour(kept - 1), neighbour(kept + 1))
        // The fine unknown before coarse unknown 0 of a periodic axis is the one after the last.
        let leftPair = index == 0 && axis.isPeriodic ? coarse : index
        before[index] = previous == nil ? 0 : right[leftPair]
        after[index] = next == nil ? 0 : left[index + 1]
        if normalized {
          let total =
            axis.mass[kept] + (previous.map { before[index] * axis.mass[$0] } ?? 0)
            + (next.map { after[index] * axis.mass[$0] } ?? 0)
          before[index] *= (previous.map { axis.mass[$0] } ?? 0) / total
          centre[index] = axis.mass[kept] / total
          after[index] *= (next.map { axis.mass[$0] } ?? 0) / total
        }
      }
    }
    tables = Buffer((left + right + before + centre + after).map { Float($0) })
  }

  /// The axis as the kernels read it; valid as long as this object lives.
  var kernelAxis: ck_grid_axis {
    let base = tables.pointer
    let (n, m) = (coarse + 1, coarse)
    return ck_grid_axis(
      fine: Int64(fine), coarse: Int64(coarse), factor: Int64(factor), offset: Int64(offset),
      periodic: isPeriodic ? 1 : 0, left: base, right: base + n, before: base + 2 * n,
      centre: base + 2 * n + m,
      after: base + 2 * n + 2 * m)
  }

  var restriction: (before: UnsafePointer<Float>, centre: UnsafePointer<Float>, after: UnsafePointer<Float>) {
    let base = tables.pointer + 2 * (coarse + 1)
    return (UnsafePointer(base), UnsafePointer(base + coarse), UnsafePointer(base + 2 * coarse))
  }

  /// The fine faces between coarse unknowns `index - 1` and `index`.
  func facesInSeries(before index: Int, fineCount n: Int) -> (first: Int, second: Int?) {
    guard factor == 2 else { return (index, nil) }
    if index == 0 {
      // A periodic axis closes with the same faces at both ends.
      if isPeriodic { return facesInSeries(before: coarse, fineCount: n) }
      return offset == 1 ? (0, 1) : (0, nil)
    }
    let before = 2 * (index - 1) + offset
    return before + 1 < n ? (before + 1, before + 2) : (before + 1, nil)
  }

  /// The unknowns that share their value with coarse unknown `index`, and their weights.
  func sources(of index: Int) -> [(fine: Int, weight: Double)] {
    guard factor == 2 else { return [(index, 1)] }
    let kept = 2 * index + offset
    var result = [(fine: kept, weight: 1.0)]
    if kept > 0 {
      result.append((kept - 1, right[index]))
    } else if isPeriodic && fine % 2 == 0 {
      result.append((fine - 1, right[coarse]))
    }
    if kept + 1 < fine { result.append((kept + 1, left[index + 1])) }
    return result
  }

  /// Pᵀ x.
  func transposed(_ x: [Double]) -> [Double] {
    (0..<coarse).map { sources(of: $0).reduce(0) { $0 + $1.weight * x[$1.fine] } }
  }
}
