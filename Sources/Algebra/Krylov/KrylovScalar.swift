/// The vector passes of Krylov methods; each conformance forwards to the kernels of its precision.
///
/// Inner products are sums in doubles, in 16 lanes; see `ck_krylov.h`.
public protocol KrylovScalar {
  /// r -= a q; returns r·r.
  static func subtractNorm(_ r: UnsafeMutablePointer<Self>, _ q: UnsafePointer<Self>, _ a: Self, count: Int)
    -> Double
  /// r -= a q; returns r·r, and r·D r in `weighted`.
  static func subtractNorms(
    _ r: UnsafeMutablePointer<Self>, _ q: UnsafePointer<Self>, _ d: UnsafePointer<Self>, _ a: Self,
    _ weighted: UnsafeMutablePointer<Double>, count: Int
  ) -> Double
  /// x += a p, then p = z + b p.
  static func advance(
    _ x: UnsafeMutablePointer<Self>, _ p: UnsafeMutablePointer<Self>, _ z: UnsafePointer<Self>, _ a: Self,
    _ b: Self, count: Int)
  /// x += a p, then p = D z + b p.
  static func advanceScaled(
    _ x: UnsafeMutablePointer<Self>, _ p: UnsafeMutablePointer<Self>, _ d: UnsafePointer<Self>,
    _ z: UnsafePointer<Self>, _ a: Self, _ b: Self, count: Int)
  /// y = a x + b y
  static func axpby(
    _ y: UnsafeMutablePointer<Self>, _ x: UnsafePointer<Self>, _ a: Self, _ b: Self, count: Int)
  /// z = D r
  static func multiplyOut(
    _ z: UnsafeMutablePointer<Self>, _ d: UnsafePointer<Self>, _ r: UnsafePointer<Self>, count: Int)
  /// d[i] = 1 / d[i]; returns the first i whose element was zero, infinite or NaN, or -1.
  static func invert(_ d: UnsafeMutablePointer<Self>, _ isPositive: UnsafeMutablePointer<Int32>, count: Int)
    -> Int
  /// out[i] = x[indices[i]]
  static func gather(
    _ out: UnsafeMutablePointer<Self>, _ x: UnsafePointer<Self>, _ indices: UnsafePointer<Int32>, count: Int)
  /// x·y
  static func inner(_ x: UnsafePointer<Self>, _ y: UnsafePointer<Self>, count: Int) -> Double
  /// sums[k] = v_k·w for k < vectors, where v_k = v + k stride.
  static func innerMany(
    _ sums: UnsafeMutablePointer<Double>, _ v: UnsafePointer<Self>, _ stride: Int, _ vectors: Int,
    _ w: UnsafePointer<Self>, count: Int)
  /// w += Σ c_k v_k for k < vectors; returns w·w.
  static func combineMany(
    _ w: UnsafeMutablePointer<Self>, _ v: UnsafePointer<Self>, _ stride: Int, _ vectors: Int,
    _ c: UnsafePointer<Self>, count: Int
  ) -> Double
}
