import Tensors

/// Bounds of the eigenvalues of M⁻¹ A for symmetric positive definite A and M.
public struct SpectrumEstimate: Sendable, Equatable {
  /// The smallest and the largest Ritz value: from inside, so slightly too large and too small.
  public var smallest, largest: Double

  /// The spectral radius of the Jacobi-like iteration x += M⁻¹ (b − A x).
  public var iterationRadius: Double { max(abs(1 - smallest), abs(largest - 1)) }

  /// Lanczos' estimate from some steps of conjugate gradients with a random right-hand side, whose coefficients are the
  /// tridiagonal matrix (Golub & Van Loan, Matrix Computations, section 10.2).
  /// - Returns: nil when a step shows that A or M is not positive definite.
  init?<Scalar: SparseScalar>(
    _ system: IterativeSystem<Scalar>, inverse: UnsafeMutablePointer<Scalar>? = nil, steps: Int
  ) throws {
    let (n, passes) = (system.rows, system.passes)
    let (r, z, p, q) = (system.vector(), system.vector(), system.vector(), system.vector())
    Scalar.fillNormal(r, count: n, seed: 1, stream: 0, first: 0)
    system.project(r)
    func precondition() -> Double {
      if let inverse {
        passes.multiply(inverse, r, to: z)
      } else {
        system.applyPreconditioner(r, to: z)
      }
      return passes.inner(r, z)
    }
    var product = precondition()
    guard product > 0 else { return nil }
    let first = product
    passes.copy(z, to: p)
    var (alphas, betas): ([Double], [Double]) = ([], [])
    for _ in 0..<min(steps, n) {
      let curvature = system.applyInner(p, to: q)
      guard curvature > 0 else { return nil }
      alphas.append(product / curvature)
      _ = passes.subtractNorm(r, q, Scalar(alphas.last!))
      let next = precondition()
      guard next >= 0 else { return nil }
      // The residual is rounding: the invariant subspace is found.
      if next <= 1e4 * Double(Scalar.ulpOfOne) * Double(Scalar.ulpOfOne) * first { break }
      betas.append(next / product)
      product = next
      passes.axpby(1, z, Scalar(betas.last!), p)
    }
    let k = alphas.count
    var tridiagonal = Matrix<Double>(rows: k, columns: k)
    for j in 0..<k {
      tridiagonal[j, j] = 1 / alphas[j] + (j > 0 ? betas[j - 1] / alphas[j - 1] : 0)
      if j + 1 < k {
        tridiagonal[j + 1, j] = betas[j].squareRoot() / alphas[j]
        tridiagonal[j, j + 1] = tridiagonal[j + 1, j]
      }
    }
    let values = try SymmetricEigen(tridiagonal).values
    (smallest, largest) = (values.first!, values.last!)
  }
}
