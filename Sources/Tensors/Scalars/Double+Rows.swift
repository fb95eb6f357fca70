import CKernels

extension Double {
  @inlinable
  public static func softmaxRows(_ x: UnsafeMutablePointer<Double>, rows: Int, columns: Int, scale: Double) {
    ck_softmax_rows_d(x, Int64(rows), Int64(columns), scale)
  }

  @inlinable
  public static func softmaxRowsGradient(
    _ gradient: UnsafeMutablePointer<Double>, softmax: UnsafePointer<Double>, upstream: UnsafePointer<Double>,
    rows: Int, columns: Int, scale: Double
  ) {
    ck_softmax_rows_gradient_d(gradient, softmax, upstream, Int64(rows), Int64(columns), scale)
  }

  @inlinable
  public static func rowSums(
    _ out: UnsafeMutablePointer<Double>, _ x: UnsafePointer<Double>, rows: Int, columns: Int
  ) {
    ck_row_sums_d(out, x, Int64(rows), Int64(columns))
  }

  @inlinable
  public static func rowDots(
    _ out: UnsafeMutablePointer<Double>, _ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, rows: Int,
    columns: Int
  ) {
    ck_row_dots_d(out, x, y, Int64(rows), Int64(columns))
  }

  @inlinable
  public static func rowMaxima(
    _ out: UnsafeMutablePointer<Double>, _ x: UnsafePointer<Double>, rows: Int, columns: Int
  ) {
    ck_row_maxima_d(out, x, Int64(rows), Int64(columns))
  }

  @inlinable
  public static func rowMoments(
    mean: UnsafeMutablePointer<Double>, variance: UnsafeMutablePointer<Double>, _ x: UnsafePointer<Double>,
    rows: Int, columns: Int
  ) {
    ck_row_moments_d(mean, variance, x, Int64(rows), Int64(columns))
  }

  @inlinable
  public static func accumulateColumnSums(
    _ out: UnsafeMutablePointer<Double>, _ x: UnsafePointer<Double>, rows: Int, columns: Int
  ) {
    ck_column_sums_d(out, x, Int64(rows), Int64(columns))
  }

  @inlinable
  public static func normalizeRows(
    _ y: UnsafeMutablePointer<Double>, mean: UnsafeMutablePointer<Double>,
    reciprocalDeviation: UnsafeMutablePointer<Double>, _ x: UnsafePointer<Double>,
    scale: UnsafePointer<Double>?,
    shift: UnsafePointer<Double>?, rows: Int, columns: Int, epsilon: Double
  ) {
    ck_normalize_rows_d(y, mean, reciprocalDeviation, x, scale, shift, Int64(rows), Int64(columns), epsilon)
  }

  @inlinable
  public static func normalizeRowsGradient(
    _ gradient: UnsafeMutablePointer<Double>, scaleGradient: UnsafeMutablePointer<Double>?,
    shiftGradient: UnsafeMutablePointer<Double>?, upstream: UnsafePointer<Double>, _ x: UnsafePointer<Double>,
    mean: UnsafePointer<Double>, reciprocalDeviation: UnsafePointer<Double>, scale: UnsafePointer<Double>?,
    rows: Int, columns: Int
  ) {
    ck_normalize_rows_gradient_d(
      gradient, scaleGradient, shiftGradient, upstream, x, mean, reciprocalDeviation, scale, Int64(rows),
      Int64(columns))
  }
}
