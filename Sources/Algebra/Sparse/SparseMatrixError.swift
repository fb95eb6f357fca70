/// Why a sparse matrix cannot be made, or cannot be used for what was asked. Rows and columns are counted from 0.
public enum SparseMatrixError: Error, Equatable, CustomStringConvertible {
  /// Arrays that are no compressed rows.
  case malformed(String)
  /// A triplet outside the matrix.
  case indexOutOfRange(row: Int, column: Int, rows: Int, columns: Int, position: Int)
  /// A matrix with more rows than columns, or fewer, where a square one is needed.
  case notSquare(rows: Int, columns: Int, purpose: String)
  /// A matrix that differs from its transpose where a symmetric one is needed.
  case notSymmetric(row: Int, column: Int, purpose: String, remedy: String)
  /// A matrix with an infinite or NaN entry.
  case notFinite(row: Int, column: Int)
  /// A zero, or missing, diagonal entry where a method divides by it.
  case zeroDiagonal(row: Int, purpose: String)
  /// More entries than 32-bit indices can count.
  case tooManyEntries(Int)

  /// What is wrong with the matrix, and what to try.
  public var description: String {
    switch self {
    case .malformed(let fault): return "The arrays are no matrix in compressed rows: \(fault)."
    case .indexOutOfRange(let row, let column, let rows, let columns, let position):
      return
        "Triplet \(position) is at (\(row), \(column)), outside a matrix of \(rows) × \(columns); count rows and "
        + "columns from 0, and give the matrix the size of its largest index plus one."
    case .notSquare(let rows, let columns, let purpose):
      return "\(purpose) needs a square matrix, and this one is \(rows) × \(columns); use LSQR or SPQR."
    case .notSymmetric(let row, let column, let purpose, let remedy):
      return
        "\(purpose) needs a symmetric matrix, but the entries (\(row), \(column)) and (\(column), \(row)) differ; "
        + "\(remedy)."
    case .notFinite(let row, let column):
      return
        "The entry (\(row), \(column)) is infinite or NaN; check the coefficients the matrix was assembled from."
    case .zeroDiagonal(let row, let purpose):
      return
        "\(purpose) divides by the diagonal, and row \(row) has none; use GMRES without it, or a direct solver."
    case .tooManyEntries(let count):
      return
        "\(count) entries are more than 32-bit indices can count (\(Int32.max)); use a matrix-free operator, or "
        + "split the system."
    }
  }
}
