import Tensors

/// P A = L U with row exchanges for tridiagonal systems, in linear time.
public struct TridiagonalLU<Scalar: LAPACKScalar>: Sendable {
  /// The order of the matrix.
  public let count: Int
  private let lower: [Scalar]
  private let diagonal: [Scalar]
  private let upper: [Scalar]
  /// The second superdiagonal, which row exchanges fill in.
  private let second: [Scalar]
  private let pivots: [Int32]

  /// Factorises the matrix with the given diagonals; the outer two have one element less than the main one.
  /// - Throws: `FactorizationError.singular` if a pivot is exactly zero, `.notFinite`.
  public init(lower: [Scalar], diagonal: [Scalar], upper: [Scalar]) throws(FactorizationError) {
    let n = diagonal.count
    precondition(
      n > 0 && lower.count == n - 1 && upper.count == n - 1,
      "a tridiagonal matrix with diagonals of \(lower.count), \(n) and \(upper.count) elements")
    guard (lower + diagonal + upper).allSatisfy(\.isFinite) else { throw .notFinite }
    var (dl, d, du) = (lower, diagonal, upper)
    var (du2, pivots) = ([Scalar](repeating: 0, count: max(n - 2, 0)), [Int32](repeating: 0, count: n))
    let info = Scalar.gttrf(n, &dl, &d, &du, &du2, &pivots)
    guard info == 0 else { throw .singular(pivot: Int(info) - 1, count: n) }
    count = n
    (self.lower, self.diagonal, self.upper, second, self.pivots) = (dl, d, du, du2, pivots)
  }

  /// Replaces `columns` right-hand sides of `count` elements, one after another, by solutions of A x = b or Aᵀ x = b.
  public func solve(_ b: UnsafeMutablePointer<Scalar>, columns: Int = 1, transposed: Bool = false) {
    _ = Scalar.gttrs(transposed: transposed, count, columns, lower, diagonal, upper, second, pivots, b, count)
  }

  /// The solution of A x = b, or of Aᵀ x = b.
  public func solve(_ b: [Scalar], transposed: Bool = false) -> [Scalar] {
    precondition(b.count == count, "a right-hand side of \(b.count) elements for a matrix of order \(count)")
    var x = b
    x.withUnsafeMutableBufferPointer { solve($0.baseAddress!, transposed: transposed) }
    return x
  }
}
