import CKernels

/// The kernels of stencils on grids; each conformance forwards to those of its precision.
public protocol StencilScalar {
  /// y = A x for lines of the grid.
  static func stencilMultiply(
    _ y: UnsafeMutablePointer<Self>, _ x: UnsafePointer<Self>, _ stencil: UnsafePointer<ck_stencil>,
    lines: Range<Int>)
  /// Columns and values of the stencil's matrix for lines of the grid.
  static func stencilFill(
    _ starts: UnsafePointer<Int32>, _ columns: UnsafeMutablePointer<Int32>,
    _ values: UnsafeMutablePointer<Self>, _ stencil: UnsafePointer<ck_stencil>, lines: Range<Int>)
}
