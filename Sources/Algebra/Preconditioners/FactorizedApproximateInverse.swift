import CKernels
import Tensors

/// A factorised sparse approximate inverse, FSAI (Kolotilina & Yeremin, SIAM J. Matrix Anal. Appl. 14 (1993), 45):
/// A⁻¹ ≈ Gᵀ G, where G is lower triangular with the pattern of a power of A, and minimises ‖I − G L‖ for A = L Lᵀ.
///
/// Each row of G takes a small dense system of its own, so that the set-up is parallel; the application is two products
/// with sparse matrices, without the chains of a triangular solve.
public struct FactorizedApproximateInverse: Preconditioner, Equatable, Codable {
  /// The power of A whose lower triangle is the pattern of G: 1 to 4.
  public var power: Int

  /// The most entries of a row of G; longer rows keep those nearest to the diagonal.
  static let longestRow = 192

  /// FSAI with the pattern of a power of A.
  public init(power: Int = 1) {
    precondition((1...4).contains(power), "the power \(power), which has to be from 1 to 4")
    self.power = power
  }

  public var name: String { "FSAI" }

  /// The approximate inverse of a symmetric matrix with a positive diagonal.
  /// - Throws: ``SparseMatrixError`` when the matrix is not square, not finite or not symmetric, or lacks a diagonal
  ///   entry; ``FactorizationError/notPositiveDefinite(row:count:)`` when a diagonal entry is not positive, or no shift
  ///   is enough.
  public func prepare<Scalar: SparseScalar>(_ matrix: SparseMatrix<Scalar>, pool: WorkerPool) throws
    -> any PreparedPreconditioner<Scalar>
  {
    try ApproximateInverseFactors(matrix, power: power, keeping: nil, pool: pool)
  }
}

/// G and Gᵀ of one matrix.
final class ApproximateInverseFactors<Scalar: SparseScalar>: PreparedPreconditioner, @unchecked Sendable {
  // Unchecked: nothing changes after the initialiser.

  /// What depends on the pattern of A alone.
  struct Symbolic: Sendable {
    let source: SparsityPattern
    let factor: SparsityPattern
    let transposed: SparsityPattern
    /// Where each entry of Gᵀ is in G.
    let positions: Buffer<Int32>
  }

  let statistics: PreconditionerStatistics
  var isSymmetric: Bool { true }
  var rows: Int { factor.rows }
  var columns: Int { factor.rows }
  private let power: Int
  private let symbolic: Symbolic
  private let factor: SparseMatrix<Scalar>
  private let transposed: SparseMatrix<Scalar>

  init(_ matrix: SparseMatrix<Scalar>, power: Int, keeping kept: Symbolic?, pool: WorkerPool) throws {
    let clock = SetupClock()
    self.power = power
    try matrix.requireSquare(for: "FSAI")
    try matrix.requireFinite(pool: pool)
    try matrix.requireSymmetric(for: "FSAI", remedy: "use IncompleteLU with GMRES or BiCGStab", pool: pool)
    let diagonals = try matrix.pattern.diagonalPositions(purpose: "FSAI")
    try matrix.requireDiagonal(at: diagonals, positive: true, purpose: "FSAI")
    if let kept, kept.source.hasSameEntries(as: matrix.pattern) {
      symbolic = kept
    } else {
      symbolic = try Self.analysed(matrix, power: power, pool: pool)
    }
    let (values, shift) = try Self.values(matrix, symbolic.factor, pool: pool)
    factor = SparseMatrix(pattern: symbolic.factor, values: values.converted(pool: pool))
    let mirrored = Buffer<Scalar>(uninitialized: values.count)
    let (positions, entries) = (symbolic.positions.pointer, factor.values.pointer)
    pool.forEach(tiles: RowTiles.count(values.count)) { tile, _ in
      for p in RowTiles.range(tile, of: values.count) { mirrored.pointer[p] = entries[Int(positions[p])] }
    }
    transposed = SparseMatrix(pattern: symbolic.transposed, values: mirrored)
    var statistics = PreconditionerStatistics()
    statistics.shift = shift
    statistics.bytes =
      2 * factor.entryCount * (MemoryLayout<Scalar>.stride + 4) + 4
      * (factor.entryCount + 2 * (factor.rows + 1))
    statistics.operatorComplexity = 2 * Double(factor.entryCount) / Double(max(matrix.entryCount, 1))
    statistics.seconds = clock.seconds
    self.statistics = statistics
  }

