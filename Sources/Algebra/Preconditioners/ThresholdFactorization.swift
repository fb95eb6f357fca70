import Tensors

/// An incomplete factorisation by magnitude, as a preconditioner.
final class ThresholdFactorization<Scalar: SparseScalar>: PreparedPreconditioner, @unchecked Sendable {
  // Unchecked: nothing changes after the initialiser.

  let rows: Int
  let isSymmetric: Bool
  let statistics: PreconditionerStatistics
  private let name: String
  private let tolerance: Double
  private let fill: Int
  private let precision: FactorPrecision
  private let factors: TriangularFactors<Scalar>

  var columns: Int { rows }

  init(
    _ matrix: SparseMatrix<Scalar>, name: String, isSymmetric: Bool, tolerance: Double, fill: Int,
    precision: FactorPrecision, pool: WorkerPool
  ) throws {
    let clock = SetupClock()
    (self.name, self.isSymmetric, self.tolerance) = (name, isSymmetric, tolerance)
    (self.fill, self.precision) = (fill, precision)
    rows = matrix.rows
    try matrix.requireSquare(for: name)
    try matrix.requireFinite(pool: pool)
    var matrix = matrix
    if isSymmetric {
      try matrix.requireSymmetric(
        for: name, remedy: "use ThresholdIncompleteLU with GMRES or BiCGStab", pool: pool)
      // A zero may be kept on one side only: the upper triangle has to be whole.
      matrix = try matrix.symmetrised(pool: pool)
    }
    let diagonals = try matrix.pattern.diagonalPositions(purpose: name)
    try matrix.requireDiagonal(at: diagonals, positive: isSymmetric, purpose: name)
    let work = try ThresholdWork(
      matrix.inDoublePrecision, diagonals, isSymmetric: isSymmetric, tolerance: tolerance, fill: fill)
    let failure: FactorizationError =
      isSymmetric ? .notPositiveDefinite(row: 0, count: rows) : .singular(pivot: 0, count: rows)
    let shift = try ShiftedFactorization.run(failure) { work.factorize(shift: $0) }
    let triangles: FactorTriangles
    (triangles, factors) = work.factors(precision: precision, pool: pool)
    var statistics = PreconditionerStatistics()
    statistics.shift = shift
    statistics.bytes = factors.bytes
    statistics.operatorComplexity = Double(triangles.entryCount + rows) / Double(max(matrix.entryCount, 1))
    statistics.seconds = clock.seconds
    self.statistics = statistics
  }

  func updated(_ matrix: SparseMatrix<Scalar>, pool: WorkerPool) throws -> any PreparedPreconditioner<Scalar>
  {
    try ThresholdFactorization(
      matrix, name: name, isSymmetric: isSymmetric, tolerance: tolerance, fill: fill, precision: precision,
      pool: pool)
  }

  func makeAction(pool: WorkerPool) -> LinearAction<Scalar> { factors.makeAction(pool: pool) }
}
