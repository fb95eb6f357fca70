import CKernels
import COpenBLAS
import Foundation

extension Float: Real {
  @inlinable public static func exp(_ x: Float) -> Float { Foundation.exp(x) }
  @inlinable public static func expm1(_ x: Float) -> Float { Foundation.expm1(x) }
  @inlinable public static func log(_ x: Float) -> Float { Foundation.log(x) }
  @inlinable public static func log1p(_ x: Float) -> Float { Foundation.log1p(x) }
  @inlinable public static func sin(_ x: Float) -> Float { Foundation.sin(x) }
  @inlinable public static func cos(_ x: Float) -> Float { Foundation.cos(x) }
  @inlinable public static func tan(_ x: Float) -> Float { Foundation.tan(x) }
  @inlinable public static func asin(_ x: Float) -> Float { Foundation.asin(x) }
  @inlinable public static func acos(_ x: Float) -> Float { Foundation.acos(x) }
  @inlinable public static func atan(_ x: Float) -> Float { Foundation.atan(x) }
  @inlinable public static func sinh(_ x: Float) -> Float { Foundation.sinh(x) }
  @inlinable public static func cosh(_ x: Float) -> Float { Foundation.cosh(x) }
  @inlinable public static func tanh(_ x: Float) -> Float { Foundation.tanh(x) }
  @inlinable public static func erf(_ x: Float) -> Float { Foundation.erf(x) }
  @inlinable public static func atan2(_ y: Float, _ x: Float) -> Float { Foundation.atan2(y, x) }
  @inlinable public static func gamma(_ x: Float) -> Float { Foundation.tgamma(x) }
  @inlinable public static func pow(_ x: Float, _ exponent: Float) -> Float { Foundation.pow(x, exponent) }
}

extension Float {
  @inlinable
  public static func runPointwise(
    _ program: UnsafePointer<ck_instruction>, instructions: Int,
    slots: UnsafePointer<UnsafeMutablePointer<Float>?>, strides: UnsafePointer<Int64>, slotCount: Int,
    count: Int
  ) {
    ck_pointwise_f(program, Int64(instructions), slots, strides, Int64(slotCount), Int64(count))
  }

  @inlinable
  public static func sum(_ x: UnsafePointer<Float>, count: Int) -> Float { ck_sum_f(x, Int64(count)) }

  @inlinable
  public static func dot(_ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, count: Int) -> Float {
    ck_dot_f(x, y, Int64(count))
  }

  @inlinable
  public static func maximum(_ x: UnsafePointer<Float>, count: Int) -> Float { ck_max_f(x, Int64(count)) }

  @inlinable
  public static func minimum(_ x: UnsafePointer<Float>, count: Int) -> Float { ck_min_f(x, Int64(count)) }

  @inlinable
  public static func maximumMagnitude(_ x: UnsafePointer<Float>, count: Int) -> Float {
    ck_max_magnitude_f(x, Int64(count))
  }

  @inlinable
  public static func axpy(_ a: Float, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, count: Int)
  {
    ck_axpy_f(y, Int64(count), a, x)
  }

  @inlinable
  public static func multiply(_ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, count: Int) {
    ck_multiply_f(y, Int64(count), x)
  }

  @inlinable
  public static func scale(_ y: UnsafeMutablePointer<Float>, by a: Float, count: Int) {
    ck_scale_f(y, Int64(count), a)
  }

  @inlinable
  public static func convert(_ x: UnsafePointer<Double>, to out: UnsafeMutablePointer<Float>, count: Int) {
    ck_narrow(out, Int64(count), x)
  }

  @inlinable
  public static func convert(
    _ x: UnsafePointer<Float>, toDouble out: UnsafeMutablePointer<Double>, count: Int
  ) {
    ck_widen(out, Int64(count), x)
  }

  @inlinable
  public static func copyStrided(
    _ out: UnsafeMutablePointer<Float>, stride outStride: Int, from x: UnsafePointer<Float>,
    stride xStride: Int,
    count: Int
  ) {
    ck_copy_strided_f(out, Int64(outStride), x, Int64(xStride), Int64(count))
  }

