import COpenBLAS
import Tensors

// Arguments go to Fortran by reference, and so through variables.

extension Float: LAPACKScalar {
  public static func getrf(
    _ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Float>, _ lda: Int, _ pivots: UnsafeMutablePointer<Int32>
  ) -> Int32 {
    var (m, n, lda, info) = (Int32(m), Int32(n), Int32(lda), Int32(0))
    sgetrf_(&m, &n, a, &lda, pivots, &info)
    return info
  }

  public static func getrs(
    transposed: Bool, _ n: Int, _ rhs: Int, _ a: UnsafePointer<Float>, _ lda: Int,
    _ pivots: UnsafePointer<Int32>, _ b: UnsafeMutablePointer<Float>, _ ldb: Int
  ) -> Int32 {
    var (n, rhs, lda, ldb, info) = (Int32(n), Int32(rhs), Int32(lda), Int32(ldb), Int32(0))
    var operation = letterOfOperation(transposed)
    sgetrs_(&operation, &n, &rhs, a, &lda, pivots, b, &ldb, &info, 1)
    return info
  }

  public static func gecon(
    _ n: Int, _ a: UnsafePointer<Float>, _ lda: Int, _ norm: Float, _ reciprocal: inout Float,
    _ work: UnsafeMutablePointer<Float>, _ iwork: UnsafeMutablePointer<Int32>
  ) -> Int32 {
    var (n, lda, info) = (Int32(n), Int32(lda), Int32(0))
    var norm = norm
    sgecon_("1", &n, a, &lda, &norm, &reciprocal, work, iwork, &info, 1)
    return info
  }

  public static func gbtrf(
    _ m: Int, _ n: Int, _ lower: Int, _ upper: Int, _ ab: UnsafeMutablePointer<Float>, _ ldab: Int,
    _ pivots: UnsafeMutablePointer<Int32>
  ) -> Int32 {
    var (m, n, lower, upper, ldab, info) = (
      Int32(m), Int32(n), Int32(lower), Int32(upper), Int32(ldab), Int32(0)
    )
    sgbtrf_(&m, &n, &lower, &upper, ab, &ldab, pivots, &info)
    return info
  }

  public static func gbtrs(
    transposed: Bool, _ n: Int, _ lower: Int, _ upper: Int, _ rhs: Int, _ ab: UnsafePointer<Float>,
    _ ldab: Int, _ pivots: UnsafePointer<Int32>, _ b: UnsafeMutablePointer<Float>, _ ldb: Int
  ) -> Int32 {
    var (n, lower, upper, rhs, ldab, ldb, info) = (
      Int32(n), Int32(lower), Int32(upper), Int32(rhs), Int32(ldab), Int32(ldb), Int32(0)
    )
    var operation = letterOfOperation(transposed)
    sgbtrs_(&operation, &n, &lower, &upper, &rhs, ab, &ldab, pivots, b, &ldb, &info, 1)
    return info
  }

  public static func gttrf(
    _ n: Int, _ dl: UnsafeMutablePointer<Float>, _ d: UnsafeMutablePointer<Float>,
    _ du: UnsafeMutablePointer<Float>, _ du2: UnsafeMutablePointer<Float>,
    _ pivots: UnsafeMutablePointer<Int32>
  ) -> Int32 {
    var (n, info) = (Int32(n), Int32(0))
    sgttrf_(&n, dl, d, du, du2, pivots, &info)
    return info
  }

  public static func gttrs(
    transposed: Bool, _ n: Int, _ rhs: Int, _ dl: UnsafePointer<Float>, _ d: UnsafePointer<Float>,
    _ du: UnsafePointer<Float>, _ du2: UnsafePointer<Float>, _ pivots: UnsafePointer<Int32>,
    _ b: UnsafeMutablePointer<Float>, _ ldb: Int
  ) -> Int32 {
    var (n, rhs, ldb, info) = (Int32(n), Int32(rhs), Int32(ldb), Int32(0))
    var operation = letterOfOperation(transposed)
    sgttrs_(&operation, &n, &rhs, dl, d, du, du2, pivots, b, &ldb, &info, 1)
    return info
  }

  public static func potrf(_ n: Int, _ a: UnsafeMutablePointer<Float>, _ lda: Int) -> Int32 {
    var (n, lda, info) = (Int32(n), Int32(lda), Int32(0))
    spotrf_("L", &n, a, &lda, &info, 1)
    return info
  }

  public static func potrs(
    _ n: Int, _ rhs: Int, _ a: UnsafePointer<Float>, _ lda: Int, _ b: UnsafeMutablePointer<Float>, _ ldb: Int
  ) -> Int32 {
    var (n, rhs, lda, ldb, info) = (Int32(n), Int32(rhs), Int32(lda), Int32(ldb), Int32(0))
    spotrs_("L", &n, &rhs, a, &lda, b, &ldb, &info, 1)
    return info
  }

