import Tensors

/// Eigenvalues and eigenvectors of a general real matrix: A v = λ v and uᴴ A = λ uᴴ, each vector of length 1.
public struct GeneralEigen<Scalar: LAPACKScalar>: Sendable {
  /// The eigenvalues; those that are not real come in conjugate pairs, the positive imaginary part first.
  public let values: [Complex<Scalar>]
  /// Right eigenvectors: element j is the vector v of value j.
  public let rightVectors: [[Complex<Scalar>]]
  /// Left eigenvectors: element j is the vector u of value j.
  public let leftVectors: [[Complex<Scalar>]]

  /// Decomposes a square matrix.
  /// - Throws: `FactorizationError.noConvergence`, `.notFinite`.
  public init(_ matrix: Matrix<Scalar>) throws(FactorizationError) {
    precondition(
      matrix.rows == matrix.columns && matrix.rows > 0,
      "an eigenproblem of a matrix of shape [\(matrix.rows), \(matrix.columns)]")
    guard matrix.isFinite else { throw .notFinite }
    let n = matrix.rows
    var a = matrix
    var (real, imaginary) = ([Scalar](repeating: 0, count: n), [Scalar](repeating: 0, count: n))
    var (left, right) = ([Scalar](repeating: 0, count: n * n), [Scalar](repeating: 0, count: n * n))
    let info = withDenseThreads(order: n) {
      a.withUnsafeMutablePointer { a in
        withWork { work, length in
          Scalar.geev(n, a, n, &real, &imaginary, &left, n, &right, n, work, length)
        }
      }
    }
    guard info == 0 else { throw .noConvergence(unconverged: Int(info), count: n) }
    values = zip(real, imaginary).map { Complex($0, $1) }
    leftVectors = Self.unpack(left, values)
    rightVectors = Self.unpack(right, values)
  }

  /// LAPACK stores the vector of a real value in one column, and those of a pair as real and imaginary parts in two.
  private static func unpack(_ columns: [Scalar], _ values: [Complex<Scalar>]) -> [[Complex<Scalar>]] {
    let n = values.count
    return values.indices.map { j in
      let sign = values[j].imaginary
      let first = sign < 0 ? j - 1 : j
      return (0..<n).map { i in
        let real = columns[first * n + i]
        if sign == 0 { return Complex(real) }
        let imaginary = columns[(first + 1) * n + i]
        return Complex(real, sign > 0 ? imaginary : -imaginary)
      }
    }
  }
}