  public static func multiplyMatrices(
    rows: Int, columns: Int, inner: Int, alpha: Float, _ a: UnsafePointer<Float>, leading lda: Int,
    transposed ta: Bool,
    _ b: UnsafePointer<Float>, leading ldb: Int, transposed tb: Bool, beta: Float,
    _ c: UnsafeMutablePointer<Float>,
    leading ldc: Int
  ) {
    // The last columns of a small product are done here: for those OpenBLAS 0.3.21 allocates memory in every call.
    let rest = columns % 16
    if !ta, !tb, inner >= 32, rest > 0, rest <= Int(CK_NARROW_COLUMNS_F), rows * columns * inner <= 1_000_000
    {
      let wide = columns - rest
      ck_narrow_product_f(
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
    cblas_sgemm(
      CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, blasint(rows),
      blasint(columns), blasint(inner), alpha, a, blasint(lda), b, blasint(ldb), beta, c, blasint(ldc))
  }

  @inlinable
  public static func combineScalar(
    _ out: UnsafeMutablePointer<Float>, count: Int, terms: Int, vectors: UnsafePointer<UnsafePointer<Float>?>,
    coefficients: UnsafePointer<Float>
  ) {
    ck_combine_scalar_f(out, Int64(count), Int64(terms), vectors, coefficients)
  }

  @inlinable
  public static func combineReal(
    _ out: UnsafeMutablePointer<Float>, count: Int, terms: Int, vectors: UnsafePointer<UnsafePointer<Float>?>,
    coefficients: UnsafePointer<UnsafePointer<Float>?>
  ) {
    ck_combine_real_f(out, Int64(count), Int64(terms), vectors, coefficients)
  }

  @inlinable
  public static func combineComplex(
    _ out: UnsafeMutablePointer<Float>, count: Int, terms: Int, vectors: UnsafePointer<UnsafePointer<Float>?>,
    coefficients: UnsafePointer<UnsafePointer<Float>?>
  ) {
    ck_combine_complex_f(out, Int64(count), Int64(terms), vectors, coefficients)
  }

  @inlinable
  public static func multiplyReal(
    _ out: UnsafeMutablePointer<Float>, symbol: UnsafePointer<Float>, _ z: UnsafePointer<Float>, count: Int,
    accumulating: Bool
  ) {
    if accumulating {
      ck_multiply_add_real_f(out, Int64(count), symbol, z)
    } else {
      ck_multiply_real_f(out, Int64(count), symbol, z)
    }
  }

  @inlinable
  public static func multiplyImaginary(
    _ out: UnsafeMutablePointer<Float>, symbol: UnsafePointer<Float>, _ z: UnsafePointer<Float>, count: Int,
    accumulating: Bool
  ) {
    if accumulating {
      ck_multiply_add_imaginary_f(out, Int64(count), symbol, z)
    } else {
      ck_multiply_imaginary_f(out, Int64(count), symbol, z)
    }
  }

  @inlinable
  public static func multiplyComplex(
    _ out: UnsafeMutablePointer<Float>, symbol: UnsafePointer<Float>, _ z: UnsafePointer<Float>, count: Int,
    accumulating: Bool
  ) {
    if accumulating {
      ck_multiply_add_complex_f(out, Int64(count), symbol, z)
    } else {
      ck_multiply_complex_f(out, Int64(count), symbol, z)
    }
  }

  @inlinable
  public static func fillUniform(
    _ out: UnsafeMutablePointer<Float>, count: Int, seed: UInt64, stream: UInt64, first: UInt64
  ) {
    ck_random_uniform_f(out, Int64(count), seed, stream, first)
  }

  @inlinable
  public static func fillNormal(
    _ out: UnsafeMutablePointer<Float>, count: Int, seed: UInt64, stream: UInt64, first: UInt64
  ) {
    ck_random_normal_f(out, Int64(count), seed, stream, first)
  }
}