  public static func geqrf(
    _ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Float>, _ lda: Int, _ tau: UnsafeMutablePointer<Float>,
    _ work: UnsafeMutablePointer<Float>, _ lwork: Int
  ) -> Int32 {
    var (m, n, lda, lwork, info) = (Int32(m), Int32(n), Int32(lda), Int32(lwork), Int32(0))
    sgeqrf_(&m, &n, a, &lda, tau, work, &lwork, &info)
    return info
  }

  public static func geqp3(
    _ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Float>, _ lda: Int, _ jpvt: UnsafeMutablePointer<Int32>,
    _ tau: UnsafeMutablePointer<Float>, _ work: UnsafeMutablePointer<Float>, _ lwork: Int
  ) -> Int32 {
    var (m, n, lda, lwork, info) = (Int32(m), Int32(n), Int32(lda), Int32(lwork), Int32(0))
    sgeqp3_(&m, &n, a, &lda, jpvt, tau, work, &lwork, &info)
    return info
  }

  public static func orgqr(
    _ m: Int, _ n: Int, _ k: Int, _ a: UnsafeMutablePointer<Float>, _ lda: Int, _ tau: UnsafePointer<Float>,
    _ work: UnsafeMutablePointer<Float>, _ lwork: Int
  ) -> Int32 {
    var (m, n, k, lda, lwork, info) = (Int32(m), Int32(n), Int32(k), Int32(lda), Int32(lwork), Int32(0))
    sorgqr_(&m, &n, &k, a, &lda, tau, work, &lwork, &info)
    return info
  }

  public static func ormqr(
    transposed: Bool, _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Float>, _ lda: Int,
    _ tau: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>, _ ldc: Int,
    _ work: UnsafeMutablePointer<Float>, _ lwork: Int
  ) -> Int32 {
    var (m, n, k, lda, ldc, lwork, info) = (
      Int32(m), Int32(n), Int32(k), Int32(lda), Int32(ldc), Int32(lwork), Int32(0)
    )
    var operation = letterOfOperation(transposed)
    sormqr_("L", &operation, &m, &n, &k, a, &lda, tau, c, &ldc, work, &lwork, &info, 1, 1)
    return info
  }

  public static func trtrs(
    transposed: Bool, _ n: Int, _ rhs: Int, _ a: UnsafePointer<Float>, _ lda: Int,
    _ b: UnsafeMutablePointer<Float>, _ ldb: Int
  ) -> Int32 {
    var (n, rhs, lda, ldb, info) = (Int32(n), Int32(rhs), Int32(lda), Int32(ldb), Int32(0))
    var operation = letterOfOperation(transposed)
    strtrs_("U", &operation, "N", &n, &rhs, a, &lda, b, &ldb, &info, 1, 1, 1)
    return info
  }

  public static func tpqrt(
    _ n: Int, _ nb: Int, _ a: UnsafeMutablePointer<Float>, _ lda: Int, _ b: UnsafeMutablePointer<Float>,
    _ ldb: Int,
    _ t: UnsafeMutablePointer<Float>, _ work: UnsafeMutablePointer<Float>
  ) -> Int32 {
    var (n, nb, lda, ldb, info) = (Int32(n), Int32(nb), Int32(lda), Int32(ldb), Int32(0))
    var (m, l, ldt) = (n, n, nb)
    stpqrt_(&m, &n, &l, &nb, a, &lda, b, &ldb, t, &ldt, work, &info)
    return info
  }

  public static func tpmqrt(
    _ n: Int, columns: Int, _ nb: Int, _ v: UnsafePointer<Float>, _ ldv: Int, _ t: UnsafePointer<Float>,
    _ a: UnsafeMutablePointer<Float>, _ lda: Int, _ b: UnsafeMutablePointer<Float>, _ ldb: Int,
    _ work: UnsafeMutablePointer<Float>
  ) -> Int32 {
    var (n, columns, nb, ldv, lda, ldb, info) = (
      Int32(n), Int32(columns), Int32(nb), Int32(ldv), Int32(lda), Int32(ldb), Int32(0)
    )
    var (m, l, ldt) = (n, n, nb)
    stpmqrt_(
      "L", "T", &m, &columns, &n, &l, &nb, v, &ldv, t, &ldt, a, &lda, b, &ldb, work, &info, 1, 1)
    return info
  }

