import Algebra
import Tensors

/// The linear problem of a step of variable projection, min ‖A a + B b + r‖² + λ ‖D b‖², in memory that is kept.
///
/// One QR of [A B] holds both halves: with R = [R₁ R₁₂; 0 R₂] and Qᵀr = (c₁, c₂), b is the solution of the projected
/// problem min ‖R₂ b + c₂‖² + λ ‖D b‖², and R₁ a = −(c₁ + R₁₂ b). Where columns of A depend on one another, R₁ is
/// factorised again with exchanges of columns; rows beyond its rank belong to the projected problem.
final class ProjectedLeastSquares<Scalar: OptimizerScalar> {
  /// Residuals, columns of A and of B.
  let rows, linear, nonlinear: Int
  /// r and [A B] as the objective writes them.
  var residuals: Tensor<Scalar>
  var jacobian: Tensor<Scalar>
  /// −a and −b, to be subtracted from the parameters.
  let solution: Buffer<Double>
  /// The rank of A.
  private(set) var rank = 0
  /// The gradient of the projected problem, of `nonlinear` numbers: Kaufman's (1975) of the reduced loss.
  let gradient: Buffer<Double>

  private let qr: TallQR<Scalar>
  /// J and r with rows of zeros below, where there are fewer rows than columns.
  private let padded: Buffer<Scalar>
  /// R₁ with exchanged columns of length 1, and what its columns were divided by.
  private let triangle: Buffer<Double>
  private let lengths: Buffer<Double>
  private let exchanges: Buffer<Int32>
  private let tau: Buffer<Double>
  /// R₁₂ and c₁ behind it, turned by the second factorisation.
  private let coupling: Buffer<Double>
  /// The projected problem: rows beyond the rank and R₂, then its triangle; and the right side.
  private let projected: Buffer<Double>
  private let right: Buffer<Double>
  private let projectedTau: Buffer<Double>
  /// The triangle and √λ D.
  private let stacked, added, reflections, target: Buffer<Double>
  private let work: Buffer<Double>

  private var height: Int { linear + nonlinear }
  private var panel: Int { max(min(32, nonlinear), 1) }
  private var projectedHeight: Int { linear - rank + nonlinear }

  init(rows: Int, linear: Int, nonlinear: Int) {
    (self.rows, self.linear, self.nonlinear) = (rows, linear, nonlinear)
    let n = linear + nonlinear
    let tall = max(rows, n)
    residuals = .zeros([rows])
    jacobian = .zeros([rows, n])
    solution = Buffer(count: n)
    gradient = Buffer(count: max(nonlinear, 1))
    qr = TallQR(rows: tall, columns: n)
    padded = Buffer(count: rows < n ? tall * n : 0)
    triangle = Buffer(count: linear * linear)
    (lengths, exchanges) = (Buffer(count: max(linear, 1)), Buffer(count: max(linear, 1)))
    tau = Buffer(count: max(linear, 1))
    coupling = Buffer(count: linear * (nonlinear + 1))
    projected = Buffer(count: n * nonlinear)
    right = Buffer(count: n)
    projectedTau = Buffer(count: max(nonlinear, 1))
    stacked = Buffer(count: nonlinear * nonlinear)
    added = Buffer(count: nonlinear * nonlinear)
    let panel = max(min(32, nonlinear), 1)
    reflections = Buffer(count: panel * max(nonlinear, 1))
    target = Buffer(count: 2 * n)
    work = Buffer(count: Self.workLength(linear: linear, nonlinear: nonlinear))
  }

  private static func workLength(linear: Int, nonlinear: Int) -> Int {
    var length = 0.0
    let (nothing, none) = (Buffer<Double>(count: 1), Buffer<Int32>(count: 1))
    defer { withExtendedLifetime((nothing, none)) {} }
    let a = nothing.pointer
    var largest = Double(32 * max(nonlinear, 1) + 1)
    func take(_ info: Int32) { largest = max(largest, length) }
    if linear > 0 {
      take(Double.geqp3(linear, linear, a, linear, none.pointer, a, &length, -1))
      take(
        Double.ormqr(transposed: true, linear, nonlinear + 1, linear, a, linear, a, a, linear, &length, -1))
    }
    if nonlinear > 0 {
      let m = linear + nonlinear
      take(Double.geqrf(m, nonlinear, a, m, a, &length, -1))
      take(Double.ormqr(transposed: true, m, 1, nonlinear, a, m, a, a, m, &length, -1))
    }
    return Int(largest.rounded(.up))
  }

