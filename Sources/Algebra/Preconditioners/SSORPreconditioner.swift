import CKernels
import Tensors

/// Symmetric successive over-relaxation as a preconditioner: M = (D + ωL) D⁻¹ (D + ωLᵀ) / (ω (2 − ω)) for A = L + D + Lᵀ
/// (Evans, J. Inst. Math. Appl. 4 (1968), 295; Axelsson, BIT 13 (1972), 443).
///
/// Nothing is factorised and no entry is copied: the sweeps run over the matrix itself. On a grid with n points per side
/// the best ω lies a little below 2 / (1 + sin(π / n)), and iterations grow as √n there; at ω = 1, the symmetric
/// Gauss-Seidel method, they grow as n.
public struct SSORPreconditioner: Preconditioner, Equatable, Codable {
  /// ω, above 0 and below 2.
  public var relaxation: Double

  /// SSOR with the given ω.
  public init(relaxation: Double = 1) {
    precondition(
      relaxation > 0 && relaxation < 2, "a relaxation of \(relaxation), which has to be between 0 and 2")
    self.relaxation = relaxation
  }

  public var name: String { "SSOR" }

  /// The sweeps over a square matrix with a diagonal.
  /// - Throws: ``SparseMatrixError`` when the matrix is not square or not finite, or has a zero on the diagonal.
  public func prepare<Scalar: SparseScalar>(_ matrix: SparseMatrix<Scalar>, pool: WorkerPool) throws
    -> any PreparedPreconditioner<Scalar>
  {
    try SSORSweeps(matrix, relaxation: relaxation, keeping: nil, pool: pool)
  }
}

/// The sweeps of SSOR over one matrix.
final class SSORSweeps<Scalar: SparseScalar>: PreparedPreconditioner, @unchecked Sendable {
  // Unchecked: nothing changes after the initialiser.

  let isSymmetric: Bool
  let statistics: PreconditionerStatistics
  private let relaxation: Double
  private let matrix: SparseMatrix<Scalar>
  private let sweeps: MatrixSweeps
  /// ω / a_ii
  private let scales: Buffer<Scalar>

  var rows: Int { matrix.rows }
  var columns: Int { matrix.rows }

  init(_ matrix: SparseMatrix<Scalar>, relaxation: Double, keeping kept: MatrixSweeps?, pool: WorkerPool)
    throws
  {
    let clock = SetupClock()
    try matrix.requireSquare(for: "SSOR")
    try matrix.requireFinite(pool: pool)
    (self.matrix, self.relaxation) = (matrix, relaxation)
    if let kept, kept.pattern.hasSameEntries(as: matrix.pattern) {
      sweeps = kept
    } else {
      sweeps = try MatrixSweeps(matrix.pattern, purpose: "SSOR", pool: pool)
    }
    let scales = Buffer<Scalar>(uninitialized: matrix.rows)
    var isPositive = true
    for row in 0..<matrix.rows {
      let entry = matrix.values.pointer[Int(sweeps.diagonals.pointer[row])]
      guard entry != 0 else { throw SparseMatrixError.zeroDiagonal(row: row, purpose: "SSOR") }
      if entry < 0 { isPositive = false }
      scales.pointer[row] = Scalar(relaxation) / entry
    }
    (self.scales, isSymmetric) = (scales, isPositive)
    var statistics = PreconditionerStatistics()
    statistics.bytes = scales.count * MemoryLayout<Scalar>.stride + sweeps.bytes
    statistics.seconds = clock.seconds
    self.statistics = statistics
  }

  func updated(_ matrix: SparseMatrix<Scalar>, pool: WorkerPool) throws -> any PreparedPreconditioner<Scalar>
  {
    try SSORSweeps(matrix, relaxation: relaxation, keeping: sweeps, pool: pool)
  }

  /// y = ω (2 − ω) (D + ωL)⁻¹ r, then z = (D + ωU)⁻¹ D y.
  func makeAction(pool: WorkerPool) -> LinearAction<Scalar> {
    var (forward, backward) = (sweeps.lower.substitution, sweeps.upper.substitution)
    forward.constant = 2 - relaxation
    forward.values = UnsafeRawPointer(matrix.values.pointer)
    backward.values = forward.values
    forward.scales = UnsafeRawPointer(scales.pointer)
    backward.scales = forward.scales
    return .sweeps(
      forward, sweeps.forward, backward, sweeps.backward, rows: rows, single: false, owner: self, pool: pool)
  }
}

/// Sweeps down the lower and up the upper triangle of a matrix where they lie.
final class MatrixSweeps: @unchecked Sendable {
  // Unchecked: nothing changes after the initialiser.

  let pattern: SparsityPattern
  /// The position of the diagonal entry of each row.
  let diagonals: Buffer<Int32>
  private let upperStarts: Buffer<Int32>
  let lower: SweepTriangle
  let upper: SweepTriangle
  let forward: SweepSchedule
  let backward: SweepSchedule

  /// The sweeps over a square pattern.
  /// - Throws: ``SparseMatrixError/zeroDiagonal(row:purpose:)`` where the diagonal has no entry.
  init(_ pattern: SparsityPattern, purpose: String, pool: WorkerPool) throws(SparseMatrixError) {
    self.pattern = pattern
    diagonals = try pattern.diagonalPositions(purpose: purpose)
    upperStarts = Buffer(uninitialized: pattern.rows)
    for row in 0..<pattern.rows { upperStarts.pointer[row] = diagonals.pointer[row] + 1 }
    lower = SweepTriangle(
      rows: pattern.rows, backward: false, starts: pattern.rowStarts.pointer, ends: diagonals.pointer,
      columns: pattern.columnIndices.pointer)
    upper = SweepTriangle(
      rows: pattern.rows, backward: true, starts: upperStarts.pointer, ends: pattern.rowStarts.pointer + 1,
      columns: pattern.columnIndices.pointer)
    (forward, backward) = SweepSchedule.pair(lower, upper, pool: pool)
  }

  /// Bytes of the indices and schedules.
  var bytes: Int { 8 * diagonals.count + forward.bytes + backward.bytes }
}
