import Tensors

extension DirectSolver {
  public func prepare<Scalar: SparseScalar>(_ matrix: SparseMatrix<Scalar>, pool: WorkerPool) throws
    -> any PreparedPreconditioner<Scalar>
  {
    guard matrix.pattern.isSquare else {
      throw SparseMatrixError.notSquare(rows: matrix.rows, columns: matrix.columns, purpose: name)
    }
    return DirectPreconditioner<Scalar>(try prepare(matrix.inDoublePrecision))
  }
}

/// A factorisation as a preconditioner: z = A⁻¹ r, in double precision whatever the precision of r.
public struct DirectPreconditioner<Scalar: SparseScalar>: PreparedPreconditioner {
  /// The factors.
  public let factorization: any SparseFactorization

  /// The preconditioner of a square matrix with the given factors.
  public init(_ factorization: any SparseFactorization) {
    precondition(
      factorization.rows == factorization.columns,
      "a preconditioner from factors of a matrix of \(factorization.rows) × \(factorization.columns)")
    self.factorization = factorization
  }

  public var rows: Int { factorization.rows }
  public var columns: Int { factorization.columns }
  public var isSymmetric: Bool { factorization.isPositiveDefinite }

  public var statistics: PreconditionerStatistics {
    var statistics = PreconditionerStatistics()
    statistics.seconds = factorization.statistics.seconds
    statistics.bytes = factorization.statistics.bytes
    statistics.operatorComplexity = factorization.statistics.fill
    return statistics
  }

  public func updated(_ matrix: SparseMatrix<Scalar>, pool: WorkerPool) throws
    -> any PreparedPreconditioner<Scalar>
  {
    var factorization = factorization
    try factorization.refactorize(matrix.inDoublePrecision)
    return DirectPreconditioner(factorization)
  }

  public func makeAction(pool: WorkerPool) -> LinearAction<Scalar> {
    let solve = factorization.makeSolve()
    if let solve = solve as? LinearAction<Scalar> { return solve }
    let n = rows
    let (r, z) = (Buffer<Double>(uninitialized: n), Buffer<Double>(uninitialized: n))
    return LinearAction(rows: n, columns: n) { x, y in
      Scalar.convert(x, toDouble: r.pointer, count: n)
      solve.apply(r.pointer, to: z.pointer)
      Scalar.convert(z.pointer, to: y, count: n)
    }
  }
}

extension SparseMatrix {
  /// The matrix with values in double precision; itself, if they are.
  var inDoublePrecision: SparseMatrix<Double> {
    if let matrix = self as? SparseMatrix<Double> { return matrix }
    let doubles = Buffer<Double>(uninitialized: entryCount)
    Scalar.convert(values.pointer, toDouble: doubles.pointer, count: entryCount)
    return SparseMatrix<Double>(pattern: pattern, values: doubles)
  }
}
