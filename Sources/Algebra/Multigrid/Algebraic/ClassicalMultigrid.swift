import Foundation
import Tensors

/// Classical algebraic multigrid: coarse unknowns are some of the fine ones, others are interpolated with weights from
/// the matrix. For symmetric M-matrices and those close to them, one unknown per node.
///
/// The defaults are those that serve large problems: PMIS coarsening, extended interpolation, four entries per row. The
/// hierarchy is kept in single precision.
///
/// Sources: J. W. Ruge and K. Stüben, in Multigrid Methods (SIAM 1987); De Sterck et al. (2006, 2008).
public struct ClassicalMultigrid: Preconditioner, Hashable {
  /// θ: an unknown strongly depends on neighbours with −a_ij ≥ θ max_k (−a_ik).
  public var strengthThreshold: Double
  /// How fine unknowns are interpolated.
  public var interpolation: ClassicalInterpolation
  /// The largest number of entries in a row of the interpolation.
  public var interpolationEntries: Int
  /// Gauss–Seidel sweeps before, and after, each coarse correction.
  public var sweeps: Int
  /// The order in which levels are visited: V or W.
  public var cycle: MultigridCycle
  /// The number of rows from which a level is solved directly.
  public var coarsestSize: Int
  /// The largest number of levels.
  public var maximumLevels: Int

  /// Classical multigrid with the given settings.
  public init(
    strengthThreshold: Double = 0.25, interpolation: ClassicalInterpolation = .extended,
    interpolationEntries: Int = 4, sweeps: Int = 1, cycle: MultigridCycle = .v, coarsestSize: Int = 256,
    maximumLevels: Int = 30
  ) {
    precondition(interpolationEntries > 0, "\(interpolationEntries) entries per row of the interpolation")
    precondition(sweeps > 0, "\(sweeps) smoothing sweeps")
    precondition(cycle != .f, "an F-cycle of algebraic multigrid is not symmetric; use V or W")
    self.strengthThreshold = strengthThreshold
    self.interpolation = interpolation
    self.interpolationEntries = interpolationEntries
    self.sweeps = sweeps
    self.cycle = cycle
    self.coarsestSize = coarsestSize
    self.maximumLevels = maximumLevels
  }

  public var name: String { "classical-amg" }

  /// The hierarchy of a symmetric positive (semi-)definite matrix.
  /// - Throws: ``SparseMatrixError`` for a matrix that is not square, not finite or has no positive diagonal.
  public func prepare<Scalar: SparseScalar>(_ matrix: SparseMatrix<Scalar>, pool: WorkerPool) throws
    -> any PreparedPreconditioner<Scalar>
  {
    try PreparedClassicalMultigrid(matrix, settings: self, pool: pool)
  }
}

/// The hierarchy of classical multigrid for one matrix.
struct PreparedClassicalMultigrid<Scalar: SparseScalar>: PreparedPreconditioner {
  let settings: ClassicalMultigrid
  let hierarchy: AlgebraicHierarchy
  let rows: Int
  let statistics: PreconditionerStatistics
  var columns: Int { rows }
  var isSymmetric: Bool { true }

  init(_ matrix: SparseMatrix<Scalar>, settings: ClassicalMultigrid, pool: WorkerPool) throws {
    let start = ContinuousClock.now
    let scale = try AlgebraicChecks.scale(matrix, purpose: "classical multigrid", pool: pool)
    var current = matrix.narrowed(scale: scale, pool: pool)
    var levels: [AlgebraicLevel] = []
    while current.rows > settings.coarsestSize, levels.count + 1 < settings.maximumLevels {
      let strength = RugeStuebenStrength(current, threshold: Float(settings.strengthThreshold), pool: pool)
      let splitting = CoarseFineSplitting(strength, seed: UInt64(levels.count + 1), pool: pool)
      guard splitting.count > 0, 10 * splitting.count < 9 * current.rows else { break }
      let prolongation = try settings.interpolation.matrix(
        current, strength, splitting, limit: settings.interpolationEntries, pool: pool)
      let restriction = prolongation.transposed(pool: pool)
      let coarse = try current.galerkinProduct(prolongation, restriction: restriction, pool: pool)
      levels.append(
        AlgebraicLevel(
          smoother: HybridSmoother(current, pool: pool), prolongation: prolongation, restriction: restriction,
          rows: current.rows, entryCount: current.entryCount))
      current = coarse
    }
    if current.rows > AlgebraicLevel.denseLimit {
      let (level, rest) = AlgebraicLevel.smoothedOnly(current, pool: pool)
      levels.append(level)
      current = rest
    }
    self.settings = settings
    rows = matrix.rows
    hierarchy = try AlgebraicHierarchy(levels: levels, coarsest: current, scale: scale)
    var statistics = hierarchy.statistics
    statistics.seconds = (ContinuousClock.now - start).inSeconds
    self.statistics = statistics
  }

  /// Weights and strength depend on the values: everything is made again.
  func updated(_ matrix: SparseMatrix<Scalar>, pool: WorkerPool) throws -> any PreparedPreconditioner<Scalar>
  {
    try PreparedClassicalMultigrid(matrix, settings: settings, pool: pool)
  }

  func makeAction(pool: WorkerPool) -> LinearAction<Scalar> {
    let cycle = AlgebraicCycle<Scalar>(
      hierarchy, sweeps: settings.sweeps, isTwice: settings.cycle == .w, pool: pool)
    return LinearAction(rows: rows, columns: rows) { r, z in cycle.apply(r, to: z) }
  }
}