  /// Takes up `residuals` and `jacobian`. Columns of A count as dependent where the diagonal of the second triangle falls
  /// below `threshold` of its first. Whether all is finite.
  func factorize(threshold: Double) -> Bool {
    let (m, n) = (rows, height)
    residuals.withUnsafeBufferPointer { r in
      Scalar.convert(r.baseAddress!, toDouble: qr.right.pointer, count: m)
      (qr.right.pointer + m).update(repeating: 0, count: qr.rows - m)
    }
    jacobian.withUnsafeBufferPointer { j in
      guard m < n else { return qr.factorize(j.baseAddress!) }
      padded.pointer.update(from: j.baseAddress!, count: m * n)
      (padded.pointer + m * n).update(repeating: 0, count: (n - m) * n)
      qr.factorize(padded.pointer)
    }
    guard
      (0..<n).allSatisfy({ qr.right.pointer[$0].isFinite && qr.matrix.pointer[$0 * qr.leading + $0].isFinite }
      )
    else { return false }
    copyLinear()
    reveal(threshold)
    if nonlinear > 0 { project() }
    return true
  }

  private func threaded(_ order: Int, _ body: () -> Void) {
    if order >= 1024 { BLASThreads.withLarge(body) } else { BLASThreads.withSingle(body) }
  }

  /// R₁ with columns of length 1, R₁₂ and c₁.
  private func copyLinear() {
    let k = linear
    for j in 0..<k {
      let (from, to) = (qr.matrix.pointer + j * qr.leading, triangle.pointer + j * k)
      let length = Double.inner(UnsafePointer(from), UnsafePointer(from), count: j + 1).squareRoot()
      lengths.pointer[j] = length > 0 ? length : 1
      for i in 0...j { to[i] = from[i] / lengths.pointer[j] }
      (to + j + 1).update(repeating: 0, count: k - j - 1)
    }
    for j in 0..<nonlinear {
      (coupling.pointer + j * k).update(from: qr.matrix.pointer + (k + j) * qr.leading, count: k)
    }
    (coupling.pointer + nonlinear * k).update(from: qr.right.pointer, count: k)
  }

  private func reveal(_ threshold: Double) {
    let k = linear
    rank = 0
    guard k > 0 else { return }
    exchanges.pointer.update(repeating: 0, count: k)
    threaded(k) {
      _ = Double.geqp3(
        k, k, triangle.pointer, k, exchanges.pointer, tau.pointer, work.pointer, work.count)
      _ = Double.ormqr(
        transposed: true, k, nonlinear + 1, k, triangle.pointer, k, tau.pointer, coupling.pointer, k,
        work.pointer, work.count)
    }
    let first = abs(triangle.pointer[0])
    while rank < k, abs(triangle.pointer[rank * k + rank]) > threshold * first { rank += 1 }
  }

  /// The projected problem and its triangle.
  private func project() {
    let (k, p, h) = (linear, nonlinear, projectedHeight)
    let beyond = k - rank
    for j in 0..<p {
      let to = projected.pointer + j * h
      to.update(from: coupling.pointer + j * k + rank, count: beyond)
      // R₂ is an upper triangle.
      (to + beyond).update(from: qr.matrix.pointer + (k + j) * qr.leading + k, count: j + 1)
      (to + beyond + j + 1).update(repeating: 0, count: p - j - 1)
    }
    right.pointer.update(from: coupling.pointer + p * k + rank, count: beyond)
    (right.pointer + beyond).update(from: qr.right.pointer + k, count: p)
    for j in 0..<p {
      gradient.pointer[j] = Double.inner(
        UnsafePointer(projected.pointer + j * h), UnsafePointer(right.pointer), count: h)
    }
    guard beyond > 0 else { return }
    threaded(p) {
      _ = Double.geqrf(h, p, projected.pointer, h, projectedTau.pointer, work.pointer, work.count)
      _ = Double.ormqr(
        transposed: true, h, 1, p, projected.pointer, h, projectedTau.pointer, right.pointer, h,
        work.pointer, work.count)
    }
  }

