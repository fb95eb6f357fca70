import Tensors

/// A way to solve A x = b, direct or iterative, as its name and settings: what solver suites and command lines list.
///
/// ```swift
/// let solver = try LinearSolverCatalogue.standard.solver(named: "cg+ic")
/// let prepared = try solver.prepare(matrix)
/// let x = try prepared.solve(b).converged()
/// ```
public protocol LinearSolver: Sendable {
  /// The name in tables, such as `CG + IC(0)`.
  var name: String { get }
  /// Whether A must be symmetric.
  var needsSymmetricMatrix: Bool { get }
  /// Makes all that depends on the matrix alone: orderings, factors, preconditioners.
  /// - Parameters:
  ///   - matrix: A.
  ///   - nullSpace: The null space of a singular symmetric A; solutions have no part in it.
  ///   - pool: The threads; they do not change the result.
  /// - Throws: ``SparseMatrixError``, ``DirectSolverError``, ``FactorizationError`` for matrices that the method cannot take.
  func prepare<Scalar: SparseScalar>(
    _ matrix: SparseMatrix<Scalar>, nullSpace: NullSpace<Scalar>?, pool: WorkerPool
  ) throws -> any PreparedLinearSolver<Scalar>
}

extension LinearSolver {
  /// Makes all that depends on the matrix alone, with the threads that the library shares.
  public func prepare<Scalar: SparseScalar>(
    _ matrix: SparseMatrix<Scalar>, nullSpace: NullSpace<Scalar>? = nil
  ) throws -> any PreparedLinearSolver<Scalar> {
    try prepare(matrix, nullSpace: nullSpace, pool: .shared)
  }
}

/// A method that is ready for any number of right-hand sides with one matrix.
public protocol PreparedLinearSolver<Scalar>: Sendable {
  associatedtype Scalar: SparseScalar
  /// The number of rows of A.
  var rows: Int { get }
  /// The number of columns of A.
  var columns: Int { get }
  /// What the set-up took: seconds and bytes.
  var statistics: PreconditionerStatistics { get }
  /// Solves A x = b.
  /// - Parameters:
  ///   - b: The right-hand side, of `rows` elements.
  ///   - initialGuess: Where an iteration starts; zero where nil. Direct methods do without.
  /// - Returns: The solution, how the solve ended, and what it took.
  /// - Throws: ``IterativeSolverError`` for right-hand sides that the method cannot take.
  func solve(_ b: [Scalar], initialGuess: [Scalar]?) throws -> IterativeSolution<Scalar>
  /// The same method for a matrix on the same pattern: what depends on the pattern alone is kept.
  func updated(_ matrix: SparseMatrix<Scalar>) throws -> any PreparedLinearSolver<Scalar>
}

extension PreparedLinearSolver {
  /// Solves A x = b from zero.
  public func solve(_ b: [Scalar]) throws -> IterativeSolution<Scalar> { try solve(b, initialGuess: nil) }
}
