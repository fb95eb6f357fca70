import Tensors

/// A square matrix whose elements vanish except on `lower` diagonals below and `upper` above the main one.
public struct BandedMatrix<Scalar: LAPACKScalar>: Sendable, Equatable {
  /// The order of the matrix.
  public let count: Int
  /// The number of diagonals below the main one.
  public let lower: Int
  /// The number of diagonals above the main one.
  public let upper: Int
  /// LAPACK's band storage: column j holds the elements (i, j) from row `lower` + `upper` + i - j on; the first `lower`
  /// rows are for what row exchanges fill in.
  var storage: Matrix<Scalar>

  /// A matrix of zeros.
  public init(count: Int, lower: Int, upper: Int) {
    precondition(
      count > 0 && lower >= 0 && upper >= 0, "a band of \(lower) + 1 + \(upper) diagonals of order \(count)")
    (self.count, self.lower, self.upper) = (count, lower, upper)
    storage = Matrix(rows: 2 * lower + upper + 1, columns: count)
  }

  /// The element in a row and a column; zero, and not to be set, outside the band.
  public subscript(row: Int, column: Int) -> Scalar {
    get {
      check(row, column)
      return isInBand(row, column) ? storage[lower + upper + row - column, column] : 0
    }
    set {
      check(row, column)
      precondition(
        isInBand(row, column),
        "the element (\(row), \(column)) is outside a band of \(lower) + 1 + \(upper) diagonals")
      storage[lower + upper + row - column, column] = newValue
    }
  }

  private func isInBand(_ row: Int, _ column: Int) -> Bool { row - column <= lower && column - row <= upper }

  private func check(_ row: Int, _ column: Int) {
    precondition(
      (0..<count).contains(row) && (0..<count).contains(column),
      "the element (\(row), \(column)) is outside a matrix of order \(count)")
  }
}

/// P A = L U with row exchanges for banded systems: work grows with the order times the square of the band.
public struct BandedLU<Scalar: LAPACKScalar>: Sendable {
  /// The order of the matrix.
  public let count: Int
  private let lower: Int
  private let upper: Int
  private let factors: Matrix<Scalar>
  private let pivots: [Int32]

  /// Factorises a banded matrix.
  /// - Throws: `FactorizationError.singular` if a pivot is exactly zero, `.notFinite`.
  public init(_ matrix: BandedMatrix<Scalar>) throws(FactorizationError) {
    guard matrix.storage.isFinite else { throw .notFinite }
    let (n, kl, ku) = (matrix.count, matrix.lower, matrix.upper)
    (count, lower, upper) = (n, kl, ku)
    var (factors, pivots) = (matrix.storage, [Int32](repeating: 0, count: n))
    let info = BLASThreads.withSingle {
      factors.withUnsafeMutablePointer { Scalar.gbtrf(n, n, kl, ku, $0, 2 * kl + ku + 1, &pivots) }
    }
    guard info == 0 else { throw .singular(pivot: Int(info) - 1, count: n) }
    self.factors = factors
    self.pivots = pivots
  }

  /// Replaces `columns` right-hand sides of `count` elements, one after another, by solutions of A x = b or Aᵀ x = b.
  public func solve(_ b: UnsafeMutablePointer<Scalar>, columns: Int = 1, transposed: Bool = false) {
    _ = BLASThreads.withSingle {
      factors.withUnsafePointer { ab in
        Scalar.gbtrs(
          transposed: transposed, count, lower, upper, columns, ab, 2 * lower + upper + 1, pivots, b, count)
      }
    }
  }

  /// The solution of A x = b, or of Aᵀ x = b.
  public func solve(_ b: [Scalar], transposed: Bool = false) -> [Scalar] {
    precondition(b.count == count, "a right-hand side of \(b.count) elements for a matrix of order \(count)")
    var x = b
    x.withUnsafeMutableBufferPointer { solve($0.baseAddress!, transposed: transposed) }
    return x
  }
}
