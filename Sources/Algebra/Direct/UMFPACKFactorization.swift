import CSuiteSparse
import Tensors

/// P R A Q = L U of a square matrix, by UMFPACK.
///
/// The library takes columns, and the rows of A are the columns of Aᵀ: it factorises Aᵀ in place, and solves with the
/// transpose of what it has.
public struct UMFPACKFactorization: SparseFactorization {
  private let settings: UMFPACK
  private var symbolic: UMFPACKSymbolic
  /// nil after an error only.
  private var numeric: UMFPACKNumeric?
  public private(set) var norm1: Double
  public private(set) var statistics: DirectSolverStatistics

  init(_ matrix: SparseMatrix<Double>, settings: UMFPACK) throws {
    self.settings = settings
    try matrix.checkSquare(for: "UMFPACK")
    symbolic = try UMFPACKSymbolic(matrix, settings: settings)
    norm1 = matrix.norm1
    statistics = symbolic.statistics
    try factorize(matrix)
  }

  public var rows: Int { symbolic.pattern.rows }
  public var columns: Int { symbolic.pattern.columns }
  public var isPositiveDefinite: Bool { false }

  public mutating func refactorize(_ matrix: SparseMatrix<Double>) throws {
    // Before the new factors are made, so that both are never held at once unless another value holds the old ones.
    numeric = nil
    try matrix.checkSquare(for: "UMFPACK")
    if symbolic.pattern.hasSameEntries(as: matrix.pattern) {
      statistics = symbolic.statistics
      statistics.analysisSeconds = 0
    } else {
      symbolic = try UMFPACKSymbolic(matrix, settings: settings)
      statistics = symbolic.statistics
    }
    norm1 = matrix.norm1
    try factorize(matrix)
  }

  private mutating func factorize(_ matrix: SparseMatrix<Double>) throws {
    let start = ContinuousClock.now
    let factors = try UMFPACKNumeric(matrix, symbolic, settings: settings, statistics: &statistics)
    numeric = factors
    if isSuspicious(pivot: statistics.smallestPivot),
      equilibratedReciprocalCondition(matrix) < singularityThreshold
    {
      numeric = nil
      throw DirectSolverError.singular(solver: "UMFPACK", row: factors.smallestRow, count: rows)
    }
    statistics.factorizationSeconds = (ContinuousClock.now - start) / .seconds(1)
  }

  private var complete: UMFPACKNumeric {
    guard let numeric else {
      preconditionFailure("a factorisation that failed has no factors; refactorize with another matrix first")
    }
    return numeric
  }

  public var determinant: LogDeterminant? { complete.determinant }

  public func makeSolve(rightHandSides: Int, transposed: Bool) -> LinearAction<Double> {
    precondition(rightHandSides > 0, "a solve for \(rightHandSides) right-hand sides")
    let (numeric, n) = (complete, rows)
    let integers = Buffer<Int32>(uninitialized: n)
    let reals = Buffer<Double>(uninitialized: 5 * n)
    return LinearAction(rows: n * rightHandSides, columns: n * rightHandSides) { b, x in
      for column in 0..<rightHandSides {
        numeric.solve(
          b + column * n, x + column * n, transposed: transposed, integers.pointer, reals.pointer)
      }
    }
  }
}

/// The column ordering and symbolic analysis of a pattern.
private final class UMFPACKSymbolic: @unchecked Sendable {
  // Unchecked: nothing changes after the initialiser, and the library only reads the object.
  let pattern: SparsityPattern
  let handle: UnsafeMutableRawPointer
  let statistics: DirectSolverStatistics

  init(_ matrix: SparseMatrix<Double>, settings: UMFPACK) throws {
    let start = ContinuousClock.now
    pattern = matrix.pattern
    let n = Int32(matrix.rows)
    var info = [Double](repeating: 0, count: Int(UMFPACK_INFO))
    func analyze(_ control: [Double]) -> UInt? {
      var handle: UnsafeMutableRawPointer?
      let status = umfpack_di_symbolic(
        n, n, matrix.pattern.rowStarts.pointer, matrix.pattern.columnIndices.pointer, matrix.values.pointer,
        &handle, control, &info)
      return status == UMFPACK_OK ? handle.map { UInt(bitPattern: $0) } : nil
    }
    let control = settings.control
    let found = orderingLock.withLock { _ -> UInt? in
      if let handle = analyze(control) { return handle }
      // Built without METIS.
      guard Int32(info[Int(UMFPACK_STATUS)]) == UMFPACK_ERROR_ordering_failed else { return nil }
      var control = control
      control[Int(UMFPACK_ORDERING)] = Double(UMFPACK_ORDERING_AMD)
      return analyze(control)
    }
    guard let found, let handle = UnsafeMutableRawPointer(bitPattern: found) else {
      throw umfpackError(Int32(info[Int(UMFPACK_STATUS)]), info, count: matrix.rows)
    }
    self.handle = handle
    var statistics = DirectSolverStatistics()
    statistics.analysisSeconds = (ContinuousClock.now - start) / .seconds(1)
    let isSymmetric = Int32(info[Int(UMFPACK_STRATEGY_USED)]) == UMFPACK_STRATEGY_SYMMETRIC
    switch Int32(info[Int(UMFPACK_ORDERING_USED)]) {
    case UMFPACK_ORDERING_AMD: statistics.ordering = isSymmetric ? "AMD" : "COLAMD"
    case UMFPACK_ORDERING_METIS: statistics.ordering = "METIS"
    case UMFPACK_ORDERING_NONE: statistics.ordering = "natural"
    default: statistics.ordering = "given"
    }
    statistics.kind = isSymmetric ? "LU, diagonal preferred" : "LU, columns ordered"
    statistics.flops = info[Int(UMFPACK_FLOPS_ESTIMATE)]
    statistics.matrixEntries = matrix.entryCount
    self.statistics = statistics
  }

