import CKernels
import Tensors

/// An incomplete factorisation on the pattern of its matrix, as a preconditioner.
///
/// Rows are eliminated by the schedule of the forward solve, which needs the same rows before each row.
final class PatternFactorization<Scalar: SparseScalar>: PreparedPreconditioner, @unchecked Sendable {
  // Unchecked: nothing changes after the initialiser.

  enum Kind {
    case cholesky
    case lu

    /// The error when no shift makes the factorisation go through.
    func failure(row: Int = 0, count: Int) -> FactorizationError {
      switch self {
      case .cholesky: return .notPositiveDefinite(row: row, count: count)
      case .lu: return .singular(pivot: row, count: count)
      }
    }
  }

  let statistics: PreconditionerStatistics
  private let kind: Kind
  private let name: String
  private let modification: Double
  private let precision: FactorPrecision
  private let pair: TrianglePair
  private let mirrors: Buffer<Int32>?
  private let factors: TriangularFactors<Scalar>

  var rows: Int { pair.pattern.rows }
  var columns: Int { rows }
  var isSymmetric: Bool { kind == .cholesky }

  convenience init(
    _ kind: Kind, _ matrix: SparseMatrix<Scalar>, name: String, modification: Double,
    precision: FactorPrecision, pool: WorkerPool
  ) throws {
    let clock = SetupClock()
    try matrix.requireSquare(for: name)
    try matrix.requireFinite(pool: pool)
    guard kind == .cholesky else {
      let pair = try TrianglePair(matrix.pattern, purpose: name, pool: pool)
      try self.init(kind, matrix, pair, nil, name, modification, precision, clock, pool)
      return
    }
    try matrix.requireSymmetric(for: name, remedy: "use IncompleteLU with GMRES or BiCGStab", pool: pool)
    var symmetric = matrix
    var pair = try TrianglePair(matrix.pattern, purpose: name, pool: pool)
    var mirrors = pair.mirrors()
    if mirrors == nil {
      // The values are symmetric and the pattern is not: zeros are kept on one side only.
      symmetric = try matrix.symmetrised(pool: pool)
      pair = try TrianglePair(symmetric.pattern, purpose: name, pool: pool)
      mirrors = pair.mirrors()
    }
    try self.init(kind, symmetric, pair, mirrors, name, modification, precision, clock, pool)
  }

  private init(
    _ kind: Kind, _ matrix: SparseMatrix<Scalar>, _ pair: TrianglePair, _ mirrors: Buffer<Int32>?,
    _ name: String, _ modification: Double, _ precision: FactorPrecision, _ clock: SetupClock,
    _ pool: WorkerPool
  ) throws {
    (self.kind, self.name, self.modification, self.precision) = (kind, name, modification, precision)
    (self.pair, self.mirrors) = (pair, mirrors)
    try matrix.requireDiagonal(at: pair.diagonals, positive: kind == .cholesky, purpose: name)
    let triangles = pair.triangles
    let n = pair.pattern.rows
    let doubles = matrix.inDoublePrecision.values
    let (lower, upper) = (
      Buffer<Double>(uninitialized: triangles.lowerColumns.count),
      Buffer<Double>(uninitialized: triangles.upperColumns.count)
    )
    let (pivots, inversePivots) = (Buffer<Double>(uninitialized: n), Buffer<Double>(uninitialized: n))
    let arguments = Buffer<ck_elimination>(uninitialized: 1)
    var work = ck_elimination()
    work.starts = UnsafePointer(pair.pattern.rowStarts.pointer)
    work.columns = UnsafePointer(pair.pattern.columnIndices.pointer)
    work.values = UnsafePointer(doubles.pointer)
    work.diagonals = UnsafePointer(pair.diagonals.pointer)
    work.lowerStarts = UnsafePointer(triangles.lowerStarts.pointer)
    work.upperStarts = UnsafePointer(triangles.upperStarts.pointer)
    work.mirrors = mirrors.map { UnsafePointer($0.pointer) }
    work.modification = modification
    work.lower = lower.pointer
    work.upper = upper.pointer
    work.pivots = pivots.pointer
    work.inversePivots = inversePivots.pointer
    work.rows = triangles.forward.plan.order.map { UnsafePointer($0.pointer) }
    arguments.pointer.initialize(to: work)
    let schedule = triangles.forward
    let count = Counter()
    let elimination = SweepAction(schedule, pool: pool) { segment in
      let places = schedule.places(segment)
      let (first, end) = (Int64(places.lowerBound), Int64(places.upperBound))
      switch kind {
      case .cholesky: count.add(Int(ck_incomplete_cholesky(arguments.pointer, first, end)))
      case .lu: count.add(Int(ck_incomplete_lu(arguments.pointer, first, end)))
      }
    }
    let shift = try ShiftedFactorization.run(kind.failure(count: n)) { shift in
      arguments.pointer[0].shift = shift
      let before = count.value
      elimination.run()
      return count.value == before
    }
    factors = withExtendedLifetime(doubles) {
      TriangularFactors(
        triangles, lower: lower, upper: upper, inversePivots: inversePivots,
        single: precision.isSingle(inversePivots.elements), pool: pool)
    }
    var statistics = PreconditionerStatistics()
    statistics.shift = shift
    statistics.bytes = factors.bytes + 4 * (mirrors?.count ?? 0)
    statistics.seconds = clock.seconds
    self.statistics = statistics
  }

  func updated(_ matrix: SparseMatrix<Scalar>, pool: WorkerPool) throws -> any PreparedPreconditioner<Scalar>
  {
    let clock = SetupClock()
    var matrix = matrix
    try matrix.requireSquare(for: name)
    try matrix.requireFinite(pool: pool)
    if kind == .cholesky {
      try matrix.requireSymmetric(for: name, remedy: "use IncompleteLU with GMRES or BiCGStab", pool: pool)
      if matrix.entryCount < pair.pattern.entryCount { matrix = try matrix.symmetrised(pool: pool) }
    }
    guard matrix.pattern.hasSameEntries(as: pair.pattern) else {
      return try PatternFactorization(
        kind, matrix, name: name, modification: modification, precision: precision, pool: pool)
    }
    return try PatternFactorization(
      kind, matrix, pair, mirrors, name, modification, precision, clock, pool)
  }

  func makeAction(pool: WorkerPool) -> LinearAction<Scalar> { factors.makeAction(pool: pool) }
}
