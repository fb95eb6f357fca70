import CKernels

extension Double: SparseScalar {
  @inlinable
  public static func csrMultiply(
    _ y: UnsafeMutablePointer<Double>, _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>,
    _ values: UnsafePointer<Double>, _ x: UnsafePointer<Double>, rows: Range<Int>
  ) {
    ck_csr_multiply_d(y, starts, columns, values, x, Int64(rows.lowerBound), Int64(rows.upperBound))
  }

  @inlinable
  public static func csrResidual(
    _ r: UnsafeMutablePointer<Double>, _ b: UnsafePointer<Double>, _ starts: UnsafePointer<Int32>,
    _ columns: UnsafePointer<Int32>, _ values: UnsafePointer<Double>, _ x: UnsafePointer<Double>,
    rows: Range<Int>
  ) {
    ck_csr_residual_d(r, b, starts, columns, values, x, Int64(rows.lowerBound), Int64(rows.upperBound))
  }
}