  public static func gelsd(
    _ m: Int, _ n: Int, _ rhs: Int, _ a: UnsafeMutablePointer<Float>, _ lda: Int,
    _ b: UnsafeMutablePointer<Float>,
    _ ldb: Int, _ s: UnsafeMutablePointer<Float>, _ rcond: Float, _ rank: inout Int32,
    _ work: UnsafeMutablePointer<Float>, _ lwork: Int, _ iwork: UnsafeMutablePointer<Int32>
  ) -> Int32 {
    var (m, n, rhs, lda, ldb, lwork, info) = (
      Int32(m), Int32(n), Int32(rhs), Int32(lda), Int32(ldb), Int32(lwork), Int32(0)
    )
    var rcond = rcond
    sgelsd_(&m, &n, &rhs, a, &lda, b, &ldb, s, &rcond, &rank, work, &lwork, iwork, &info)
    return info
  }

  public static func gelsy(
    _ m: Int, _ n: Int, _ rhs: Int, _ a: UnsafeMutablePointer<Float>, _ lda: Int,
    _ b: UnsafeMutablePointer<Float>,
    _ ldb: Int, _ jpvt: UnsafeMutablePointer<Int32>, _ rcond: Float, _ rank: inout Int32,
    _ work: UnsafeMutablePointer<Float>, _ lwork: Int
  ) -> Int32 {
    var (m, n, rhs, lda, ldb, lwork, info) = (
      Int32(m), Int32(n), Int32(rhs), Int32(lda), Int32(ldb), Int32(lwork), Int32(0)
    )
    var rcond = rcond
    sgelsy_(&m, &n, &rhs, a, &lda, b, &ldb, jpvt, &rcond, &rank, work, &lwork, &info)
    return info
  }

  public static func syevd(
    _ n: Int, _ a: UnsafeMutablePointer<Float>, _ lda: Int, _ w: UnsafeMutablePointer<Float>,
    _ work: UnsafeMutablePointer<Float>, _ lwork: Int, _ iwork: UnsafeMutablePointer<Int32>, _ liwork: Int
  ) -> Int32 {
    var (n, lda, lwork, liwork, info) = (Int32(n), Int32(lda), Int32(lwork), Int32(liwork), Int32(0))
    ssyevd_("V", "L", &n, a, &lda, w, work, &lwork, iwork, &liwork, &info, 1, 1)
    return info
  }

  public static func syevr(
    _ n: Int, _ a: UnsafeMutablePointer<Float>, _ lda: Int, _ w: UnsafeMutablePointer<Float>,
    _ z: UnsafeMutablePointer<Float>, _ ldz: Int, _ support: UnsafeMutablePointer<Int32>,
    _ work: UnsafeMutablePointer<Float>, _ lwork: Int, _ iwork: UnsafeMutablePointer<Int32>, _ liwork: Int
  ) -> Int32 {
    var (n, lda, ldz, lwork, liwork, info) = (
      Int32(n), Int32(lda), Int32(ldz), Int32(lwork), Int32(liwork), Int32(0)
    )
    var (bound, index, tolerance, found) = (Float(0), Int32(0), Float(0), Int32(0))
    var (low, high) = (bound, index)
    ssyevr_(
      "V", "A", "L", &n, a, &lda, &low, &bound, &index, &high, &tolerance, &found, w, z, &ldz, support, work,
      &lwork, iwork, &liwork, &info, 1, 1, 1)
    return info
  }

  public static func geev(
    _ n: Int, _ a: UnsafeMutablePointer<Float>, _ lda: Int, _ wr: UnsafeMutablePointer<Float>,
    _ wi: UnsafeMutablePointer<Float>, _ vl: UnsafeMutablePointer<Float>, _ ldvl: Int,
    _ vr: UnsafeMutablePointer<Float>, _ ldvr: Int, _ work: UnsafeMutablePointer<Float>, _ lwork: Int
  ) -> Int32 {
    var (n, lda, ldvl, ldvr, lwork, info) = (
      Int32(n), Int32(lda), Int32(ldvl), Int32(ldvr), Int32(lwork), Int32(0)
    )
    sgeev_("V", "V", &n, a, &lda, wr, wi, vl, &ldvl, vr, &ldvr, work, &lwork, &info, 1, 1)
    return info
  }

  public static func gesdd(
    _ m: Int, _ n: Int, _ a: UnsafeMutablePointer<Float>, _ lda: Int, _ s: UnsafeMutablePointer<Float>,
    _ u: UnsafeMutablePointer<Float>, _ ldu: Int, _ vt: UnsafeMutablePointer<Float>, _ ldvt: Int,
    _ work: UnsafeMutablePointer<Float>, _ lwork: Int, _ iwork: UnsafeMutablePointer<Int32>
  ) -> Int32 {
    var (m, n, lda, ldu, ldvt, lwork, info) = (
      Int32(m), Int32(n), Int32(lda), Int32(ldu), Int32(ldvt), Int32(lwork), Int32(0)
    )
    sgesdd_("S", &m, &n, a, &lda, s, u, &ldu, vt, &ldvt, work, &lwork, iwork, &info, 1)
    return info
  }
}
