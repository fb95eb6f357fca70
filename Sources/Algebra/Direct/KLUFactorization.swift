import CSuiteSparse
import Synchronization
import Tensors

/// P R A Q = L U + F of a square matrix, by KLU: L and U of the diagonal blocks of the block triangular form, and F
/// off them.
///
/// The library takes columns, and the rows of A are the columns of Aᵀ: it factorises Aᵀ in place, and solves with the
/// transpose of what it has. Solves of several threads with one factorisation take turns.
public struct KLUFactorization: SparseFactorization {
  private var symbolic: KLUSymbolic
  /// nil after an error only.
  private var numeric: KLUNumeric?
  public private(set) var norm1: Double
  public private(set) var statistics: DirectSolverStatistics

  init(_ matrix: SparseMatrix<Double>) throws {
    try matrix.checkSquare(for: "KLU")
    symbolic = try KLUSymbolic(matrix.pattern)
    norm1 = matrix.norm1
    statistics = symbolic.statistics
    try factorize(matrix)
  }

  public var rows: Int { symbolic.pattern.rows }
  public var columns: Int { symbolic.pattern.columns }
  public var isPositiveDefinite: Bool { false }

  public mutating func refactorize(_ matrix: SparseMatrix<Double>) throws {
    do {
      try matrix.checkSquare(for: "KLU")
      if symbolic.pattern.hasSameEntries(as: matrix.pattern) {
        statistics = symbolic.statistics
        statistics.analysisSeconds = 0
      } else {
        numeric = nil
        symbolic = try KLUSymbolic(matrix.pattern)
        statistics = symbolic.statistics
      }
      norm1 = matrix.norm1
      try factorize(matrix)
    } catch {
      numeric = nil
      throw error
    }
  }

  private mutating func factorize(_ matrix: SparseMatrix<Double>) throws {
    let start = ContinuousClock.now
    // Pivots that no other value sees are kept, unless they have become bad.
    if numeric == nil || !isKnownUniquelyReferenced(&numeric) || !numeric!.refactorize(matrix) {
      numeric = nil
      numeric = try KLUNumeric(matrix, symbolic)
    }
    let row = numeric!.examine(matrix, into: &statistics)
    if isSuspicious(pivot: statistics.smallestPivot),
      equilibratedReciprocalCondition(matrix) < singularityThreshold
    {
      throw DirectSolverError.singular(solver: "KLU", row: row, count: rows)
    }
    statistics.factorizationSeconds = (ContinuousClock.now - start) / .seconds(1)
  }

  private var complete: KLUNumeric {
    guard let numeric else {
      preconditionFailure("a factorisation that failed has no factors; refactorize with another matrix first")
    }
    return numeric
  }

  public var determinant: LogDeterminant? { complete.determinant }

  public func makeSolve(rightHandSides: Int, transposed: Bool) -> LinearAction<Double> {
    precondition(rightHandSides > 0, "a solve for \(rightHandSides) right-hand sides")
    let numeric = complete
    let length = rows * rightHandSides
    return LinearAction(rows: length, columns: length) { b, x in
      x.update(from: b, count: length)
      numeric.solve(x, rightHandSides: rightHandSides, transposed: transposed)
    }
  }
}

/// Block triangular form and ordering of a pattern.
private final class KLUSymbolic: @unchecked Sendable {
  // Unchecked: nothing changes after the initialiser, and the library only reads the object.
  let pattern: SparsityPattern
  let handle: UnsafeMutablePointer<klu_symbolic>
  let statistics: DirectSolverStatistics

  init(_ pattern: SparsityPattern) throws {
    let start = ContinuousClock.now
    self.pattern = pattern
    var common = klu_common()
    klu_defaults(&common)
    guard
      let handle = klu_analyze(
        Int32(pattern.rows), pattern.rowStarts.pointer, pattern.columnIndices.pointer, &common)
    else { throw kluError(common.status, count: pattern.rows) }
    guard common.structural_rank == pattern.rows else {
      var freed: UnsafeMutablePointer<klu_symbolic>? = handle
      klu_free_symbolic(&freed, &common)
      throw DirectSolverError.singular(solver: "KLU", row: nil, count: pattern.rows)
    }
    self.handle = handle
    var statistics = DirectSolverStatistics()
    statistics.analysisSeconds = (ContinuousClock.now - start) / .seconds(1)
    statistics.ordering = handle.pointee.ordering == 0 ? "AMD" : "COLAMD"
    statistics.kind = "LU of \(handle.pointee.nblocks) diagonal blocks"
    statistics.matrixEntries = pattern.entryCount
    self.statistics = statistics
  }

  deinit {
    var common = klu_common()
    klu_defaults(&common)
    var handle: UnsafeMutablePointer<klu_symbolic>? = handle
    klu_free_symbolic(&handle, &common)
  }
}

/// The numerical factors.
private final class KLUNumeric: @unchecked Sendable {
  // Unchecked: the factors are changed only by the one value that holds them (see `isKnownUniquelyReferenced`), and the
  // library's workspace, which is part of them, is used under the lock.
  private let symbolic: KLUSymbolic
  private let handle: UnsafeMutablePointer<klu_numeric>
  private let common: UnsafeMutablePointer<klu_common>
  private let turn = Mutex(())

