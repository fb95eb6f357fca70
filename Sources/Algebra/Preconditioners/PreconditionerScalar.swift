import CKernels

/// The kernels of preconditioners; each conformance forwards to those of its precision.
public protocol PreconditionerScalar {
  /// Runs, or listed rows, of a substitution with values of this type.
  static func substitute(
    _ x: UnsafeMutablePointer<Self>, _ b: UnsafePointer<Self>, _ substitution: UnsafePointer<ck_substitution>,
    range: Range<Int>)
  /// Runs, or listed rows, of a substitution with values in single precision.
  static func substituteSingle(
    _ x: UnsafeMutablePointer<Self>, _ b: UnsafePointer<Self>, _ substitution: UnsafePointer<ck_substitution>,
    range: Range<Int>)
  /// z = B r for blocks of a block-diagonal matrix: `size` rows each, by columns.
  static func multiplyBlocks(
    _ z: UnsafeMutablePointer<Self>, _ r: UnsafePointer<Self>, _ blocks: UnsafePointer<Self>, size: Int,
    rows: Int, range: Range<Int>)
  /// d = a d + b D⁻¹ (r − A z) and y = z + d for rows `rows`.
  static func chebyshevStep(
    _ y: UnsafeMutablePointer<Self>, _ d: UnsafeMutablePointer<Self>, _ z: UnsafePointer<Self>,
    _ r: UnsafePointer<Self>, _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>,
    _ values: UnsafePointer<Self>, _ inverse: UnsafePointer<Self>, _ a: Self, _ b: Self, rows: Range<Int>)
}
