import COpenBLAS
import Tensors

/// The scalars of complex matrices, which are pairs of a real and an imaginary part; each conformance forwards to the
/// routines of its precision.
public protocol ComplexMatrixScalar: Real {
  /// C = α op(A) op(B) + β C for row-major complex matrices and real α and β, as ``Real/multiplyMatrices``: op(A) of
  /// `rows` × `inner` and op(B) of `inner` × `columns`, where op is nothing or the adjoint (the conjugate transpose). A
  /// leading dimension is the distance of two rows in complex numbers. One thread of BLAS per call.
  static func multiplyComplexMatrices(
    rows: Int, columns: Int, inner: Int, alpha: Self, _ a: UnsafePointer<Self>, leading lda: Int,
    adjoint aIsAdjoint: Bool, _ b: UnsafePointer<Self>, leading ldb: Int, adjoint bIsAdjoint: Bool,
    beta: Self, _ c: UnsafeMutablePointer<Self>, leading ldc: Int)
}

extension Double: ComplexMatrixScalar {
  public static func multiplyComplexMatrices(
    rows: Int, columns: Int, inner: Int, alpha: Double, _ a: UnsafePointer<Double>, leading lda: Int,
    adjoint aIsAdjoint: Bool, _ b: UnsafePointer<Double>, leading ldb: Int, adjoint bIsAdjoint: Bool,
    beta: Double, _ c: UnsafeMutablePointer<Double>, leading ldc: Int
  ) {
    var (alpha, beta) = ((alpha, 0.0), (beta, 0.0))
    BLASThreads.withSingle {
      cblas_zgemm(
        CblasRowMajor, aIsAdjoint ? CblasConjTrans : CblasNoTrans, bIsAdjoint ? CblasConjTrans : CblasNoTrans,
        blasint(rows), blasint(columns), blasint(inner), &alpha, a, blasint(lda), b, blasint(ldb), &beta, c,
        blasint(ldc))
    }
  }
}

extension Float: ComplexMatrixScalar {
  public static func multiplyComplexMatrices(
    rows: Int, columns: Int, inner: Int, alpha: Float, _ a: UnsafePointer<Float>, leading lda: Int,
    adjoint aIsAdjoint: Bool, _ b: UnsafePointer<Float>, leading ldb: Int, adjoint bIsAdjoint: Bool,
    beta: Float, _ c: UnsafeMutablePointer<Float>, leading ldc: Int
  ) {
    var (alpha, beta) = ((alpha, Float(0)), (beta, Float(0)))
    BLASThreads.withSingle {
      cblas_cgemm(
        CblasRowMajor, aIsAdjoint ? CblasConjTrans : CblasNoTrans, bIsAdjoint ? CblasConjTrans : CblasNoTrans,
        blasint(rows), blasint(columns), blasint(inner), &alpha, a, blasint(lda), b, blasint(ldb), &beta, c,
        blasint(ldc))
    }
  }
}
