import Algebra
import Foundation
import Tensors

/// How the inverse root A^(−1/p) of a Hermitian, positive matrix is taken.
public enum InverseRootMethod: String, Hashable, Sendable, CaseIterable {
  /// From eigenvalues. Where the least of them is negative, all are moved up by as much before the ridge is added: factors
  /// may be indefinite by rounding.
  case eigen
  /// By the coupled Newton iteration (Guo and Higham, SIAM J. Matrix Anal. Appl. 28, 2006): products only.
  case coupledNewton
  /// By a coupled iteration of third order after one of Newton's (Lakić, J. Appl. Math. Mech. 78, 1998): products only.
  case higherOrder
}

/// Inverse roots of matrices up to some order, in memory made once. Matrices are row-major and complete, of doubles.
package final class InverseRoot: @unchecked Sendable {
  // Unchecked: belongs to one worker of a region at a time.

  /// What an iteration did.
  package struct Outcome: Equatable {
    /// Whether there is a root.
    package var isValid: Bool
    /// Steps of the iteration; none by eigenvalues.
    package var iterations = 0
    /// The largest element of A Xᵖ − I, as the iteration knows it.
    package var error = 0.0
  }

  private let workspace: FactorWorkspace
  private let pool: [Buffer<Double>]

  package init(order: Int, complexOrder: Int = 0) {
    workspace = FactorWorkspace(order: order, complexOrder: complexOrder)
    let room = max(order * order, 2 * complexOrder * complexOrder)
    pool = (0..<5).map { _ in Buffer(count: room) }
  }

  /// Writes (A + ridge · I)^(−1/p). `out` is not touched if there is no root.
  package func root(
    _ method: InverseRootMethod, _ p: Int, isComplex: Bool, order n: Int, _ matrix: UnsafePointer<Double>,
    ridge: Double, into out: UnsafeMutablePointer<Double>
  ) -> Outcome {
    let field = MatrixField(isComplex: isComplex)
    guard Double.dot(matrix, matrix, count: n * n * field.width).isFinite else {
      return Outcome(isValid: false)
    }
    switch method {
    case .eigen: return eigenRoot(field, p, n, matrix, ridge, out)
    case .coupledNewton: return coupledNewton(field, p, n, matrix, ridge, out)
    case .higherOrder: return higherOrder(field, p, n, matrix, ridge, out)
    }
  }

  private func eigenRoot(
    _ field: MatrixField, _ p: Int, _ n: Int, _ matrix: UnsafePointer<Double>, _ ridge: Double,
    _ out: UnsafeMutablePointer<Double>
  ) -> Outcome {
    let (row, values) = (n * field.width, workspace.values.pointer)
    let (copy, vectors) = (workspace.first.pointer, workspace.second.pointer)
    copy.update(from: matrix, count: n * row)
    guard workspace.eigen(field, order: n, copy, vectors: vectors, values: values) else {
      return Outcome(isValid: false)
    }
    let shift = ridge + max(-values[0], 0)
    // Without a ridge, what rounding leaves of a zero is no direction to be followed.
    let floor = Double(n) * .ulpOfOne * max(abs(values[0]), abs(values[n - 1]))
    guard max(values[n - 1] + shift, floor) > 0 else { return Outcome(isValid: false) }
    copy.update(from: vectors, count: n * row)
    for k in 0..<n {
      let value = max(values[k] + shift, ridge > 0 ? ridge : floor)
      Double.scale(copy + k * row, by: Foundation.pow(value, -1 / Double(p)), count: row)
    }
    field.multiply(n, n, n, vectors, n, adjoint: true, copy, n, out, n)
    return Outcome(isValid: Double.dot(out, out, count: n * row).isFinite)
  }

  /// a · A + b · I in place.
  private func affine(
    _ field: MatrixField, _ n: Int, _ a: Double, _ matrix: UnsafeMutablePointer<Double>, _ b: Double
  ) {
    Double.scale(matrix, by: a, count: n * n * field.width)
    for i in 0..<n { matrix[i * (n + 1) * field.width] += b }
  }

  /// The largest element of A − I, with A left as it is.
  private func distance(_ field: MatrixField, _ n: Int, _ matrix: UnsafeMutablePointer<Double>) -> Double {
    affine(field, n, 1, matrix, -1)
    defer { affine(field, n, 1, matrix, 1) }
    return Double.maximumMagnitude(matrix, count: n * n * field.width)
  }

  /// M ← Yᵖ M, by squares of Y; Y and the others are overwritten.
  private func raise(
    _ field: MatrixField, _ n: Int, _ p: Int, _ y: inout UnsafeMutablePointer<Double>,
    _ m: inout UnsafeMutablePointer<Double>, _ spare: inout UnsafeMutablePointer<Double>
  ) {
    var p = p
    while p > 0 {
      if p % 2 == 1 {
        field.multiply(n, n, n, y, n, m, n, spare, n)
        swap(&m, &spare)
      }
      p /= 2
      if p > 0 {
        field.multiply(n, n, n, y, n, y, n, spare, n)
        swap(&y, &spare)
      }
    }
  }

  /// M = z (A + ridge · I) and X = z^(1/p) I, which keep M = (A + ridge · I) Xᵖ.
  private func start(
    _ field: MatrixField, _ p: Int, _ n: Int, _ matrix: UnsafePointer<Double>, _ ridge: Double,
    _ scale: (UnsafeMutablePointer<Double>) -> Double, _ m: UnsafeMutablePointer<Double>,
    _ x: UnsafeMutablePointer<Double>
  ) -> Bool {
    m.update(from: matrix, count: n * n * field.width)
    affine(field, n, 1, m, ridge)
    let z = scale(m)
    guard z.isFinite, z > 0 else { return false }
    Double.scale(m, by: z, count: n * n * field.width)
    x.update(repeating: 0, count: n * n * field.width)
    affine(field, n, 1, x, Foundation.pow(z, 1 / Double(p)))
    return true
  }

  private func coupledNewton(
    _ field: MatrixField, _ p: Int, _ n: Int, _ matrix: UnsafePointer<Double>, _ ridge: Double,
    _ out: UnsafeMutablePointer<Double>
  ) -> Outcome {
    let count = n * n * field.width
    var (x, m, y, spare) = (pool[0].pointer, pool[1].pointer, pool[2].pointer, pool[3].pointer)
    let isPositive = start(
      field, p, n, matrix, ridge,
      { Double(p + 1) / (2 * Double.dot($0, $0, count: count).squareRoot()) }, m, x)
    guard isPositive else { return Outcome(isValid: false) }
    var outcome = Outcome(isValid: false, error: distance(field, n, m))
    while outcome.error > 1e-6, outcome.iterations < 100 {
      newtonStep(field, p, n, &x, &m, &y, &spare)
      let error = distance(field, n, m)
      outcome.iterations += 1
      guard error <= 1.2 * outcome.error else { return outcome }
      outcome.error = error
    }
    guard outcome.error <= 1e-6 else { return outcome }
    // The error is squared once more where that is but one product.
    affine(field, n, -1 / Double(p), m, 1 + 1 / Double(p))
    field.multiply(n, n, n, x, n, m, n, out, n)
    outcome.isValid = true
    return outcome
  }

  /// Y = (1 + 1/p) I − M/p; X ← X Y; M ← Yᵖ M.
  private func newtonStep(
    _ field: MatrixField, _ p: Int, _ n: Int, _ x: inout UnsafeMutablePointer<Double>,
    _ m: inout UnsafeMutablePointer<Double>, _ y: inout UnsafeMutablePointer<Double>,
    _ spare: inout UnsafeMutablePointer<Double>
  ) {
    y.update(from: m, count: n * n * field.width)
    affine(field, n, -1 / Double(p), y, 1 + 1 / Double(p))
    field.multiply(n, n, n, x, n, y, n, spare, n)
    swap(&x, &spare)
    raise(field, n, p, &y, &m, &spare)
  }

  private func higherOrder(
    _ field: MatrixField, _ p: Int, _ n: Int, _ matrix: UnsafePointer<Double>, _ ridge: Double,
    _ out: UnsafeMutablePointer<Double>
  ) -> Outcome {
    let count = n * n * field.width
    var (x, m, y, spare) = (pool[0].pointer, pool[1].pointer, pool[2].pointer, pool[3].pointer)
    let isPositive = start(
      field, p, n, matrix, ridge,
      { m in 1 / (0..<n).reduce(0) { $0 + m[$1 * (n + 1) * field.width] } }, m, x)
    guard isPositive else { return Outcome(isValid: false) }
    newtonStep(field, p, n, &x, &m, &y, &spare)
    var outcome = Outcome(isValid: false, iterations: 1, error: distance(field, n, m))
    // (I − E)^(−1/p) up to E², with E = I − M, by Horner's rule.
    let first = 1 / Double(p)
    let second = first * (first + 1) / 2
    let error = pool[4].pointer
    while outcome.error > 1e-10, outcome.iterations < 100 {
      error.update(from: m, count: count)
      affine(field, n, -1, error, 1)
      y.update(from: error, count: count)
      affine(field, n, second, y, first)
      field.multiply(n, n, n, error, n, y, n, spare, n)
      swap(&y, &spare)
      affine(field, n, 1, y, 1)
      field.multiply(n, n, n, x, n, y, n, spare, n)
      swap(&x, &spare)
      raise(field, n, p, &y, &m, &spare)
      let now = distance(field, n, m)
      outcome.iterations += 1
      // At the bottom, rounding stops it.
      guard now < outcome.error else { break }
      outcome.error = now
    }
    // What counts is A Xᵖ itself: the coupled M hides errors of X.
    m.update(from: matrix, count: count)
    affine(field, n, 1, m, ridge)
    y.update(from: x, count: count)
    raise(field, n, p, &y, &m, &spare)
    affine(field, n, 1, m, -1)
    var largest = 0.0
    for i in 0..<n {
      var sum = 0.0
      for j in 0..<n * field.width { sum += abs(m[i * n * field.width + j]) }
      largest = max(largest, sum)
    }
    outcome.error = largest
    outcome.isValid = largest <= 0.1
    if outcome.isValid { out.update(from: x, count: count) }
    return outcome
  }
}
