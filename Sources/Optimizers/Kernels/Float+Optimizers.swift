import Algebra
import CKernels
import Tensors

extension Float: OptimizerScalar {
  @inlinable
  public static func updateSGD(
    _ x: UnsafeMutablePointer<Float>, _ g: UnsafePointer<Float>, buffer: UnsafeMutablePointer<Float>?,
    rate: Double,
    momentum: Double, isNesterov: Bool, count: Int
  ) {
    if let buffer {
      ck_update_momentum_f(x, g, buffer, rate, momentum, isNesterov ? 1 : 0, Int64(count))
    } else {
      ck_axpy_f(x, Int64(count), Float(-rate), g)
    }
  }

  @inlinable
  public static func updateAdam(
    _ x: UnsafeMutablePointer<Float>, _ g: UnsafePointer<Float>, _ m: UnsafeMutablePointer<Float>,
    _ v: UnsafeMutablePointer<Float>, largest: UnsafeMutablePointer<Float>?, isComplex: Bool,
    _ coefficients: AdamCoefficients, count: Int
  ) {
    var c = ck_adam(
      step: coefficients.step, beta1: coefficients.beta1, beta2: coefficients.beta2,
      epsilon: coefficients.epsilon, root: coefficients.rootCorrection, keep: coefficients.keep)
    switch (isComplex, largest) {
    case (false, nil): ck_update_adam_f(x, g, m, v, &c, Int64(count))
    case (true, nil): ck_update_adam_complex_f(x, g, m, v, &c, Int64(count / 2))
    case (false, let largest?): ck_update_amsgrad_f(x, g, m, v, largest, &c, Int64(count))
    case (true, let largest?): ck_update_amsgrad_complex_f(x, g, m, v, largest, &c, Int64(count / 2))
    }
  }

  @inlinable
  public static func updateScheduleFree(
    _ y: UnsafeMutablePointer<Float>, _ g: UnsafePointer<Float>, _ z: UnsafeMutablePointer<Float>,
    average: UnsafeMutablePointer<Float>, v: UnsafeMutablePointer<Float>?, isComplex: Bool,
    _ coefficients: ScheduleFreeCoefficients, count: Int
  ) {
    var c = ck_schedule_free(
      rate: coefficients.rate, beta: coefficients.beta, beta2: coefficients.beta2,
      epsilon: coefficients.epsilon, root: coefficients.rootCorrection, decay: coefficients.decay,
      weight: coefficients.weight)
    switch (isComplex, v) {
    case (_, nil): ck_update_schedule_free_sgd_f(y, g, z, average, &c, Int64(count))
    case (false, let v?): ck_update_schedule_free_adam_f(y, g, z, average, v, &c, Int64(count))
    case (true, let v?): ck_update_schedule_free_adam_complex_f(y, g, z, average, v, &c, Int64(count / 2))
    }
  }

  @inlinable
  public static func average(
    _ average: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, weight: Double, count: Int
  ) {
    ck_update_average_f(average, x, weight, Int64(count))
  }

  @inlinable
  public static func clip(_ g: UnsafeMutablePointer<Float>, bound: Double, count: Int) {
    ck_clip_f(g, bound, Int64(count))
  }

  @inlinable
  public static func move(
    _ out: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ p: UnsafePointer<Double>, step: Double,
    count: Int
  ) {
    ck_move_f(out, x, p, step, Int64(count))
  }

  @inlinable
  public static func gatherMatrix(
    _ out: UnsafeMutablePointer<Float>, wide: UnsafeMutablePointer<Double>?, _ x: UnsafePointer<Float>,
    rows: Int, columns: Int, rowStride: Int, columnStride: Int, width: Int
  ) {
    ck_gather_matrix_f(
      out, wide, x, Int64(rows), Int64(columns), Int64(rowStride), Int64(columnStride), Int64(width))
  }

