import CKernels

/// The kernels of triangular solves; each conformance forwards to those of its precision.
public protocol TriangularScalar {
  /// Runs, or listed rows, of a substitution with values of this type.
  static func substitute(
    _ x: UnsafeMutablePointer<Self>, _ b: UnsafePointer<Self>, _ substitution: UnsafePointer<ck_substitution>,
    range: Range<Int>)
  /// Runs, or listed rows, of a substitution with values in single precision.
  static func substituteSingle(
    _ x: UnsafeMutablePointer<Self>, _ b: UnsafePointer<Self>, _ substitution: UnsafePointer<ck_substitution>,
    range: Range<Int>)
}
