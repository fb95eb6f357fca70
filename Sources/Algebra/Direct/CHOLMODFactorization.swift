import CSuiteSparse
import Tensors

/// P A Pᵀ = L Lᵀ or L D Lᵀ of a symmetric matrix, by CHOLMOD.
public struct CHOLMODFactorization: SparseFactorization {
  private let settings: CHOLMOD
  private var analysis: CHOLMODAnalysis
  /// nil after an error only.
  private var factor: CHOLMODFactor?
  public private(set) var norm1: Double
  public private(set) var statistics: DirectSolverStatistics

  init(_ matrix: SparseMatrix<Double>, settings: CHOLMOD) throws {
    self.settings = settings
    try Self.check(matrix)
    analysis = try CHOLMODAnalysis(matrix, settings: settings)
    norm1 = matrix.norm1
    statistics = analysis.statistics
    try factorize(matrix)
  }

  public var rows: Int { analysis.pattern.rows }
  public var columns: Int { analysis.pattern.columns }
  public var isPositiveDefinite: Bool {
    settings.form == .ll || statistics.negativePivots == 0
  }

  private static func check(_ matrix: SparseMatrix<Double>) throws {
    try matrix.checkSquare(for: "CHOLMOD")
    try matrix.requireSymmetric(for: "CHOLMOD", remedy: "use UMFPACK")
  }

  public mutating func refactorize(_ matrix: SparseMatrix<Double>) throws {
    do {
      try Self.check(matrix)
      if analysis.pattern.hasSameEntries(as: matrix.pattern) {
        statistics = analysis.statistics
        statistics.analysisSeconds = 0
      } else {
        factor = nil
        analysis = try CHOLMODAnalysis(matrix, settings: settings)
        statistics = analysis.statistics
      }
      norm1 = matrix.norm1
      try factorize(matrix)
    } catch {
      factor = nil
      throw error
    }
  }

  private mutating func factorize(_ matrix: SparseMatrix<Double>) throws {
    let start = ContinuousClock.now
    // Memory that no other value sees is used again.
    let target: CHOLMODFactor
    if factor != nil, isKnownUniquelyReferenced(&factor) {
      target = factor!
    } else {
      target = try CHOLMODFactor(analysis, settings: settings)
    }
    try target.factorize(matrix, flops: statistics.flops)
    let row = target.examine(matrix, into: &statistics)
    factor = target
    if isSuspicious(pivot: statistics.smallestPivot),
      equilibratedReciprocalCondition(matrix) < singularityThreshold
    {
      factor = nil
      throw settings.form == .ll
        ? DirectSolverError.singular(solver: "CHOLMOD", row: row, count: rows)
        : DirectSolverError.smallPivot(row: row, count: rows)
    }
    statistics.factorizationSeconds = (ContinuousClock.now - start) / .seconds(1)
  }

  public var determinant: LogDeterminant? {
    var result = LogDeterminant(sign: 1, logMagnitude: 0)
    complete.forEachPivot { _, pivot in
      if pivot < 0 { result.sign = -result.sign }
      result.logMagnitude += Double.log(abs(pivot))
    }
    return result
  }

  private var complete: CHOLMODFactor {
    guard let factor else {
      preconditionFailure("a factorisation that failed has no factors; refactorize with another matrix first")
    }
    return factor
  }

  public func makeSolve(rightHandSides: Int, transposed: Bool) -> LinearAction<Double> {
    precondition(rightHandSides > 0, "a solve for \(rightHandSides) right-hand sides")
    let scratch = CHOLMODSolve(complete, rightHandSides: rightHandSides)
    let length = rows * rightHandSides
    return LinearAction(rows: length, columns: length) { x, y in scratch.solve(x, y) }
  }
}

/// Ordering and symbolic factorisation of a symmetric pattern.
private final class CHOLMODAnalysis: @unchecked Sendable {
  // Unchecked: nothing changes after the initialiser.
  let pattern: SparsityPattern
  let common: CHOLMODCommon
  let symbolic: UnsafeMutablePointer<cholmod_factor>
  let statistics: DirectSolverStatistics

