import CKernels

extension Float: KrylovScalar {
  @inlinable
  public static func subtractNorm(
    _ r: UnsafeMutablePointer<Float>, _ q: UnsafePointer<Float>, _ a: Float, count: Int
  ) -> Double {
    ck_subtract_norm_f(r, q, a, Int64(count))
  }

  @inlinable
  public static func subtractNorms(
    _ r: UnsafeMutablePointer<Float>, _ q: UnsafePointer<Float>, _ d: UnsafePointer<Float>, _ a: Float,
    _ weighted: UnsafeMutablePointer<Double>, count: Int
  ) -> Double {
    ck_subtract_norms_f(r, q, d, a, weighted, Int64(count))
  }

  @inlinable
  public static func advance(
    _ x: UnsafeMutablePointer<Float>, _ p: UnsafeMutablePointer<Float>, _ z: UnsafePointer<Float>, _ a: Float,
    _ b: Float, count: Int
  ) {
    ck_advance_f(x, p, z, a, b, Int64(count))
  }

  @inlinable
  public static func advanceScaled(
    _ x: UnsafeMutablePointer<Float>, _ p: UnsafeMutablePointer<Float>, _ d: UnsafePointer<Float>,
    _ z: UnsafePointer<Float>, _ a: Float, _ b: Float, count: Int
  ) {
    ck_advance_scaled_f(x, p, d, z, a, b, Int64(count))
  }

  @inlinable
  public static func axpby(
    _ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ a: Float, _ b: Float, count: Int
  ) {
    ck_axpby_f(y, x, a, b, Int64(count))
  }

  @inlinable
  public static func multiplyOut(
    _ z: UnsafeMutablePointer<Float>, _ d: UnsafePointer<Float>, _ r: UnsafePointer<Float>, count: Int
  ) {
    ck_multiply_out_f(z, d, r, Int64(count))
  }

  @inlinable
  public static func invert(
    _ d: UnsafeMutablePointer<Float>, _ isPositive: UnsafeMutablePointer<Int32>, count: Int
  ) -> Int {
    Int(ck_invert_f(d, isPositive, Int64(count)))
  }

  @inlinable
  public static func gather(
    _ out: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ indices: UnsafePointer<Int32>, count: Int
  ) {
    ck_gather_f(out, x, indices, Int64(count))
  }

  @inlinable
  public static func inner(_ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, count: Int) -> Double {
    ck_inner_f(x, y, Int64(count))
  }

  @inlinable
  public static func innerMany(
    _ sums: UnsafeMutablePointer<Double>, _ v: UnsafePointer<Float>, _ stride: Int, _ vectors: Int,
    _ w: UnsafePointer<Float>, count: Int
  ) {
    ck_inner_many_f(sums, v, Int64(stride), Int64(vectors), w, Int64(count))
  }

  @inlinable
  public static func combineMany(
    _ w: UnsafeMutablePointer<Float>, _ v: UnsafePointer<Float>, _ stride: Int, _ vectors: Int,
    _ c: UnsafePointer<Float>, count: Int
  ) -> Double {
    ck_combine_many_f(w, v, Int64(stride), Int64(vectors), c, Int64(count))
  }
}
