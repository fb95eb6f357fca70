import CKernels
import Foundation
import Tensors

/// One level of algebraic multigrid above the coarsest.
struct AlgebraicLevel: Sendable {
  let smoother: HybridSmoother
  let prolongation: SparseMatrix<Float>
  let restriction: SparseMatrix<Float>
  let rows: Int
  let entryCount: Int
}

extension AlgebraicLevel {
  /// The largest level that is solved as a dense matrix when it cannot be coarsened.
  static let denseLimit = 2048

  /// A level that is smoothed only, for a matrix without strong couplings, and the empty level below it.
  static func smoothedOnly(_ matrix: SparseMatrix<Float>, pool: WorkerPool) -> (
    AlgebraicLevel, SparseMatrix<Float>
  ) {
    let n = matrix.rows
    func empty(_ rows: Int, _ columns: Int) -> SparseMatrix<Float> {
      SparseMatrix(
        pattern: SparsityPattern(
          rows: rows, columns: columns, rowStarts: Buffer(count: rows + 1), columnIndices: Buffer(count: 0)),
        values: Buffer(count: 0))
    }
    let level = AlgebraicLevel(
      smoother: HybridSmoother(matrix, pool: pool), prolongation: empty(n, 0), restriction: empty(0, n),
      rows: n,
      entryCount: matrix.entryCount)
    return (level, empty(0, 0))
  }
}

/// The levels of algebraic multigrid in single precision, and the inverse of the coarsest matrix.
final class AlgebraicHierarchy: @unchecked Sendable {
  // Unchecked: nothing changes after the initialiser.

  let levels: [AlgebraicLevel]
  let coarsestRows: Int
  let coarsestEntries: Int
  /// The inverse of the coarsest matrix, or its pseudo-inverse where it is singular, row by row.
  let coarsestInverse: Buffer<Float>
  /// What single-precision values were multiplied by: a power of two.
  let scale: Double

  init(levels: [AlgebraicLevel], coarsest: SparseMatrix<Float>, scale: Double) throws {
    self.levels = levels
    self.scale = scale
    (coarsestRows, coarsestEntries) = (coarsest.rows, coarsest.entryCount)
    coarsestInverse = try Self.inverse(coarsest)
  }

  var statistics: PreconditionerStatistics {
    var result = PreconditionerStatistics()
    result.levels = levels.count + 1
    let finest = (levels.first?.rows ?? coarsestRows, levels.first?.entryCount ?? coarsestEntries)
    let rows = levels.reduce(coarsestRows) { $0 + $1.rows }
    let entries = levels.reduce(coarsestEntries) { $0 + $1.entryCount }
    result.gridComplexity = Double(rows) / Double(max(finest.0, 1))
    result.operatorComplexity = Double(entries) / Double(max(finest.1, 1))
    result.bytes = levels.reduce(4 * coarsestInverse.count) {
      $0 + $1.smoother.bytes + 8 * ($1.prolongation.entryCount + $1.restriction.entryCount)
        + 4 * ($1.prolongation.rows + $1.restriction.rows)
    }
    return result
  }

  /// The dense inverse of a symmetric matrix, by Cholesky's method where all pivots are safely positive and by
  /// eigenvalues where constants, or other vectors, are in its null space.
  private static func inverse(_ matrix: SparseMatrix<Float>) throws -> Buffer<Float> {
    let n = matrix.rows
    var dense = Matrix<Double>(rows: n, columns: n)
    for i in 0..<n {
      for p in matrix.pattern.entries(ofRow: i) {
        dense[i, Int(matrix.pattern.columnIndices.pointer[p])] = Double(matrix.values.pointer[p])
      }
    }
    // Scaled to a diagonal of 1: what is small then is small by cancellation, not by units or jumping coefficients.
    let scaling = (0..<n).map { dense[$0, $0] > 0 ? 1 / dense[$0, $0].squareRoot() : 1 }
    for i in 0..<n { for j in 0..<n { dense[i, j] *= scaling[i] * scaling[j] } }
    for i in 0..<n {
      for j in 0..<i {
        let mean = (dense[i, j] + dense[j, i]) / 2
        (dense[i, j], dense[j, i]) = (mean, mean)
      }
    }
    var inverse: Matrix<Double>?
    if let factor = try? Cholesky(dense) {
      let lower = factor.lower
      // Below this, a pivot is what rounding to single precision left of zero.
      if (0..<n).allSatisfy({ lower[$0, $0] * lower[$0, $0] > 3e-6 }) { inverse = factor.solve(.identity(n)) }
    }
    let result = try inverse ?? SymmetricPseudoInverse(dense, relativeTolerance: 1e-6).matrix
    let out = Buffer<Float>(uninitialized: n * n)
    for i in 0..<n {
      for j in 0..<n { out.pointer[i * n + j] = Float(result[i, j] * scaling[i] * scaling[j]) }
    }
    return out
  }
}

extension SparseMatrix {
  /// The matrix times a power of two, in single precision.
  func narrowed(scale: Double, pool: WorkerPool) -> SparseMatrix<Float> {
    let narrow = Buffer<Float>(uninitialized: entryCount)
    let tile = 1 << 16
    let values = values
    pool.forEach(tiles: (entryCount + tile - 1) / tile) { index, _ in
      let count = min(tile, narrow.count - index * tile)
      Scalar.narrow(
        narrow.pointer + index * tile, values.pointer + index * tile, count: count, scale: Scalar(scale))
    }
    return SparseMatrix<Float>(pattern: pattern, values: narrow)
  }
}