  private var count: Int { symbolic.pattern.rows }

  init(_ matrix: SparseMatrix<Double>, _ symbolic: KLUSymbolic) throws {
    self.symbolic = symbolic
    common = .allocate(capacity: 1)
    common.initialize(to: klu_common())
    klu_defaults(common)
    let (starts, columns) = (matrix.pattern.rowStarts.pointer, matrix.pattern.columnIndices.pointer)
    guard let handle = klu_factor(starts, columns, matrix.values.pointer, symbolic.handle, common),
      common.pointee.status == KLU_OK
    else {
      let (status, row) = (common.pointee.status, Int(common.pointee.singular_col))
      common.deallocate()
      throw kluError(status, row: (0..<matrix.rows).contains(row) ? row : nil, count: matrix.rows)
    }
    self.handle = handle
  }

  deinit {
    var handle: UnsafeMutablePointer<klu_numeric>? = handle
    klu_free_numeric(&handle, common)
    common.deallocate()
  }

  /// Factorises with the pivots of the matrix before; false if they are no good for this one.
  func refactorize(_ matrix: SparseMatrix<Double>) -> Bool {
    let (starts, columns) = (matrix.pattern.rowStarts.pointer, matrix.pattern.columnIndices.pointer)
    let values = matrix.values.pointer
    // Entries that grew a million times have lost six digits.
    return klu_refactor(starts, columns, values, symbolic.handle, handle, common) != 0
      && common.pointee.status == KLU_OK
      && klu_rgrowth(starts, columns, values, symbolic.handle, handle, common) != 0
      && common.pointee.rgrowth > 1e-6
  }

  /// Completes the statistics from the factors, and gives the row of the smallest pivot.
  func examine(_ matrix: SparseMatrix<Double>, into statistics: inout DirectSolverStatistics) -> Int {
    let pivots = handle.pointee.Udiag.assumingMemoryBound(to: Double.self)
    let order = symbolic.handle.pointee.Q!
    // Row scales are stored in the order of the pivots once the factorisation is done.
    var scales = [Double](repeating: 1, count: count)
    if let stored = handle.pointee.Rs {
      for k in 0..<count { scales[Int(handle.pointee.Pnum[k])] = stored[k] }
    }
    var (smallest, smallestRow) = (Double.infinity, 0)
    for k in 0..<count {
      let row = Int(order[k])
      var largest = 0.0
      for p in matrix.pattern.entries(ofRow: row) {
        largest = max(
          largest, abs(matrix.values.pointer[p]) / scales[Int(matrix.pattern.columnIndices.pointer[p])])
      }
      let ratio = abs(pivots[k]) / largest
      if !(ratio >= smallest) { (smallest, smallestRow) = (ratio.isNaN ? 0 : ratio, row) }
    }
    statistics.smallestPivot = smallest
    klu_flops(symbolic.handle, handle, common)
    statistics.flops = common.pointee.flops
    let numeric = handle.pointee
    statistics.factorEntries = Int(numeric.lnz) + Int(numeric.unz) - count + Int(numeric.nzoff)
    statistics.bytes = common.pointee.memusage
    statistics.peakBytes = common.pointee.mempeak
    return smallestRow
  }

  var determinant: LogDeterminant {
    let pivots = handle.pointee.Udiag.assumingMemoryBound(to: Double.self)
    var result = LogDeterminant(sign: 1, logMagnitude: 0)
    for k in 0..<count {
      let factor = pivots[k] * (handle.pointee.Rs.map { $0[k] } ?? 1)
      if factor < 0 { result.sign = -result.sign }
      result.logMagnitude += Double.log(abs(factor))
    }
    result.sign *= signOfPermutation(handle.pointee.Pnum) * signOfPermutation(symbolic.handle.pointee.Q)
    return result
  }

  private func signOfPermutation(_ permutation: UnsafePointer<Int32>) -> Double {
    var (isVisited, sign) = ([Bool](repeating: false, count: count), 1.0)
    for start in 0..<count where !isVisited[start] {
      var (k, length) = (start, 0)
      while !isVisited[k] {
        isVisited[k] = true
        k = Int(permutation[k])
        length += 1
      }
      if length % 2 == 0 { sign = -sign }
    }
    return sign
  }

  func solve(_ b: UnsafeMutablePointer<Double>, rightHandSides: Int, transposed: Bool) {
    turn.withLock { _ in
      let (n, columns) = (Int32(count), Int32(rightHandSides))
      // The matrix that the library has is Aᵀ. The only errors possible here are those of arguments.
      let isSolved =
        transposed
        ? klu_solve(symbolic.handle, handle, n, columns, b, common)
        : klu_tsolve(symbolic.handle, handle, n, columns, b, common)
      precondition(isSolved != 0, "KLU could not solve: status \(common.pointee.status)")
    }
  }
}

private func kluError(_ status: Int32, row: Int? = nil, count: Int) -> DirectSolverError {
  switch status {
  case KLU_SINGULAR: .singular(solver: "KLU", row: row, count: count)
  case KLU_OUT_OF_MEMORY: .outOfMemory(solver: "KLU", bytes: nil)
  case KLU_TOO_LARGE: .tooLarge(solver: "KLU", count: count)
  default: .library(solver: "KLU", status: Int(status))
  }
}
