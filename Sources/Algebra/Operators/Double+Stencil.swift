import CKernels

extension Double: StencilScalar {
  @inlinable
  public static func stencilMultiply(
    _ y: UnsafeMutablePointer<Double>, _ x: UnsafePointer<Double>, _ stencil: UnsafePointer<ck_stencil>,
    lines: Range<Int>
  ) {
    ck_stencil_multiply_d(y, x, stencil, Int64(lines.lowerBound), Int64(lines.upperBound))
  }

  @inlinable
  public static func stencilFill(
    _ starts: UnsafePointer<Int32>, _ columns: UnsafeMutablePointer<Int32>,
    _ values: UnsafeMutablePointer<Double>, _ stencil: UnsafePointer<ck_stencil>, lines: Range<Int>
  ) {
    ck_stencil_fill_d(starts, columns, values, stencil, Int64(lines.lowerBound), Int64(lines.upperBound))
  }
}
