import Tensors

/// The passes of rules that scale or select; each conformance forwards to the kernels of its precision (see
/// `ck_rules.h`). Numbers of complex vectors are pairs, and counts are those of real numbers.
public protocol RuleScalar: Real {
  /// x = keep x − step sign(m); of complex numbers, m / |m|.
  static func signStep(
    _ x: UnsafeMutablePointer<Self>, _ m: UnsafePointer<Self>, keep: Double, step: Double, isComplex: Bool,
    count: Int)
  /// v = keep v + weight |g|²
  static func meanSquare(
    _ v: UnsafeMutablePointer<Self>, _ g: UnsafePointer<Self>, keep: Double, weight: Double, isComplex: Bool,
    count: Int)
  /// Σ g² / (scale v + ε), without the elements where g is zero.
  static func dividedSquare(
    _ g: UnsafePointer<Self>, _ v: UnsafePointer<Self>, scale: Double, epsilon: Double, count: Int
  ) -> Double
  /// x -= step g / (scale v + ε), except where g is zero.
  static func dividedStep(
    _ x: UnsafeMutablePointer<Self>, _ g: UnsafePointer<Self>, _ v: UnsafePointer<Self>, scale: Double,
    epsilon: Double, step: Double, count: Int)
  /// z = 1 where it is ½ or more, −1 elsewhere.
  static func signs(_ z: UnsafeMutablePointer<Self>, count: Int)
  /// d = keep d + weight z h
  static func meanProduct(
    _ d: UnsafeMutablePointer<Self>, _ z: UnsafePointer<Self>, _ h: UnsafePointer<Self>, keep: Double,
    weight: Double, count: Int)
  /// sums[0] = Σ (x − w)² e and sums[1] = Σ (g − q)² / e, with e = max(|d|, floor).
  static func secantNorms(
    _ sums: UnsafeMutablePointer<Double>, _ x: UnsafePointer<Self>, _ w: UnsafePointer<Self>,
    _ g: UnsafePointer<Self>, _ q: UnsafePointer<Self>, _ d: UnsafePointer<Self>, floor: Double, count: Int)
  /// w = x, q = g, then x -= step g / max(|d|, floor).
  static func flooredStep(
    _ x: UnsafeMutablePointer<Self>, _ w: UnsafeMutablePointer<Self>, _ g: UnsafePointer<Self>,
    _ q: UnsafeMutablePointer<Self>, _ d: UnsafePointer<Self>, floor: Double, step: Double, count: Int)
  /// y[indices[i]] += a x[i]
  static func scatterAxpy(
    _ y: UnsafeMutablePointer<Self>, _ indices: UnsafePointer<Int32>, _ x: UnsafePointer<Self>, by a: Double,
    count: Int)
  /// Takes the `largest` elements of largest magnitude out of x, in ascending order of their indices.
  static func takeLargest(
    _ x: UnsafeMutablePointer<Self>, count: Int, largest: Int, indices: UnsafeMutablePointer<Int32>,
    values: UnsafeMutablePointer<Self>)
}