  /// The solution without B: a step of the linear parameters alone.
  func solveLinear() {
    let k = linear
    (target.pointer).update(from: coupling.pointer + nonlinear * k, count: rank)
    backSubstitute()
    (solution.pointer + k).update(repeating: 0, count: nonlinear)
  }

  /// How much of ½‖r‖² lies in the range of A: what the step of ``solveLinear()`` takes off.
  var linearDecrease: Double {
    let c = UnsafePointer(coupling.pointer + nonlinear * linear)
    return 0.5 * Double.inner(c, c, count: rank)
  }

  /// a from the right side in `target`, by the part of the triangle up to the rank.
  private func backSubstitute() {
    let k = linear
    solution.pointer.update(repeating: 0, count: k)
    guard rank > 0 else { return }
    BLASThreads.withSingle {
      _ = Double.trtrs(transposed: false, rank, 1, triangle.pointer, k, target.pointer, k)
    }
    for i in 0..<rank {
      let j = Int(exchanges.pointer[i]) - 1
      solution.pointer[j] = target.pointer[i] / lengths.pointer[j]
    }
  }

  /// The solution with λ > 0, where D holds the inverses of `scale`.
  func solve(damping: Double, scale: UnsafePointer<Double>) {
    let (k, p, h) = (linear, nonlinear, projectedHeight)
    let root = damping.squareRoot()
    for j in 0..<p {
      let to = stacked.pointer + j * p
      to.update(from: projected.pointer + j * h, count: j + 1)
      (to + j + 1).update(repeating: 0, count: p - j - 1)
    }
    added.pointer.update(repeating: 0, count: p * p)
    for j in 0..<p { added.pointer[j + j * p] = root / scale[j] }
    target.pointer.update(from: right.pointer, count: p)
    (target.pointer + p).update(repeating: 0, count: p)
    threaded(p) {
      _ = Double.tpqrt(
        p, panel, stacked.pointer, p, added.pointer, p, reflections.pointer, work.pointer)
      _ = Double.tpmqrt(
        p, columns: 1, panel, added.pointer, p, reflections.pointer, target.pointer, p, target.pointer + p, p,
        work.pointer)
      _ = Double.trtrs(transposed: false, p, 1, stacked.pointer, p, target.pointer, p)
    }
    let b = solution.pointer + k
    b.update(from: target.pointer, count: p)
    target.pointer.update(from: coupling.pointer + p * k, count: rank)
    for j in 0..<p {
      Double.axpy(-b[j], UnsafePointer(coupling.pointer + j * k), target.pointer, count: rank)
    }
    backSubstitute()
  }

  /// How much the projected problem promises of the step that was solved for: ½ (bᵀ g + λ ‖D b‖²).
  func predictedDecrease(damping: Double, scale: UnsafePointer<Double>) -> Double {
    let b = solution.pointer + linear
    var sum = 0.0
    for j in 0..<nonlinear {
      let scaled = b[j] / scale[j]
      sum += b[j] * gradient.pointer[j] + damping * scaled * scaled
    }
    return 0.5 * sum
  }

  /// The longest column of B after projection, in units of `scale`.
  func longestColumn(scale: UnsafePointer<Double>) -> Double {
    let h = projectedHeight
    var longest = 0.0
    for j in 0..<nonlinear {
      let column = UnsafePointer(projected.pointer + j * h)
      // Below its diagonal the triangle holds reflections.
      longest = max(longest, Double.inner(column, column, count: j + 1).squareRoot() * scale[j])
    }
    return longest
  }
}
