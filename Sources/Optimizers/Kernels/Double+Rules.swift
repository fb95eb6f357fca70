import CKernels
import Tensors

extension Double: RuleScalar {
  public static func signStep(
    _ x: UnsafeMutablePointer<Double>, _ m: UnsafePointer<Double>, keep: Double, step: Double,
    isComplex: Bool,
    count: Int
  ) {
    if isComplex {
      ck_sign_step_complex_d(x, m, keep, step, Int64(count / 2))
    } else {
      ck_sign_step_d(x, m, keep, step, Int64(count))
    }
  }

  public static func meanSquare(
    _ v: UnsafeMutablePointer<Double>, _ g: UnsafePointer<Double>, keep: Double, weight: Double,
    isComplex: Bool, count: Int
  ) {
    if isComplex {
      ck_mean_square_complex_d(v, g, keep, weight, Int64(count / 2))
    } else {
      ck_mean_square_d(v, g, keep, weight, Int64(count))
    }
  }

  public static func dividedSquare(
    _ g: UnsafePointer<Double>, _ v: UnsafePointer<Double>, scale: Double, epsilon: Double, count: Int
  ) -> Double {
    ck_divided_square_d(g, v, scale, epsilon, Int64(count))
  }

  public static func dividedStep(
    _ x: UnsafeMutablePointer<Double>, _ g: UnsafePointer<Double>, _ v: UnsafePointer<Double>, scale: Double,
    epsilon: Double, step: Double, count: Int
  ) {
    ck_divided_step_d(x, g, v, scale, epsilon, step, Int64(count))
  }

  public static func signs(_ z: UnsafeMutablePointer<Double>, count: Int) { ck_signs_d(z, Int64(count)) }

  public static func meanProduct(
    _ d: UnsafeMutablePointer<Double>, _ z: UnsafePointer<Double>, _ h: UnsafePointer<Double>, keep: Double,
    weight: Double, count: Int
  ) {
    ck_mean_product_d(d, z, h, keep, weight, Int64(count))
  }

  public static func secantNorms(
    _ sums: UnsafeMutablePointer<Double>, _ x: UnsafePointer<Double>, _ w: UnsafePointer<Double>,
    _ g: UnsafePointer<Double>, _ q: UnsafePointer<Double>, _ d: UnsafePointer<Double>, floor: Double,
    count: Int
  ) {
    ck_secant_norms_d(sums, x, w, g, q, d, floor, Int64(count))
  }

  public static func flooredStep(
    _ x: UnsafeMutablePointer<Double>, _ w: UnsafeMutablePointer<Double>, _ g: UnsafePointer<Double>,
    _ q: UnsafeMutablePointer<Double>, _ d: UnsafePointer<Double>, floor: Double, step: Double, count: Int
  ) {
    ck_floored_step_d(x, w, g, q, d, floor, step, Int64(count))
  }

  public static func scatterAxpy(
    _ y: UnsafeMutablePointer<Double>, _ indices: UnsafePointer<Int32>, _ x: UnsafePointer<Double>,
    by a: Double, count: Int
  ) {
    ck_scatter_axpy_d(y, indices, x, a, Int64(count))
  }

  public static func takeLargest(
    _ x: UnsafeMutablePointer<Double>, count: Int, largest: Int, indices: UnsafeMutablePointer<Int32>,
    values: UnsafeMutablePointer<Double>
  ) {
    ck_take_largest_d(x, Int64(count), Int64(largest), indices, values)
  }
}
