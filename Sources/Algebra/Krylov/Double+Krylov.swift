import CKernels

extension Double: KrylovScalar {
  @inlinable
  public static func subtractNorm(
    _ r: UnsafeMutablePointer<Double>, _ q: UnsafePointer<Double>, _ a: Double, count: Int
  ) -> Double {
    ck_subtract_norm_d(r, q, a, Int64(count))
  }

  @inlinable
  public static func subtractNorms(
    _ r: UnsafeMutablePointer<Double>, _ q: UnsafePointer<Double>, _ d: UnsafePointer<Double>, _ a: Double,
    _ weighted: UnsafeMutablePointer<Double>, count: Int
  ) -> Double {
    ck_subtract_norms_d(r, q, d, a, weighted, Int64(count))
  }

  @inlinable
  public static func advance(
    _ x: UnsafeMutablePointer<Double>, _ p: UnsafeMutablePointer<Double>, _ z: UnsafePointer<Double>,
    _ a: Double, _ b: Double, count: Int
  ) {
    ck_advance_d(x, p, z, a, b, Int64(count))
  }

  @inlinable
  public static func advanceScaled(
    _ x: UnsafeMutablePointer<Double>, _ p: UnsafeMutablePointer<Double>, _ d: UnsafePointer<Double>,
    _ z: UnsafePointer<Double>, _ a: Double, _ b: Double, count: Int
  ) {
    ck_advance_scaled_d(x, p, d, z, a, b, Int64(count))
  }

  @inlinable
  public static func axpby(
    _ y: UnsafeMutablePointer<Double>, _ x: UnsafePointer<Double>, _ a: Double, _ b: Double, count: Int
  ) {
    ck_axpby_d(y, x, a, b, Int64(count))
  }

  @inlinable
  public static func multiplyOut(
    _ z: UnsafeMutablePointer<Double>, _ d: UnsafePointer<Double>, _ r: UnsafePointer<Double>, count: Int
  ) {
    ck_multiply_out_d(z, d, r, Int64(count))
  }

  @inlinable
  public static func invert(
    _ d: UnsafeMutablePointer<Double>, _ isPositive: UnsafeMutablePointer<Int32>, count: Int
  ) -> Int {
    Int(ck_invert_d(d, isPositive, Int64(count)))
  }

  @inlinable
  public static func gather(
    _ out: UnsafeMutablePointer<Double>, _ x: UnsafePointer<Double>, _ indices: UnsafePointer<Int32>,
    count: Int
  ) {
    ck_gather_d(out, x, indices, Int64(count))
  }

  @inlinable
  public static func inner(_ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, count: Int) -> Double {
    ck_inner_d(x, y, Int64(count))
  }

  @inlinable
  public static func innerMany(
    _ sums: UnsafeMutablePointer<Double>, _ v: UnsafePointer<Double>, _ stride: Int, _ vectors: Int,
    _ w: UnsafePointer<Double>, count: Int
  ) {
    ck_inner_many_d(sums, v, Int64(stride), Int64(vectors), w, Int64(count))
  }

  @inlinable
  public static func combineMany(
    _ w: UnsafeMutablePointer<Double>, _ v: UnsafePointer<Double>, _ stride: Int, _ vectors: Int,
    _ c: UnsafePointer<Double>, count: Int
  ) -> Double {
    ck_combine_many_d(w, v, Int64(stride), Int64(vectors), c, Int64(count))
  }
}
