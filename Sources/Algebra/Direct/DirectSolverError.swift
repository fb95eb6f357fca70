/// Why a matrix could not be factorised. Rows are counted from 0, in the order of the matrix.
public enum DirectSolverError: Error, Equatable, CustomStringConvertible {
  /// A matrix without rows or without columns.
  case empty
  /// A pivot that is zero, or nothing but rounding error; the row is nil where the library does not tell it.
  case singular(solver: String, row: Int?, count: Int)
  /// A pivot that is not positive where a positive definite matrix is needed.
  case notPositiveDefinite(row: Int, count: Int)
  /// A pivot lost in rounding, in a factorisation that exchanges no rows.
  case smallPivot(row: Int, count: Int)
  /// The system refused the memory.
  case outOfMemory(solver: String, bytes: Int?)
  /// Factors with more entries than the library's 32-bit indices can count.
  case tooLarge(solver: String, count: Int)
  /// A status that the library reserves for errors of its caller or of itself.
  case library(solver: String, status: Int)

  /// What went wrong, and what to try.
  public var description: String {
    switch self {
    case .empty:
      return "The matrix has no rows or no columns; check what was eliminated before it was assembled."
    case .singular(let solver, let row, let count):
      let place = row.map { "the pivot of row \($0) is zero to rounding" } ?? "a pivot is zero to rounding"
      return
        "\(solver): the matrix of order \(count) is singular, \(place). Fix a value or the mean where only "
        + "derivatives are prescribed, drop equations that depend on others, or take SPQR's least-squares solution."
    case .notPositiveDefinite(let row, let count):
      return
        "CHOLMOD: the matrix of order \(count) is not positive definite, the pivot of row \(row) is not positive. "
        + "Check its sign, and fix a value where only derivatives are prescribed; use CHOLMOD(.ldl) for a symmetric "
        + "matrix with negative eigenvalues, UMFPACK for any other."
    case .smallPivot(let row, let count):
      return
        "CHOLMOD: the pivot of row \(row) of \(count) is lost in rounding, because the matrix is singular or because "
        + "LDLᵀ exchanges no rows. Use UMFPACK, which does."
    case .outOfMemory(let solver, let bytes):
      let amount = bytes.map { ": about \($0 >> 20) MiB are needed" } ?? ""
      return
        "\(solver): there is not enough memory for the factors\(amount). Use nested dissection, or an iterative "
        + "solver with a preconditioner."
    case .tooLarge(let solver, let count):
      return
        "\(solver): the factors of this matrix of order \(count) have more entries than 32-bit indices can count. "
        + "Use an iterative solver with a preconditioner."
    case .library(let solver, let status):
      return
        "\(solver) stopped with the status \(status), which it has for damaged arguments; check that the library's "
        + "version suits its headers."
    }
  }
}
