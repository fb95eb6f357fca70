import CSuiteSparse
import Synchronization
import Tensors

/// A E = Q R of a matrix with at least as many rows as columns, or Aᵀ E = Q R of one with fewer, by SuiteSparseQR.
///
/// Solves allocate, as the library does, and those of several threads with one factorisation take turns.
public struct SPQRFactorization: SparseFactorization {
  private let settings: SPQR
  private var pattern: SparsityPattern
  /// nil after an error only.
  private var factor: SPQRFactor?
  public private(set) var norm1: Double
  public private(set) var statistics = DirectSolverStatistics()

  init(_ matrix: SparseMatrix<Double>, settings: SPQR) throws {
    self.settings = settings
    pattern = matrix.pattern
    norm1 = matrix.norm1
    try factorize(matrix, reusing: nil)
  }

  public var rows: Int { pattern.rows }
  public var columns: Int { pattern.columns }
  public var isPositiveDefinite: Bool { false }
  public var determinant: LogDeterminant? { nil }

  /// The numerical rank: columns of R whose remainder exceeded the tolerance.
  public var rank: Int { complete.rank }

  public mutating func refactorize(_ matrix: SparseMatrix<Double>) throws {
    let isSame = pattern.hasSameEntries(as: matrix.pattern)
    var old = factor
    factor = nil
    pattern = matrix.pattern
    norm1 = matrix.norm1
    // The analysis is inside the library's factors: without others that see them, they are changed in place.
    let isUnique = old != nil && isKnownUniquelyReferenced(&old)
    try factorize(matrix, reusing: isSame && isUnique ? old : nil)
  }

  private mutating func factorize(_ matrix: SparseMatrix<Double>, reusing old: SPQRFactor?) throws {
    try matrix.checkEntries()
    let columnsMatrix = TallColumns(matrix)
    let target: SPQRFactor
    statistics = DirectSolverStatistics()
    if let old {
      target = old
    } else {
      let start = ContinuousClock.now
      target = try SPQRFactor(columnsMatrix, settings: settings)
      statistics.analysisSeconds = (ContinuousClock.now - start) / .seconds(1)
    }
    let start = ContinuousClock.now
    try target.factorize(columnsMatrix, tolerance: settings.tolerance)
    statistics.factorizationSeconds = (ContinuousClock.now - start) / .seconds(1)
    statistics.ordering = target.ordering
    statistics.kind = matrix.rows >= matrix.columns ? "QR" : "QR of the transpose"
    statistics.rank = target.rank
    statistics.flops = target.flops
    statistics.factorEntries = target.entries
    statistics.matrixEntries = matrix.entryCount
    statistics.bytes = target.bytes
    statistics.peakBytes = target.peakBytes
    factor = target
  }

  private var complete: SPQRFactor {
    guard let factor else {
      preconditionFailure("a factorisation that failed has no factors; refactorize with another matrix first")
    }
    return factor
  }

  public func makeSolve(rightHandSides: Int, transposed: Bool) -> LinearAction<Double> {
    precondition(rightHandSides > 0, "a solve for \(rightHandSides) right-hand sides")
    let factor = complete
    let isLeastSquares = (rows >= columns) != transposed
    let (taken, given) = transposed ? (columns, rows) : (rows, columns)
    return LinearAction(rows: given * rightHandSides, columns: taken * rightHandSides) { b, x in
      factor.solve(b, x, rightHandSides: rightHandSides, isLeastSquares: isLeastSquares)
    }
  }
}

/// The columns of A, or of Aᵀ if A has fewer rows than columns, with the 64-bit indices that SuiteSparseQR takes.
private struct TallColumns {
  let rows: Int
  let columns: Int
  let starts: Buffer<Int64>
  let indices: Buffer<Int64>
  let values: Buffer<Double>

  init(_ matrix: SparseMatrix<Double>) {
    let count = matrix.entryCount
    let (rowStarts, columnIndices) = (matrix.pattern.rowStarts.pointer, matrix.pattern.columnIndices.pointer)
    (rows, columns) = (max(matrix.rows, matrix.columns), min(matrix.rows, matrix.columns))
    starts = Buffer(count: columns + 1)
    indices = Buffer(uninitialized: count)
    if matrix.rows < matrix.columns {
      // The rows of A are the columns of Aᵀ.
      for i in 0...matrix.rows { starts.pointer[i] = Int64(rowStarts[i]) }
      for p in 0..<count { indices.pointer[p] = Int64(columnIndices[p]) }
      values = matrix.values
      return
    }
    values = Buffer(uninitialized: count)
    for p in 0..<count { starts.pointer[Int(columnIndices[p]) + 1] += 1 }
    for j in 0..<columns { starts.pointer[j + 1] += starts.pointer[j] }
    var next = (0..<columns).map { Int(starts.pointer[$0]) }
    for i in 0..<matrix.rows {
      for p in Int(rowStarts[i])..<Int(rowStarts[i + 1]) {
        let j = Int(columnIndices[p])
        indices.pointer[next[j]] = Int64(i)
        values.pointer[next[j]] = matrix.values.pointer[p]
        next[j] += 1
      }
    }
  }

