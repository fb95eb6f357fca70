import CKernels

extension Double: RowRunScalar {
  @inlinable
  public static func csrMultiplyRuns(
    _ y: UnsafeMutablePointer<Double>, _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>,
    _ values: UnsafePointer<Double>, _ x: UnsafePointer<Double>, _ firstRows: UnsafePointer<Int32>,
    runs: Range<Int>
  ) {
    ck_csr_multiply_runs_d(
      y, starts, columns, values, x, firstRows, Int64(runs.lowerBound), Int64(runs.upperBound))
  }

  @inlinable
  public static func csrResidualRuns(
    _ r: UnsafeMutablePointer<Double>, _ b: UnsafePointer<Double>, _ starts: UnsafePointer<Int32>,
    _ columns: UnsafePointer<Int32>, _ values: UnsafePointer<Double>, _ x: UnsafePointer<Double>,
    _ firstRows: UnsafePointer<Int32>, runs: Range<Int>
  ) {
    ck_csr_residual_runs_d(
      r, b, starts, columns, values, x, firstRows, Int64(runs.lowerBound), Int64(runs.upperBound))
  }
}
