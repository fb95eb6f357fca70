import Algebra
import Tensors

/// Whether the elements of matrices are real or complex, and products of either. Matrices are row-major; complex numbers
/// are pairs, and leading dimensions count elements.
struct MatrixField: Hashable, Sendable {
  let isComplex: Bool

  /// Numbers per element.
  var width: Int { isComplex ? 2 : 1 }

  /// C = α op(A) op(B) + β C, where op is nothing or the adjoint, which is the transpose of real matrices. Offsets into
  /// the matrices are the caller's, in numbers.
  func multiply<Scalar: ComplexMatrixScalar>(
    _ rows: Int, _ columns: Int, _ inner: Int, alpha: Scalar = 1, _ a: UnsafePointer<Scalar>, _ lda: Int,
    adjoint aIsAdjoint: Bool = false, _ b: UnsafePointer<Scalar>, _ ldb: Int,
    timesAdjoint bIsAdjoint: Bool = false, beta: Scalar = 0, _ c: UnsafeMutablePointer<Scalar>, _ ldc: Int
  ) {
    if isComplex {
      Scalar.multiplyComplexMatrices(
        rows: rows, columns: columns, inner: inner, alpha: alpha, a, leading: lda, adjoint: aIsAdjoint, b,
        leading: ldb, adjoint: bIsAdjoint, beta: beta, c, leading: ldc)
    } else {
      Scalar.multiplyMatrices(
        rows: rows, columns: columns, inner: inner, alpha: alpha, a, leading: lda, transposed: aIsAdjoint, b,
        leading: ldb, transposed: bIsAdjoint, beta: beta, c, leading: ldc)
    }
  }

  /// Rows `rows` of C = α A Aᴴ + β C up to the diagonal block, for A of n × k; `isLeft` false: of C = α Aᴴ A + β C, for
  /// A of k × n. What is above the diagonal blocks is left alone.
  func addGram<Scalar: ComplexMatrixScalar>(
    _ rows: Range<Int>, order n: Int, inner k: Int, alpha: Scalar, _ a: UnsafePointer<Scalar>, isLeft: Bool,
    beta: Scalar, _ c: UnsafeMutablePointer<Scalar>
  ) {
    let leading = isLeft ? k : n
    multiply(
      rows.count, rows.upperBound, k, alpha: alpha,
      a + rows.lowerBound * (isLeft ? k : 1) * width, leading, adjoint: !isLeft, a, leading,
      timesAdjoint: isLeft,
      beta: beta, c + rows.lowerBound * n * width, n)
  }

  /// Writes the whole of a Hermitian matrix that is given by its lower triangle.
  func complete(
    _ matrix: UnsafePointer<Double>, order n: Int, into out: UnsafeMutablePointer<Double>
  ) {
    for i in 0..<n {
      for j in 0...i {
        if isComplex {
          let (re, im) = (matrix[2 * (i * n + j)], i == j ? 0 : matrix[2 * (i * n + j) + 1])
          (out[2 * (i * n + j)], out[2 * (i * n + j) + 1]) = (re, im)
          (out[2 * (j * n + i)], out[2 * (j * n + i) + 1]) = (re, -im)
        } else {
          let value = matrix[i * n + j]
          (out[i * n + j], out[j * n + i]) = (value, value)
        }
      }
    }
  }
}
