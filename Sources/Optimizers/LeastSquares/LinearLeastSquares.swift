import Algebra
import Tensors

/// How min ‖J d + r‖² is solved where nothing is added to it.
public enum LeastSquaresFactorization: String, Sendable, Codable, CaseIterable {
  /// By singular values, of which small ones are left out: the shortest solution, and the most reliable.
  case singularValues
  /// By QR with column exchanges: the shortest solution too, in less time, where the rank is seen from the triangle.
  case pivotedQR
}

/// The linear problem of a Gauss-Newton step, min ‖J d + r‖² + λ ‖D d‖², in memory that is kept. Solved by orthogonal
/// transformations of J itself: its condition is never squared.
final class LinearLeastSquares<Scalar: OptimizerScalar> {
  /// Residuals and parameters.
  let rows, columns: Int
  /// r and J as the objective writes them.
  var residuals: Tensor<Scalar>
  var jacobian: Tensor<Scalar>
  /// −d, that is to be subtracted from the parameters, and Jᵀ r.
  let solution: Buffer<Double>
  let gradient: Buffer<Double>
  /// Lengths of the columns of J.
  let lengths: Buffer<Double>

  /// J, column by column; then its QR factors, if it has more rows than columns.
  private let matrix: Buffer<Double>
  private let tau: Buffer<Double>
  /// Qᵀ r, or r.
  private let projected: Buffer<Double>
  /// The triangle (or J) with what is added to it; what is solved with.
  private let stacked: Buffer<Double>
  private let right: Buffer<Double>
  private let singular: Buffer<Double>
  private let exchanges: Buffer<Int32>
  private let work: Buffer<Double>
  private let integers: Buffer<Int32>

  /// Rows of what remains after the first QR.
  private var height: Int { min(rows, columns) }

  init(rows: Int, columns: Int) {
    (self.rows, self.columns) = (rows, columns)
    let (m, n, k) = (rows, columns, min(rows, columns))
    residuals = .zeros([m])
    jacobian = .zeros([m, n])
    solution = Buffer(count: n)
    gradient = Buffer(count: n)
    lengths = Buffer(count: n)
    matrix = Buffer(count: m * n)
    tau = Buffer(count: n + m)
    projected = Buffer(count: m)
    // [R; √λ D] or [Jᵀ; √λ I].
    stacked = Buffer(count: (n + k) * k > 0 ? (n + k) * max(k, 1) : 1)
    right = Buffer(count: n + m)
    singular = Buffer(count: max(k, 1))
    exchanges = Buffer(count: max(n, 1))
    (work, integers) = Self.workMemory(rows: m, columns: n)
  }

  /// Enough for every routine that is called.
  private static func workMemory(rows m: Int, columns n: Int) -> (Buffer<Double>, Buffer<Int32>) {
    let k = min(m, n)
    let tall = n + k
    var (length, integers, rank, exchanges): (Double, Int32, Int32, Int32) = (0, 0, 0, 0)
    var largest = 1.0
    // Nothing is read or written but the length.
    let nothing = Buffer<Double>(count: 1)
    let none = nothing.pointer
    defer { withExtendedLifetime(nothing) {} }
    func take(_ info: Int32) { largest = max(largest, length) }
    take(Double.geqrf(m, n, none, m, none, &length, -1))
    take(Double.ormqr(transposed: true, m, 1, k, none, m, none, none, m, &length, -1))
    take(Double.geqrf(tall, k, none, tall, none, &length, -1))
    take(Double.ormqr(transposed: true, tall, 1, k, none, tall, none, none, tall, &length, -1))
    take(Double.ormqr(transposed: false, tall, 1, k, none, tall, none, none, tall, &length, -1))
    take(Double.gelsd(k, n, 1, none, k, none, max(k, n), none, 0, &rank, &length, -1, &integers))
    take(Double.gelsy(k, n, 1, none, k, none, max(k, n), &exchanges, 0, &rank, &length, -1))
    return (Buffer(count: Int(largest.rounded(.up))), Buffer(count: max(Int(integers), 1)))
  }

