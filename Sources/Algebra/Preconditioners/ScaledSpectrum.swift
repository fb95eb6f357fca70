import Tensors

/// Bounds of the spectrum of D⁻¹A for a symmetric matrix with the positive diagonal D.
enum ScaledSpectrum {
  /// The least Ritz value of Lanczos' method, and a bound of the largest eigenvalue: the largest Ritz value plus the norm
  /// of the residual (Zhou & Li, J. Comput. Phys. 230 (2011), 2735), or Gershgorin's where that is lower.
  static func bounds<Scalar: SparseScalar>(
    _ matrix: SparseMatrix<Scalar>, _ inverse: Buffer<Scalar>, steps: Int, pool: WorkerPool
  ) throws -> ClosedRange<Double> {
    let n = matrix.rows
    guard n > 0 else { return 0.5...1 }
    let tiles = RowTiles.count(n)
    let (roots, product) = (Buffer<Scalar>(uninitialized: n), matrix.makeAction(pool: pool))
    for i in 0..<n { roots.pointer[i] = inverse.pointer[i].squareRoot() }
    var (v, before, w) = (
      Buffer<Scalar>(uninitialized: n), Buffer<Scalar>(count: n), Buffer<Scalar>(uninitialized: n)
    )
    let scaled = Buffer<Scalar>(uninitialized: n)
    let sums = Buffer<Double>(count: tiles)
    /// Calls `body` with every tile and adds up what it returns, in order.
    func sum(_ body: (_ start: Int, _ count: Int) -> Scalar) -> Double {
      pool.forEach(tiles: tiles) { tile, _ in
        let range = RowTiles.range(tile, of: n)
        sums.pointer[tile] = Double(body(range.lowerBound, range.count))
      }
      return sums.elements.reduce(0, +)
    }
    // Uniform on (-1, 1): a part of every eigenvector, for certain.
    Scalar.fillUniform(v.pointer, count: n, seed: 1, stream: 0, first: 0)
    for i in 0..<n { v.pointer[i] = 2 * v.pointer[i] - 1 }
    var norm = sum { Scalar.dot(v.pointer + $0, v.pointer + $0, count: $1) }.squareRoot()
    _ = sum {
      Scalar.scale(v.pointer + $0, by: Scalar(1 / norm), count: $1)
      return 0
    }
    var (alphas, betas): ([Double], [Double]) = ([], [])
    var beta = 0.0
    for _ in 0..<min(steps, n) {
      _ = sum {
        (scaled.pointer + $0).update(from: v.pointer + $0, count: $1)
        Scalar.multiply(scaled.pointer + $0, roots.pointer + $0, count: $1)
        return 0
      }
      product.apply(scaled.pointer, to: w.pointer)
      let last = beta
      let alpha = sum {
        Scalar.multiply(w.pointer + $0, roots.pointer + $0, count: $1)
        Scalar.axpy(Scalar(-last), before.pointer + $0, w.pointer + $0, count: $1)
        return Scalar.dot(w.pointer + $0, v.pointer + $0, count: $1)
      }
      norm = sum {
        Scalar.axpy(Scalar(-alpha), v.pointer + $0, w.pointer + $0, count: $1)
        return Scalar.dot(w.pointer + $0, w.pointer + $0, count: $1)
      }.squareRoot()
      alphas.append(alpha)
      beta = norm
      if beta <= 1e-6 * abs(alphas[0]) { break }
      betas.append(beta)
      _ = sum {
        Scalar.scale(w.pointer + $0, by: Scalar(1 / norm), count: $1)
        return 0
      }
      (before, v, w) = (v, w, before)
    }
    var tridiagonal = Matrix<Double>(rows: alphas.count, columns: alphas.count)
    for (i, alpha) in alphas.enumerated() { tridiagonal[i, i] = alpha }
    for i in 1..<max(alphas.count, 1) { tridiagonal[i, i - 1] = betas[i - 1] }
    let ritz = try SymmetricEigen(tridiagonal).values
    let gershgorin = gershgorinBound(matrix, inverse)
    let upper = max(min(ritz.last! + beta, gershgorin), 1e-3)
    // A matrix that is singular, or nearly so, has no bound below: the polynomial then leaves alone what is smooth.
    let lower = min(max(ritz[0], 1e-6 * upper), 0.9 * upper)
    return lower...upper
  }

  /// The largest Σ_j |a_ij| / a_ii.
  private static func gershgorinBound<Scalar: SparseScalar>(
    _ matrix: SparseMatrix<Scalar>, _ inverse: Buffer<Scalar>
  )
    -> Double
  {
    var largest = 0.0
    for row in 0..<matrix.rows {
      var sum: Scalar = 0
      for p in matrix.pattern.entries(ofRow: row) { sum += abs(matrix.values.pointer[p]) }
      largest = max(largest, Double(sum * inverse.pointer[row]))
    }
    return largest
  }
}