  deinit {
    var handle: UnsafeMutableRawPointer? = handle
    umfpack_di_free_symbolic(&handle)
  }
}

/// The numerical factors, and the matrix that iterative refinement needs.
private final class UMFPACKNumeric: @unchecked Sendable {
  // Unchecked: nothing changes after the initialiser, and the library only reads the object.
  private let matrix: SparseMatrix<Double>
  private let control: [Double]
  private let handle: UnsafeMutableRawPointer
  /// The row of the smallest pivot.
  private(set) var smallestRow = 0

  init(
    _ matrix: SparseMatrix<Double>, _ symbolic: UMFPACKSymbolic, settings: UMFPACK,
    statistics: inout DirectSolverStatistics
  ) throws {
    let control = settings.control
    (self.matrix, self.control) = (matrix, control)
    var info = [Double](repeating: 0, count: Int(UMFPACK_INFO))
    var found: UnsafeMutableRawPointer?
    func run() -> Int32 {
      umfpack_di_numeric(
        matrix.pattern.rowStarts.pointer, matrix.pattern.columnIndices.pointer, matrix.values.pointer,
        symbolic.handle, &found, control, &info)
    }
    // The rule looks at the analysis alone, so that the bits of the factors do not depend on the machine.
    let isLarge = symbolic.statistics.flops > BLASThreads.largeFactorizationFlops
    let status = isLarge ? BLASThreads.withLarge(run) : BLASThreads.withSingle(run)
    guard let handle = found, status >= UMFPACK_OK else {
      umfpack_di_free_numeric(&found)
      throw umfpackError(status, info, count: matrix.rows)
    }
    self.handle = handle
    statistics.flops = info[Int(UMFPACK_FLOPS)]
    statistics.factorEntries = Int(info[Int(UMFPACK_LNZ)] + info[Int(UMFPACK_UNZ)]) - matrix.rows
    let unit = info[Int(UMFPACK_SIZE_OF_UNIT)]
    statistics.bytes = Int(info[Int(UMFPACK_NUMERIC_SIZE)] * unit)
    statistics.peakBytes = Int(info[Int(UMFPACK_PEAK_MEMORY)] * unit)
    (statistics.smallestPivot, smallestRow) = smallestPivot()
  }

  deinit {
    var handle: UnsafeMutableRawPointer? = handle
    umfpack_di_free_numeric(&handle)
  }

  /// The smallest pivot relative to the largest entry of its column in the scaled Aᵀ: no scaling of A changes it much.
  private func smallestPivot() -> (ratio: Double, row: Int) {
    let n = matrix.rows
    var (order, pivots, scales) = (
      [Int32](repeating: 0, count: n), [Double](repeating: 0, count: n), [Double](repeating: 1, count: n)
    )
    var divides: Int32 = 0
    umfpack_di_get_numeric(nil, nil, nil, nil, nil, nil, nil, &order, &pivots, &divides, &scales, handle)
    var (smallest, smallestRow) = (Double.infinity, 0)
    for k in 0..<n {
      let row = Int(order[k])
      var largest = 0.0
      for p in matrix.pattern.entries(ofRow: row) {
        let scale = scales[Int(matrix.pattern.columnIndices.pointer[p])]
        let magnitude = abs(matrix.values.pointer[p])
        largest = max(largest, divides != 0 ? magnitude * scale : magnitude / scale)
      }
      // An empty row gives 0 / 0.
      let ratio = abs(pivots[k]) / largest
      if !(ratio >= smallest) { (smallest, smallestRow) = (ratio.isNaN ? 0 : ratio, row) }
    }
    return (smallest, smallestRow)
  }

  var determinant: LogDeterminant {
    var (mantissa, exponent) = (0.0, 0.0)
    umfpack_di_get_determinant(&mantissa, &exponent, handle, nil)
    return LogDeterminant(
      sign: mantissa < 0 ? -1 : mantissa > 0 ? 1 : 0,
      logMagnitude: Double.log(abs(mantissa)) + exponent * Double.log(10))
  }

  func solve(
    _ b: UnsafePointer<Double>, _ x: UnsafeMutablePointer<Double>, transposed: Bool,
    _ integers: UnsafeMutablePointer<Int32>, _ reals: UnsafeMutablePointer<Double>
  ) {
    // The only errors possible here are those of arguments.
    let status = BLASThreads.withSingle {
      umfpack_di_wsolve(
        transposed ? UMFPACK_A : UMFPACK_At, matrix.pattern.rowStarts.pointer,
        matrix.pattern.columnIndices.pointer, matrix.values.pointer, x, b, handle, control, nil, integers,
        reals)
    }
    precondition(status >= UMFPACK_OK, "UMFPACK could not solve: status \(status)")
  }
}

private func umfpackError(_ status: Int32, _ info: [Double], count: Int) -> DirectSolverError {
  switch status {
  case UMFPACK_WARNING_singular_matrix: return .singular(solver: "UMFPACK", row: nil, count: count)
  case UMFPACK_ERROR_out_of_memory:
    let units = max(info[Int(UMFPACK_PEAK_MEMORY_ESTIMATE)], info[Int(UMFPACK_SYMBOLIC_PEAK_MEMORY)])
    let bytes = units * info[Int(UMFPACK_SIZE_OF_UNIT)]
    // The 32-bit interface reports factors beyond its indices as a lack of memory.
    if bytes > 0x7fff_ffff * 8.0 { return .tooLarge(solver: "UMFPACK", count: count) }
    return .outOfMemory(solver: "UMFPACK", bytes: bytes > 0 ? Int(bytes) : nil)
  default: return .library(solver: "UMFPACK", status: Int(status))
  }
}
