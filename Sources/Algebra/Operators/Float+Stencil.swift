import CKernels

extension Float: StencilScalar {
  @inlinable
  public static func stencilMultiply(
    _ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ stencil: UnsafePointer<ck_stencil>,
    lines: Range<Int>
  ) {
    ck_stencil_multiply_f(y, x, stencil, Int64(lines.lowerBound), Int64(lines.upperBound))
  }

  @inlinable
  public static func stencilFill(
    _ starts: UnsafePointer<Int32>, _ columns: UnsafeMutablePointer<Int32>,
    _ values: UnsafeMutablePointer<Float>, _ stencil: UnsafePointer<ck_stencil>, lines: Range<Int>
  ) {
    ck_stencil_fill_f(starts, columns, values, stencil, Int64(lines.lowerBound), Int64(lines.upperBound))
  }
}
