import CKernels

extension Float: RowRunScalar {
  @inlinable
  public static func csrMultiplyRuns(
    _ y: UnsafeMutablePointer<Float>, _ starts: UnsafePointer<Int32>, _ columns: UnsafePointer<Int32>,
    _ values: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ firstRows: UnsafePointer<Int32>,
    runs: Range<Int>
  ) {
    ck_csr_multiply_runs_f(
      y, starts, columns, values, x, firstRows, Int64(runs.lowerBound), Int64(runs.upperBound))
  }

  @inlinable
  public static func csrResidualRuns(
    _ r: UnsafeMutablePointer<Float>, _ b: UnsafePointer<Float>, _ starts: UnsafePointer<Int32>,
    _ columns: UnsafePointer<Int32>, _ values: UnsafePointer<Float>, _ x: UnsafePointer<Float>,
    _ firstRows: UnsafePointer<Int32>, runs: Range<Int>
  ) {
    ck_csr_residual_runs_f(
      r, b, starts, columns, values, x, firstRows, Int64(runs.lowerBound), Int64(runs.upperBound))
  }
}