  /// The lower triangle of the pattern of Aᵖ.
  private static func analysed(_ matrix: SparseMatrix<Scalar>, power: Int, pool: WorkerPool) throws
    -> Symbolic
  {
    var product = matrix
    for _ in 1..<power { product = try product.product(matrix, pool: pool) }
    let n = matrix.rows
    let (starts, columns) = (product.pattern.rowStarts.pointer, product.pattern.columnIndices.pointer)
    let diagonals = try product.pattern.diagonalPositions(purpose: "FSAI")
    let ends = diagonals.pointer
    let longest = FactorizedApproximateInverse.longestRow
    let rowStarts = Buffer<Int32>(uninitialized: n + 1)
    rowStarts.pointer[0] = 0
    for i in 0..<n {
      rowStarts.pointer[i + 1] = rowStarts.pointer[i] + Int32(min(Int(ends[i] + 1 - starts[i]), longest))
    }
    let indices = Buffer<Int32>(uninitialized: Int(rowStarts.pointer[n]))
    pool.forEach(tiles: RowTiles.count(n)) { tile, _ in
      for i in RowTiles.range(tile, of: n) {
        let (first, count) = (Int(rowStarts.pointer[i]), Int(rowStarts.pointer[i + 1] - rowStarts.pointer[i]))
        for p in 0..<count { indices.pointer[first + p] = columns[Int(ends[i]) + 1 - count + p] }
      }
    }
    let pattern = SparsityPattern(rows: n, columns: n, rowStarts: rowStarts, columnIndices: indices)
    let (transposed, positions) = pattern.transposed(pool: pool)
    return Symbolic(source: matrix.pattern, factor: pattern, transposed: transposed, positions: positions)
  }

  private static func values(_ matrix: SparseMatrix<Scalar>, _ pattern: SparsityPattern, pool: WorkerPool)
    throws
    -> (Buffer<Double>, shift: Double)
  {
    let n = matrix.rows
    let doubles = matrix.inDoublePrecision.values
    let values = Buffer<Double>(uninitialized: pattern.entryCount)
    var longest = 0
    for i in 0..<n { longest = max(longest, pattern.entries(ofRow: i).count) }
    let square = longest * longest
    let scratch = Buffer<Double>(uninitialized: square * pool.threadCount)
    var arguments = ck_approximate_inverse()
    arguments.starts = UnsafePointer(matrix.pattern.rowStarts.pointer)
    arguments.columns = UnsafePointer(matrix.pattern.columnIndices.pointer)
    arguments.values = UnsafePointer(doubles.pointer)
    arguments.factorStarts = UnsafePointer(pattern.rowStarts.pointer)
    arguments.factorColumns = UnsafePointer(pattern.columnIndices.pointer)
    arguments.factors = values.pointer
    let shift = try ShiftedFactorization.run(.notPositiveDefinite(row: 0, count: n)) { shift in
      arguments.shift = shift
      let (count, settings) = (Counter(), arguments)
      let tileRows = 256
      pool.forEach(tiles: (n + tileRows - 1) / tileRows) { tile, worker in
        var settings = settings
        count.add(
          Int(
            ck_approximate_inverse_rows(
              &settings, scratch.pointer + worker * square, Int64(tile * tileRows),
              Int64(min((tile + 1) * tileRows, n)))))
      }
      return count.value == 0
    }
    return withExtendedLifetime(doubles) { (values, shift) }
  }

  func updated(_ matrix: SparseMatrix<Scalar>, pool: WorkerPool) throws -> any PreparedPreconditioner<Scalar>
  {
    try ApproximateInverseFactors(matrix, power: power, keeping: symbolic, pool: pool)
  }

  /// z = Gᵀ (G r).
  func makeAction(pool: WorkerPool) -> LinearAction<Scalar> {
    let (first, second) = (factor.makeAction(pool: pool), transposed.makeAction(pool: pool))
    let between = Buffer<Scalar>(uninitialized: rows)
    return LinearAction(rows: rows, columns: rows) { r, z in
      first.apply(r, to: between.pointer)
      second.apply(between.pointer, to: z)
    }
  }
}