  /// Takes up `residuals` and `jacobian` as they are now: Jᵀ r, lengths of columns, and the first QR.
  func factorize() -> Bool {
    let (m, n) = (rows, columns)
    residuals.withUnsafeBufferPointer {
      Scalar.convert($0.baseAddress!, toDouble: projected.pointer, count: m)
    }
    jacobian.withUnsafeBufferPointer { j in
      let (j, out, band) = (j.baseAddress!, matrix.pointer, 64)
      for first in stride(from: 0, to: m, by: band) {
        Scalar.transpose(out, leading: m, j, columns: n, rows: first..<min(first + band, m))
      }
    }
    var isFinite = true
    for j in 0..<n {
      let column = matrix.pointer + j * m
      gradient.pointer[j] = Double.inner(column, projected.pointer, count: m)
      let square = Double.inner(column, column, count: m)
      lengths.pointer[j] = square.squareRoot()
      isFinite = isFinite && square.isFinite && gradient.pointer[j].isFinite
    }
    guard isFinite, m >= n else { return isFinite }
    threaded {
      _ = Double.geqrf(m, n, matrix.pointer, m, tau.pointer, work.pointer, work.count)
      _ = Double.ormqr(
        transposed: true, m, 1, n, matrix.pointer, m, tau.pointer, projected.pointer, m, work.pointer,
        work.count)
    }
    return true
  }

  private func threaded(_ body: () -> Void) {
    // Below order 256 a thread's share of the work is shorter than its wake-up.
    if height >= 256 { BLASThreads.withLarge(body) } else { BLASThreads.withSingle(body) }
  }

  /// Copies the triangle of the first QR (or J, if it has fewer rows) to the top of a matrix with `leading` rows.
  private func copyTop(leading: Int) {
    let (m, k) = (rows, height)
    for j in 0..<columns {
      let (from, to) = (matrix.pointer + j * m, stacked.pointer + j * leading)
      let filled = m >= columns ? j + 1 : k
      to.update(from: from, count: filled)
      (to + filled).update(repeating: 0, count: leading - filled)
    }
  }

  /// The shortest solution without λ. Singular values below `threshold` times the largest are left out. Returns the rank.
  func solve(_ factorization: LeastSquaresFactorization, threshold: Double) -> Int {
    let (k, n) = (height, columns)
    var rank: Int32 = 0
    copyTop(leading: k)
    right.pointer.update(from: projected.pointer, count: k)
    (right.pointer + k).update(repeating: 0, count: max(n - k, 0))
    threaded {
      switch factorization {
      case .singularValues:
        _ = Double.gelsd(
          k, n, 1, stacked.pointer, k, right.pointer, max(k, n), singular.pointer, threshold, &rank,
          work.pointer,
          work.count, integers.pointer)
      case .pivotedQR:
        exchanges.pointer.update(repeating: 0, count: n)
        _ = Double.gelsy(
          k, n, 1, stacked.pointer, k, right.pointer, max(k, n), exchanges.pointer, threshold, &rank,
          work.pointer,
          work.count)
      }
    }
    solution.pointer.update(from: right.pointer, count: n)
    return Int(rank)
  }

  /// The solution with λ > 0 and a diagonal D > 0 (or the identity), by the QR factorisation of [R; √λ D], or of
  /// [D⁻¹ Jᵀ; √λ I] where there are fewer residuals than parameters: the smaller of both sides decides the cost.
  func solve(damping: Double, scale: UnsafePointer<Double>?) {
    let (m, n, k) = (rows, columns, height)
    let root = damping.squareRoot()
    let tall = n + k
    threaded {
      if m >= n {
        copyTop(leading: tall)
        for j in 0..<n { stacked.pointer[n + j + j * tall] = root * (scale?[j] ?? 1) }
        right.pointer.update(from: projected.pointer, count: n)
        (right.pointer + n).update(repeating: 0, count: n)
        _ = Double.geqrf(tall, n, stacked.pointer, tall, tau.pointer, work.pointer, work.count)
        _ = Double.ormqr(
          transposed: true, tall, 1, n, stacked.pointer, tall, tau.pointer, right.pointer, tall, work.pointer,
          work.count)
        _ = Double.trtrs(transposed: false, n, 1, stacked.pointer, tall, right.pointer, tall)
        solution.pointer.update(from: right.pointer, count: n)
      } else {
        // With QR = [D⁻¹ Jᵀ; √λ I], the solution is D⁻¹ times the upper part of Q R⁻ᵀ r.
        for i in 0..<m {
          let column = stacked.pointer + i * tall
          for j in 0..<n { column[j] = matrix.pointer[i + j * m] / (scale?[j] ?? 1) }
          (column + n).update(repeating: 0, count: m)
          column[n + i] = root
        }
        _ = Double.geqrf(tall, m, stacked.pointer, tall, tau.pointer, work.pointer, work.count)
        right.pointer.update(from: projected.pointer, count: m)
        (right.pointer + m).update(repeating: 0, count: n)
        _ = Double.trtrs(transposed: true, m, 1, stacked.pointer, tall, right.pointer, tall)
        _ = Double.ormqr(
          transposed: false, tall, 1, m, stacked.pointer, tall, tau.pointer, right.pointer, tall,
          work.pointer,
          work.count)
        for j in 0..<n { solution.pointer[j] = right.pointer[j] / (scale?[j] ?? 1) }
      }
    }
  }
}
