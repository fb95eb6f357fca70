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
  /// Another right side, of as many numbers as rows, for ``solveAgain(scale:)``.
  let secondRight: Buffer<Double>
  /// What ``solveAgain(scale:)`` gives.
  let secondSolution: Buffer<Double>

  /// The first QR, if J has at least as many rows as columns.
  private let tall: TallQR<Scalar>?
  /// J column by column and r, if not.
  private let matrix: Buffer<Double>
  private let right: Buffer<Double>
  /// The triangle, or Jᵀ, with what is added to it.
  private let stacked: Buffer<Double>
  private let added: Buffer<Double>
  private let reflections: Buffer<Double>
  private let tau: Buffer<Double>
  /// What is solved with, and then the solution.
  private let target: Buffer<Double>
  private let singular: Buffer<Double>
  private let exchanges: Buffer<Int32>
  private let work: Buffer<Double>
  private let integers: Buffer<Int32>

  /// Columns that reflections are applied to at a time.
  private let panel: Int

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
    (secondRight, secondSolution) = (Buffer(count: m), Buffer(count: n))
    tall = m >= n ? TallQR(rows: m, columns: n) : nil
    matrix = Buffer(count: m >= n ? 0 : m * n)
    right = Buffer(count: m >= n ? 0 : m)
    panel = max(min(32, k), 1)
    // R and √λ D, or [Jᵀ; √λ I] in one.
    stacked = Buffer(count: m >= n ? n * n : (n + m) * m)
    added = Buffer(count: m >= n ? n * n : 0)
    reflections = Buffer(count: panel * n)
    tau = Buffer(count: k)
    target = Buffer(count: 2 * n + m)
    singular = Buffer(count: max(k, 1))
    exchanges = Buffer(count: max(n, 1))
    (work, integers) = Self.workMemory(rows: m, columns: n, panel: panel)
  }

  /// Enough for every routine that is called.
  private static func workMemory(rows m: Int, columns n: Int, panel: Int) -> (Buffer<Double>, Buffer<Int32>) {
    let k = min(m, n)
    let tall = n + k
    var (length, integers, rank, exchanges): (Double, Int32, Int32, Int32) = (0, 0, 0, 0)
    var largest = Double(panel * n + 1)
    // Nothing is read or written but the length.
    let nothing = Buffer<Double>(count: 1)
    let none = nothing.pointer
    defer { withExtendedLifetime(nothing) {} }
    func take(_ info: Int32) { largest = max(largest, length) }
    take(Double.geqrf(tall, k, none, tall, none, &length, -1))
    take(Double.ormqr(transposed: false, tall, 1, k, none, tall, none, none, tall, &length, -1))
    take(Double.gelsd(k, n, 1, none, k, none, max(k, n), none, 0, &rank, &length, -1, &integers))
    take(Double.gelsy(k, n, 1, none, k, none, max(k, n), &exchanges, 0, &rank, &length, -1))
    return (Buffer(count: Int(largest.rounded(.up))), Buffer(count: max(Int(integers), 1)))
  }

  /// Takes up `residuals` and `jacobian` as they are now: Jᵀ r, lengths of columns, and the first QR. Whether all of it is
  /// finite.
  func factorize() -> Bool {
    let (m, n) = (rows, columns)
    residuals.withUnsafeBufferPointer {
      Scalar.convert($0.baseAddress!, toDouble: (tall?.right ?? right).pointer, count: m)
    }
    jacobian.withUnsafeBufferPointer { j in
      let j = j.baseAddress!
      products(j, (tall?.right ?? right).pointer)
      if let tall {
        tall.factorize(j)
      } else {
        let band = 64
        for first in stride(from: 0, to: m, by: band) {
          Scalar.transpose(matrix.pointer, leading: m, j, columns: n, rows: first..<min(first + band, m))
        }
      }
    }
    return (0..<n).allSatisfy { gradient.pointer[$0].isFinite && lengths.pointer[$0].isFinite }
  }

  /// Jᵀ r and the lengths of the columns, row by row.
  private func products(_ j: UnsafePointer<Scalar>, _ r: UnsafePointer<Double>) {
    let n = columns
    gradient.pointer.update(repeating: 0, count: n)
    lengths.pointer.update(repeating: 0, count: n)
    for i in 0..<rows {
      Scalar.addProducts(gradient.pointer, lengths.pointer, j + i * n, r[i], count: n)
    }
    for k in 0..<n { lengths.pointer[k] = lengths.pointer[k].squareRoot() }
  }

  private func threaded(_ body: () -> Void) {
    // Threads inside BLAS wait by spinning; below this order that costs more than they bring where cores are shared.
    if height >= 1024 { BLASThreads.withLarge(body) } else { BLASThreads.withSingle(body) }
  }

  /// Copies the triangle of the first QR (or J, if it has fewer rows), with zeros below.
  private func copyTop() {
    let k = height
    let (from, leading) = tall.map { ($0.matrix.pointer, $0.leading) } ?? (matrix.pointer, rows)
    for j in 0..<columns {
      let to = stacked.pointer + j * k
      let filled = tall != nil ? j + 1 : k
      to.update(from: from + j * leading, count: filled)
      (to + filled).update(repeating: 0, count: k - filled)
    }
  }

  /// The shortest solution without λ. Singular values below `threshold` times the largest are left out. Returns the rank.
  func solve(_ factorization: LeastSquaresFactorization, threshold: Double) -> Int {
    let (k, n) = (height, columns)
    var rank: Int32 = 0
    copyTop()
    target.pointer.update(from: (tall?.right ?? right).pointer, count: k)
    (target.pointer + k).update(repeating: 0, count: max(n - k, 0))
    threaded {
      switch factorization {
      case .singularValues:
        _ = Double.gelsd(
          k, n, 1, stacked.pointer, k, target.pointer, max(k, n), singular.pointer, threshold, &rank,
          work.pointer,
          work.count, integers.pointer)
      case .pivotedQR:
        exchanges.pointer.update(repeating: 0, count: n)
        _ = Double.gelsy(
          k, n, 1, stacked.pointer, k, target.pointer, max(k, n), exchanges.pointer, threshold, &rank,
          work.pointer,
          work.count)
      }
    }
    solution.pointer.update(from: target.pointer, count: n)
    return Int(rank)
  }

  /// The solution with λ > 0 and a diagonal D > 0 (or the identity), by the QR factorisation of [R; √λ D], or of
  /// [D⁻¹ Jᵀ; √λ I] where there are fewer residuals than parameters: the smaller of both sides decides the cost.
  func solve(damping: Double, scale: UnsafePointer<Double>?) {
    let (m, n) = (rows, columns)
    let root = damping.squareRoot()
    let tall = n + m
    threaded {
      if let first = self.tall {
        copyTop()
        added.pointer.update(repeating: 0, count: n * n)
        for j in 0..<n { added.pointer[j + j * n] = root * (scale?[j] ?? 1) }
        target.pointer.update(from: first.right.pointer, count: n)
        (target.pointer + n).update(repeating: 0, count: n)
        _ = Double.tpqrt(n, panel, stacked.pointer, n, added.pointer, n, reflections.pointer, work.pointer)
        _ = Double.tpmqrt(
          n, columns: 1, panel, added.pointer, n, reflections.pointer, target.pointer, n, target.pointer + n,
          n,
          work.pointer)
        _ = Double.trtrs(transposed: false, n, 1, stacked.pointer, n, target.pointer, n)
        solution.pointer.update(from: target.pointer, count: n)
      } else {
        // With QR = [D⁻¹ Jᵀ; √λ I], the solution is D⁻¹ times the upper part of Q R⁻ᵀ r.
        for i in 0..<m {
          let column = stacked.pointer + i * tall
          for j in 0..<n { column[j] = matrix.pointer[i + j * m] / (scale?[j] ?? 1) }
          (column + n).update(repeating: 0, count: m)
          column[n + i] = root
        }
        _ = Double.geqrf(tall, m, stacked.pointer, tall, tau.pointer, work.pointer, work.count)
        target.pointer.update(from: right.pointer, count: m)
        (target.pointer + m).update(repeating: 0, count: n)
        _ = Double.trtrs(transposed: true, m, 1, stacked.pointer, tall, target.pointer, tall)
        _ = Double.ormqr(
          transposed: false, tall, 1, m, stacked.pointer, tall, tau.pointer, target.pointer, tall,
          work.pointer,
          work.count)
        for j in 0..<n { solution.pointer[j] = target.pointer[j] / (scale?[j] ?? 1) }
      }
    }
  }

  /// Writes (Jᵀ J + λ D²)⁻¹ Jᵀ b for `secondRight` b with the factors, λ and D of the solve before.
  func solveAgain(scale: UnsafePointer<Double>?) {
    let (m, n) = (rows, columns)
    let out = secondSolution.pointer
    if tall != nil {
      // R̃ᵀ R̃ = Jᵀ J + λ D²: good enough for a correction, though it squares the condition.
      out.update(repeating: 0, count: n)
      jacobian.withUnsafeBufferPointer { j in
        // The squares that come with the products are not needed; the target has room for them.
        for i in 0..<m {
          Scalar.addProducts(
            out, target.pointer, j.baseAddress! + i * n, secondRight.pointer[i], count: n)
        }
      }
      threaded {
        _ = Double.trtrs(transposed: true, n, 1, stacked.pointer, n, out, n)
        _ = Double.trtrs(transposed: false, n, 1, stacked.pointer, n, out, n)
      }
    } else {
      let height = n + m
      threaded {
        target.pointer.update(from: secondRight.pointer, count: m)
        (target.pointer + m).update(repeating: 0, count: n)
        _ = Double.trtrs(transposed: true, m, 1, stacked.pointer, height, target.pointer, height)
        _ = Double.ormqr(
          transposed: false, height, 1, m, stacked.pointer, height, tau.pointer, target.pointer, height,
          work.pointer, work.count)
      }
      for j in 0..<n { out[j] = target.pointer[j] / (scale?[j] ?? 1) }
    }
  }
}
