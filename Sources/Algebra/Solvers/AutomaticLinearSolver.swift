import Tensors

/// The solver that suits a matrix: Cholesky factorisation where it exists and the matrix is not too large, conjugate
/// gradients with smoothed aggregation for large or singular symmetric ones, LU factorisation for the rest.
public struct AutomaticLinearSolver: LinearSolver {
  /// When iterations stop.
  public var stopping: StoppingCriterion
  /// The rows from which symmetric systems are solved iteratively: fill grows faster than they do.
  public var largestDirect: Int

  /// The suited solver, with the tolerance of iterations.
  public init(
    _ stopping: StoppingCriterion = .relative(1e-11, iterationLimit: 1000), largestDirect: Int = 60_000
  ) {
    (self.stopping, self.largestDirect) = (stopping, largestDirect)
  }

  public var name: String { "automatic" }
  public var needsSymmetricMatrix: Bool { false }

  public func prepare<Scalar: SparseScalar>(
    _ matrix: SparseMatrix<Scalar>, nullSpace: NullSpace<Scalar>?, pool: WorkerPool
  ) throws -> any PreparedLinearSolver<Scalar> {
    try matrix.requireFinite(pool: pool)
    guard matrix.isSymmetric(pool: pool) else {
      return try lu(matrix, nullSpace, pool)
    }
    if matrix.rows > largestDirect || nullSpace != nil {
      let solver = IterativeLinearSolver(ConjugateGradient(stopping), preconditioner: SmoothedAggregation())
      if let prepared = try? solver.prepare(matrix, nullSpace: nullSpace, pool: pool) {
        return PreparedAutomatic(
          first: prepared, solver: self, matrix: matrix, nullSpace: nullSpace, pool: pool)
      }
    }
    return try direct(matrix, nullSpace, pool)
  }

  /// Factors of a symmetric matrix: Cholesky's, or LU where it is indefinite.
  fileprivate func direct<Scalar: SparseScalar>(
    _ matrix: SparseMatrix<Scalar>, _ nullSpace: NullSpace<Scalar>?, _ pool: WorkerPool
  ) throws -> any PreparedLinearSolver<Scalar> {
    if let prepared = try? DirectLinearSolver(CHOLMOD()).prepare(matrix, nullSpace: nullSpace, pool: pool) {
      return prepared
    }
    return try lu(matrix, nullSpace, pool)
  }

  private func lu<Scalar: SparseScalar>(
    _ matrix: SparseMatrix<Scalar>, _ nullSpace: NullSpace<Scalar>?, _ pool: WorkerPool
  ) throws -> any PreparedLinearSolver<Scalar> {
    // UMFPACK does not choose by itself what fills least for saddle points, whose diagonal is zero in part.
    let method =
      matrix.pattern.isSymmetric(pool: pool)
      ? UMFPACK(ordering: .nestedDissection, strategy: .symmetric) : UMFPACK()
    return try DirectLinearSolver(method).prepare(matrix, nullSpace: nullSpace, pool: pool)
  }
}

/// An iteration, and a factorisation in case that it fails: an indefinite matrix is symmetric too.
private struct PreparedAutomatic<Scalar: SparseScalar>: PreparedLinearSolver {
  let first: any PreparedLinearSolver<Scalar>
  let solver: AutomaticLinearSolver
  let matrix: SparseMatrix<Scalar>
  let nullSpace: NullSpace<Scalar>?
  let pool: WorkerPool

  var rows: Int { first.rows }
  var columns: Int { first.columns }
  var statistics: PreconditionerStatistics { first.statistics }

  func solve(_ b: [Scalar], initialGuess: [Scalar]?) throws -> IterativeSolution<Scalar> {
    do {
      let solution = try first.solve(b, initialGuess: initialGuess)
      if solution.isAtRounding { return solution }
    } catch let error as IterativeSolverError {
      // No method solves what has no solution.
      if case .incompatibleRightHandSide = error { throw error }
      if case .rightHandSideNotFinite = error { throw error }
    }
    return try solver.direct(matrix, nullSpace, pool).solve(b, initialGuess: nil)
  }

  func updated(_ matrix: SparseMatrix<Scalar>) throws -> any PreparedLinearSolver<Scalar> {
    guard matrix.isSymmetric(pool: pool), let first = try? first.updated(matrix) else {
      return try solver.prepare(matrix, nullSpace: nullSpace, pool: pool)
    }
    return PreparedAutomatic(
      first: first, solver: solver, matrix: matrix, nullSpace: nullSpace, pool: pool)
  }
}
