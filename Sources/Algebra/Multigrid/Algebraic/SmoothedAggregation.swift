import CKernels
import Foundation
import Tensors

/// Algebraic multigrid by smoothed aggregation, for symmetric positive definite matrices from elliptic equations: it
/// needs the matrix alone, no grid.
///
/// The hierarchy is kept in single precision, inside an iteration in double precision: it is read once per iteration, and
/// half the bytes are half the time.
///
/// Source: P. Vaněk, J. Mandel and M. Brezina, Computing 56 (1996).
public struct SmoothedAggregation: Preconditioner, Hashable {
  /// θ: neighbours with |a_ij| > θ √(a_ii a_jj) are strongly connected on the finest level; it halves from level to level.
  public var strengthThreshold: Double
  /// Unknowns per node, which are numbered next to each other: 1 for scalars, the dimension for displacements.
  public var blockSize: Int
  /// Vectors that the matrix, but for boundary conditions, maps to zero; each as long as the matrix has rows. Empty for
  /// constants: one per unknown of a node.
  public var nearNullSpace: [[Double]]
  /// What the damping of the prolongator's smoothing is times the spectral radius; 4/3 is optimal.
  public var prolongatorSmoothing: Double
  /// Gauss–Seidel sweeps before, and after, each coarse correction.
  public var sweeps: Int
  /// The order in which levels are visited: V or W.
  public var cycle: MultigridCycle
  /// Levels, from the finest on, whose aggregates are aggregated once more before they become unknowns: cheaper levels and
  /// more iterations.
  public var aggressiveLevels: Int
  /// The number of rows from which a level is solved directly.
  public var coarsestSize: Int
  /// The largest number of levels.
  public var maximumLevels: Int

  /// Smoothed aggregation with the given settings.
  public init(
    strengthThreshold: Double = 0.08, blockSize: Int = 1, nearNullSpace: [[Double]] = [],
    prolongatorSmoothing: Double = 4.0 / 3, sweeps: Int = 1, cycle: MultigridCycle = .v,
    aggressiveLevels: Int = 0,
    coarsestSize: Int = 256, maximumLevels: Int = 30
  ) {
    precondition(blockSize > 0, "a block size of \(blockSize)")
    precondition(sweeps > 0, "\(sweeps) smoothing sweeps")
    precondition(cycle != .f, "an F-cycle of algebraic multigrid is not symmetric; use V or W")
    self.strengthThreshold = strengthThreshold
    self.blockSize = blockSize
    self.nearNullSpace = nearNullSpace
    self.prolongatorSmoothing = prolongatorSmoothing
    self.sweeps = sweeps
    self.cycle = cycle
    self.aggressiveLevels = aggressiveLevels
    self.coarsestSize = coarsestSize
    self.maximumLevels = maximumLevels
  }

  public var name: String { "amg" }

  /// The hierarchy of a symmetric positive definite matrix, or of a semi-definite one whose null space the near-null
  /// vectors span.
  /// - Throws: ``SparseMatrixError`` for a matrix that is not square, not finite, has no positive diagonal or does not
  ///   fit the block size.
  public func prepare<Scalar: SparseScalar>(_ matrix: SparseMatrix<Scalar>, pool: WorkerPool) throws
    -> any PreparedPreconditioner<Scalar>
  {
    try PreparedSmoothedAggregation(matrix, settings: self, previous: nil, pool: pool)
  }
}

/// What of a level's set-up depends on where strong entries are, but not on values.
struct AggregationPlan: Sendable {
  let strong: Buffer<UInt8>
  let tentative: TentativeProlongation
  let count: Int
  let product: SparsityPattern
  let coarse: SparsityPattern
}

/// The hierarchy of smoothed aggregation for one matrix.
struct PreparedSmoothedAggregation<Scalar: SparseScalar>: PreparedPreconditioner {
  let settings: SmoothedAggregation
  let hierarchy: AlgebraicHierarchy
  let plans: [AggregationPlan]
  let rows: Int
  let statistics: PreconditionerStatistics
  var columns: Int { rows }
  var isSymmetric: Bool { true }

