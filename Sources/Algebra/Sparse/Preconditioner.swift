import Tensors

/// An approximate inverse of a matrix, as a method with its settings: `prepare` makes it for one matrix.
public protocol Preconditioner: Sendable {
  /// The name in tables and on the command line.
  var name: String { get }
  /// The preconditioner of one matrix.
  /// - Throws: ``SparseMatrixError`` or ``FactorizationError`` when the method cannot take the matrix.
  func prepare<Scalar: SparseScalar>(_ matrix: SparseMatrix<Scalar>, pool: WorkerPool) throws
    -> any PreparedPreconditioner<Scalar>
}

/// z = M⁻¹ r for one matrix: an immutable set-up that any number of solves may share.
public protocol PreparedPreconditioner<Scalar>: LinearOperator {
  /// Whether M is symmetric and positive definite for a symmetric positive definite matrix, as CG and MINRES need it.
  var isSymmetric: Bool { get }
  /// What the set-up took and found.
  var statistics: PreconditionerStatistics { get }
  /// The set-up for a matrix on the same pattern: what depends on the pattern alone is kept.
  func updated(_ matrix: SparseMatrix<Scalar>, pool: WorkerPool) throws -> any PreparedPreconditioner<Scalar>
}

/// What the set-up of a preconditioner took and found.
public struct PreconditionerStatistics: Sendable, Equatable, Codable {
  /// Seconds of the set-up.
  public var seconds = 0.0
  /// Bytes that the set-up holds.
  public var bytes = 0
  /// The multiple of the diagonal that had to be added before the factorisation went through; 0 if none.
  public var shift = 0.0
  /// The number of levels of a hierarchy, 1 for others.
  public var levels = 1
  /// Entries of the matrices of all levels, divided by those of the matrix.
  public var operatorComplexity = 1.0
  /// Unknowns of all levels, divided by those of the matrix.
  public var gridComplexity = 1.0

  public init() {}
}
