import COpenBLAS
import Tensors

// Arguments go to Fortran by reference, and so through variables.

extension Double: LAPACKScalar {
  public static func getrf(
    _ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Double>, _ lda: Int, _ pivots: UnsafeMutablePointer<Int32>
  ) -> Int32 {
    var (m, n, lda, info) = (Int32(m), Int32(n), Int32(lda), Int32(0))
    dgetrf_(&m, &n, a, &lda, pivots, &info)
    return info
  }

  public static func getrs(
    transposed: Bool, _ n: Int, _ rhs: Int, _ a: UnsafePointer<Double>, _ lda: Int,
    _ pivots: UnsafePointer<Int32>, _ b: UnsafeMutablePointer<Double>, _ ldb: Int
  ) -> Int32 {
    var (n, rhs, lda, ldb, info) = (Int32(n), Int32(rhs), Int32(lda), Int32(ldb), Int32(0))
    var operation = letterOfOperation(transposed)
    dgetrs_(&operation, &n, &rhs, a, &lda, pivots, b, &ldb, &info, 1)
    return info
  }

  public static func gecon(
    _ n: Int, _ a: UnsafePointer<Double>, _ lda: Int, _ norm: Double, _ reciprocal: inout Double,
    _ work: UnsafeMutablePointer<Double>, _ iwork: UnsafeMutablePointer<Int32>
  ) -> Int32 {
    var (n, lda, info) = (Int32(n), Int32(lda), Int32(0))
    var norm = norm
    dgecon_("1", &n, a, &lda, &norm, &reciprocal, work, iwork, &info, 1)
    return info
  }

  public static func gbtrf(
    _ m: Int, _ n: Int, _ lower: Int, _ upper: Int, _ ab: UnsafeMutablePointer<Double>, _ ldab: Int,
    _ pivots: UnsafeMutablePointer<Int32>
  ) -> Int32 {
    var (m, n, lower, upper, ldab, info) = (
      Int32(m), Int32(n), Int32(lower), Int32(upper), Int32(ldab), Int32(0)
    )
    dgbtrf_(&m, &n, &lower, &upper, ab, &ldab, pivots, &info)
    return info
  }

  public static func gbtrs(
    transposed: Bool, _ n: Int, _ lower: Int, _ upper: Int, _ rhs: Int, _ ab: UnsafePointer<Double>,
    _ ldab: Int, _ pivots: UnsafePointer<Int32>, _ b: UnsafeMutablePointer<Double>, _ ldb: Int
  ) -> Int32 {
    var (n, lower, upper, rhs, ldab, ldb, info) = (
      Int32(n), Int32(lower), Int32(upper), Int32(rhs), Int32(ldab), Int32(ldb), Int32(0)
    )
    var operation = letterOfOperation(transposed)
    dgbtrs_(&operation, &n, &lower, &upper, &rhs, ab, &ldab, pivots, b, &ldb, &info, 1)
    return info
  }

  public static func gttrf(
    _ n: Int, _ dl: UnsafeMutablePointer<Double>, _ d: UnsafeMutablePointer<Double>,
    _ du: UnsafeMutablePointer<Double>, _ du2: UnsafeMutablePointer<Double>,
    _ pivots: UnsafeMutablePointer<Int32>
  ) -> Int32 {
    var (n, info) = (Int32(n), Int32(0))
    dgttrf_(&n, dl, d, du, du2, pivots, &info)
    return info
  }

  public static func gttrs(
    transposed: Bool, _ n: Int, _ rhs: Int, _ dl: UnsafePointer<Double>, _ d: UnsafePointer<Double>,
    _ du: UnsafePointer<Double>, _ du2: UnsafePointer<Double>, _ pivots: UnsafePointer<Int32>,
    _ b: UnsafeMutablePointer<Double>, _ ldb: Int
  ) -> Int32 {
    var (n, rhs, ldb, info) = (Int32(n), Int32(rhs), Int32(ldb), Int32(0))
    var operation = letterOfOperation(transposed)
    dgttrs_(&operation, &n, &rhs, dl, d, du, du2, pivots, b, &ldb, &info, 1)
    return info
  }

  public static func potrf(_ n: Int, _ a: UnsafeMutablePointer<Double>, _ lda: Int) -> Int32 {
    var (n, lda, info) = (Int32(n), Int32(lda), Int32(0))
    dpotrf_("L", &n, a, &lda, &info, 1)
    return info
  }

  public static func potrs(
    _ n: Int, _ rhs: Int, _ a: UnsafePointer<Double>, _ lda: Int, _ b: UnsafeMutablePointer<Double>,
    _ ldb: Int
  ) -> Int32 {
    var (n, rhs, lda, ldb, info) = (Int32(n), Int32(rhs), Int32(lda), Int32(ldb), Int32(0))
    dpotrs_("L", &n, &rhs, a, &lda, b, &ldb, &info, 1)
    return info
  }