  init(
    _ matrix: SparseMatrix<Scalar>, settings: SmoothedAggregation, previous: [AggregationPlan]?,
    pool: WorkerPool
  ) throws {
    let start = ContinuousClock.now
    let scale = try AlgebraicChecks.scale(matrix, purpose: "smoothed aggregation", pool: pool)
    let n = matrix.rows
    guard n % settings.blockSize == 0 else {
      throw SparseMatrixError.malformed("\(n) rows are no multiple of the block size \(settings.blockSize)")
    }
    for vector in settings.nearNullSpace where vector.count != n {
      throw SparseMatrixError.malformed("a near-null vector of \(vector.count) elements for \(n) rows")
    }
    var current = matrix.narrowed(scale: scale, pool: pool)
    var vectors = settings.nearNullSpace.map { $0.map { Float($0) } }
    if vectors.isEmpty {
      let block = settings.blockSize
      vectors = (0..<block).map { k in (0..<n).map { $0 % block == k ? 1 : 0 } }
    }
    var (blockSize, threshold) = (settings.blockSize, Float(settings.strengthThreshold))
    var (levels, plans): ([AlgebraicLevel], [AggregationPlan]) = ([], [])
    while current.rows > settings.coarsestSize, levels.count + 1 < settings.maximumLevels {
      let index = levels.count
      if let previous, index >= previous.count { break }
      let known = previous?[index]
      var (strong, tentative, count): (Buffer<UInt8>, TentativeProlongation, Int)
      if let known {
        (strong, tentative, count) = (known.strong, known.tentative, known.count)
      } else {
        let strength = StrengthOfConnection(current, blockSize: blockSize, threshold: threshold, pool: pool)
        var aggregation = Aggregation(strength.nodes, strong: strength.nodeFlags, pool: pool)
        if index < settings.aggressiveLevels {
          aggregation = try aggregation.aggregatedAgain(
            strength.nodes, strong: strength.nodeFlags, pool: pool)
        }
        strong = strength.entries
        count = aggregation.count
        guard count > 0, 10 * count * vectors.count < 9 * current.rows else { break }
        tentative = TentativeProlongation(aggregation, vectors: vectors, blockSize: blockSize)
      }
      let prolongation = try SmoothedProlongation.make(
        current, strong: strong, tentative: tentative, count: count, smoothing: settings.prolongatorSmoothing,
        pool: pool)
      let restriction = prolongation.transposed(pool: pool)
      let product: SparseMatrix<Float>
      let coarse: SparseMatrix<Float>
      if let known {
        product = current.product(prolongation, on: known.product, pool: pool)
        coarse = restriction.product(product, on: known.coarse, pool: pool)
      } else {
        product = try current.product(prolongation, pool: pool)
        coarse = try restriction.product(product, pool: pool)
      }
      levels.append(
        AlgebraicLevel(
          smoother: HybridSmoother(current, pool: pool), prolongation: prolongation, restriction: restriction,
          rows: current.rows, entryCount: current.entryCount))
      plans.append(
        AggregationPlan(
          strong: strong, tentative: tentative, count: count, product: product.pattern, coarse: coarse.pattern
        ))
      vectors = tentative.coarse
      (current, blockSize, threshold) = (coarse, vectors.count, threshold / 2)
    }
    if current.rows > AlgebraicLevel.denseLimit {
      let (level, rest) = AlgebraicLevel.smoothedOnly(current, pool: pool)
      levels.append(level)
      current = rest
    }
    self.settings = settings
    self.plans = plans
    rows = n
    hierarchy = try AlgebraicHierarchy(levels: levels, coarsest: current, scale: scale)
    var statistics = hierarchy.statistics
    statistics.seconds = (ContinuousClock.now - start).inSeconds
    self.statistics = statistics
  }

  func updated(_ matrix: SparseMatrix<Scalar>, pool: WorkerPool) throws -> any PreparedPreconditioner<Scalar>
  {
    precondition(
      matrix.rows == rows && matrix.columns == rows,
      "a matrix of \(matrix.rows) × \(matrix.columns) for a hierarchy of \(rows) rows")
    return try PreparedSmoothedAggregation(matrix, settings: settings, previous: plans, pool: pool)
  }

  func makeAction(pool: WorkerPool) -> LinearAction<Scalar> {
    let cycle = AlgebraicCycle<Scalar>(
      hierarchy, sweeps: settings.sweeps, isTwice: settings.cycle == .w, pool: pool)
    return LinearAction(rows: rows, columns: rows) { r, z in cycle.apply(r, to: z) }
  }
}

/// What algebraic multigrid asks of a matrix.
enum AlgebraicChecks {
  /// Checks that a matrix is square and finite with a positive diagonal; returns the power of two that brings its
  /// diagonal near 1.
  static func scale<Scalar: SparseScalar>(_ matrix: SparseMatrix<Scalar>, purpose: String, pool: WorkerPool)
    throws(SparseMatrixError) -> Double
  {
    try matrix.requireSquare(for: purpose)
    try matrix.requireFinite(pool: pool)
    guard matrix.rows > 0 else { return 1 }
    let diagonal = matrix.diagonalBuffer(pool: pool)
    if !(Scalar.minimum(diagonal.pointer, count: matrix.rows) > 0) {
      let row = (0..<matrix.rows).first { !(diagonal.pointer[$0] > 0) }!
      throw .zeroDiagonal(row: row, purpose: purpose)
    }
    let largest = Scalar.maximum(diagonal.pointer, count: matrix.rows)
    return Foundation.exp2(-Foundation.log2(Double(largest)).rounded())
  }
}