  init(_ matrix: SparseMatrix<Double>, settings: CHOLMOD) throws {
    let start = ContinuousClock.now
    pattern = matrix.pattern
    common = CHOLMODCommon()
    settings.configure(common.pointer)
    let pointer = common.pointer
    let analyzed = orderingLock.withLock { _ -> UInt? in
      matrix.withSymmetricCHOLMODMatrix { a in
        var factor = cholmod_analyze(a, pointer)
        if factor == nil, pointer.pointee.status == CHOLMOD_NOT_INSTALLED {
          // Built without METIS.
          pointer.pointee.nmethods = 1
          pointer.pointee.method.0.ordering = CHOLMOD_AMD
          factor = cholmod_analyze(a, pointer)
        }
        return factor.map { UInt(bitPattern: $0) }
      }
    }
    guard let analyzed, let factor = UnsafeMutablePointer<cholmod_factor>(bitPattern: analyzed) else {
      throw common.error("CHOLMOD", count: matrix.rows)
    }
    symbolic = factor
    var statistics = DirectSolverStatistics()
    statistics.analysisSeconds = (ContinuousClock.now - start) / .seconds(1)
    statistics.ordering = Self.name(ofOrdering: factor.pointee.ordering)
    let storage = factor.pointee.is_super != 0 ? "supernodal" : "simplicial"
    statistics.kind = "\(storage) \(settings.form == .ll ? "LLᵀ" : "LDLᵀ")"
    statistics.flops = pointer.pointee.fl
    statistics.factorEntries = Int(pointer.pointee.lnz)
    statistics.matrixEntries = Int(pointer.pointee.anz)
    self.statistics = statistics
  }

  deinit {
    var factor: UnsafeMutablePointer<cholmod_factor>? = symbolic
    cholmod_free_factor(&factor, common.pointer)
  }

  private static func name(ofOrdering ordering: Int32) -> String {
    switch ordering {
    case CHOLMOD_NATURAL: "natural"
    case CHOLMOD_AMD: "AMD"
    case CHOLMOD_METIS: "METIS"
    case CHOLMOD_NESDIS: "NESDIS"
    case CHOLMOD_COLAMD: "COLAMD"
    default: "given"
    }
  }
}

/// The numerical factor.
private final class CHOLMODFactor: @unchecked Sendable {
  // Unchecked: changed only by the one value that holds it (see `isKnownUniquelyReferenced`); solves read it.
  private let common: CHOLMODCommon
  let pointer: UnsafeMutablePointer<cholmod_factor>
  private let form: CHOLMOD.Form

  var count: Int { pointer.pointee.n }

  init(_ analysis: CHOLMODAnalysis, settings: CHOLMOD) throws {
    common = CHOLMODCommon()
    settings.configure(common.pointer)
    form = settings.form
    guard let copy = cholmod_copy_factor(analysis.symbolic, common.pointer) else {
      throw common.error("CHOLMOD", count: analysis.pattern.rows)
    }
    pointer = copy
  }

  deinit {
    var factor: UnsafeMutablePointer<cholmod_factor>? = pointer
    cholmod_free_factor(&factor, common.pointer)
  }

  func factorize(_ matrix: SparseMatrix<Double>, flops: Double) throws {
    common.pointer.pointee.memory_usage = common.pointer.pointee.memory_inuse
    func run() -> Int32 {
      matrix.withSymmetricCHOLMODMatrix { cholmod_factorize($0, pointer, common.pointer) }
    }
    // The rule looks at the analysis alone, so that the bits of the factors do not depend on the machine.
    if pointer.pointee.is_super != 0, flops > BLASThreads.largeFactorizationFlops {
      _ = BLASThreads.withLarge(run)
    } else {
      _ = BLASThreads.withSingle(run)
    }
    guard common.status >= CHOLMOD_OK else { throw common.error("CHOLMOD", count: count) }
    guard pointer.pointee.minor >= count else { throw failure(at: pointer.pointee.minor) }
  }

  private var permutation: UnsafePointer<Int32> {
    UnsafePointer(pointer.pointee.Perm.assumingMemoryBound(to: Int32.self))
  }

