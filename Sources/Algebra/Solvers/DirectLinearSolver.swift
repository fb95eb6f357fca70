import CKernels
import Tensors

/// A direct method, in double precision whatever the precision of the matrix.
///
/// With a null space of d vectors, d rows and columns are replaced by those of the identity, where the vectors are
/// largest; what is left is regular, and its solution is made orthogonal to the null space.
public struct DirectLinearSolver: LinearSolver {
  /// The method.
  public var method: any DirectSolver

  /// A direct method.
  public init(_ method: any DirectSolver) { self.method = method }

  public var name: String { method.name }
  public var needsSymmetricMatrix: Bool { method.needsSymmetricMatrix }

  public func prepare<Scalar: SparseScalar>(
    _ matrix: SparseMatrix<Scalar>, nullSpace: NullSpace<Scalar>?, pool: WorkerPool
  ) throws -> any PreparedLinearSolver<Scalar> {
    let pins = try Self.pins(nullSpace, matrix)
    let factors = try method.prepare(matrix.inDoublePrecision.pinned(pins))
    return PreparedDirectSolver(
      name: name, matrix: matrix, factors: factors, nullSpace: nullSpace, pins: pins, pool: pool)
  }

  /// Where the null vectors are fixed: pivots of an elimination with the largest element first.
  private static func pins<Scalar: SparseScalar>(
    _ nullSpace: NullSpace<Scalar>?, _ matrix: SparseMatrix<Scalar>
  ) throws -> [Int] {
    guard let nullSpace else { return [] }
    precondition(
      nullSpace.count == matrix.columns,
      "null vectors of \(nullSpace.count) elements for a matrix of \(matrix.rows) × \(matrix.columns)")
    try matrix.requireSymmetric(for: "A direct solve with a null space", remedy: "use SPQR without one")
    var vectors = nullSpace.vectors.map { $0.map { Double($0) } }
    var pins: [Int] = []
    for k in vectors.indices {
      let pivot = vectors[k].indices.max { abs(vectors[k][$0]) < abs(vectors[k][$1]) }!
      pins.append(pivot)
      for j in k + 1..<max(vectors.count, k + 1) {
        let factor = vectors[j][pivot] / vectors[k][pivot]
        for i in vectors[j].indices { vectors[j][i] -= factor * vectors[k][i] }
      }
    }
    return pins
  }
}

private struct PreparedDirectSolver<Scalar: SparseScalar>: PreparedLinearSolver {
  let name: String
  let matrix: SparseMatrix<Scalar>
  let factors: any SparseFactorization
  let nullSpace: NullSpace<Scalar>?
  let pins: [Int]
  let pool: WorkerPool

  var rows: Int { matrix.rows }
  var columns: Int { matrix.columns }

  var statistics: PreconditionerStatistics {
    var statistics = PreconditionerStatistics()
    statistics.seconds = factors.statistics.seconds
    statistics.bytes = factors.statistics.bytes
    statistics.operatorComplexity = factors.statistics.fill
    return statistics
  }

  func solve(_ b: [Scalar], initialGuess: [Scalar]?) throws -> IterativeSolution<Scalar> {
    precondition(
      b.count == rows, "a right-hand side of \(b.count) elements for a matrix of \(rows) × \(columns)")
    let start = ck_nanoseconds()
    if let index = b.firstIndex(where: { !$0.isFinite }) {
      throw IterativeSolverError.rightHandSideNotFinite(index: index)
    }
    let target = nullSpace?.projected(b) ?? b
    let norm = euclideanNorm(b.map { Double($0) })
    if nullSpace != nil {
      let part = euclideanNorm(zip(b, target).map { Double($0) - Double($1) })
      guard part <= max(1e-8, 64 * Double(Scalar.ulpOfOne)) * norm else {
        throw IterativeSolverError.incompatibleRightHandSide(part: part / norm)
      }
    }
    var right = target.map { Double($0) }
    for pin in pins { right[pin] = 0 }
    let found = factors.solve(right).map { Scalar($0) }
    let x = nullSpace?.projected(found) ?? found
    var residual = target
    Scalar.csrResidual(
      &residual, target, matrix.pattern.rowStarts.pointer, matrix.pattern.columnIndices.pointer,
      matrix.values.pointer, x, rows: 0..<rows)
    var statistics = IterationStatistics()
    statistics.method = name
    statistics.residual = euclideanNorm(residual.map { Double($0) })
    statistics.relativeResidual = norm > 0 ? statistics.residual / norm : 0
    statistics.residualHistory = [norm, statistics.residual]
    statistics.seconds = Double(ck_nanoseconds() - start) * 1e-9
    // The residual of a factorisation is at rounding, unless the matrix is nearly singular.
    let isSmall = statistics.relativeResidual <= Double(Scalar.ulpOfOne).squareRoot()
    let status: IterationStatus =
      isSmall ? .converged : factors.rows != factors.columns ? .leastSquares : .stagnated
    return IterativeSolution(value: x, status: status, statistics: statistics)
  }

  func updated(_ matrix: SparseMatrix<Scalar>) throws -> any PreparedLinearSolver<Scalar> {
    var factors = factors
    try factors.refactorize(matrix.inDoublePrecision.pinned(pins))
    return PreparedDirectSolver(
      name: name, matrix: matrix, factors: factors, nullSpace: nullSpace, pins: pins, pool: pool)
  }
}

extension SparseMatrix where Scalar == Double {
  /// The matrix with rows and columns of a few unknowns replaced by those of a multiple of the identity, on the same
  /// pattern.
  fileprivate func pinned(_ pins: [Int]) -> SparseMatrix {
    if pins.isEmpty { return self }
    let isPinned = Set(pins)
    let largest = Double.maximumMagnitude(values.pointer, count: entryCount)
    let changed = Buffer<Double>(uninitialized: entryCount)
    for i in 0..<rows {
      for p in pattern.entries(ofRow: i) {
        let j = Int(pattern.columnIndices.pointer[p])
        let isFixed = isPinned.contains(i) || isPinned.contains(j)
        changed.pointer[p] = !isFixed ? values.pointer[p] : i == j ? largest : 0
      }
    }
    return withValues(changed)
  }
}
