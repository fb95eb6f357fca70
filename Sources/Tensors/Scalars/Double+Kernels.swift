import CKernels
import COpenBLAS
import Foundation

extension Double: Real {
  @inlinable public static func exp(_ x: Double) -> Double { Foundation.exp(x) }
  @inlinable public static func expm1(_ x: Double) -> Double { Foundation.expm1(x) }
  @inlinable public static func log(_ x: Double) -> Double { Foundation.log(x) }
  @inlinable public static func log1p(_ x: Double) -> Double { Foundation.log1p(x) }
  @inlinable public static func sin(_ x: Double) -> Double { Foundation.sin(x) }
  @inlinable public static func cos(_ x: Double) -> Double { Foundation.cos(x) }
  @inlinable public static func tan(_ x: Double) -> Double { Foundation.tan(x) }
  @inlinable public static func asin(_ x: Double) -> Double { Foundation.asin(x) }
  @inlinable public static func acos(_ x: Double) -> Double { Foundation.acos(x) }
  @inlinable public static func atan(_ x: Double) -> Double { Foundation.atan(x) }
  @inlinable public static func sinh(_ x: Double) -> Double { Foundation.sinh(x) }
  @inlinable public static func cosh(_ x: Double) -> Double { Foundation.cosh(x) }
  @inlinable public static func tanh(_ x: Double) -> Double { Foundation.tanh(x) }
  @inlinable public static func erf(_ x: Double) -> Double { Foundation.erf(x) }
  @inlinable public static func atan2(_ y: Double, _ x: Double) -> Double { Foundation.atan2(y, x) }
  @inlinable public static func gamma(_ x: Double) -> Double { Foundation.tgamma(x) }
  @inlinable public static func pow(_ x: Double, _ exponent: Double) -> Double { Foundation.pow(x, exponent) }
}

extension Double {
  @inlinable
  public static func runPointwise(
    _ program: UnsafePointer<ck_instruction>, instructions: Int,
    slots: UnsafePointer<UnsafeMutablePointer<Double>?>, strides: UnsafePointer<Int64>, slotCount: Int,
    count: Int
  ) {
    ck_pointwise_d(program, Int64(instructions), slots, strides, Int64(slotCount), Int64(count))
  }

  @inlinable
  public static func sum(_ x: UnsafePointer<Double>, count: Int) -> Double { ck_sum_d(x, Int64(count)) }

  @inlinable
  public static func dot(_ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, count: Int) -> Double {
    ck_dot_d(x, y, Int64(count))
  }

  @inlinable
  public static func maximum(_ x: UnsafePointer<Double>, count: Int) -> Double { ck_max_d(x, Int64(count)) }

  @inlinable
  public static func minimum(_ x: UnsafePointer<Double>, count: Int) -> Double { ck_min_d(x, Int64(count)) }

  @inlinable
  public static func maximumMagnitude(_ x: UnsafePointer<Double>, count: Int) -> Double {
    ck_max_magnitude_d(x, Int64(count))
  }

  @inlinable
  public static func axpy(
    _ a: Double, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, count: Int
  ) {
    ck_axpy_d(y, Int64(count), a, x)
  }

  @inlinable
  public static func multiply(_ y: UnsafeMutablePointer<Double>, _ x: UnsafePointer<Double>, count: Int) {
    ck_multiply_d(y, Int64(count), x)
  }

  @inlinable
  public static func scale(_ y: UnsafeMutablePointer<Double>, by a: Double, count: Int) {
    ck_scale_d(y, Int64(count), a)
  }

  @inlinable
  public static func convert(_ x: UnsafePointer<Double>, to out: UnsafeMutablePointer<Double>, count: Int) {
    out.update(from: x, count: count)
  }

  @inlinable
  public static func convert(
    _ x: UnsafePointer<Double>, toDouble out: UnsafeMutablePointer<Double>, count: Int
  ) {
    out.update(from: x, count: count)
  }

  @inlinable
  public static func copyStrided(
    _ out: UnsafeMutablePointer<Double>, stride outStride: Int, from x: UnsafePointer<Double>,
    stride xStride: Int,
    count: Int
  ) {
    ck_copy_strided_d(out, Int64(outStride), x, Int64(xStride), Int64(count))
  }