  private func failure(at column: Int) -> DirectSolverError {
    let row = Int(permutation[column])
    return form == .ll
      ? .notPositiveDefinite(row: row, count: count) : .smallPivot(row: row, count: count)
  }

  /// Calls `body` with the row of A and the pivot, D or the square of L's diagonal, of each column.
  func forEachPivot(_ body: (_ row: Int, _ pivot: Double) -> Void) {
    let l = pointer.pointee
    let x = l.x.assumingMemoryBound(to: Double.self)
    if l.is_super != 0 {
      let first = l.super.assumingMemoryBound(to: Int32.self)
      let (pi, px) = (l.pi.assumingMemoryBound(to: Int32.self), l.px.assumingMemoryBound(to: Int32.self))
      for s in 0..<l.nsuper {
        let height = Int(pi[s + 1] - pi[s])
        for j in 0..<Int(first[s + 1] - first[s]) {
          let diagonal = x[Int(px[s]) + j * height + j]
          body(Int(permutation[Int(first[s]) + j]), diagonal * diagonal)
        }
      }
    } else {
      let starts = l.p.assumingMemoryBound(to: Int32.self)
      for j in 0..<l.n {
        let diagonal = x[Int(starts[j])]
        body(Int(permutation[j]), l.is_ll != 0 ? diagonal * diagonal : diagonal)
      }
    }
  }

  /// Completes the statistics from the factor, and gives the row of the smallest pivot.
  func examine(_ matrix: SparseMatrix<Double>, into statistics: inout DirectSolverStatistics) -> Int {
    // A pivot of a positive definite matrix, divided by the diagonal entry it came from, does not change when rows and
    // columns are scaled alike. Other matrices have no such measure: theirs is the largest entry of the row.
    let scales = form == .ll ? matrix.diagonal : matrix.rowMaxima
    var (smallest, smallestRow, negative) = (Double.infinity, 0, 0)
    forEachPivot { row, pivot in
      let ratio = abs(pivot) / scales[row]
      if !(ratio >= smallest) { (smallest, smallestRow) = (ratio, row) }
      if pivot < 0 { negative += 1 }
    }
    statistics.smallestPivot = smallest
    statistics.negativePivots = form == .ll ? nil : negative
    let l = pointer.pointee
    if l.is_super != 0 {
      statistics.bytes = 8 * l.xsize + 4 * (l.ssize + 3 * (l.nsuper + 1) + 2 * l.n)
    } else {
      statistics.bytes = 12 * l.nzmax + 4 * (6 * l.n + 5)
    }
    statistics.peakBytes = common.pointer.pointee.memory_usage
    return smallestRow
  }
}

/// The workspace of solves with one factor, for a fixed number of right-hand sides.
private final class CHOLMODSolve {
  private let factor: CHOLMODFactor
  private let rightHandSides: Int
  private let common = CHOLMODCommon()
  private var y: UnsafeMutablePointer<cholmod_dense>?
  private var e: UnsafeMutablePointer<cholmod_dense>?

  init(_ factor: CHOLMODFactor, rightHandSides: Int) {
    (self.factor, self.rightHandSides) = (factor, rightHandSides)
  }

  deinit {
    cholmod_free_dense(&y, common.pointer)
    cholmod_free_dense(&e, common.pointer)
  }

  func solve(_ b: UnsafePointer<Double>, _ x: UnsafeMutablePointer<Double>) {
    var right = denseCHOLMODMatrix(b, rows: factor.count, columns: rightHandSides)
    var solution = denseCHOLMODMatrix(x, rows: factor.count, columns: rightHandSides)
    let isSolved = withUnsafeMutablePointer(to: &solution) { solution in
      // CHOLMOD fills a result of the right shape in place.
      var result: UnsafeMutablePointer<cholmod_dense>? = solution
      return BLASThreads.withSingle {
        cholmod_solve2(CHOLMOD_A, factor.pointer, &right, nil, &result, nil, &y, &e, common.pointer)
      }
    }
    precondition(isSolved != 0, "CHOLMOD could not solve: out of memory for its workspace")
  }
}

extension BLASThreads {
  /// Operations above which the fronts of a sparse factorisation are large enough for threads inside BLAS.
  static let largeFactorizationFlops = 5e8
}
