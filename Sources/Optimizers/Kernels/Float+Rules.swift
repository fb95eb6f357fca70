import CKernels
import Tensors

extension Float: RuleScalar {
  public static func signStep(
    _ x: UnsafeMutablePointer<Float>, _ m: UnsafePointer<Float>, keep: Double, step: Double,
    isComplex: Bool,
    count: Int
  ) {
    if isComplex {
      ck_sign_step_complex_f(x, m, keep, step, Int64(count / 2))
    } else {
      ck_sign_step_f(x, m, keep, step, Int64(count))
    }
  }

  public static func meanSquare(
    _ v: UnsafeMutablePointer<Float>, _ g: UnsafePointer<Float>, keep: Double, weight: Double,
    isComplex: Bool, count: Int
  ) {
    if isComplex {
      ck_mean_square_complex_f(v, g, keep, weight, Int64(count / 2))
    } else {
      ck_mean_square_f(v, g, keep, weight, Int64(count))
    }
  }

  public static func dividedSquare(
    _ g: UnsafePointer<Float>, _ v: UnsafePointer<Float>, scale: Double, epsilon: Double, count: Int
  ) -> Double {
    ck_divided_square_f(g, v, scale, epsilon, Int64(count))
  }

  public static func dividedStep(
    _ x: UnsafeMutablePointer<Float>, _ g: UnsafePointer<Float>, _ v: UnsafePointer<Float>, scale: Double,
    epsilon: Double, step: Double, count: Int
  ) {
    ck_divided_step_f(x, g, v, scale, epsilon, step, Int64(count))
  }

  public static func signs(_ z: UnsafeMutablePointer<Float>, count: Int) { ck_signs_f(z, Int64(count)) }

  public static func meanProduct(
    _ d: UnsafeMutablePointer<Float>, _ z: UnsafePointer<Float>, _ h: UnsafePointer<Float>, keep: Double,
    weight: Double, count: Int
  ) {
    ck_mean_product_f(d, z, h, keep, weight, Int64(count))
  }

  public static func secantNorms(
    _ sums: UnsafeMutablePointer<Double>, _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>,
    _ g: UnsafePointer<Float>, _ q: UnsafePointer<Float>, _ d: UnsafePointer<Float>, floor: Double,
    count: Int
  ) {
    ck_secant_norms_f(sums, x, w, g, q, d, floor, Int64(count))
  }

  public static func flooredStep(
    _ x: UnsafeMutablePointer<Float>, _ w: UnsafeMutablePointer<Float>, _ g: UnsafePointer<Float>,
    _ q: UnsafeMutablePointer<Float>, _ d: UnsafePointer<Float>, floor: Double, step: Double, count: Int
  ) {
    ck_floored_step_f(x, w, g, q, d, floor, step, Int64(count))
  }

  public static func scatterAxpy(
    _ y: UnsafeMutablePointer<Float>, _ indices: UnsafePointer<Int32>, _ x: UnsafePointer<Float>,
    by a: Double, count: Int
  ) {
    ck_scatter_axpy_f(y, indices, x, a, Int64(count))
  }

  public static func takeLargest(
    _ x: UnsafeMutablePointer<Float>, count: Int, largest: Int, indices: UnsafeMutablePointer<Int32>,
    values: UnsafeMutablePointer<Float>
  ) {
    ck_take_largest_f(x, Int64(count), Int64(largest), indices, values)
  }
}