  func withCHOLMODMatrix<Result>(_ body: (UnsafeMutablePointer<cholmod_sparse>) -> Result) -> Result {
    var sparse = cholmod_sparse()
    sparse.nrow = rows
    sparse.ncol = columns
    sparse.nzmax = indices.count
    sparse.p = UnsafeMutableRawPointer(starts.pointer)
    sparse.i = UnsafeMutableRawPointer(indices.pointer)
    sparse.x = UnsafeMutableRawPointer(values.pointer)
    sparse.stype = 0
    sparse.itype = CHOLMOD_LONG
    sparse.xtype = CHOLMOD_REAL
    sparse.dtype = CHOLMOD_DOUBLE
    sparse.sorted = 1
    sparse.packed = 1
    return body(&sparse)
  }
}

/// The analysis and, once `factorize` has run, the factors.
private final class SPQRFactor: @unchecked Sendable {
  // Unchecked: the factors are changed only by the one value that holds them (see `isKnownUniquelyReferenced`); solves,
  // which use the common workspace, take turns.
  private let common = CHOLMODCommon(long: true)
  private let handle: UnsafeMutablePointer<SuiteSparseQR_C_factorization>
  private let rows: Int
  private let columns: Int
  private let turn = Mutex(())
  private(set) var rank = 0

  init(_ matrix: TallColumns, settings: SPQR) throws {
    (rows, columns) = (matrix.rows, matrix.columns)
    let pointer = common.pointer
    let found = orderingLock.withLock { _ in
      matrix.withCHOLMODMatrix { a in
        SuiteSparseQR_C_symbolic(settings.libraryOrdering, 1, a, pointer).map { UInt(bitPattern: $0) }
      }
    }
    guard let found, let handle = UnsafeMutablePointer<SuiteSparseQR_C_factorization>(bitPattern: found),
      common.status >= CHOLMOD_OK
    else { throw common.error("SPQR", count: matrix.columns) }
    self.handle = handle
  }

  deinit {
    var handle: UnsafeMutablePointer<SuiteSparseQR_C_factorization>? = handle
    SuiteSparseQR_C_free(&handle, common.pointer)
  }

  func factorize(_ matrix: TallColumns, tolerance: Double?) throws {
    common.pointer.pointee.memory_usage = common.pointer.pointee.memory_inuse
    let isLarge = common.pointer.pointee.SPQR_flopcount_bound > BLASThreads.largeFactorizationFlops
    func run() -> Int32 {
      matrix.withCHOLMODMatrix {
        SuiteSparseQR_C_numeric(tolerance ?? Double(SPQR_DEFAULT_TOL), $0, handle, common.pointer)
      }
    }
    let isDone = isLarge ? BLASThreads.withLarge(run) : BLASThreads.withSingle(run)
    guard isDone != 0, common.status >= CHOLMOD_OK else { throw common.error("SPQR", count: columns) }
    rank = Int(common.pointer.pointee.SPQR_istat.4)
  }

  var flops: Double { common.pointer.pointee.SPQR_flopcount }
  /// An upper bound of the entries of R and of the Householder vectors.
  var entries: Int { Int(common.pointer.pointee.SPQR_istat.0) + Int(common.pointer.pointee.SPQR_istat.1) }
  var bytes: Int { common.pointer.pointee.memory_inuse }
  var peakBytes: Int { common.pointer.pointee.memory_usage }

  var ordering: String {
    switch Int32(common.pointer.pointee.SPQR_istat.7) {
    case SPQR_ORDERING_FIXED, SPQR_ORDERING_NATURAL: "natural"
    case SPQR_ORDERING_COLAMD: "COLAMD"
    case SPQR_ORDERING_AMD: "AMD"
    case SPQR_ORDERING_METIS: "METIS"
    default: "CHOLMOD"
    }
  }

  func solve(
    _ b: UnsafePointer<Double>, _ x: UnsafeMutablePointer<Double>, rightHandSides: Int, isLeastSquares: Bool
  ) {
    turn.withLock { _ in
      BLASThreads.withSingle {
        let taken = isLeastSquares ? rows : columns
        var right = denseCHOLMODMatrix(b, rows: taken, columns: rightHandSides)
        var (first, second): (UnsafeMutablePointer<cholmod_dense>?, UnsafeMutablePointer<cholmod_dense>?)
        if isLeastSquares {
          // x = E (R \ (Qᵀ b))
          first = SuiteSparseQR_C_qmult(SPQR_QTX, handle, &right, common.pointer)
          if first != nil {
            second = SuiteSparseQR_C_solve(SPQR_RETX_EQUALS_B, handle, first, common.pointer)
          }
        } else {
          // x = Q (Rᵀ \ (Eᵀ b))
          first = SuiteSparseQR_C_solve(SPQR_RTX_EQUALS_ETB, handle, &right, common.pointer)
          if first != nil { second = SuiteSparseQR_C_qmult(SPQR_QX, handle, first, common.pointer) }
        }
        precondition(second != nil, "SPQR could not solve: out of memory for its result")
        let count = (isLeastSquares ? columns : rows) * rightHandSides
        x.update(from: second!.pointee.x.assumingMemoryBound(to: Double.self), count: count)
        cholmod_l_free_dense(&first, common.pointer)
        cholmod_l_free_dense(&second, common.pointer)
      }
    }
  }
}
