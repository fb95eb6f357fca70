import CKernels

extension Float: SparseScalar {
  @inlinable
  public static func csrMultiply(
    _ y: UnsafeMutablePointer<Float>, _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>,
    _ values: UnsafePointer<Float>, _ x: UnsafePointer<Float>, rows: Range<Int>
  ) {
    ck_csr_multiply_f(y, starts, columns, values, x, Int64(rows.lowerBound), Int64(rows.upperBound))
  }

  @inlinable
  public static func csrResidual(
    _ r: UnsafeMutablePointer<Float>, _ b: UnsafePointer<Float>, _ starts: UnsafePointer<Int32>,
    _ columns: UnsafePointer<Int32>, _ values: UnsafePointer<Float>, _ x: UnsafePointer<Float>,
    rows: Range<Int>
  ) {
    ck_csr_residual_f(r, b, starts, columns, values, x, Int64(rows.lowerBound), Int64(rows.upperBound))
  }
}
