import Algebra
import CKernels
import Tensors

extension Double: OptimizerScalar {
  @inlinable
  public static func updateSGD(
    _ x: UnsafeMutablePointer<Double>, _ g: UnsafePointer<Double>, buffer: UnsafeMutablePointer<Double>?,
    rate: Double,
    momentum: Double, isNesterov: Bool, count: Int
  ) {
    if let buffer {
      ck_update_momentum_d(x, g, buffer, rate, momentum, isNesterov ? 1 : 0, Int64(count))
    } else {
      ck_axpy_d(x, Int64(count), -rate, g)
    }
  }

  @inlinable
  public static func updateAdam(
    _ x: UnsafeMutablePointer<Double>, _ g: UnsafePointer<Double>, _ m: UnsafeMutablePointer<Double>,
    _ v: UnsafeMutablePointer<Double>, largest: UnsafeMutablePointer<Double>?, isComplex: Bool,
    _ coefficients: AdamCoefficients, count: Int
  ) {
    var c = ck_adam(
      step: coefficients.step, beta1: coefficients.beta1, beta2: coefficients.beta2,
      epsilon: coefficients.epsilon, root: coefficients.rootCorrection, keep: coefficients.keep)
    switch (isComplex, largest) {
    case (false, nil): ck_update_adam_d(x, g, m, v, &c, Int64(count))
    case (true, nil): ck_update_adam_complex_d(x, g, m, v, &c, Int64(count / 2))
    case (false, let largest?): ck_update_amsgrad_d(x, g, m, v, largest, &c, Int64(count))
    case (true, let largest?): ck_update_amsgrad_complex_d(x, g, m, v, largest, &c, Int64(count / 2))
    }
  }

  @inlinable
  public static func updateScheduleFree(
    _ y: UnsafeMutablePointer<Double>, _ g: UnsafePointer<Double>, _ z: UnsafeMutablePointer<Double>,
    average: UnsafeMutablePointer<Double>, v: UnsafeMutablePointer<Double>?, isComplex: Bool,
    _ coefficients: ScheduleFreeCoefficients, count: Int
  ) {
    var c = ck_schedule_free(
      rate: coefficients.rate, beta: coefficients.beta, beta2: coefficients.beta2,
      epsilon: coefficients.epsilon, root: coefficients.rootCorrection, decay: coefficients.decay,
      weight: coefficients.weight)
    switch (isComplex, v) {
    case (_, nil): ck_update_schedule_free_sgd_d(y, g, z, average, &c, Int64(count))
    case (false, let v?): ck_update_schedule_free_adam_d(y, g, z, average, v, &c, Int64(count))
    case (true, let v?): ck_update_schedule_free_adam_complex_d(y, g, z, average, v, &c, Int64(count / 2))
    }
  }

  @inlinable
  public static func average(
    _ average: UnsafeMutablePointer<Double>, _ x: UnsafePointer<Double>, weight: Double, count: Int
  ) {
    ck_update_average_d(average, x, weight, Int64(count))
  }

  @inlinable
  public static func clip(_ g: UnsafeMutablePointer<Double>, bound: Double, count: Int) {
    ck_clip_d(g, bound, Int64(count))
  }

  @inlinable
  public static func move(
    _ out: UnsafeMutablePointer<Double>, _ x: UnsafePointer<Double>, _ p: UnsafePointer<Double>, step: Double,
    count: Int
  ) {
    ck_move_d(out, x, p, step, Int64(count))
  }

  @inlinable
  public static func gatherMatrix(
    _ out: UnsafeMutablePointer<Double>, wide: UnsafeMutablePointer<Double>?, _ x: UnsafePointer<Double>,
    rows: Int, columns: Int, rowStride: Int, columnStride: Int, width: Int
  ) {
    ck_gather_matrix_d(
      out, wide, x, Int64(rows), Int64(columns), Int64(rowStride), Int64(columnStride), Int64(width))
  }