  public static func geqrf(
    _ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Double>, _ lda: Int, _ tau: UnsafeMutablePointer<Double>,
    _ work: UnsafeMutablePointer<Double>, _ lwork: Int
  ) -> Int32 {
    var (m, n, lda, lwork, info) = (Int32(m), Int32(n), Int32(lda), Int32(lwork), Int32(0))
    dgeqrf_(&m, &n, a, &lda, tau, work, &lwork, &info)
    return info
  }

  public static func geqp3(
    _ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Double>, _ lda: Int, _ jpvt: UnsafeMutablePointer<Int32>,
    _ tau: UnsafeMutablePointer<Double>, _ work: UnsafeMutablePointer<Double>, _ lwork: Int
  ) -> Int32 {
    var (m, n, lda, lwork, info) = (Int32(m), Int32(n), Int32(lda), Int32(lwork), Int32(0))
    dgeqp3_(&m, &n, a, &lda, jpvt, tau, work, &lwork, &info)
    return info
  }

  public static func orgqr(
    _ m: Int, _ n: Int, _ k: Int, _ a: UnsafeMutablePointer<Double>, _ lda: Int, _ tau: UnsafePointer<Double>,
    _ work: UnsafeMutablePointer<Double>, _ lwork: Int
  ) -> Int32 {
    var (m, n, k, lda, lwork, info) = (Int32(m), Int32(n), Int32(k), Int32(lda), Int32(lwork), Int32(0))
    dorgqr_(&m, &n, &k, a, &lda, tau, work, &lwork, &info)
    return info
  }

  public static func ormqr(
    transposed: Bool, _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Double>, _ lda: Int,
    _ tau: UnsafePointer<Double>, _ c: UnsafeMutablePointer<Double>, _ ldc: Int,
    _ work: UnsafeMutablePointer<Double>, _ lwork: Int
  ) -> Int32 {
    var (m, n, k, lda, ldc, lwork, info) = (
      Int32(m), Int32(n), Int32(k), Int32(lda), Int32(ldc), Int32(lwork), Int32(0)
    )
    var operation = letterOfOperation(transposed)
    dormqr_("L", &operation, &m, &n, &k, a, &lda, tau, c, &ldc, work, &lwork, &info, 1, 1)
    return info
  }

  public static func trtrs(
    transposed: Bool, _ n: Int, _ rhs: Int, _ a: UnsafePointer<Double>, _ lda: Int,
    _ b: UnsafeMutablePointer<Double>, _ ldb: Int
  ) -> Int32 {
    var (n, rhs, lda, ldb, info) = (Int32(n), Int32(rhs), Int32(lda), Int32(ldb), Int32(0))
    var operation = letterOfOperation(transposed)
    dtrtrs_("U", &operation, "N", &n, &rhs, a, &lda, b, &ldb, &info, 1, 1, 1)
    return info
  }

  public static func tpqrt(
    _ n: Int, _ nb: Int, _ a: UnsafeMutablePointer<Double>, _ lda: Int, _ b: UnsafeMutablePointer<Double>,
    _ ldb: Int,
    _ t: UnsafeMutablePointer<Double>, _ work: UnsafeMutablePointer<Double>
  ) -> Int32 {
    var (n, nb, lda, ldb, info) = (Int32(n), Int32(nb), Int32(lda), Int32(ldb), Int32(0))
    var (m, l, ldt) = (n, n, nb)
    dtpqrt_(&m, &n, &l, &nb, a, &lda, b, &ldb, t, &ldt, work, &info)
    return info
  }

  public static func tpmqrt(
    _ n: Int, columns: Int, _ nb: Int, _ v: UnsafePointer<Double>, _ ldv: Int, _ t: UnsafePointer<Double>,
    _ a: UnsafeMutablePointer<Double>, _ lda: Int, _ b: UnsafeMutablePointer<Double>, _ ldb: Int,
    _ work: UnsafeMutablePointer<Double>
  ) -> Int32 {
    var (n, columns, nb, ldv, lda, ldb, info) = (
      Int32(n), Int32(columns), Int32(nb), Int32(ldv), Int32(lda), Int32(ldb), Int32(0)
    )
    var (m, l, ldt) = (n, n, nb)
    dtpmqrt_(
      "L", "T", &m, &columns, &n, &l, &nb, v, &ldv, t, &ldt, a, &lda, b, &ldb, work, &info, 1, 1)
    return info
  }

