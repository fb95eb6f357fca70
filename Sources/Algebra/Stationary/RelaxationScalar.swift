import CKernels

/// The kernels of relaxation; each conformance forwards to those of its precision.
public protocol RelaxationScalar {
  /// x_i += ω (b − A x)_i / a_ii for places of an order.
  static func relax(_ relaxation: UnsafePointer<ck_relaxation>, reversed: Bool, rows: Range<Int>)
}
