import CKernels
import Tensors

/// An iterative method with a preconditioner, or without.
public struct IterativeLinearSolver: LinearSolver {
  /// The method.
  public var method: any IterativeSolver
  /// The preconditioner; nil for none.
  public var preconditioner: (any Preconditioner)?

  /// A method with a preconditioner.
  public init(_ method: any IterativeSolver, preconditioner: (any Preconditioner)? = nil) {
    (self.method, self.preconditioner) = (method, preconditioner)
  }

  public var name: String { preconditioner.map { "\(method.name) + \($0.name)" } ?? method.name }
  public var needsSymmetricMatrix: Bool { method.requirements.symmetricOperator }

  public func prepare<Scalar: SparseScalar>(
    _ matrix: SparseMatrix<Scalar>, nullSpace: NullSpace<Scalar>?, pool: WorkerPool
  ) throws -> any PreparedLinearSolver<Scalar> {
    try matrix.requireFinite(pool: pool)
    return PreparedIterativeSolver(
      name: name, method: method, matrix: matrix,
      preconditioner: try preconditioner?.prepare(matrix, pool: pool),
      nullSpace: nullSpace, pool: pool)
  }
}

private struct PreparedIterativeSolver<Scalar: SparseScalar>: PreparedLinearSolver {
  let name: String
  let method: any IterativeSolver
  let matrix: SparseMatrix<Scalar>
  let preconditioner: (any PreparedPreconditioner<Scalar>)?
  let nullSpace: NullSpace<Scalar>?
  let pool: WorkerPool

  var rows: Int { matrix.rows }
  var columns: Int { matrix.columns }
  var statistics: PreconditionerStatistics { preconditioner?.statistics ?? PreconditionerStatistics() }

  func solve(_ b: [Scalar], initialGuess: [Scalar]?) throws -> IterativeSolution<Scalar> {
    let solution = try method.solve(
      matrix, b, preconditioner: preconditioner, initialGuess: initialGuess, nullSpace: nullSpace, pool: pool)
    var statistics = solution.statistics
    statistics.method = name
    return IterativeSolution(value: solution.value, status: solution.status, statistics: statistics)
  }

  func updated(_ matrix: SparseMatrix<Scalar>) throws -> any PreparedLinearSolver<Scalar> {
    try matrix.requireFinite(pool: pool)
    return PreparedIterativeSolver(
      name: name, method: method, matrix: matrix,
      preconditioner: try preconditioner?.updated(matrix, pool: pool),
      nullSpace: nullSpace, pool: pool)
  }
}