  public static func gelsd(
    _ m: Int, _ n: Int, _ rhs: Int, _ a: UnsafeMutablePointer<Double>, _ lda: Int,
    _ b: UnsafeMutablePointer<Double>,
    _ ldb: Int, _ s: UnsafeMutablePointer<Double>, _ rcond: Double, _ rank: inout Int32,
    _ work: UnsafeMutablePointer<Double>, _ lwork: Int, _ iwork: UnsafeMutablePointer<Int32>
  ) -> Int32 {
    var (m, n, rhs, lda, ldb, lwork, info) = (
      Int32(m), Int32(n), Int32(rhs), Int32(lda), Int32(ldb), Int32(lwork), Int32(0)
    )
    var rcond = rcond
    dgelsd_(&m, &n, &rhs, a, &lda, b, &ldb, s, &rcond, &rank, work, &lwork, iwork, &info)
    return info
  }

  public static func gelsy(
    _ m: Int, _ n: Int, _ rhs: Int, _ a: UnsafeMutablePointer<Double>, _ lda: Int,
    _ b: UnsafeMutablePointer<Double>,
    _ ldb: Int, _ jpvt: UnsafeMutablePointer<Int32>, _ rcond: Double, _ rank: inout Int32,
    _ work: UnsafeMutablePointer<Double>, _ lwork: Int
  ) -> Int32 {
    var (m, n, rhs, lda, ldb, lwork, info) = (
      Int32(m), Int32(n), Int32(rhs), Int32(lda), Int32(ldb), Int32(lwork), Int32(0)
    )
    var rcond = rcond
    dgelsy_(&m, &n, &rhs, a, &lda, b, &ldb, jpvt, &rcond, &rank, work, &lwork, &info)
    return info
  }

  public static func syevd(
    _ n: Int, _ a: UnsafeMutablePointer<Double>, _ lda: Int, _ w: UnsafeMutablePointer<Double>,
    _ work: UnsafeMutablePointer<Double>, _ lwork: Int, _ iwork: UnsafeMutablePointer<Int32>, _ liwork: Int
  ) -> Int32 {
    var (n, lda, lwork, liwork, info) = (Int32(n), Int32(lda), Int32(lwork), Int32(liwork), Int32(0))
    dsyevd_("V", "L", &n, a, &lda, w, work, &lwork, iwork, &liwork, &info, 1, 1)
    return info
  }

  public static func syevr(
    _ n: Int, _ a: UnsafeMutablePointer<Double>, _ lda: Int, _ w: UnsafeMutablePointer<Double>,
    _ z: UnsafeMutablePointer<Double>, _ ldz: Int, _ support: UnsafeMutablePointer<Int32>,
    _ work: UnsafeMutablePointer<Double>, _ lwork: Int, _ iwork: UnsafeMutablePointer<Int32>, _ liwork: Int
  ) -> Int32 {
    var (n, lda, ldz, lwork, liwork, info) = (
      Int32(n), Int32(lda), Int32(ldz), Int32(lwork), Int32(liwork), Int32(0)
    )
    var (bound, index, tolerance, found) = (Double(0), Int32(0), Double(0), Int32(0))
    var (low, high) = (bound, index)
    dsyevr_(
      "V", "A", "L", &n, a, &lda, &low, &bound, &index, &high, &tolerance, &found, w, z, &ldz, support, work,
      &lwork, iwork, &liwork, &info, 1, 1, 1)
    return info
  }

  public static func geev(
    _ n: Int, _ a: UnsafeMutablePointer<Double>, _ lda: Int, _ wr: UnsafeMutablePointer<Double>,
    _ wi: UnsafeMutablePointer<Double>, _ vl: UnsafeMutablePointer<Double>, _ ldvl: Int,
    _ vr: UnsafeMutablePointer<Double>, _ ldvr: Int, _ work: UnsafeMutablePointer<Double>, _ lwork: Int
  ) -> Int32 {
    var (n, lda, ldvl, ldvr, lwork, info) = (
      Int32(n), Int32(lda), Int32(ldvl), Int32(ldvr), Int32(lwork), Int32(0)
    )
    dgeev_("V", "V", &n, a, &lda, wr, wi, vl, &ldvl, vr, &ldvr, work, &lwork, &info, 1, 1)
    return info
  }

  public static func gesdd(
    _ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Double>, _ lda: Int, _ s: UnsafeMutablePointer<Double>,
    _ u: UnsafeMutablePointer<Double>, _ ldu: Int, _ vt: UnsafeMutablePointer<Double>, _ ldvt: Int,
    _ work: UnsafeMutablePointer<Double>, _ lwork: Int, _ iwork: UnsafeMutablePointer<Int32>
  ) -> Int32 {
    var (m, n, lda, ldu, ldvt, lwork, info) = (
      Int32(m), Int32(n), Int32(lda), Int32(ldu), Int32(ldvt), Int32(lwork), Int32(0)
    )
    dgesdd_("S", &m, &n, a, &lda, s, u, &ldu, vt, &ldvt, work, &lwork, iwork, &info, 1)
    return info
  }
}