  @inlinable
  public static func scatterStep(
    _ x: UnsafeMutablePointer<Double>, _ d: UnsafePointer<Double>, keep: Double, step: Double, rows: Int,
    columns: Int, rowStride: Int, columnStride: Int, width: Int
  ) {
    ck_scatter_step_d(
      x, d, keep, step, Int64(rows), Int64(columns), Int64(rowStride), Int64(columnStride), Int64(width))
  }

  @inlinable
  public static func gatherRows(
    _ out: UnsafeMutablePointer<Double>, _ x: UnsafePointer<Double>, _ places: UnsafePointer<Int32>,
    rows: Int,
    columns: Int
  ) {
    ck_gather_rows_d(out, x, places, Int64(rows), Int64(columns))
  }

  @inlinable
  public static func gatherColumns(
    _ out: UnsafeMutablePointer<Double>, _ x: UnsafePointer<Double>, _ places: UnsafePointer<Int32>,
    rows: Int,
    columns: Int, width: Int
  ) {
    ck_gather_columns_d(out, x, places, Int64(rows), Int64(columns), Int64(width))
  }

  @inlinable
  public static func nesterovMean(
    _ g: UnsafeMutablePointer<Double>, _ m: UnsafeMutablePointer<Double>, momentum: Double, count: Int
  ) {
    ck_nesterov_mean_d(g, m, momentum, Int64(count))
  }

  @inlinable
  public static func mirror(
    _ a: UnsafeMutablePointer<Double>, order: Int, rows: Range<Int>, isComplex: Bool
  ) {
    ck_mirror_d(a, Int64(order), Int64(rows.lowerBound), Int64(rows.count), isComplex ? 2 : 1)
  }

  @inlinable
  public static func filter(
    _ out: UnsafeMutablePointer<Double>, _ g: UnsafePointer<Double>, _ m: UnsafeMutablePointer<Double>,
    beta1: Double, beta3: Double, scale: Double, count: Int
  ) {
    ck_filter_d(out, g, m, beta1, beta3, scale, Int64(count))
  }

  @inlinable
  public static func divideByRoot(
    _ out: UnsafeMutablePointer<Double>, _ x: UnsafePointer<Double>, _ g: UnsafePointer<Double>,
    _ v: UnsafeMutablePointer<Double>, keep: Double, weight: Double, root: Double, epsilon: Double,
    isComplex: Bool, count: Int
  ) {
    if isComplex {
      ck_divide_by_root_complex_d(out, x, g, v, keep, weight, root, epsilon, Int64(count / 2))
    } else {
      ck_divide_by_root_d(out, x, g, v, keep, weight, root, epsilon, Int64(count))
    }
  }

  @inlinable
  public static func adamDirection(
    _ d: UnsafeMutablePointer<Double>, _ g: UnsafePointer<Double>, _ m: UnsafeMutablePointer<Double>,
    _ v: UnsafeMutablePointer<Double>, isComplex: Bool, _ coefficients: AdamCoefficients, count: Int
  ) {
    var c = ck_adam(
      step: coefficients.step, beta1: coefficients.beta1, beta2: coefficients.beta2,
      epsilon: coefficients.epsilon, root: coefficients.rootCorrection, keep: coefficients.keep)
    if isComplex {
      ck_adam_direction_complex_d(d, g, m, v, &c, Int64(count / 2))
    } else {
      ck_adam_direction_d(d, g, m, v, &c, Int64(count))
    }
  }

  @inlinable
  public static func difference(
    _ s: UnsafeMutablePointer<Double>, _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, count: Int
  ) {
    ck_difference_d(s, a, b, Int64(count))
  }

  @inlinable
  public static func transpose(
    _ out: UnsafeMutablePointer<Double>, leading: Int, _ x: UnsafePointer<Double>, columns: Int,
    rows: Range<Int>
  ) {
    ck_transpose_widen_d(
      out, Int64(leading), x, Int64(columns), Int64(rows.lowerBound), Int64(rows.count))
  }

  @inlinable
  public static func addProducts(
    _ a: UnsafeMutablePointer<Double>, _ b: UnsafeMutablePointer<Double>, _ x: UnsafePointer<Double>,
    _ r: Double,
    count: Int
  ) {
    ck_add_products_d(a, b, x, r, Int64(count))
  }
}
