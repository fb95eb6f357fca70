import Tensors

extension PreparedGeometricMultigrid {
  /// Solves A u = b: cycles accelerated by conjugate gradients, or on their own where the cycle is not
  /// symmetric.
  ///
  /// - Parameters:
  ///   - b: The right-hand side, as many elements as the grid has unknowns.
  ///   - stopping: When to stop.
  ///   - initialGuess: Where to start; zero where nil.
  ///   - pool: The threads; they do not change the result.
  /// - Throws: ``IterativeSolverError`` for a right-hand side that is not finite, or that no solution of a singular
  ///   operator has.
  public func solve(
    _ b: [Scalar], stopping: StoppingCriterion = StoppingCriterion(), initialGuess: [Scalar]? = nil,
    pool: WorkerPool = .shared
  ) throws -> IterativeSolution<Scalar> {
    if isSymmetric {
      return try ConjugateGradient(stopping).solve(
        operation, b, preconditioner: self, initialGuess: initialGuess, pool: pool)
    }
    return try MultigridIteration(stopping).solve(
      operation, b, preconditioner: self, initialGuess: initialGuess, pool: pool)
  }

  /// The approximation of full multigrid: the right-hand side is restricted to all levels, the coarsest is solved, and
  /// on each finer level the interpolated solution is improved by two cycles. For smooth right-hand sides its error is
  /// close to that of the discretisation, at the cost of about three cycles; a start for `solve`.
  ///
  /// Source: A. Brandt, Math. Comp. 31 (1977).
  public func fullMultigrid(_ b: [Scalar], pool: WorkerPool = .shared) -> [Scalar] {
    precondition(b.count == rows, "a right-hand side of \(b.count) elements for a grid of \(rows) unknowns")
    let cycle = GridCycle<Scalar>(self, pool: pool)
    return [Scalar](unsafeUninitializedCapacity: rows) { u, count in
      cycle.applyFullMultigrid(b, to: u.baseAddress!)
      count = rows
    }
  }
}

extension GeometricMultigrid {
  /// Solves A u = b; see ``PreparedGeometricMultigrid/solve(_:stopping:initialGuess:pool:)``.
  public func solve<Scalar: SparseScalar>(
    _ operation: GridOperator<Scalar>, _ b: [Scalar], stopping: StoppingCriterion = StoppingCriterion(),
    pool: WorkerPool = .shared
  ) throws -> IterativeSolution<Scalar> {
    try prepare(operation).solve(b, stopping: stopping, pool: pool)
  }
}
