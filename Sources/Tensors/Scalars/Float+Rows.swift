import CKernels

extension Float {
  @inlinable
  public static func softmaxRows(_ x: UnsafeMutablePointer<Float>, rows: Int, columns: Int, scale: Float) {
    ck_softmax_rows_f(x, Int64(rows), Int64(columns), scale)
  }

  @inlinable
  public static func softmaxRowsGradient(
    _ gradient: UnsafeMutablePointer<Float>, softmax: UnsafePointer<Float>, upstream: UnsafePointer<Float>,
    rows: Int, columns: Int, scale: Float
  ) {
    ck_softmax_rows_gradient_f(gradient, softmax, upstream, Int64(rows), Int64(columns), scale)
  }

  @inlinable
  public static func rowSums(
    _ out: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, rows: Int, columns: Int
  ) {
    ck_row_sums_f(out, x, Int64(rows), Int64(columns))
  }

  @inlinable
  public static func rowDots(
    _ out: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, rows: Int,
    columns: Int
  ) {
    ck_row_dots_f(out, x, y, Int64(rows), Int64(columns))
  }

  @inlinable
  public static func rowMaxima(
    _ out: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, rows: Int, columns: Int
  ) {
    ck_row_maxima_f(out, x, Int64(rows), Int64(columns))
  }

  @inlinable
  public static func rowMoments(
    mean: UnsafeMutablePointer<Float>, variance: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>,
    rows: Int, columns: Int
  ) {
    ck_row_moments_f(mean, variance, x, Int64(rows), Int64(columns))
  }

  @inlinable
  public static func accumulateColumnSums(
    _ out: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, rows: Int, columns: Int
  ) {
    ck_column_sums_f(out, x, Int64(rows), Int64(columns))
  }

  @inlinable
  public static func normalizeRows(
    _ y: UnsafeMutablePointer<Float>, mean: UnsafeMutablePointer<Float>,
    reciprocalDeviation: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, scale: UnsafePointer<Float>?,
    shift: UnsafePointer<Float>?, rows: Int, columns: Int, epsilon: Float
  ) {
    ck_normalize_rows_f(y, mean, reciprocalDeviation, x, scale, shift, Int64(rows), Int64(columns), epsilon)
  }

  @inlinable
  public static func normalizeRowsGradient(
    _ gradient: UnsafeMutablePointer<Float>, scaleGradient: UnsafeMutablePointer<Float>?,
    shiftGradient: UnsafeMutablePointer<Float>?, upstream: UnsafePointer<Float>, _ x: UnsafePointer<Float>,
    mean: UnsafePointer<Float>, reciprocalDeviation: UnsafePointer<Float>, scale: UnsafePointer<Float>?,
    rows: Int, columns: Int
  ) {
    ck_normalize_rows_gradient_f(
      gradient, scaleGradient, shiftGradient, upstream, x, mean, reciprocalDeviation, scale, Int64(rows),
      Int64(columns))
  }
}
