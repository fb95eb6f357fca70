import Tensors

/// Flexible GMRES for the steps of Newton-Krylov, with the preconditioner on the right, so that its residual is that of
/// the step. Memory is kept from step to step.
///
/// Source: Saad, SIAM J. Sci. Comput. 14 (1993), 461; modified Gram-Schmidt with one reorthogonalisation.
struct InnerGMRES {
  let restart: Int
  private let n: Int
  private var basis: [[Double]]
  private var preconditioned: [[Double]]
  /// Columns of the Hessenberg matrix, turned into the triangle R as they come.
  private var columns: [[Double]]
  private var rotations: [(c: Double, s: Double)] = []

  init(count n: Int, restart: Int) {
    (self.n, self.restart) = (n, restart)
    let zero = [Double](repeating: 0, count: n)
    basis = [[Double]](repeating: zero, count: restart + 1)
    preconditioned = [[Double]](repeating: zero, count: restart)
    columns = [[Double]](repeating: [Double](repeating: 0, count: restart + 1), count: restart)
  }

  /// Reduces ‖b - A x‖ to `tolerance`, from x = 0.
  /// - Returns: Iterations, and the residual's norm; it is NaN if A made something that is not finite.
  mutating func solve(
    _ b: [Double], into x: inout [Double], tolerance: Double, iterationLimit: Int,
    preconditioner: LinearAction<Double>?, apply: (_ v: [Double], _ out: inout [Double]) throws -> Void
  ) rethrows -> (iterations: Int, residual: Double) {
    for i in 0..<n { x[i] = 0 }
    var residual = euclideanNorm(b)
    var (iterations, r) = (0, b)
    while residual > tolerance, iterations < iterationLimit {
      for i in 0..<n { basis[0][i] = r[i] / residual }
      var right = [Double](repeating: 0, count: restart + 1)
      right[0] = residual
      rotations.removeAll(keepingCapacity: true)
      var used = 0
      for j in 0..<restart where iterations < iterationLimit && abs(right[j]) > tolerance {
        if let preconditioner {
          preconditioner.apply(basis[j], to: &preconditioned[j])
        } else {
          preconditioned[j] = basis[j]
        }
        try apply(preconditioned[j], &basis[j + 1])
        iterations += 1
        let before = euclideanNorm(basis[j + 1])
        guard before.isFinite else { return (iterations, .nan) }
        for i in 0...j { columns[j][i] = 0 }
        var next: [Double] = []
        swap(&next, &basis[j + 1])
        for _ in 0..<2 {
          for i in 0...j {
            let h = Double.dot(basis[i], next, count: n)
            columns[j][i] += h
            addMultiple(-h, basis[i], to: &next)
          }
        }
        swap(&next, &basis[j + 1])
        let h = euclideanNorm(basis[j + 1])
        if h > 0 { for i in 0..<n { basis[j + 1][i] /= h } }
        for (i, rotation) in rotations.enumerated() {
          let (p, q) = (columns[j][i], columns[j][i + 1])
          columns[j][i] = rotation.c * p + rotation.s * q
          columns[j][i + 1] = rotation.c * q - rotation.s * p
        }
        // The entry below the diagonal was zeroed for the rotations of the columns before.
        let d = (columns[j][j] * columns[j][j] + h * h).squareRoot()
        guard d > 0 else { break }
        let rotation = (c: columns[j][j] / d, s: h / d)
        rotations.append(rotation)
        columns[j][j] = d
        right[j + 1] = -rotation.s * right[j]
        right[j] *= rotation.c
        used = j + 1
        // The space is invariant.
        if h <= 1e-14 * before { break }
      }
      guard used > 0 else { return (iterations, residual) }
      var y = right
      for i in (0..<used).reversed() {
        for k in i + 1..<max(used, i + 1) { y[i] -= columns[k][i] * y[k] }
        y[i] /= columns[i][i]
      }
      for j in 0..<used {
        addMultiple(y[j], preconditioned[j], to: &x)
      }
      let last = residual
      try apply(x, &r)
      for i in 0..<n { r[i] = b[i] - r[i] }
      residual = euclideanNorm(r)
      guard residual.isFinite else { return (iterations, .nan) }
      // Differences of a residual have an accuracy of their own, below which restarts do not get.
      if residual > 0.99 * last { break }
    }
    return (iterations, residual)
  }
}
