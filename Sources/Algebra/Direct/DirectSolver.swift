import Tensors

/// A sparse factorisation as a method with its settings: `prepare` factorises one matrix.
///
/// Every direct solver is also a ``Preconditioner``: one that makes an iteration converge in a step or two.
public protocol DirectSolver: Preconditioner {
  /// The factors of one matrix.
  associatedtype Factorization: SparseFactorization

  /// Whether the method takes symmetric matrices only.
  var needsSymmetricMatrix: Bool { get }

  /// Orders, analyses and factorises a matrix.
  /// - Throws: ``SparseMatrixError`` when the method cannot take the matrix, ``DirectSolverError`` when there are no
  ///   factors of it, or no memory for them.
  func prepare(_ matrix: SparseMatrix<Double>) throws -> Factorization
}

/// The factors of a sparse matrix A, with which A x = b and Aᵀ x = b are solved for any number of right-hand sides.
///
/// A value: copies share the factors, and `refactorize` on one of them leaves the others as they are. Any number of
/// threads may solve with one factorisation; each has its own action.
public protocol SparseFactorization: Sendable {
  /// The number of rows of A, and the length of right-hand sides.
  var rows: Int { get }
  /// The number of columns of A, and the length of solutions.
  var columns: Int { get }
  /// Whether A is known to be symmetric and positive definite.
  var isPositiveDefinite: Bool { get }
  /// ‖A‖₁, the largest sum of magnitudes of a column.
  var norm1: Double { get }
  /// What the factorisation took and found.
  var statistics: DirectSolverStatistics { get }
  /// The determinant of a square matrix; nil for one that is not square, and where the library does not give it.
  var determinant: LogDeterminant? { get }

  /// Replaces the factors by those of another matrix. On the same pattern the ordering and the analysis are kept; on
  /// another one everything is done anew.
  ///
  /// After an error there are no factors: nothing may follow but another `refactorize`.
  /// - Throws: ``SparseMatrixError``, ``DirectSolverError``.
  mutating func refactorize(_ matrix: SparseMatrix<Double>) throws

  /// The solution of A x = b, or of Aᵀ x = b, as an action that owns its scratch memory.
  /// - Parameters:
  ///   - rightHandSides: How many right-hand sides one application takes; they and the solutions lie one after
  ///     another.
  ///   - transposed: Whether to solve with the transpose.
  func makeSolve(rightHandSides: Int, transposed: Bool) -> LinearAction<Double>
}

/// A determinant, which overflows as a plain number: sign · exp(logMagnitude).
public struct LogDeterminant: Sendable, Equatable, Codable {
  /// 1 or -1; 0 for a determinant of zero.
  public var sign: Double
  /// The natural logarithm of the magnitude.
  public var logMagnitude: Double

  public init(sign: Double, logMagnitude: Double) {
    (self.sign, self.logMagnitude) = (sign, logMagnitude)
  }
}

extension SparseFactorization {
  /// The solution of A x = b for one right-hand side at a time, as an action that owns its scratch memory.
  public func makeSolve() -> LinearAction<Double> { makeSolve(rightHandSides: 1, transposed: false) }

  /// The solution of A x = b, or of Aᵀ x = b.
  public func solve(_ b: [Double], transposed: Bool = false) -> [Double] {
    let (taken, given) = transposed ? (columns, rows) : (rows, columns)
    precondition(
      b.count == taken, "a right-hand side of \(b.count) elements for a matrix of \(rows) × \(columns)")
    let action = makeSolve(rightHandSides: 1, transposed: transposed)
    return [Double](unsafeUninitializedCapacity: given) { x, count in
      b.withUnsafeBufferPointer { action.apply($0.baseAddress!, to: x.baseAddress!) }
      count = given
    }
  }

  /// The solution of A X = B, or of Aᵀ X = B.
  public func solve(_ b: Matrix<Double>, transposed: Bool = false) -> Matrix<Double> {
    let (taken, given) = transposed ? (columns, rows) : (rows, columns)
    precondition(
      b.rows == taken, "right-hand sides of \(b.rows) elements for a matrix of \(rows) × \(columns)")
    var x = Matrix<Double>(rows: given, columns: b.columns)
    guard b.columns > 0 else { return x }
    let action = makeSolve(rightHandSides: b.columns, transposed: transposed)
    b.withUnsafePointer { b in x.withUnsafeMutablePointer { action.apply(b, to: $0) } }
    return x
  }
}