  public static func multiplyMatrices(
    rows: Int, columns: Int, inner: Int, alpha: Double, _ a: UnsafePointer<Double>, leading lda: Int,
    transposed ta: Bool,
    _ b: UnsafePointer<Double>, leading ldb: Int, transposed tb: Bool, beta: Double,
    _ c: UnsafeMutablePointer<Double>,
    leading ldc: Int
  ) {
    // The last columns of a small product are done here: for those OpenBLAS 0.3.21 allocates memory in every call.
    let rest = columns % 8
    if !ta, !tb, inner >= 16, rest > 0, rest <= Int(CK_NARROW_COLUMNS_D), rows * columns * inner <= 1_000_000
    {
      let wide = columns - rest
      ck_narrow_product_d(
        c + wide, Int64(ldc), a, Int64(lda), b + wide, Int64(ldb), Int64(rows), Int64(rest), Int64(inner),
        alpha,
        beta)
      if wide > 0 {
        multiplyMatrices(
          rows: rows, columns: wide, inner: inner, alpha: alpha, a, leading: lda, transposed: ta, b,
          leading: ldb,
          transposed: tb, beta: beta, c, leading: ldc)
      }
      return
    }
    BLASThreads.enterSingle()
    defer { BLASThreads.leaveSingle() }
    cblas_dgemm(
      CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, blasint(rows),
      blasint(columns), blasint(inner), alpha, a, blasint(lda), b, blasint(ldb), beta, c, blasint(ldc))
  }

  @inlinable
  public static func combineScalar(
    _ out: UnsafeMutablePointer<Double>, count: Int, terms: Int,
    vectors: UnsafePointer<UnsafePointer<Double>?>,
    coefficients: UnsafePointer<Double>
  ) {
    ck_combine_scalar_d(out, Int64(count), Int64(terms), vectors, coefficients)
  }

  @inlinable
  public static func combineReal(
    _ out: UnsafeMutablePointer<Double>, count: Int, terms: Int,
    vectors: UnsafePointer<UnsafePointer<Double>?>,
    coefficients: UnsafePointer<UnsafePointer<Double>?>
  ) {
    ck_combine_real_d(out, Int64(count), Int64(terms), vectors, coefficients)
  }

  @inlinable
  public static func combineComplex(
    _ out: UnsafeMutablePointer<Double>, count: Int, terms: Int,
    vectors: UnsafePointer<UnsafePointer<Double>?>,
    coefficients: UnsafePointer<UnsafePointer<Double>?>
  ) {
    ck_combine_complex_d(out, Int64(count), Int64(terms), vectors, coefficients)
  }

  @inlinable
  public static func multiplyReal(
    _ out: UnsafeMutablePointer<Double>, symbol: UnsafePointer<Double>, _ z: UnsafePointer<Double>,
    count: Int,
    accumulating: Bool
  ) {
    if accumulating {
      ck_multiply_add_real_d(out, Int64(count), symbol, z)
    } else {
      ck_multiply_real_d(out, Int64(count), symbol, z)
    }
  }

  @inlinable
  public static func multiplyImaginary(
    _ out: UnsafeMutablePointer<Double>, symbol: UnsafePointer<Double>, _ z: UnsafePointer<Double>,
    count: Int,
    accumulating: Bool
  ) {
    if accumulating {
      ck_multiply_add_imaginary_d(out, Int64(count), symbol, z)
    } else {
      ck_multiply_imaginary_d(out, Int64(count), symbol, z)
    }
  }

  @inlinable
  public static func multiplyComplex(
    _ out: UnsafeMutablePointer<Double>, symbol: UnsafePointer<Double>, _ z: UnsafePointer<Double>,
    count: Int,
    accumulating: Bool
  ) {
    if accumulating {
      ck_multiply_add_complex_d(out, Int64(count), symbol, z)
    } else {
      ck_multiply_complex_d(out, Int64(count), symbol, z)
    }
  }

  @inlinable
  public static func fillUniform(
    _ out: UnsafeMutablePointer<Double>, count: Int, seed: UInt64, stream: UInt64, first: UInt64
  ) {
    ck_random_uniform_d(out, Int64(count), seed, stream, first)
  }

  @inlinable
  public static func fillNormal(
    _ out: UnsafeMutablePointer<Double>, count: Int, seed: UInt64, stream: UInt64, first: UInt64
  ) {
    ck_random_normal_d(out, Int64(count), seed, stream, first)
  }
}