  @inlinable
  public static func scatterStep(
    _ x: UnsafeMutablePointer<Float>, _ d: UnsafePointer<Float>, keep: Double, step: Double, rows: Int,
    columns: Int, rowStride: Int, columnStride: Int, width: Int
  ) {
    ck_scatter_step_f(
      x, d, keep, step, Int64(rows), Int64(columns), Int64(rowStride), Int64(columnStride), Int64(width))
  }

  @inlinable
  public static func gatherRows(
    _ out: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ places: UnsafePointer<Int32>, rows: Int,
    columns: Int
  ) {
    ck_gather_rows_f(out, x, places, Int64(rows), Int64(columns))
  }

  @inlinable
  public static func gatherColumns(
    _ out: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ places: UnsafePointer<Int32>, rows: Int,
    columns: Int, width: Int
  ) {
    ck_gather_columns_f(out, x, places, Int64(rows), Int64(columns), Int64(width))
  }

  @inlinable
  public static func nesterovMean(
    _ g: UnsafeMutablePointer<Float>, _ m: UnsafeMutablePointer<Float>, momentum: Double, count: Int
  ) {
    ck_nesterov_mean_f(g, m, momentum, Int64(count))
  }

  @inlinable
  public static func mirror(
    _ a: UnsafeMutablePointer<Float>, order: Int, rows: Range<Int>, isComplex: Bool
  ) {
    ck_mirror_f(a, Int64(order), Int64(rows.lowerBound), Int64(rows.count), isComplex ? 2 : 1)
  }

  @inlinable
  public static func filter(
    _ out: UnsafeMutablePointer<Float>, _ g: UnsafePointer<Float>, _ m: UnsafeMutablePointer<Float>,
    beta1: Double, beta3: Double, scale: Double, count: Int
  ) {
    ck_filter_f(out, g, m, beta1, beta3, scale, Int64(count))
  }

  @inlinable
  public static func divideByRoot(
    _ out: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ g: UnsafePointer<Float>,
    _ v: UnsafeMutablePointer<Float>, keep: Double, weight: Double, root: Double, epsilon: Double,
    isComplex: Bool, count: Int
  ) {
    if isComplex {
      ck_divide_by_root_complex_f(out, x, g, v, keep, weight, root, epsilon, Int64(count / 2))
    } else {
      ck_divide_by_root_f(out, x, g, v, keep, weight, root, epsilon, Int64(count))
    }
  }

  @inlinable
  public static func adamDirection(
    _ d: UnsafeMutablePointer<Float>, _ g: UnsafePointer<Float>, _ m: UnsafeMutablePointer<Float>,
    _ v: UnsafeMutablePointer<Float>, isComplex: Bool, _ coefficients: AdamCoefficients, count: Int
  ) {
    var c = ck_adam(
      step: coefficients.step, beta1: coefficients.beta1, beta2: coefficients.beta2,
      epsilon: coefficients.epsilon, root: coefficients.rootCorrection, keep: coefficients.keep)
    if isComplex {
      ck_adam_direction_complex_f(d, g, m, v, &c, Int64(count / 2))
    } else {
      ck_adam_direction_f(d, g, m, v, &c, Int64(count))
    }
  }

  @inlinable
  public static func difference(
    _ s: UnsafeMutablePointer<Double>, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int
  ) {
    ck_difference_f(s, a, b, Int64(count))
  }

  @inlinable
  public static func transpose(
    _ out: UnsafeMutablePointer<Double>, leading: Int, _ x: UnsafePointer<Float>, columns: Int,
    rows: Range<Int>
  ) {
    ck_transpose_widen_f(
      out, Int64(leading), x, Int64(columns), Int64(rows.lowerBound), Int64(rows.count))
  }

  @inlinable
  public static func addProducts(
    _ a: UnsafeMutablePointer<Double>, _ b: UnsafeMutablePointer<Double>, _ x: UnsafePointer<Float>,
    _ r: Double,
    count: Int
  ) {
    ck_add_products_f(a, b, x, r, Int64(count))
  }
}
