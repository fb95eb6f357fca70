import Tensors

/// x += M⁻¹ (b − A x) until the residual, which is computed every time, meets the tolerance.
struct StationaryIteration<Scalar: SparseScalar> {
  let system: IterativeSystem<Scalar>

  /// - Parameter improve: Replaces x by the next one; it gets the residual, and may overwrite it.
  func run(_ improve: (_ r: UnsafeMutablePointer<Scalar>) -> Void) throws -> IterationStatus {
    let r = system.vector()
    var norm = system.residual(into: r)
    try system.recordStart(norm)
    let first = norm
    while norm > system.target {
      guard system.mayContinue else { return .iterationLimit }
      // Growth that squares away the precision, or more, is no transient.
      if norm > 1e12 * max(first, system.rightHandSideNorm) { return .diverged }
      improve(r)
      norm = system.residual(into: r)
      _ = try system.record(norm)
    }
    return .converged
  }

  /// The matrix in rows, which methods that go from row to row need.
  /// - Throws: ``IterativeSolverError/matrixNeeded(method:)``.
  func matrix(for method: String) throws -> SparseMatrix<Scalar> {
    guard let matrix = system.matrix as? SparseMatrix<Scalar> else {
      throw IterativeSolverError.matrixNeeded(method: method)
    }
    return matrix
  }
}

extension IterativeRequirements {
  /// What methods need that are their own preconditioner.
  static var withoutPreconditioner: Self {
    var requirements = Self()
    requirements.takesPreconditioner = false
    return requirements
  }
}
