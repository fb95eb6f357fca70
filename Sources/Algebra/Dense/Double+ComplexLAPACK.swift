import COpenBLAS

// Arguments go to Fortran by reference, and so through variables. Complex numbers are pairs of doubles, lengths and
// leading dimensions count complex numbers; the rest is as in `LAPACKScalar`.

extension Double {
  /// Eigenvalues and eigenvectors, in `z` of shape [n, n], of a Hermitian matrix, from its lower triangle.
  ///
  /// `support` has 2n elements. Lengths of -1 ask for those of the work arrays, which come in their first elements.
  public static func heevr(
    _ n: Int, _ a: UnsafeMutablePointer<Double>, _ lda: Int, _ w: UnsafeMutablePointer<Double>,
    _ z: UnsafeMutablePointer<Double>, _ ldz: Int, _ support: UnsafeMutablePointer<Int32>,
    _ work: UnsafeMutablePointer<Double>, _ lwork: Int, _ rwork: UnsafeMutablePointer<Double>, _ lrwork: Int,
    _ iwork: UnsafeMutablePointer<Int32>, _ liwork: Int
  ) -> Int32 {
    var (n, lda, ldz, info) = (Int32(n), Int32(lda), Int32(ldz), Int32(0))
    var (lwork, lrwork, liwork) = (Int32(lwork), Int32(lrwork), Int32(liwork))
    var (bound, index, tolerance, found) = (0.0, Int32(0), 0.0, Int32(0))
    var (low, high) = (bound, index)
    zheevr_(
      "V", "A", "L", &n, a, &lda, &low, &bound, &index, &high, &tolerance, &found, w, z, &ldz, support, work,
      &lwork, rwork, &lrwork, iwork, &liwork, &info, 1, 1, 1)
    return info
  }

  /// QR of a complex matrix by Householder reflections.
  public static func complexGeqrf(
    _ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Double>, _ lda: Int, _ tau: UnsafeMutablePointer<Double>,
    _ work: UnsafeMutablePointer<Double>, _ lwork: Int
  ) -> Int32 {
    var (m, n, lda, lwork, info) = (Int32(m), Int32(n), Int32(lda), Int32(lwork), Int32(0))
    zgeqrf_(&m, &n, a, &lda, tau, work, &lwork, &info)
    return info
  }

  /// The first n columns of the unitary factor, from the reflections of `complexGeqrf`.
  public static func ungqr(
    _ m: Int, _ n: Int, _ k: Int, _ a: UnsafeMutablePointer<Double>, _ lda: Int, _ tau: UnsafePointer<Double>,
    _ work: UnsafeMutablePointer<Double>, _ lwork: Int
  ) -> Int32 {
    var (m, n, k, lda, lwork, info) = (Int32(m), Int32(n), Int32(k), Int32(lda), Int32(lwork), Int32(0))
    zungqr_(&m, &n, &k, a, &lda, tau, work, &lwork, &info)
    return info
  }
}
