import Algebra
import Equations
import Tensors

/// Which Gaussians can be left out: those without which the loss, minimized over the weights of the others, would hardly
/// grow. Two that are nearly the same are of that kind, one after the other.
///
/// Without Gaussian k the linear least-squares loss grows by ½ w_k² / [(AᵀA)⁻¹]_kk (Hassibi and Stork, Optimal Brain Surgeon,
/// NIPS 1992), which is exact where residuals are linear in the weights.
public struct GaussianReduction: Hashable, Sendable, Codable {
  /// All that are left out together let the loss grow by this part at most.
  public var tolerance: Double

  /// A thousandth of the loss, unless given.
  public init(tolerance: Double = 1e-3) {
    precondition(tolerance >= 0, "a tolerance of \(tolerance)")
    self.tolerance = tolerance
  }

  /// The numbers of Gaussians to leave out, at most `limit`, at parameters x whose weights minimize the loss.
  public func removals(of objective: GaussianObjective, at x: Tensor<Double>, limit: Int) throws -> [Int] {
    let (count, unknowns) = (objective.count, objective.system.unknowns.count)
    let n = unknowns * count
    var r = Tensor<Double>.zeros([objective.residualCount])
    var j = Tensor<Double>.zeros([objective.residualCount, n])
    try objective.linearJacobian(at: x, residuals: &r, jacobian: &j)
    var loss = 0.0
    for value in r.elements { loss += 0.5 * value * value }
    guard n > unknowns, loss > 0, let inverse = Self.inverseGram(j) else { return [] }
    let weights = x.slice(axis: 0, 0..<n).elements
    var isLeft = Array(repeating: true, count: count)
    var w = weights
    var (removed, growth) = ([Int](), 0.0)
    while removed.count < min(limit, count - 1) {
      var (best, price) = (-1, Double.infinity)
      for k in 0..<count where isLeft[k] {
        var sum = 0.0
        for u in 0..<unknowns {
          let i = u * count + k
          sum += 0.5 * w[i] * w[i] / inverse.pointer[i * n + i]
        }
        if sum < price { (best, price) = (k, sum) }
      }
      guard best >= 0, growth + price <= tolerance * loss else { break }
      growth += price
      isLeft[best] = false
      removed.append(best)
      // The others' weights, and the inverse without the row and column.
      for u in 0..<unknowns {
        let i = u * count + best
        let pivot = inverse.pointer[i * n + i]
        let row = Buffer<Double>(uninitialized: n)
        row.pointer.update(from: inverse.pointer + i * n, count: n)
        let factor = w[i] / pivot
        for l in 0..<n { w[l] -= factor * row.pointer[l] }
        for l in 0..<n where l != i {
          Double.axpy(-row.pointer[l] / pivot, row.pointer, inverse.pointer + l * n, count: n)
        }
        inverse.pointer[i * n + i] = .infinity
        w[i] = 0
      }
    }
    return removed.sorted()
  }

  /// (AᵀA + ε D²)⁻¹ by QR of A, with columns of length 1 and ε far below what the loss sees.
  private static func inverseGram(_ jacobian: Tensor<Double>) -> Buffer<Double>? {
    let (rows, n) = (jacobian.shape[0], jacobian.shape[1])
    let m = rows + n
    let a = Buffer<Double>(count: m * n)
    jacobian.withUnsafeBufferPointer { j in
      WorkerPool.shared.forEach(tiles: (rows + 63) / 64) { tile, _ in
        Double.transpose(
          a.pointer, leading: m, j.baseAddress!, columns: n, rows: tile * 64..<min(tile * 64 + 64, rows))
      }
    }
    var lengths = [Double](repeating: 1, count: n)
    for k in 0..<n {
      let column = a.pointer + k * m
      let length = Double.inner(UnsafePointer(column), UnsafePointer(column), count: rows).squareRoot()
      guard length.isFinite else { return nil }
      lengths[k] = length > 0 ? length : 1
      for i in 0..<rows { column[i] /= lengths[k] }
      // Smaller, and what is taken off the inverse below would cancel.
      column[rows + k] = 1e-7
    }
    let tau = Buffer<Double>(count: n)
    let work = Buffer<Double>(count: 64 * n + 1)
    let inverse = Buffer<Double>(count: n * n)
    for k in 0..<n { inverse.pointer[k * n + k] = 1 }
    let result = Buffer<Double>(count: n * n)
    BLASThreads.withSingle {
      _ = Double.geqrf(m, n, a.pointer, m, tau.pointer, work.pointer, work.count)
      _ = Double.trtrs(transposed: false, n, n, a.pointer, m, inverse.pointer, n)
    }
    // R⁻¹ R⁻ᵀ, in units of the weights.
    let transposed = Buffer<Double>(count: n * n)
    for i in 0..<n { for k in i..<n { transposed.pointer[i * n + k] = inverse.pointer[k * n + i] } }
    WorkerPool.shared.forEach(tiles: n) { i, _ in
      for l in 0..<n {
        // Row i of R⁻¹ is zero before its diagonal.
        let start = max(i, l)
        result.pointer[i * n + l] =
          Double.inner(
            UnsafePointer(transposed.pointer + i * n + start),
            UnsafePointer(transposed.pointer + l * n + start),
            count: n - start) / (lengths[i] * lengths[l])
      }
    }
    return result
  }
}
