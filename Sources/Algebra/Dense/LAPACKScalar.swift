import Tensors

/// The scalars for which LAPACK has routines; each conformance forwards to those of its precision.
///
/// Matrices are column-major with the leading dimension `ld…`; the result is LAPACK's `info`: 0 for success, i > 0 for
/// a failure at row, column or value i, and negative for an argument that is out of range, which these wrappers exclude.
/// Work arrays belong to the caller; a length of -1 asks for the length, which comes in the first element.
public protocol LAPACKScalar: Real {
  /// LU with row exchanges: `a` becomes L and U, `pivots` the exchanges (from 1).
  static func getrf(
    _ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Self>, _ lda: Int, _ pivots: UnsafeMutablePointer<Int32>
  ) -> Int32
  /// Solves with the factors of `getrf`; `transposed` solves with the transpose.
  static func getrs(
    transposed: Bool, _ n: Int, _ rhs: Int, _ a: UnsafePointer<Self>, _ lda: Int,
    _ pivots: UnsafePointer<Int32>, _ b: UnsafeMutablePointer<Self>, _ ldb: Int
  ) -> Int32
  /// The reciprocal condition number in the 1-norm, from the factors and the norm of the matrix.
  static func gecon(
    _ n: Int, _ a: UnsafePointer<Self>, _ lda: Int, _ norm: Self, _ reciprocal: inout Self,
    _ work: UnsafeMutablePointer<Self>, _ iwork: UnsafeMutablePointer<Int32>
  ) -> Int32
  /// LU of a banded matrix with row exchanges.
  static func gbtrf(
    _ m: Int, _ n: Int, _ lower: Int, _ upper: Int, _ ab: UnsafeMutablePointer<Self>, _ ldab: Int,
    _ pivots: UnsafeMutablePointer<Int32>
  ) -> Int32
  /// Solves with the factors of `gbtrf`.
  static func gbtrs(
    transposed: Bool, _ n: Int, _ lower: Int, _ upper: Int, _ rhs: Int, _ ab: UnsafePointer<Self>,
    _ ldab: Int, _ pivots: UnsafePointer<Int32>, _ b: UnsafeMutablePointer<Self>, _ ldb: Int
  ) -> Int32
  /// LU of a tridiagonal matrix with row exchanges.
  static func gttrf(
    _ n: Int, _ dl: UnsafeMutablePointer<Self>, _ d: UnsafeMutablePointer<Self>,
    _ du: UnsafeMutablePointer<Self>, _ du2: UnsafeMutablePointer<Self>, _ pivots: UnsafeMutablePointer<Int32>
  ) -> Int32
  /// Solves with the factors of `gttrf`.
  static func gttrs(
    transposed: Bool, _ n: Int, _ rhs: Int, _ dl: UnsafePointer<Self>, _ d: UnsafePointer<Self>,
    _ du: UnsafePointer<Self>, _ du2: UnsafePointer<Self>, _ pivots: UnsafePointer<Int32>,
    _ b: UnsafeMutablePointer<Self>, _ ldb: Int
  ) -> Int32
  /// Cholesky factor L in the lower triangle.
  static func potrf(_ n: Int, _ a: UnsafeMutablePointer<Self>, _ lda: Int) -> Int32
  /// Solves with the factor of `potrf`.
  static func potrs(
    _ n: Int, _ rhs: Int, _ a: UnsafePointer<Self>, _ lda: Int, _ b: UnsafeMutablePointer<Self>, _ ldb: Int
  ) -> Int32
  /// QR by Householder reflections.
  static func geqrf(
    _ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Self>, _ lda: Int, _ tau: UnsafeMutablePointer<Self>,
    _ work: UnsafeMutablePointer<Self>, _ lwork: Int
  ) -> Int32
  /// QR with exchanges of columns, such that the diagonal of R falls: column j of A P is column jpvt[j] − 1 of A. Elements of
  /// `jpvt` are 0 on entry, unless their column is to come first.
  static func geqp3(
    _ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Self>, _ lda: Int, _ jpvt: UnsafeMutablePointer<Int32>,
    _ tau: UnsafeMutablePointer<Self>, _ work: UnsafeMutablePointer<Self>, _ lwork: Int
  ) -> Int32
  /// The first n columns of Q, from the reflections.
  static func orgqr(
    _ m: Int, _ n: Int, _ k: Int, _ a: UnsafeMutablePointer<Self>, _ lda: Int, _ tau: UnsafePointer<Self>,
    _ work: UnsafeMutablePointer<Self>, _ lwork: Int
  ) -> Int32
  /// Multiplies by Q, or by its transpose, from the left.
  static func ormqr(
    transposed: Bool, _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Self>, _ lda: Int,
    _ tau: UnsafePointer<Self>, _ c: UnsafeMutablePointer<Self>, _ ldc: Int,
    _ work: UnsafeMutablePointer<Self>, _ lwork: Int
  ) -> Int32
  /// Solves with the upper triangle of a matrix.
  static func trtrs(
    transposed: Bool, _ n: Int, _ rhs: Int, _ a: UnsafePointer<Self>, _ lda: Int,
    _ b: UnsafeMutablePointer<Self>, _ ldb: Int
  ) -> Int32
  /// QR of an upper triangle `a` of order n above an upper triangle `b` of order n, in blocks of `nb` columns: `a` becomes
  /// R, `b` and `t` ([nb, n]) the reflections. `work` has nb · n elements.
  static func tpqrt(
    _ n: Int, _ nb: Int, _ a: UnsafeMutablePointer<Self>, _ lda: Int, _ b: UnsafeMutablePointer<Self>,
    _ ldb: Int,
    _ t: UnsafeMutablePointer<Self>, _ work: UnsafeMutablePointer<Self>
  ) -> Int32
  /// Multiplies columns, `a` above `b`, by the transpose of the Q of `tpqrt`, from the left. `work` has nb · columns
  /// elements.
  static func tpmqrt(
    _ n: Int, columns: Int, _ nb: Int, _ v: UnsafePointer<Self>, _ ldv: Int, _ t: UnsafePointer<Self>,
    _ a: UnsafeMutablePointer<Self>, _ lda: Int, _ b: UnsafeMutablePointer<Self>, _ ldb: Int,
    _ work: UnsafeMutablePointer<Self>
  ) -> Int32
  /// The shortest least-squares solution by singular values `s`, of which those below `rcond` times the largest are
  /// left out; `rank` is the number of the others. `b` has max(m, n) rows. The first of `iwork` is its length, if asked.
  static func gelsd(
    _ m: Int, _ n: Int, _ rhs: Int, _ a: UnsafeMutablePointer<Self>, _ lda: Int,
    _ b: UnsafeMutablePointer<Self>,
    _ ldb: Int, _ s: UnsafeMutablePointer<Self>, _ rcond: Self, _ rank: inout Int32,
    _ work: UnsafeMutablePointer<Self>, _ lwork: Int, _ iwork: UnsafeMutablePointer<Int32>
  ) -> Int32
  /// The shortest least-squares solution by QR with column exchanges, with a rank such that the triangle's condition is
  /// below 1 / `rcond`. Elements of `jpvt` are 0 on entry, unless their column is to come first.
  static func gelsy(
    _ m: Int, _ n: Int, _ rhs: Int, _ a: UnsafeMutablePointer<Self>, _ lda: Int,
    _ b: UnsafeMutablePointer<Self>,
    _ ldb: Int, _ jpvt: UnsafeMutablePointer<Int32>, _ rcond: Self, _ rank: inout Int32,
    _ work: UnsafeMutablePointer<Self>, _ lwork: Int
  ) -> Int32
  /// Eigenvalues and eigenvectors of a symmetric matrix, from its lower triangle.
  static func syevd(
    _ n: Int, _ a: UnsafeMutablePointer<Self>, _ lda: Int, _ w: UnsafeMutablePointer<Self>,
    _ work: UnsafeMutablePointer<Self>, _ lwork: Int, _ iwork: UnsafeMutablePointer<Int32>, _ liwork: Int
  ) -> Int32
  /// Eigenvalues and eigenvectors, in `z` of shape [n, n], of a symmetric matrix, from its lower triangle, by relatively
  /// robust representations: as `syevd`, but without products of small matrices, for which OpenBLAS 0.3.21 allocates.
  /// `support` has 2n elements. The first of `iwork` is its length, if asked.
  static func syevr(
    _ n: Int, _ a: UnsafeMutablePointer<Self>, _ lda: Int, _ w: UnsafeMutablePointer<Self>,
    _ z: UnsafeMutablePointer<Self>, _ ldz: Int, _ support: UnsafeMutablePointer<Int32>,
    _ work: UnsafeMutablePointer<Self>, _ lwork: Int, _ iwork: UnsafeMutablePointer<Int32>, _ liwork: Int
  ) -> Int32
  /// Eigenvalues and eigenvectors of a general matrix.
  static func geev(
    _ n: Int, _ a: UnsafeMutablePointer<Self>, _ lda: Int, _ wr: UnsafeMutablePointer<Self>,
    _ wi: UnsafeMutablePointer<Self>, _ vl: UnsafeMutablePointer<Self>, _ ldvl: Int,
    _ vr: UnsafeMutablePointer<Self>, _ ldvr: Int, _ work: UnsafeMutablePointer<Self>, _ lwork: Int
  ) -> Int32
  /// Thin singular value decomposition by divide and conquer.
  static func gesdd(
    _ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Self>, _ lda: Int, _ s: UnsafeMutablePointer<Self>,
    _ u: UnsafeMutablePointer<Self>, _ ldu: Int, _ vt: UnsafeMutablePointer<Self>, _ ldvt: Int,
    _ work: UnsafeMutablePointer<Self>, _ lwork: Int, _ iwork: UnsafeMutablePointer<Int32>
  ) -> Int32
}

/// LAPACK's letter for the transpose, or for none. As a character of its own, because a string that is chosen would be
/// copied to the heap for the call.
func letterOfOperation(_ isTransposed: Bool) -> CChar { CChar(UInt8(ascii: isTransposed ? "T" : "N")) }
