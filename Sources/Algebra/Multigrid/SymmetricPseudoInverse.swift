import Tensors

/// The pseudo-inverse of a symmetric positive semi-definite matrix (Moore 1920, Penrose 1955): eigenvalues below
/// a tolerance count as zero.
struct SymmetricPseudoInverse<Scalar: LAPACKScalar> {
  let matrix: Matrix<Scalar>
  /// The number of eigenvalues that count as zero.
  let nullity: Int

  /// - Parameter relativeTolerance: what counts as zero, relative to the largest eigenvalue; nil for rounding errors.
  init(_ matrix: Matrix<Scalar>, relativeTolerance: Scalar? = nil) throws(FactorizationError) {
    let n = matrix.rows
    let eigen = try SymmetricEigen(matrix)
    let limit =
      (relativeTolerance ?? Scalar(n) * 4 * Scalar.ulpOfOne)
      * max(eigen.values.last ?? 0, -(eigen.values.first ?? 0))
    var scaled = eigen.vectors
    var nullity = 0
    for j in 0..<n {
      let value = eigen.values[j]
      if value <= limit { nullity += 1 }
      let factor = value > limit ? 1 / value : 0
      for i in 0..<n { scaled[i, j] *= factor }
    }
    self.nullity = nullity
    self.matrix = scaled * eigen.vectors.transposed
  }
}
