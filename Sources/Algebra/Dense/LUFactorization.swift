import Tensors

/// P A = L U with row exchanges, for square systems.
public struct LUFactorization<Scalar: LAPACKScalar>: Sendable {
  /// The order of the matrix.
  public let count: Int
  private let factors: Matrix<Scalar>
  private let pivots: [Int32]
  private let norm1: Scalar

  /// Factorises a square matrix.
  /// - Throws: `FactorizationError.singular` if a pivot is exactly zero, `.notFinite`.
  public init(_ matrix: Matrix<Scalar>) throws(FactorizationError) {
    precondition(
      matrix.rows == matrix.columns,
      "an LU factorisation of a matrix of shape [\(matrix.rows), \(matrix.columns)]")
    guard matrix.isFinite || matrix.rows == 0 else { throw .notFinite }
    let n = matrix.rows
    count = n
    norm1 = matrix.norm1
    var (factors, pivots) = (matrix, [Int32](repeating: 0, count: n))
    let info = withDenseThreads(order: n) {
      factors.withUnsafeMutablePointer { a in Scalar.getrf(n, n, a, max(n, 1), &pivots) }
    }
    guard info == 0 else { throw .singular(pivot: Int(info) - 1, count: n) }
    self.factors = factors
    self.pivots = pivots
  }

  /// Replaces right-hand sides by solutions of A x = b, or of Aᵀ x = b.
  /// - Parameters:
  ///   - b: `columns` right-hand sides of `count` elements, one after another.
  ///   - columns: The number of right-hand sides.
  ///   - transposed: Whether to solve with the transpose.
  public func solve(_ b: UnsafeMutablePointer<Scalar>, columns: Int = 1, transposed: Bool = false) {
    _ = BLASThreads.withSingle {
      factors.withUnsafePointer { a in
        Scalar.getrs(transposed: transposed, count, columns, a, max(count, 1), pivots, b, max(count, 1))
      }
    }
  }

  /// The solution of A x = b, or of Aᵀ x = b.
  public func solve(_ b: [Scalar], transposed: Bool = false) -> [Scalar] {
    precondition(b.count == count, "a right-hand side of \(b.count) elements for a matrix of order \(count)")
    var x = b
    x.withUnsafeMutableBufferPointer { if let x = $0.baseAddress { solve(x, transposed: transposed) } }
    return x
  }

  /// The solution of A X = B, or of Aᵀ X = B.
  public func solve(_ b: Matrix<Scalar>, transposed: Bool = false) -> Matrix<Scalar> {
    precondition(b.rows == count, "right-hand sides of \(b.rows) elements for a matrix of order \(count)")
    var x = b
    let columns = b.columns
    x.withUnsafeMutablePointer { solve($0, columns: columns, transposed: transposed) }
    return x
  }

  /// A⁻¹.
  public var inverse: Matrix<Scalar> { solve(.identity(count)) }

  /// The determinant, which overflows easily for large matrices.
  public var determinant: Scalar {
    (0..<count).reduce(1) { $0 * factors[$1, $1] * (pivots[$1] == $1 + 1 ? 1 : -1) }
  }

  /// An estimate of 1 / (‖A‖₁ ‖A⁻¹‖₁): below the unit roundoff the solution may have no correct digit.
  public var reciprocalCondition: Scalar {
    var reciprocal: Scalar = 0
    let (work, iwork) = (Buffer<Scalar>(uninitialized: 4 * count), Buffer<Int32>(uninitialized: count))
    _ = BLASThreads.withSingle {
      factors.withUnsafePointer { a in
        Scalar.gecon(count, a, max(count, 1), norm1, &reciprocal, work.pointer, iwork.pointer)
      }
    }
    return reciprocal
  }
}
